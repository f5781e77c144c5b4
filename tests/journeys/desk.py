"""A computer with card readers (tests/cards), the card program on it, and who types the PIN."""

import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

from adapters.smartcard.adapter import create
from demo.cards.issuing import Form, form_of, issue, new_key
from kernel import clock
from tests.cards.farm import Farm
from tests.certificates import holder, pki
from tests.certificates.pki import Leaf
from tests.journeys.city import City
from tests.live.programs import running
from tests.live.server import KEYRING
from tests.smartcard.cards import CITY_CARD

PIN = "246810"
PROGRAM = (sys.executable, "-c", "from adapters.agent.cli import main; main()")
PINENTRY = f"""#!{sys.executable}
import pathlib
typed = pathlib.Path(__file__).with_name("typed").read_text()
print("OK")
print("D " + typed if typed else "ERR 83886179 cancelled")
"""
MAKERS = "demo.cards.issuing"
CARD_NUMBERS = count(0x04782E21801D80)  # the city outlives a test, and so does whose card it is
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Desk:
    """What a person at this computer can do."""

    farm: Farm
    folder: Path

    def type(self, pin: str) -> None:
        """Type this PIN from now on, whenever the program asks; nothing is a no."""
        (self.folder / "typed").write_text(pin, encoding="ascii")

    def insert(self, maker: str, form: Any, *, slot: int = 0) -> None:  # what the maker takes
        """Put a card into a reader."""
        self.farm.insert(slot, f"{MAKERS}:{maker}", form)


@contextmanager
def a_desk(
    city: City, farm: Farm, folder: Path, *options: str, environment: Mapping[str, str] = NOTHING
) -> Iterator[Desk]:
    """Run the program, with these options, where the city's pages look for it."""
    desk = Desk(farm, folder)
    desk.type(PIN)
    pinentry = folder / "pinentry"
    pinentry.write_text(PINENTRY, encoding="utf-8")
    pinentry.chmod(pinentry.stat().st_mode | stat.S_IXUSR)
    command = [*PROGRAM, "--origin", city.provider.issuer, "--pinentry", str(pinentry)]
    command += ["--port", str(city.card_program), *options]
    ready = f"http://127.0.0.1:{city.card_program}/window"
    with running(command, environment=environment, log=folder / "program.log", ready=[ready]):
        yield desk


def chip() -> Form:
    """Return a new card with a key that nobody vouches for."""
    return issue(new_key(), pin=PIN, label="Test card", now=clock.now())


def citizen(number: int = 1) -> Leaf:
    """Return a citizen's certificate that the pinned authority signed; all are called the same."""
    subject = pki.name(holder.NAME, serial=f"00000001{number:08}")
    return Leaf(serial=76 + number, key=pki.rsa_key("citizen"), subject=subject)


def citizen_card(number: int = 1) -> Form:
    """Return the card of such a citizen."""
    leaf = citizen(number)
    return form_of(leaf.key, leaf.der(), pin=PIN)


def ticket() -> dict[str, str]:
    """Return a card that has a number and nothing else."""
    return {"uid": "04a1b2c3d4e5f6"}


def city_card() -> dict[str, Any]:  # as JSON carries it
    """Return a new card of the city's, with the key that the demo's provider gives it."""
    uid = f"{next(CARD_NUMBERS):014x}"
    masters = create({"key": KEYRING.derive("adapter/smartcard/v1")}).reading.masters
    key = masters.derived(CITY_CARD.name).cmac(b"\x01" + CITY_CARD.material(bytes.fromhex(uid)))
    keys = {str(CITY_CARD.key_number): key.hex()}
    return {"uid": uid, "application": CITY_CARD.application.hex(), "keys": keys}
