"""Open the demo city, as `make demo` does, on ports of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from adapters.certificate import authority, pinning, revocation_lists
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
    card_program: int  # the port at which its pages look for a card program
    signer: int  # the same of one that takes text and PIN from the page

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


def _acquit(session: Session, pinned: Path, *, now: datetime) -> None:
    """Load the authority's list: what is not on it is good for a day."""
    start, until = now - timedelta(hours=1), now + timedelta(days=1)
    listed = pki.revocation_list(pki.generation(2), [66], start=start, until=until)
    revocation_lists.load(session, pinning.read(pinned).issuers[0], listed, now=now)


@contextmanager
def open_city(folder: Path) -> Iterator[City]:
    """Start the demo, wait until everything answers, and end everything."""
    environment = {
        name: f"localhost:{free_port()}"
        for name in (each.variable for each in vars(addresses.FIXED).values())
    }
    used = addresses.read(environment)
    environment[setup.DATA_VARIABLE] = str(folder)
    # Every kind of card is taken, for their pages are pages like any other.
    environment["TAIPEI_ID_ADAPTERS"] = "password,passkey,certificate,key-card,smartcard"
    pinned = files.pinned(folder, pki.generation(2), ocsp_url="")
    environment["TAIPEI_ID_CERTIFICATES"] = str(pinned)
    card_program, signer = free_port(), free_port()
    environment["TAIPEI_ID_PAGE_SIGNED"] = "true"
    environment["TAIPEI_ID_PAGE_SIGNER"] = f"http://localhost:{signer}"
    # A program with real readers may come (desk.py); else pages find the demo's own.
    programs = (f"127.0.0.1:{card_program}", f"127.0.0.1:{used.agent.port}")
    environment["TAIPEI_ID_CARD_PROGRAMS"] = " ".join(f"http://{each}" for each in programs)
    environment["TAIPEI_ID_SANDBOX__ENABLED"] = "1"  # its pages are pages, too
    environment["TAIPEI_ID_CERTIFICATE_FRONT"] = "https://*.card.example.invalid"
    ready = [used.provider.origin + DISCOVERY, used.library.origin, used.merchant.origin]
    log = folder / "demo.log"
    with running([*TAIPEI_ID, "demo"], environment=environment, log=log, ready=ready):
        engine: Engine = open_engine(f"sqlite+pysqlite:///{folder / 'provider.sqlite3'}")
        try:
            provider = Provider(used.provider.origin, engine)
            with provider.database() as session:
                authority.make(session, KEYRING, name="Synthetic devices", now=clock.now())
                _acquit(session, pinned, now=clock.now())
            yield City(provider, used, card_program, signer)
        finally:
            engine.dispose()
