"""Hold notes against their events: a note nobody wrote through the service shows (7(9)).

Events are only appended to, and say of every note what was written, by whom and for which case.
What came with a batch that was undone is no word any more: the one before holds again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from services.models import ActivationEvent, ActivationNote, Channel, Happening

SAID = ("source_id", "state", "as_of", "channel", "actor", "reference")


def unfounded(
    noted: Iterable[ActivationNote], happened: Iterable[ActivationEvent]
) -> Iterator[UUID]:
    """Name the services whose note is not what its events made it."""
    by_service = _by_service(happened)
    for note in noted:
        own = by_service.get(note.service_id, [])
        word = _word(own)
        if word is None or _said(note) != _said(word) or not _is_as_disputed(note, own):
            yield note.service_id


def gone(noted: Iterable[ActivationNote], happened: Iterable[ActivationEvent]) -> Iterator[UUID]:
    """Name the services of which a word holds, and nothing is there."""
    there = {each.service_id for each in noted}
    for service_id, own in _by_service(happened).items():
        if service_id not in there and _word(own) is not None:
            yield service_id


def _by_service(happened: Iterable[ActivationEvent]) -> Mapping[UUID, list[ActivationEvent]]:
    found: dict[UUID, list[ActivationEvent]] = {}
    for each in happened:
        found.setdefault(each.service_id, []).append(each)
    return found


def _word(own: Sequence[ActivationEvent]) -> ActivationEvent | None:
    """Return the last word that was not withdrawn with its batch."""
    words: list[ActivationEvent] = []
    for each in own:
        if each.happening is Happening.NOTED:
            words.append(each)
        elif each.happening is Happening.WITHDRAWN:
            words = [word for word in words if word.reference != each.reference]
    return words[-1] if words else None


def _said(row: ActivationNote | ActivationEvent) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in SAID)


def _is_as_disputed(note: ActivationNote, own: Sequence[ActivationEvent]) -> bool:
    """Say whether the note is in dispute as its events left it, under the number they gave."""
    turns = [each for each in own if each.happening in (Happening.DISPUTED, Happening.SETTLED)]
    last = turns[-1] if turns else None
    if last is None or last.happening is Happening.SETTLED:
        return note.dispute is None
    return note.dispute == last.reference or (
        note.dispute is not None and last.channel is not Channel.MEMBER  # a docket has its own
    )
