"""Open the demo city, as `make demo` does, on ports of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import Engine

from adapters.certificate import authority
from demo import addresses, setup
from demo.addresses import Addresses
from kernel import clock
from kernel.db import open_engine
from tests.certificates import files, pki
from tests.flows.provider import challenge
from tests.live.programs import free_port, running
from tests.live.server import DISCOVERY, KEYRING, TAIPEI_ID, Provider

LIBRARY = "taipei-library"
CAFE = "goodday-cafe"


@dataclass(frozen=True)
class City:
    """The demo: its provider with the database beneath, its library, its café."""

    provider: Provider
    used: Addresses

    @property
    def library(self) -> str:
        return self.used.library.origin

    @property
    def cafe(self) -> str:
        return self.used.merchant.origin

    def request(self, client_id: str = LIBRARY, **changes: str) -> str:
        """Return the address by which a client sends the browser to the provider."""
        site = self.cafe if client_id == CAFE else self.library
        parameters = {
            "client_id": client_id,
            "redirect_uri": f"{site}/callback",
            "response_type": "code",
            "scope": "openid profile email",
            "state": "the-state",
            "code_challenge": challenge(),
            "code_challenge_method": "S256",
            **changes,
        }
        return f"{self.provider.issuer}/authorize?{urlencode(parameters)}"


@contextmanager
def open_city(folder: Path) -> Iterator[City]:
    """Start the demo, wait until everything answers, and end everything."""
    environment = {
        name: f"localhost:{free_port()}"
        for name in (each.variable for each in vars(addresses.FIXED).values())
    }
    used = addresses.read(environment)
    environment[setup.DATA_VARIABLE] = str(folder)
    # Certificates are offered, too: their pages are pages like any other.
    environment["TAIPEI_ID_ADAPTERS"] = "password,passkey,certificate,smartcard"
    environment["TAIPEI_ID_CERTIFICATES"] = str(files.pinned(folder, pki.generation(2)))
    environment["TAIPEI_ID_CERTIFICATE_FRONT"] = "https://*.card.example.invalid"
    ready = [used.provider.origin + DISCOVERY, used.library.origin, used.merchant.origin]
    log = folder / "demo.log"
    with running([*TAIPEI_ID, "demo"], environment=environment, log=log, ready=ready):
        engine: Engine = open_engine(f"sqlite+pysqlite:///{folder / 'provider.sqlite3'}")
        try:
            provider = Provider(used.provider.origin, engine)
            with provider.database() as session:
                authority.make(session, KEYRING, name="Synthetic devices", now=clock.now())
            yield City(provider, used)
        finally:
            engine.dispose()
