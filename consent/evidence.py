"""State what an agency's note proves: activated, not activated, unknown or disputed (10-II).

A note is evidence of a right, not the right. "Unknown" and "disputed" are never a "no": only a note
that an agency made, with its date, and that nobody disputes, may be read as one.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kernel.db import Json


class State(StrEnum):
    """What the note says of a service."""

    ACTIVATED = "activated"
    NOT_ACTIVATED = "not_activated"
    UNKNOWN = "unknown"
    DISPUTED = "disputed"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What may be told of one entitlement; made by `evidence`, which keeps unknown from "no"."""

    state: State
    source: str | None = None  # the agency that made the note
    as_of: date | None = None
    disputed: bool = False

    def is_denied(self) -> bool:
        """Say whether an undisputed, dated note says no; everything else denies nothing."""
        return self.state is State.NOT_ACTIVATED

    def __bool__(self) -> bool:
        """Refuse to be read as yes or no: `if evidence` would turn unknown into one of them."""
        raise TypeError("evidence has four states; ask for the state")

    def claim(self) -> Json:
        """Return the claim as it leaves; what is not known is absent."""
        told: Json = {"state": self.state.value, "disputed": self.disputed}
        if self.source is not None and self.as_of is not None:
            told |= {"source": self.source, "as_of": self.as_of.isoformat()}
        return told


def evidence(
    *, noted: bool | None, source: str | None, as_of: date | None, disputed: bool
) -> Evidence:
    """Return the evidence of a note; `noted` is None where no agency ever made one.

    A note without source or date proves nothing and is unknown. A disputed "no" is not one.
    """
    if noted is None or not source or as_of is None:
        return Evidence(state=State.UNKNOWN, disputed=disputed)
    if disputed:
        return Evidence(state=State.DISPUTED, source=source, as_of=as_of, disputed=True)
    state = State.ACTIVATED if noted else State.NOT_ACTIVATED
    return Evidence(state=state, source=source, as_of=as_of)
