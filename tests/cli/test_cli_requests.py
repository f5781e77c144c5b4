"""`taipei-id requests` and `calendar`: the desk until staff have consoles."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from kernel import clock
from kernel.db import sessions, transaction
from kernel.keyring import Keyring
from members import register, requests
from members.models import RequestKind, RequestState, SubjectRequest
from members.requests import Wish
from tests import make
from tests.cli.conftest import Taipei

WORDS = "生日不對"


@pytest.fixture
def reference(prepared: Engine, keyring: Keyring) -> str:
    """Make one request for correction and return its number."""
    wish = Wish(
        kind=RequestKind.CORRECT, claims=("birthdate",), words=WORDS, language="en", acr="1"
    )
    with transaction(sessions(prepared)) as session:
        member = register.add(session, "mei.chen", make.a_profile(), keyring=keyring, now=make.NOON)
        made = requests.make(session, wish, member_id=member.id, keyring=keyring, now=make.NOON)
        return made.reference


def test_the_list_names_each_open_request_and_its_day(taipei_id: Taipei, reference: str) -> None:
    listed = taipei_id("requests", "list")

    head, row = listed.stdout.splitlines()
    assert head.split("\t")[0] == "reference"
    assert row.split("\t")[:4] == [reference, "correct", "city", "checked"]
    assert WORDS not in listed.stdout


@pytest.mark.clause("9")
def test_reading_a_request_is_a_line_the_member_sees(
    prepared: Engine, taipei_id: Taipei, reference: str
) -> None:
    shown = taipei_id("requests", "show", reference, "--clerk", "林○○")

    assert WORDS in shown.stdout
    with transaction(sessions(prepared)) as session:
        line = session.scalars(select(LedgerLine)).one()
    assert line.kind == Kind.VIEWED
    assert (line.detail["case"], line.detail["viewer"]) == (reference, "林○○")


@pytest.mark.clause("10-I(1)")
def test_a_request_is_brought_to_its_end_and_every_step_is_on_the_trail(
    prepared: Engine, taipei_id: Taipei, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = taipei_id("requests", "ask", reference, "哪一天？")
    assert asked.stdout.endswith("is waiting (the clock stands still).\n")
    with transaction(sessions(prepared)) as session:
        row = session.scalars(select(SubjectRequest)).one()
        row.state, row.pauses = RequestState.CHECKED, []
    monkeypatch.setattr(clock, "now", lambda: make.NOON)
    taipei_id("requests", "extend", reference, "要查證")
    decided = taipei_id("requests", "decide", reference, "granted", "--reason", "屬實")
    done = taipei_id("requests", "fulfil", reference)

    assert decided.stdout == f"{reference} is decided.\n"
    assert done.stdout == f"{reference} is told.\n"
    with transaction(sessions(prepared)) as session:
        events = session.scalars(select(TrailEntry.event)).all()
    assert sorted(events) == [  # the clock went back in between
        "request.decided",
        "request.extended",
        "request.fulfilled",
        "request.questioned",
    ]


def test_an_unknown_number_changes_nothing(prepared: Engine, taipei_id: Taipei) -> None:
    assert taipei_id("requests", "fulfil", "ABCDEFGH").exit_code == 1


@pytest.mark.clause("8(4)")
def test_a_day_off_is_entered_listed_and_forgotten(prepared: Engine, taipei_id: Taipei) -> None:
    taipei_id("calendar", "add", "2026-11-24", "off", "--note", "颱風")
    assert "2026-11-24\toff\t颱風" in taipei_id("calendar", "list").stdout

    taipei_id("calendar", "remove", "2026-11-24")
    assert "2026-11-24" not in taipei_id("calendar", "list").stdout


CONFIRM = ("calendar", "confirm", "2026", "--by", "林○○", "--document", "院授人培字第 1 號")


@pytest.mark.clause("8(4)")
@pytest.mark.refusal("calendar.year_empty", "calendar.unsigned")
def test_a_year_is_checked_by_somebody_against_something(
    prepared: Engine, taipei_id: Taipei
) -> None:
    assert "2026\t16\tnobody" in taipei_id("calendar", "list").stdout

    assert taipei_id(*CONFIRM).stdout == "2026 was checked by 林○○.\n"
    assert taipei_id(*CONFIRM).exit_code == 0  # and again, a year later

    listed = taipei_id("calendar", "list").stdout
    assert "2026\t16\t林○○" in listed
    assert "院授人培字第 1 號" in listed
    assert "calendar.year_empty" in taipei_id(*CONFIRM[:2], "2099", *CONFIRM[3:]).stderr
    assert "calendar.unsigned" in taipei_id(*CONFIRM[:4], " ", *CONFIRM[5:]).stderr


@pytest.mark.parametrize(
    ("day", "word"), [(0, "–"), (37, "–"), (38, "soon"), (44, "soon"), (45, "OVERDUE")]
)
def test_what_is_urgent_is_marked(
    taipei_id: Taipei, reference: str, monkeypatch: pytest.MonkeyPatch, day: int, word: str
) -> None:
    moment = make.NOON + timedelta(days=day)  # due on 6 January, 44 days later
    monkeypatch.setattr(clock, "now", lambda: moment)

    row = taipei_id("requests", "list").stdout.splitlines()[1]

    assert row.split("\t")[-1] == word
