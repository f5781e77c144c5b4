"""Hold notes against their events: a note nobody wrote through the service shows (7(9)).

Events are only appended to, and say of every note what was written, by whom and for which case.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from services.models import ActivationEvent, ActivationNote, Happening

SAID = ("source_id", "state", "as_of", "channel", "actor", "reference")


def unfounded(
    noted: Iterable[ActivationNote], happened: Iterable[ActivationEvent]
) -> Iterator[UUID]:
    """Name the services whose note is not what its last events made it."""
    by_service = _by_service(happened)
    for note in noted:
        own = by_service.get(note.service_id, [])
        said = [each for each in own if each.happening is Happening.NOTED]
        if not said or _said(note) != _said(said[-1]) or _open_dispute(own) != note.dispute:
            yield note.service_id


def gone(noted: Iterable[ActivationNote], happened: Iterable[ActivationEvent]) -> Iterator[UUID]:
    """Name the services of which something was noted, and nothing is there."""
    yield from _by_service(happened).keys() - {each.service_id for each in noted}


def _by_service(happened: Iterable[ActivationEvent]) -> Mapping[UUID, list[ActivationEvent]]:
    found: dict[UUID, list[ActivationEvent]] = {}
    for each in happened:
        found.setdefault(each.service_id, []).append(each)
    return found


def _said(row: ActivationNote | ActivationEvent) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in SAID)


def _open_dispute(happened: Sequence[ActivationEvent]) -> str | None:
    """Return the number of the dispute the events leave open."""
    turns = [each for each in happened if each.happening is not Happening.NOTED]
    return turns[-1].reference if turns and turns[-1].happening is Happening.DISPUTED else None
