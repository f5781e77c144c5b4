"""What agencies' cards show comes with their notes, is kept sealed and is taken back exactly."""

from dataclasses import replace
from datetime import date

import pytest

from kernel.db import Sessions, transaction
from services import card_faces
from services.card_faces import Face
from services.consolidation_schema import Field
from tests.make import KEYRING
from tests.services import consolidating as world
from tests.services.consolidating import Agency, a_file, number

HEADINGS = (*world.HEADINGS, "卡號", "卡片效期")
CARDS = replace(world.PROPOSAL, columns=world.PROPOSAL.columns | {Field.CARD, Field.CARD_UNTIL})


@pytest.fixture
def agency(sessions: Sessions) -> Agency:
    agency = world.an_agency(sessions)
    with transaction(sessions) as session:
        world.a_stream(session, agency.organisation_id, CARDS)
    return agency


def card(shown: str, until: str = "", *, place: int = 0, as_of: str = "2026-11-20") -> world.Row:
    return (number(place), "已開通", "2020-01-01", as_of, shown, until)


def face(agency: Agency) -> Face | None:
    note = agency.note(0)
    assert note is not None
    return card_faces.opened(
        note.face_sealed, member_id=note.member_id, service_id=note.service_id, keyring=KEYRING
    )


@pytest.mark.clause("2(4)")
def test_what_a_card_shows_comes_with_the_note_and_is_sealed(agency: Agency) -> None:
    agency.apply(a_file([card("TP-0001 2345", "2029-12-31")], headings=HEADINGS))

    found, note = face(agency), agency.note(0)

    assert found == Face(number="TP-0001 2345", until=date(2029, 12, 31))
    assert found.masked == "••••••••2345"
    assert "2345" not in repr(found)
    assert note is not None
    assert note.face_sealed is not None
    assert b"2345" not in note.face_sealed


@pytest.mark.clause("2(4)")
def test_a_card_that_nobody_confirmed_refuses_the_whole_file(sessions: Sessions) -> None:
    plain = world.an_agency(sessions)

    with pytest.raises(Exception, match="field_out_of_scope"):
        plain.upload(a_file([card("1")], headings=HEADINGS))


@pytest.mark.refusal("consolidation.card_unreadable")
@pytest.mark.parametrize("shown", ["卡片", "-1", "1" * (card_faces.LONGEST_NUMBER + 1), "1;2", ""])
def test_what_is_no_card_number_is_its_rows_own_trouble(agency: Agency, shown: str) -> None:
    rows = [card(shown, "2029-12-31"), card("2", place=1)]

    batch_id = agency.upload(a_file(rows, headings=HEADINGS))

    assert agency.codes(batch_id) == {1: "consolidation.card_unreadable"}
    assert agency.counts(batch_id) == {"bad": 1, "inserted": 1}


@pytest.mark.clause("3-II")
def test_a_card_is_replaced_added_on_the_same_day_and_never_forgotten(agency: Agency) -> None:
    agency.apply(a_file([card("")], headings=HEADINGS))
    assert face(agency) is None

    shown = []
    for row in (
        card("1"),  # of the same day: the note did not know it
        card("2", as_of="2026-11-21"),
        card("", as_of="2026-11-22"),  # nothing is said of the card
        card("3", as_of="2026-11-01"),  # an old file
    ):
        agency.apply(a_file([row], headings=HEADINGS))
        known = face(agency)
        assert known is not None
        shown.append(known.number)

    assert shown == ["1", "2", "2", "2"]


@pytest.mark.clause("3-II")
def test_a_roll_back_puts_the_card_of_before_back(agency: Agency) -> None:
    agency.apply(a_file([card("1", "2027-01-31")], headings=HEADINGS))
    batch_id = agency.apply(a_file([card("2", as_of="2026-11-21")], headings=HEADINGS))
    known = face(agency)
    assert known is not None
    assert known.number == "2"

    agency.roll_back(batch_id)

    assert face(agency) == Face(number="1", until=date(2027, 1, 31))


def test_the_same_file_changes_nothing_the_second_time(agency: Agency) -> None:
    file = a_file([card("1", "2027-01-31")], headings=HEADINGS)
    agency.apply(file)

    assert agency.counts(agency.upload(file)) == {"unchanged": 1}
