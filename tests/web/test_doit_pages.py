"""The Bureau's pages of machines, data and figures: for those posts, and without a name on them."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from audit import figures, verifying
from audit.figures import SIGN_INS
from clients.officer_models import Role
from kernel import heartbeats, jobs
from kernel.clock import taipei_day
from kernel.db import transaction
from kernel.jobs import Job
from members import requests
from members.models import RequestKind
from members.requests import Wish
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.regulation import ROOT
from tests.web import staff
from web import figure_keeping
from web.doit_controls import CONTROLS

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGES = ("", "/operations", "/terms", "/statistics", "/controls", "/incidents")


@pytest.mark.clause("10-I(2)")
def test_what_was_given_up_is_seen_and_tried_again(city: City) -> None:
    with city.database() as session:
        job_id = jobs.enqueue(session, "mail.send", {}, now=city.now)
    with city.database() as session:
        session.get_one(Job, job_id).failed_at = city.now
    officer = staff.an_officer(city)
    page = officer.get("/doit/operations")

    done = officer.post(f"/doit/operations/jobs/{job_id}/retry", hidden(page))

    assert "1 件放棄" in page.text
    assert done.status_code == 303
    with city.database() as session:
        assert session.get_one(Job, job_id).failed_at is None
    again = officer.get(done.location).text
    assert "件放棄" not in again
    assert "件在等" in again


def test_workers_keys_and_seals_stand_there(city: City) -> None:
    officer = staff.an_officer(city, Role.ADMINISTRATOR, "ada.admin")
    silent = officer.get("/doit/operations").text
    with city.database() as session:
        heartbeats.beat(session, "host-1", now=city.now)
        heartbeats.beat(session, "host-1", now=city.now)
        heartbeats.beat(session, "host-2", now=city.now - timedelta(minutes=9))

    page = officer.get("/doit/operations").text

    assert "沒有背景程式在跑" in silent
    assert (page.count("運作中"), page.count("沒有聲音")) == (1, 1)
    assert "ES256" in page
    with city.database() as session:
        heartbeats.beat(session, "host-3", now=city.now + timedelta(days=3))
        assert [each.worker for each in heartbeats.listed(session)] == ["host-3"]


@pytest.mark.clause("10-I(1)")
def test_requests_and_disputes_show_their_clocks_and_no_names(city: City) -> None:
    member_id = city.member_id()
    with city.database() as session:
        wish = Wish(kind=RequestKind.DELETE, language="en", acr="")
        requests.make(session, wish, member_id=member_id, keyring=make.KEYRING, now=city.now)
    staff.an_officer(city)
    city.wait(days=90)
    officer = staff.sign_in(city, "rui.reviews", city.member_id("rui.reviews"))

    shown = officer.get("/doit/terms").text

    assert "1 件超過法定期限" in shown
    assert "陳美玉" not in shown


@pytest.mark.clause("10-I(4)")
def test_the_statistics_draw_large_figures_and_hide_small_ones(city: City) -> None:
    officer = staff.an_officer(city)
    empty = officer.get("/doit/statistics").text
    yesterday = taipei_day(city.now) - timedelta(days=1)
    with city.database() as session:
        counted = {(SIGN_INS, "password"): 40, (SIGN_INS, "passkey"): 2, ("case", "accepted"): 7}
        figures.keep(session, yesterday, counted)

    page = officer.get("/doit/statistics").text

    assert "還沒有算過" in empty
    assert "<rect" in page
    assert ">40<" in page
    assert "&lt; 5" in page
    assert figure_keeping.run(city.sessions, now=city.now) == 0


@pytest.mark.clause("10-I(4)")
def test_new_members_are_shown_by_whole_months(city: City) -> None:
    """One that grows from day to day would say how many came on one of them."""
    officer = staff.an_officer(city)
    with city.database() as session:
        for day, count in ((date(2025, 11, 1), 20), (date(2026, 10, 31), 30)):
            figures.keep(session, day, {("new_member", "national"): count})
        figures.keep(session, date(2026, 11, 22), {("new_member", "national"): 70})

    page = officer.get("/doit/statistics").text

    assert "2025-11" in page
    assert "2026-10" in page
    assert ">20<" in page
    assert ">30<" in page
    assert ">70<" not in page


@pytest.mark.clause("9")
@pytest.mark.clause("10-I(2)")
def test_reviewers_and_auditors_read_them_all_and_nobody_else(city: City) -> None:
    reviewer = staff.an_officer(city)
    auditor = staff.an_officer(city, Role.AUDITOR, "ann.audits")
    stranger = Browser(city)
    stranger.sign_in()

    for path in PAGES:
        url = f"/doit{path}"
        assert [each.get(url).status_code for each in (reviewer, auditor)] == [200, 200], url
        assert stranger.get(url).status_code in {303, 403}, url
    form = hidden(auditor.get("/audit/new"))
    with city.database() as session:
        job_id = jobs.enqueue(session, "mail.send", {}, now=city.now)
    assert auditor.post(f"/doit/operations/jobs/{job_id}/retry", form).status_code == 403


def test_the_front_page_says_what_is_wrong_and_what_waits(city: City) -> None:
    officer = staff.an_officer(city)
    wrong = officer.get("/doit").text
    with transaction(city.sessions) as session:
        heartbeats.beat(session, "host-1", now=city.now)

    assert "沒有背景程式在跑" in wrong
    assert "紀錄要重新驗證" in wrong
    assert 'href="/doit/reviews"' in wrong
    assert "沒有背景程式在跑" not in officer.get("/doit").text
    with city.database() as session:
        assert session.scalars(select(Job)).all() is not None


@pytest.mark.clause("9")
def test_the_front_page_tells_a_finding_from_a_verification_that_is_due(city: City) -> None:
    officer = staff.an_officer(city)
    with transaction(city.sessions) as session:
        extent = verifying.Extent(lines=3, checkpoints=1)
        verifying.keep(session, extent, entries=4, findings=2, now=city.now)

    alarms = officer.get("/doit").text

    assert "有 2 處和封存時不同" in alarms
    assert "紀錄要重新驗證" not in alarms


@pytest.mark.clause("10-I(2)")
def test_every_proof_a_control_names_is_a_test_there_is(city: City) -> None:
    for control in CONTROLS:
        assert all((ROOT / path).is_file() for path in control.tests), control
        assert city.app.view_functions.get(control.endpoint) or not control.endpoint
