"""A chip card made of software and the program beside it: it signs for a page, or wrongly."""

import json
from dataclasses import dataclass, field, replace

from adapters.agent.signing import Signing
from adapters.agent.ways import PivWay
from demo.cards.issuing import Form, issue, new_key, piv_card
from demo.cards.piv import PrivateKey
from demo.cards.readers import SoftReaders
from tests import make
from tests.agent.people import PIN, Typist

ORIGIN = "https://id.invalid"


def a_form(key: PrivateKey | None = None) -> Form:
    return issue(key or new_key(), pin=PIN, label="Test card", now=make.NOON)


@dataclass(frozen=True)
class Chip:
    """One card, in front of a page of `origin`."""

    origin: str = ORIGIN
    form: Form = field(default_factory=a_form)

    def sign(self, nonce: str, **changes: str) -> str:
        """Return the token for this nonce, with `changes` of its fields."""
        readers = SoftReaders({"Reader": piv_card(**self.form)})
        signing = Signing(readers, [PivWay(readers)], Typist())
        token = signing.token(origin=self.origin, nonce=nonce, reader="")
        return json.dumps({**token, **changes})

    def at(self, origin: str) -> "Chip":
        return replace(self, origin=origin)
