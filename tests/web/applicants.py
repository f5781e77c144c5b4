"""Fill in the pages of an application as a person would, and let the city decide."""

import re
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from kernel.clock import taipei_day
from kernel.ids import new_id
from kernel.jobs import Job
from members import application_decisions, application_intake, application_steps, approvals
from members.application_forms import Seen
from members.application_models import Application, Document
from members.invitations import Activation
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.members.applying import NATIONAL, OTHER_NATIONAL

WHO = {
    "kind": "national",
    "number": NATIONAL,
    "name": "測試一號",
    "birth_date": "民國85年5月1日",
}
CHILD = {**WHO, "birth_date": "2016-05-05"}
PARENT = {"relation": "parent", "guardian_name": "測試家長", "guardian_number": OTHER_NATIONAL}
CONTACT = {"email": "one@mail.invalid", "phone": "0912-345-678", "address": "測試路 1 號"}
CODE = re.compile(r'<code class="whole">([0-9A-Z-]{19})</code>')
NUMBER = re.compile(r"<code[^>]*>([2-9A-HJ-NP-Z]{8})</code>")


def fill_in(browser: Browser, step: str, fields: dict[str, Any]) -> TestResponse:
    """Send one page of the form."""
    page = browser.get(f"/apply/{step}")
    return browser.post(f"/apply/{step}", {**hidden(page), **fields})


def complete(
    browser: Browser, who: dict[str, str] | None = None, contact: dict[str, str] | None = None
) -> None:
    """Fill in every page."""
    who = WHO if who is None else who
    assert fill_in(browser, "who", who).status_code == 303
    if who["birth_date"] == CHILD["birth_date"]:
        assert fill_in(browser, "guardian", PARENT).status_code == 303
    fill_in(browser, "contact", CONTACT if contact is None else contact)
    fill_in(browser, "services", {})
    terms = re.search(r'name="terms" value="([^"]+)"', browser.get("/apply/terms").text)
    assert terms is not None
    fill_in(browser, "terms", {"terms": terms[1]})


def hand_in(browser: Browser) -> TestResponse:
    """Press the last button."""
    return browser.submit(browser.get("/apply/review"))


def apply(city: City, **more: Any) -> tuple[Browser, str, str]:
    """Apply from beginning to end; return the browser, the number and the secret."""
    browser = Browser(city)
    complete(browser, **more)
    response = hand_in(browser)
    assert (response.status_code, response.location) == (303, "/apply/receipt")
    receipt = browser.get("/apply/receipt").text
    number, secret = NUMBER.search(receipt), CODE.search(receipt)
    assert number is not None
    assert secret is not None
    return browser, number[1], secret[1]


def the_application(city: City) -> Application:
    """Return the only application there is."""
    with city.database() as session:
        return session.scalars(select(Application)).one()


def confirm(city: City) -> None:
    """Let a counter see the identity card."""
    with city.database() as session:
        application_intake.confirm(
            session,
            session.scalars(select(Application.id)).one(),
            counter_id=make.a_member(session, "counter.one").id,
            clerk_id=make.a_member(session, "clerk.one").id,
            documents=[Seen(document=Document.ID_CARD, number=NATIONAL)],
            keyring=make.KEYRING,
            now=city.now,
        )


def approve(city: City) -> Activation:
    """Let the Bureau approve what a counter confirmed."""
    with city.database() as session:
        return application_decisions.approve(
            session,
            session.scalars(select(Application.id)).one(),
            approval_id=approvals.by_bootstrap(session, now=city.now),
            keyring=make.KEYRING,
            now=city.now,
        )


def send_back(city: City, reason: str) -> None:
    """Ask for a correction."""
    with city.database() as session:
        application_decisions.send_back(
            session,
            session.scalars(select(Application.id)).one(),
            by=new_id(),
            reason=reason,
            keyring=make.KEYRING,
            now=city.now,
        )


def letters(city: City) -> list[dict[str, Any]]:
    """Return the jobs that write to applicants."""
    with city.database() as session:
        found = select(Job).where(Job.kind == application_steps.TELL).order_by(Job.id)
        return [dict(job.payload) for job in session.scalars(found)]


def today(city: City) -> str:
    """Return today in Taipei."""
    return taipei_day(city.now).isoformat()
