"""The auditor's page: who looked at people's records, and who did without a case (regulation 9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Blueprint

from audit import views
from clients.officer_models import Role
from kernel.errors import NotFound
from kernel.wording import Bilingual
from members import register
from web import consoles, scope

bp = Blueprint("doit_views", __name__, url_prefix="/doit/views")
INDEX = "doit_views.index"
BACK = timedelta(days=30)
MOST = 100


@dataclass(frozen=True)
class Seen:
    """One look without a case: when, by which officer, for which typed reason."""

    at: datetime
    officer: str
    reason: str


@bp.get("")
@consoles.staff_required(Role.AUDITOR)
def index() -> str:
    """Show a month: officers by how often they looked, then every look without a case."""
    session, since = scope.db(), scope.now() - BACK
    counted = views.by_officer(session, since=since)
    names = {each.actor: _officer(each.actor) for each in counted}
    return consoles.page(
        "console/views.html",
        current=INDEX,
        counted=[(names[each.actor], each.without_case, each.times) for each in counted],
        unfounded=[
            Seen(each.at, names.get(each.actor, ""), each.reason)
            for each in views.exceptions(session, since=since, most=MOST)
        ],
        days=BACK.days,
    )


def _officer(actor: UUID | None) -> str:
    """Return the account name an officer works under."""
    if actor is None:
        return "–"
    try:
        return str(register.read(scope.db(), actor).login)
    except NotFound:
        return "–"


consoles.register_menu(
    INDEX, Bilingual("調閱稽核", "Looks at records"), icon="list", roles=[Role.AUDITOR]
)
