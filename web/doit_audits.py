"""The Bureau's register of audits: how far each has come, and what nobody did in time (9)."""

from flask import Blueprint

from audit import audits, watching
from clients.officer_models import Role
from kernel.wording import Bilingual
from web import audit_scopes, consoles, scope
from web import audit_words as words
from web.reading_apart import read_apart

bp = Blueprint("doit_audits", __name__, url_prefix="/doit/audits")
INDEX = "doit_audits.index"


@bp.get("")
@consoles.staff_required(Role.REVIEWER, Role.AUDITOR)
@read_apart
def index() -> str:
    """List the audits without their samples: those are the auditor's."""
    session, names = scope.db(), audit_scopes.names(scope.db())
    return consoles.page(
        "audit/register.html",
        current=INDEX,
        audits=[words.card(each, names) for each in audits.listed(session)],
        late=watching.late(session, now=scope.now()),
    )


def _waiting() -> int:
    return watching.late(scope.db(), now=scope.now()).total


consoles.register_menu(
    INDEX,
    Bilingual("稽核進度", "Audits"),
    icon="shield",
    roles=[Role.REVIEWER],
    waits=_waiting,
)
