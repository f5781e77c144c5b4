"""What a client's own tests send to the sandbox, and are told."""

from typing import Literal

from pydantic import RootModel

from web.api_shapes import Shape
from web.sandbox_checks import Verdict
from web.sandbox_faults import Told


class CheckTold(Shape):
    """How one check stands."""

    check: str
    verdict: Verdict
    expected: str
    """What a sound client does."""
    source: str


class ChecksTold(RootModel[tuple[CheckTold, ...]]):
    """Every check there is."""


class OutcomeSent(Shape):
    """What the client did at the last sign-in of this check."""

    told: Literal[Told.ACCEPTED, Told.REFUSED, Told.DENIED, Told.OPEN]


class FoundTold(Shape):
    """What of the people who signed in stands in a log; nothing of it is kept."""

    found: tuple[str, ...]
    """Kinds of data, such as `email`, never the data."""
