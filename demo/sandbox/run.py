"""Run the sandbox: a provider alone, with invented people, where developers make their clients."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from threading import Event

from rich.console import Console

import migrations
from adapters.password.hashing import Hasher
from demo import addresses, ending, supervisor
from demo.addresses import Address
from demo.run import WORKER
from demo.sandbox.people import PASSWORD, people
from demo.sandbox.settle import settle
from demo.supervisor import DemoStopped, Program
from idp import keys
from kernel import clock
from kernel.db import open_engine, sessions, transaction
from kernel.keyring import Keyring
from kernel.settings import DEMO_MASTER_KEY, FILE_VARIABLE

FIXED = Address("TAIPEI_ID_SANDBOX_ADDRESS", "localhost", 8610)
DATA_VARIABLE, DATA = "TAIPEI_ID_SANDBOX_DATA", ".sandbox"
DISCOVERY = "/.well-known/openid-configuration"
FACTORY = "demo.sandbox.provider:application()"


def main() -> None:
    """Run the sandbox until Ctrl-C; exits with 1, saying why, if it cannot go on."""
    ending.run_until_ended(run, name="sandbox")


def run(environment: Mapping[str, str], console: Console, stop: Event) -> None:
    """Run the sandbox until `stop` is set. Raises AddressInvalid, DemoStopped."""
    used = addresses.read_one(FIXED, environment)
    supervisor.require_free((used,))
    data = open_data(Path(environment.get(DATA_VARIABLE) or DATA).absolute(), now=clock.now())
    told = child_environment(environment, used, data)
    with console.status("Preparing two hundred people …"):
        prepare(told["TAIPEI_ID_DATABASE_URL"], now=clock.now())
    provider = Program("provider", FACTORY, used, 2, DISCOVERY, warm="demo.warm")
    with supervisor.running([provider, WORKER], told, data) as started:
        supervisor.wait_until_ready(started, stop)
        if not stop.is_set():
            console.print(f"[bold]The sandbox is open: {used.origin}/sandbox[/bold]")
            console.print(f"Data and logs: {data}. Press Ctrl-C to end it.", markup=False)
        ending.look_after(started, stop)
    console.print("The sandbox has ended.")


def prepare(url: str, *, now: datetime) -> None:
    """Bring tables, keys and people up to date; twice is as good as once."""
    migrations.upgrade(url)
    keyring, engine = Keyring(DEMO_MASTER_KEY), open_engine(url, pool_size=1)
    try:
        with transaction(sessions(engine)) as session:
            keys.ensure(session, keyring, now=now)
            settle(
                session,
                keyring,
                people(today=clock.taipei_day(now)),
                password_hash=Hasher(parallel=1).hash(PASSWORD),
                now=now,
            )
    finally:
        engine.dispose()


def open_data(data: Path, *, now: datetime) -> Path:
    """Make the folder, and the list of people in it. Raises DemoStopped."""
    shown = [each.shown() for each in people(today=clock.taipei_day(now))]
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data / ".gitignore").write_text("*\n", encoding="utf-8")
        (data / "people.json").write_text(json.dumps(shown, ensure_ascii=False), encoding="utf-8")
    except OSError as failed:
        raise DemoStopped(
            f"{data} cannot be written ({failed.strerror}); set {DATA_VARIABLE} to a folder"
        ) from None
    return data


def child_environment(environment: Mapping[str, str], used: Address, data: Path) -> dict[str, str]:
    """Return the environment of the programs: the sandbox's own settings win over the shell's."""
    told = {name: value for name, value in environment.items() if name != FILE_VARIABLE}
    return told | {
        "TAIPEI_ID_DEMO": "1",
        "TAIPEI_ID_SANDBOX__ENABLED": "1",
        "TAIPEI_ID_ISSUER": used.origin,
        "TAIPEI_ID_MASTER_KEY": DEMO_MASTER_KEY,
        "TAIPEI_ID_DATABASE_URL": f"sqlite+pysqlite:///{data / 'provider.sqlite3'}",
        "TAIPEI_ID_RELAY_DOMAIN": "relay.example.org",
        "TAIPEI_ID_PERSONAS": str(data / "people.json"),
        "TAIPEI_ID_MAIL__FOLDER": str(data / "inbox"),
        "NO_PROXY": "localhost,127.0.0.1",
    }
