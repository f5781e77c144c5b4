"""核准規則 at the Bureau: one officer drafts, another puts it into force, the report counts."""

from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.models import TrailEntry
from kernel.errors import NotFound
from kernel.ids import new_id
from members import application_intake, approval_rules, rule_drafts
from members.application_models import Application, Channel, PersonKind, State
from members.rule_models import RuleDraft, RuleRun, RuleVerdict
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.members.applying import ID_CARD, OTHER_NATIONAL, a_form
from tests.web import staff

PAGE = "/doit/rules"
FORM = {
    "kinds": ["national"],
    "channels": ["counter"],
    "youngest": "20",
    "sample": "100",
    "document_no": "115-7",
}
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def send(browser: Browser, path: str = PAGE, **changes: Any) -> TestResponse:
    form = {**hidden(browser.get(PAGE)), **FORM, **changes}
    return browser.post(path, form)


def the_draft(city: City) -> RuleDraft:
    with city.database() as session:
        return session.scalars(select(RuleDraft).order_by(RuleDraft.id.desc())).all()[0]


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("rule.second_person", "rule.draft_open")
@one_database
def test_one_drafts_and_another_puts_it_into_force(city: City) -> None:
    one, other = staff.an_officer(city), staff.an_officer(city, login="another.reviewer")

    sent, twice = send(one), send(one)
    draft = the_draft(city)
    own = send(one, f"{PAGE}/{draft.id}/adopt")
    with city.database() as session:
        assert approval_rules.current(session) is None
    done = send(other, f"{PAGE}/{draft.id}/adopt")
    late = send(other, f"{PAGE}/{draft.id}/adopt")

    answers = [each.status_code for each in (sent, twice, own, done, late)]
    assert answers == [303, 409, 403, 303, 404]
    assert "規則已生效" in other.get(done.location).text
    with city.database() as session:
        rule = approval_rules.current(session)
        assert rule is not None
        assert (rule.youngest, rule.sample_per_mille, rule.document_no) == (20, 100, "115-7")
        events = session.scalars(select(TrailEntry.event).where(TrailEntry.event.like("rule.%")))
        assert list(events) == ["rule.proposed", "rule.adopted"]


@pytest.mark.refusal("rule.incomplete", "rule.out_of_bounds")
@one_database
@pytest.mark.parametrize(
    "changes",
    [
        {"kinds": []},
        {"channels": ["nowhere"]},
        {"document_no": " "},
        {"youngest": "17"},
        {"youngest": "２０"},
        {"youngest": "99999"},
        {"sample": "0"},
        {"sample": "1001"},
    ],
)
def test_what_nobody_could_follow_is_no_draft(city: City, changes: dict[str, Any]) -> None:
    assert send(staff.an_officer(city), **changes).status_code == 422

    with city.database() as session:
        assert rule_drafts.waiting(session) is None


@one_database
def test_a_draft_is_taken_back_and_a_rule_is_ended_by_one(city: City) -> None:
    officer = staff.an_officer(city)
    send(officer)
    dropped = send(officer, f"{PAGE}/{the_draft(city).id}/drop")
    with city.database() as session:
        approval_rules.adopt(
            session,
            kinds=[PersonKind.NATIONAL],
            channels=[Channel.COUNTER],
            youngest=18,
            sample_per_mille=1000,
            document_no="115-1",
            by=None,
            now=city.now,
        )

    ended = send(officer, f"{PAGE}/end")

    assert (dropped.status_code, ended.status_code) == (303, 303)
    with city.database() as session:
        assert approval_rules.current(session) is None
        with pytest.raises(NotFound):
            rule_drafts.drop(session, new_id(), now=city.now)


@pytest.mark.clause("2(8)1")
@one_database
def test_the_report_counts_what_was_drawn_looked_at_and_overturned(city: City) -> None:
    officer = staff.an_officer(city)
    send(officer)
    send(staff.an_officer(city, login="second"), f"{PAGE}/{the_draft(city).id}/adopt")
    with city.database() as session:
        for number, state in ((None, State.REJECTED), (OTHER_NATIONAL, State.APPROVED)):
            changes: dict[str, Any] = {} if number is None else {"number": number}
            form = a_form(documents=(ID_CARD,) if number is None else (), **changes)
            receipt = application_intake.submit(
                session, form, channel=Channel.SITE, keyring=make.KEYRING, now=city.now
            )
            session.get_one(Application, receipt.application_id).state = state
            session.add(
                RuleRun(
                    application_id=receipt.application_id,
                    rule_version=1,
                    verdict=RuleVerdict.SAMPLED,
                    reasons=[],
                    seed="seed",
                    ran_at=city.now,
                )
            )

    with city.database() as session:
        (told,) = rule_drafts.report(session, now=city.now)
    assert (told.approved, told.left, told.drawn) == (0, 0, 2)
    assert (told.looked_at, told.overturned, told.share) == (2, 1, "50.0 %")
    page = officer.get(PAGE, headers={"Accept-Language": "en"}).text
    assert "50.0 %" in page
    city.wait(days=31)
    with city.database() as session:
        assert rule_drafts.report(session, now=city.now) == []


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_who_adopt_at_once_one_does(city: City) -> None:
    send(staff.an_officer(city))
    draft_id, together, outcomes = the_draft(city).id, Barrier(2), []

    def adopt() -> None:
        together.wait()
        try:
            with city.database() as session:
                rule_drafts.adopt(session, draft_id, by=new_id(), now=city.now)
        except NotFound:
            outcomes.append("late")
        else:
            outcomes.append("adopted")

    threads = [Thread(target=adopt) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(outcomes) == ["adopted", "late"]
