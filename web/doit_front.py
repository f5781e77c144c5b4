"""The Bureau's front page: what is wrong now, then everything that waits (10-I)."""

from collections.abc import Iterator
from datetime import timedelta

from flask import Blueprint, url_for

from audit import incidents, verifying, watching
from clients.officer_models import Role
from kernel import heartbeats
from kernel.wording import Bilingual
from web import console, consoles, incident_scopes, pages, scope

bp = Blueprint("doit", __name__, url_prefix="/doit")
INDEX = "doit.index"
WEEK = timedelta(days=8)


@bp.get("")
@consoles.staff_required(Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR)
def index() -> str:
    """Show what is wrong, and what waits for this post."""
    return consoles.page(
        "console/doit.html",
        current=INDEX,
        alarms=list(_alarms()),
        doors=[each for each in console.doors() if each.url.startswith(("/doit/", "/audit"))],
    )


def _alarms() -> Iterator[tuple[str, str]]:
    """Give what is wrong in words, each with the page where it is put right."""
    session, now = scope.db(), scope.now()
    terms = incident_scopes.terms(scope.rooms().settings.incidents)
    for each in incidents.still_open(session):
        clocks = incidents.clocks(each, terms).values()
        if any(clock.is_broken(now=now) or clock.is_urgent(now=now) for clock in clocks):
            url = url_for("doit_incidents.index")
            yield pages.say("資安事件 %(number)s 的期限到了", number=each.reference), url
    if all(heartbeats.is_silent(each, now=now) for each in heartbeats.listed(session)):
        yield pages.say("沒有背景程式在跑"), url_for("doit_operations.index")
    last = verifying.last(session)
    if last is not None and last.findings:
        said = pages.say("有 %(number)s 處和封存時不同", number=last.findings)
        yield said, url_for("doit_operations.index")
    if last is None or now - last.at > WEEK:
        yield pages.say("紀錄要重新驗證"), url_for("doit_operations.index")
    if watching.late(session, now=now).total:
        yield pages.say("有稽核逾期"), url_for("doit_audits.index")


consoles.register_menu(
    INDEX,
    Bilingual("資訊局", "The Bureau"),
    icon="agency",
    roles=[Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR],
)
