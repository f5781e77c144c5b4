"""Make up two hundred people, some in every state: who they are follows from their places.

Names, mailboxes and numbers say that they are synthetic: the numbers are counted up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from demo.sandbox.states import GUARDIAN, STATES, Mail, State, Ward
from members.numbers import IdentityNumber, Kind, check_digit

MANY = 200
PASSWORD = "rain on the Tamsui 2026"  # of everybody
BEFORE = {Kind.NATIONAL: "Z1", Kind.UI_NEW: "Z8", Kind.UI_OLD: "ZC"}
DIGITS = "〇一二三四五六七八九"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who does not exist."""

    place: int
    state: State
    today: date
    guardian: str = ""  # the account name of who acts

    @property
    def login(self) -> str:
        """Return the account name: the state, and which of its people."""
        return f"{self.state.code}.{self.place}"

    @property
    def number(self) -> IdentityNumber | None:
        """Return the identity number, if one is on record."""
        if self.state.kind is None:
            return None
        nine = f"{BEFORE[self.state.kind]}{self.place:07d}"
        return IdentityNumber(nine + check_digit(nine), self.state.kind)

    @property
    def claims(self) -> dict[str, Any]:
        """Return what the city holds about them."""
        found = {
            "name": self.state.name or self._counted(),
            "birthdate": self._born(),
            "locale": self.state.locale,
            **self._reached(),
        }
        return {name: value for name, value in found.items() if value is not None}

    def _counted(self) -> str:
        return "合成" + "".join(DIGITS[int(digit)] for digit in str(self.place))

    def _born(self) -> str | None:
        if self.state.born or self.state.age is None:
            return self.state.born or None
        # Never 29 February, nor a birthday still to come: the age is what the state says.
        return date(self.today.year - self.state.age, 1, 1).isoformat()

    def _reached(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.state.mail is not Mail.NONE:
            found["email"] = f"{self.login}@mail.invalid"
            found["email_verified"] = self.state.mail is Mail.CONFIRMED
        if self.state.has_phone:
            found |= {"phone_number": f"+8869000{self.place:05d}", "phone_number_verified": True}
        if self.state.has_address:
            street = f"臺北市合成路 {self.place} 號"
            found["address"] = {"formatted": street, "locality": "臺北市", "country": "TW"}
        return found

    def shown(self) -> dict[str, Any]:
        """Return the record that `web.personas` reads."""
        return {
            "login_id": self.login,
            "password": PASSWORD,
            "special": self.state.words._asdict(),
            "standing": self.state.standing.value,
            "state": self.state.code,
            "claims": self.claims,
        }


def people(*, today: date, many: int = MANY) -> list[Person]:
    """Return so many people, whoever acts for somebody before them; state after state, again."""
    return list(islice(_line(today), many))


def _line(today: date) -> Iterator[Person]:
    place = 0
    while True:
        for state in STATES:
            guardian = ""
            if state.ward in {Ward.CHILD, Ward.ADULT}:
                place += 1
                acting = Person(place=place, state=GUARDIAN, today=today)
                guardian = acting.login
                yield acting
            place += 1
            yield Person(place=place, state=state, today=today, guardian=guardian)
