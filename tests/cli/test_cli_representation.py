"""Guardians, proxies and declarations are entered by hand until counters are open."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from audit.models import LedgerLine, TrailEntry
from kernel import clock
from kernel.db import sessions, transaction
from kernel.jobs import Job
from members.models import GuardianLink, Member, Relation, Standing
from members.proxy_models import PowerOfAttorney
from tests.cli.conftest import Taipei
from tests.make import PASSWORD

TODAY = clock.taipei_day(clock.now())
TOMORROW = (TODAY + timedelta(days=1)).isoformat()
PROXY = ("member", "proxy", "yue", "mei", "--matter", "services", "--reference", "115-委-7")
DECREE = ("--decree", "115-監宣-4", "--on", "2026-01-05")


@pytest.fixture
def people(prepared: Engine, taipei_id: Taipei) -> Engine:
    """Enter a woman, her grandmother, her child, and somebody of unknown age."""
    born = {"mei": "1990-04-01", "yue": "1940-03-03", "an": f"{TODAY.year - 9}-01-01"}
    for login in ("mei", "yue", "an", "who"):
        when = ("--birthdate", born[login]) if login in born else ()
        words = ("member", "add", login, "--name", "林某", *when, "--password-stdin")
        assert taipei_id(*words, typed=f"{PASSWORD}\n").exit_code == 0
    return prepared


def test_a_guardian_acts_for_a_minor_until_it_is_ended(people: Engine, taipei_id: Taipei) -> None:
    linked = taipei_id("member", "guardian", "an", "mei")
    again = taipei_id("member", "guardian", "an", "mei")

    assert linked.stdout == "mei acts for an.\n"
    assert again.stderr.startswith("Error: guardian.already_linked: ")
    with transaction(sessions(people)) as session:
        link = session.scalars(select(GuardianLink)).one()
        assert (link.relation, link.evidence) == (Relation.PARENT, "household_register")
        assert link.ends_at is not None
    assert taipei_id("member", "unlink", "an", "mei").stdout == "mei no longer acts for an.\n"
    assert taipei_id("member", "unlink", "an", "mei").exit_code == 1
    with transaction(sessions(people)) as session:
        events = session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)).all()
    assert events[-2:] == ["guardian.linked", "guardian.unlinked"]


@pytest.mark.refusal("guardian.not_adult", "guardian.of_age", "guardian.not_the_relation")
@pytest.mark.parametrize(
    ("ward", "guardian", "relation", "code"),
    [
        ("an", "an", "parent", "guardian.not_adult"),
        ("yue", "an", "guardian", "guardian.not_adult"),
        ("yue", "mei", "guardian", "guardian.of_age"),
        ("who", "mei", "guardian", "guardian.of_age"),
        ("an", "mei", "assistant", "guardian.not_the_relation"),
    ],
)
def test_who_may_not_be_linked_is_told_why(
    people: Engine, taipei_id: Taipei, *, ward: str, guardian: str, relation: str, code: str
) -> None:
    said = taipei_id("member", "guardian", ward, guardian, "--relation", relation)

    assert (said.exit_code, said.stderr.split(": ")[1]) == (1, code)


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("guardian.not_adult")
def test_who_is_under_assistance_stays_a_parent_and_is_nobodys_guardian(
    people: Engine, taipei_id: Taipei
) -> None:
    taipei_id("member", "capacity", "mei", "assisted", *DECREE)
    taipei_id("member", "capacity", "yue", "guarded", *DECREE)

    appointed = taipei_id("member", "guardian", "yue", "mei", "--relation", "guardian")
    parent = taipei_id("member", "guardian", "an", "mei", "--relation", "parent")

    assert "guardian.not_adult" in appointed.stderr
    assert parent.exit_code == 0


@pytest.mark.refusal("member.closed")
def test_nobody_whose_account_is_closed_is_entered(people: Engine, taipei_id: Taipei) -> None:
    with transaction(sessions(people)) as session:
        gone = session.scalars(select(Member).where(Member.login == "mei")).one()
        gone.standing = Standing.CLOSED

    said = taipei_id("member", "guardian", "an", "mei")

    assert (said.exit_code, said.stderr.split(": ")[1]) == (1, "member.closed")


def test_nobody_is_a_proxy_by_law(people: Engine, taipei_id: Taipei) -> None:
    assert taipei_id("member", "guardian", "an", "mei", "--relation", "proxy").exit_code == 2


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("guardian.not_the_relation", "member.capacity_representative_required")
def test_a_declaration_comes_with_its_guardian_and_ends_powers(
    people: Engine, taipei_id: Taipei
) -> None:
    assert taipei_id(*PROXY, "--to", TOMORROW).exit_code == 0
    noted = taipei_id("member", "capacity", "yue", "guarded", *DECREE)
    assistant = taipei_id("member", "guardian", "yue", "mei", "--relation", "assistant")
    guardian = taipei_id("member", "guardian", "yue", "mei", "--relation", "guardian")
    power = taipei_id(*PROXY, "--to", TOMORROW)

    assert noted.stdout == "yue is guarded.\n"
    assert "guardian.not_the_relation" in assistant.stderr
    assert guardian.exit_code == 0
    assert "member.capacity_representative_required" in power.stderr
    with transaction(sessions(people)) as session:
        assert session.scalars(select(GuardianLink.ends_at)).all() == [None]
        assert session.scalars(select(PowerOfAttorney.end)).all() == ["counter"]
    assert taipei_id("member", "lift-capacity", "yue").stdout == "yue decides alone again.\n"
    with transaction(sessions(people)) as session:
        assert session.scalars(select(GuardianLink)).one().ended_at is not None
        mei = session.scalars(select(Member.id).where(Member.login == "mei")).one()
        told = [
            each.payload["template"]
            for each in letters(session)
            if each.payload["member"] == str(mei)
        ]
        lines = session.scalars(select(LedgerLine.kind).where(LedgerLine.member_id == mei)).all()
        assert (told[-2:], lines[-2:]) == (["law.noted"] * 2, ["law.noted"] * 2)  # begun, and over


@pytest.mark.clause("2(8)1")
def test_both_are_told_of_a_guardian_that_was_entered_or_ended(
    people: Engine, taipei_id: Taipei
) -> None:
    taipei_id("member", "guardian", "an", "mei")
    taipei_id("member", "unlink", "an", "mei")

    with transaction(sessions(people)) as session:
        whose = {each.login: str(each.id) for each in session.scalars(select(Member))}
        told = [(each.payload["template"], each.payload["member"]) for each in letters(session)]
        lines = [(each.kind, str(each.member_id)) for each in session.scalars(select(LedgerLine))]
    expected = sorted(("law.noted", whose[login]) for login in ("an", "mei", "an", "mei"))
    assert sorted(told) == sorted(lines) == expected


@pytest.mark.clause("2(8)1")
def test_a_declaration_and_its_end_are_told_and_none_is_of_a_day_to_come(
    people: Engine, taipei_id: Taipei
) -> None:
    words = ("member", "capacity", "yue", "assisted", "--decree", "115-輔宣-1", "--on")

    ahead = taipei_id(*words, TOMORROW)
    taipei_id(*words, TODAY.isoformat())
    taipei_id("member", "lift-capacity", "yue")

    assert ahead.exit_code == 1
    assert "on a day to come" in ahead.stderr
    with transaction(sessions(people)) as session:
        assert [each.payload["template"] for each in letters(session)] == ["law.noted"] * 2
        assert session.scalars(select(LedgerLine.kind)).all() == ["law.noted"] * 2


def letters(session: Session) -> Sequence[Job]:
    return session.scalars(select(Job).order_by(Job.id)).all()


def test_an_assistant_fits_assistance(people: Engine, taipei_id: Taipei) -> None:
    taipei_id("member", "capacity", "yue", "assisted", *DECREE)

    assert taipei_id("member", "guardian", "yue", "mei", "--relation", "guardian").exit_code == 1
    assert taipei_id("member", "guardian", "yue", "mei", "--relation", "assistant").exit_code == 0


@pytest.mark.clause("7(2)")
def test_a_power_is_entered_told_and_ended(people: Engine, taipei_id: Taipei) -> None:
    entered = taipei_id(*PROXY, "--matter", "footprint", "--from", str(TODAY), "--to", TOMORROW)
    again = taipei_id(*PROXY, "--to", TOMORROW)
    ended = taipei_id("member", "end-proxy", "yue", "mei")
    twice = taipei_id("member", "end-proxy", "yue", "mei")

    assert entered.stdout == "mei may act for yue.\n"
    assert "poa.already_entered" in again.stderr
    assert ended.stdout == "mei no longer acts for yue.\n"
    assert "case.poa_missing" in twice.stderr
    with transaction(sessions(people)) as session:
        power = session.scalars(select(PowerOfAttorney)).one()
        assert power.matters == ["footprint", "services"]
        assert power.ends_at - power.starts_at == timedelta(days=2)
        told = [each.payload["template"] for each in session.scalars(select(Job))]
        lines = session.scalars(select(LedgerLine.kind).order_by(LedgerLine.id)).all()
    assert told == ["proxy.entered", "power.ended", "power.ended"]
    assert lines == ["power.given", "power.taken", "power.ended", "power.ended"]


@pytest.mark.refusal("poa.not_adult", "case.poa_expired")
def test_what_is_wrong_with_a_letter_is_said(people: Engine, taipei_id: Taipei) -> None:
    yesterday = (TODAY - timedelta(days=1)).isoformat()

    child = taipei_id(
        "member", "proxy", "yue", "an", "--matter", "services", "--reference", "7", "--to", TOMORROW
    )

    assert "poa.not_adult" in child.stderr
    assert "case.poa_expired" in taipei_id(*PROXY, "--to", yesterday).stderr
    assert taipei_id(*PROXY[:4], "--to", TOMORROW, "--reference", "7").exit_code == 2
    assert taipei_id(*PROXY, "--matter", "password", "--to", TOMORROW).exit_code == 2


@pytest.mark.clause("2(8)5")
@pytest.mark.refusal("member.birthdate_same")
def test_a_birth_date_is_entered_later_and_follows_at_once(
    people: Engine, taipei_id: Taipei
) -> None:
    words = ("member", "birthdate", "who", f"{TODAY.year - 9}-01-01")
    assert taipei_id("member", "guardian", "who", "mei").exit_code == 1

    entered = taipei_id(*words, "--reason", "household register seen")

    assert entered.stdout.startswith("The birth date of who is corrected. Consents ended: 0;")
    assert taipei_id("member", "guardian", "who", "mei").exit_code == 0
    assert taipei_id(*words).exit_code == 2
    assert "member.birthdate_same" in taipei_id(*words, "--reason", "again").stderr
    assert taipei_id(*words[:2], "nobody", words[3], "--reason", "x").exit_code == 1
