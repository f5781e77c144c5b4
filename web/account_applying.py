"""有人申請會員: a parent or guardian who is a member says yes online (2(8)1).

Anybody can name anybody: the page shows a masked name and the receipt's number, and the yes is
worth a signature, never a proof of the relation.
"""

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from kernel.clock import taipei_day
from kernel.errors import Refused
from members import application_guardians, capacities, facts, guardians, register, sealed_forms
from members.admission import OF_AGE
from members.application_forms import Form
from members.application_models import Application
from members.profile import masked
from web import apply_words, csrf, dates, pages, scope
from web.account import bp, done


@bp.get("/applying", endpoint="applying")
@scope.member_required
def applying_page() -> str:
    """List the applications that wait for the visitor's yes."""
    waiting = application_guardians.waiting(
        scope.db(), scope.member_id(), keyring=scope.rooms().keyring
    )
    return pages.page(
        "account/applying.html", applicants=[_view(*each) for each in waiting], flashes=done()
    )


def _view(application: Application, form: Form) -> dict[str, str]:
    relation = "" if form.guardian is None else apply_words.of_relation(form.guardian.relation)
    return {
        "id": str(application.id),
        "form": sealed_forms.mark(application),
        "name": masked(form.name),
        "number": application.number,
        "relation": relation,
        "since": dates.moment_words(application.submitted_at, pages.language()),
    }


@bp.post("/applying/<uuid:application_id>")
@scope.member_required
def approve_application(application_id: UUID) -> Response:
    """Say yes to the form that was shown.

    Raises Refused `guardian.not_adult` or `case.wrong_state`.
    """
    csrf.require()
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    _require_able(member_id, application_id)
    application_guardians.agree(
        session,
        application_id,
        guardian_id=member_id,
        form=request.form.get("form", ""),
        now=now,
    )
    footprint.record(
        session,
        Kind.APPLICATION_AGREED,
        member_id=member_id,
        now=now,
        application=str(application_id),
    )
    return redirect(url_for("account.applying", done="agreed"), 303)


def _require_able(member_id: UUID, application_id: UUID) -> None:
    """Let say yes who is of age and may be to the applicant what the form says they are."""
    session, keyring = scope.db(), scope.rooms().keyring
    waiting = application_guardians.waiting(session, member_id, keyring=keyring)
    named = [form.guardian for each, form in waiting if each.id == application_id]
    if not named or named[0] is None:
        raise Refused("case.wrong_state")
    held = register.claims_of(register.get(session, member_id), keyring=keyring)
    is_adult = facts.is_aged(held, OF_AGE, today=taipei_day(scope.now())) is True
    if not is_adult or not guardians.may_be(named[0].relation, capacities.find(session, member_id)):
        raise Refused("guardian.not_adult")
