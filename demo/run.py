"""Run the demo city: prepare its database, start its programs, say where to go, end it all."""

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event

import authlib  # noqa: F401  # for the sites; without the demo extra, say so before starting any
from rich.console import Console

import migrations
from adapters.password.breach import open_breach_lists
from adapters.password.hashing import Hasher
from demo import addresses, announce, authority, binding, city, ending, setup, supervisor, wallet
from demo.addresses import Addresses
from demo.seed import seed
from demo.supervisor import DemoStopped, Helper, Program, Running
from idp import keys
from kernel import clock
from kernel.db import open_engine, sessions, transaction
from kernel.keyring import Keyring
from kernel.settings import DEMO_MASTER_KEY, FILE_VARIABLE

WORKER = Helper(
    "worker", "web.cli", ("worker",)
)  # sends the mail and tells clients of ended consents


def main() -> None:
    """Run the demo until Ctrl-C; exits with 1, saying why, if it cannot go on."""
    ending.run_until_ended(run, name="demo")


def run(environment: Mapping[str, str], console: Console, stop: Event) -> None:
    """Run the demo with `environment` until `stop` is set. Raises AddressInvalid, DemoStopped."""
    used = addresses.read(environment)
    supervisor.require_free((used.provider, used.library, used.merchant, used.agent))
    data = _open_data(setup.data_folder(environment), used)
    told = child_environment(environment, used, data)
    with supervisor.running([*_sites(used), _agent(used)], told, data) as sites:
        with console.status("Preparing the demo city …"):  # while the sites are starting
            prepare(told["TAIPEI_ID_DATABASE_URL"], used, data)
        with supervisor.running([_provider(used), WORKER], told, data) as provider:
            _attend([*provider, *sites], console, stop, lambda: announce.show(console, used, data))
    console.print("The demo has ended.")


def prepare(url: str, used: Addresses, data: Path) -> None:
    """Bring tables, keys, people, cards and clients up to date; twice is as good as once."""
    migrations.upgrade(url)
    keyring = Keyring(DEMO_MASTER_KEY)
    engine = open_engine(url, pool_size=1)
    now = clock.now()
    try:
        with transaction(sessions(engine)) as session:
            keys.ensure(session, keyring, now=now)
            seed(session, keyring, Hasher(parallel=1), open_breach_lists(None), used, now=now)
            binding.bind_certificates(session, keyring, data / authority.PINS, now=now)
    finally:
        engine.dispose()


def child_environment(
    environment: Mapping[str, str], used: Addresses, data: Path
) -> dict[str, str]:
    """Return the environment of the programs: the demo's own settings win over the shell's."""
    offered = {
        "TAIPEI_ID_ADAPTERS": "password,passkey,certificate,key-card,smartcard",
        "TAIPEI_ID_CERTIFICATES": str(data / authority.PINS),
        "TAIPEI_ID_CARD_PROGRAMS": used.agent.origin,
    }
    told = offered | {name: value for name, value in environment.items() if name != FILE_VARIABLE}
    told |= {
        "TAIPEI_ID_DEMO": "1",
        "TAIPEI_ID_ISSUER": used.provider.origin,
        "TAIPEI_ID_MASTER_KEY": DEMO_MASTER_KEY,
        "TAIPEI_ID_DATABASE_URL": f"sqlite+pysqlite:///{data / 'provider.sqlite3'}",
        "TAIPEI_ID_RELAY_DOMAIN": "relay.example.org",
        "TAIPEI_ID_PERSONAS": str(city.PERSONAS),
        "TAIPEI_ID_MAIL__FOLDER": str(data / "inbox"),
        setup.DATA_VARIABLE: str(data),
        "NO_PROXY": "localhost,127.0.0.1",
    }
    return told


def _attend(
    started: list[Running], console: Console, stop: Event, announce_them: Callable[[], None]
) -> None:
    with console.status("Starting …"):
        supervisor.wait_until_ready(started, stop)
    if not stop.is_set():
        announce_them()
    ending.look_after(started, stop)


def _provider(used: Addresses) -> Program:
    discovery = "/.well-known/openid-configuration"
    factory = "demo.provider:application()"
    return Program("provider", factory, used.provider, 2, discovery, warm="demo.warm")


def _sites(used: Addresses) -> list[Program]:
    return [
        Program("library", "demo.library.app:application()", used.library, 1, "/"),
        Program("merchant", "demo.merchant.app:application()", used.merchant, 1, "/"),
    ]


def _agent(used: Addresses) -> Helper:
    return Helper("agent", "demo.agent", ready_url=f"http://{used.agent.bind}/window")


def _open_data(data: Path, used: Addresses) -> Path:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data / ".gitignore").write_text("*\n", encoding="utf-8")
        moved = used.place(city.CLIENTS.read_text(encoding="utf-8"))
        (data / city.CLIENTS.name).write_text(moved, encoding="utf-8")
        authority.pin(data, wallet.authority_key(), now=clock.now())
    except OSError as failed:
        raise DemoStopped(
            f"{data} cannot be written ({failed.strerror}); set {setup.DATA_VARIABLE} to a folder"
        ) from None
    return data
