"""What a note must be follows from its events, those of batches and of their undoing included."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services import note_checks
from services.models import Activation, ActivationEvent, ActivationNote, Channel, Happening
from tests.make import NOON

SERVICE, AGENCY = UUID(int=1), UUID(int=2)
SAID: dict[str, Any] = {
    "service_id": SERVICE,
    "source_id": AGENCY,
    "state": Activation.ACTIVATED,
    "as_of": NOON.date(),
    "channel": Channel.KEYED,
    "actor": "clerk",
    "reference": "case-1",
}
BATCH = {"reference": "batch", "channel": Channel.INTERFACE, "state": Activation.NOT_ACTIVATED}


def events(*happened: tuple[Happening, dict[str, Any]]) -> list[ActivationEvent]:
    return [
        ActivationEvent(at=NOON + timedelta(minutes=place), happening=kind, **{**SAID, **said})
        for place, (kind, said) in enumerate(happened)
    ]


def note(**said: Any) -> ActivationNote:
    return ActivationNote(**{**SAID, "dispute": None, **said})


NOTED, WITHDRAWN = Happening.NOTED, Happening.WITHDRAWN
DISPUTED, SETTLED = Happening.DISPUTED, Happening.SETTLED


@pytest.mark.clause("7(9)")
def test_the_last_word_holds_and_a_batch_undone_leaves_the_one_before() -> None:
    batch = events((NOTED, {}), (NOTED, BATCH))
    undone = events((NOTED, {}), (NOTED, BATCH), (WITHDRAWN, BATCH))

    assert list(note_checks.unfounded([note(**BATCH)], batch)) == []
    assert list(note_checks.unfounded([note()], batch)) == [SERVICE]
    assert list(note_checks.unfounded([note()], undone)) == []
    assert list(note_checks.unfounded([note(**BATCH)], undone)) == [SERVICE]


@pytest.mark.clause("7(9)")
def test_what_only_a_batch_brought_is_gone_with_it() -> None:
    brought, undone = events((NOTED, BATCH)), events((NOTED, BATCH), (WITHDRAWN, BATCH))

    assert list(note_checks.gone([], brought)) == [SERVICE]
    assert list(note_checks.gone([], undone)) == []
    assert list(note_checks.unfounded([note(**BATCH)], undone)) == [SERVICE]


@pytest.mark.clause("7(9)")
@pytest.mark.parametrize(
    ("turns", "dispute", "is_founded"),
    [
        ([], None, True),
        ([], "AAAA2222", False),
        ([(DISPUTED, {"channel": Channel.MEMBER, "reference": "AAAA2222"})], "AAAA2222", True),
        ([(DISPUTED, {"channel": Channel.MEMBER, "reference": "AAAA2222"})], "BBBB3333", False),
        ([(DISPUTED, {"channel": Channel.MEMBER, "reference": "AAAA2222"})], None, False),
        ([(DISPUTED, BATCH)], "DOCKET22", True),
        ([(DISPUTED, BATCH)], None, False),
        ([(DISPUTED, BATCH), (SETTLED, BATCH)], None, True),
        ([(DISPUTED, BATCH), (SETTLED, BATCH)], "DOCKET22", False),
    ],
)
def test_a_dispute_is_open_as_the_events_left_it(
    turns: list[tuple[Happening, dict[str, Any]]], dispute: str | None, *, is_founded: bool
) -> None:
    found = list(note_checks.unfounded([note(dispute=dispute)], events((NOTED, {}), *turns)))

    assert (found == []) is is_founded
