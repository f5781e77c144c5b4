"""已開通服務: what agencies noted about a member, and saying that a note is wrong (10-II)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from flask import redirect, url_for
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from consent.evidence import State
from consent.vouched import told
from kernel.wording import Bilingual
from services import activations, consolidation_batches, consolidation_docket, findings
from services.activations import Noted
from services.models import Activation
from web import account_applications, pages, scope, service_words
from web.account import bp, done


@dataclass(frozen=True, kw_only=True)
class ServiceView:
    """One service as its member sees it. A note that may be disputed has a `wrong_url`."""

    name: Bilingual
    agency: Bilingual
    state: str
    words: str
    since: date | None
    as_of: date | None
    dispute: str | None
    wrong_url: str | None
    decision_url: str | None  # why it is suspended
    closed_on: date | None
    origin_url: str | None  # of a note that its agency sent by consolidation
    is_docket: bool  # it is the agency's file that contradicts it, not the member
    is_orphaned: bool  # its agency is no more: nobody can look into it


@bp.get("/services", endpoint="services")
@scope.member_required
def services_page() -> str:
    """List every service of the city with what is on record about the member."""
    also = account_applications.refused()
    noted = activations.of_member(scope.db(), scope.member_id(), also=also)
    asking = account_applications.of(noted)
    sent = consolidation_batches.origins(scope.db(), scope.member_id())
    dockets = consolidation_docket.of_member(scope.db(), scope.member_id())
    decisions = _decisions()
    return pages.page(
        "account/services.html",
        services=[(_view(each, sent, dockets, decisions), asking[each.service]) for each in noted],
        flashes=done(),
    )


def _decisions() -> dict[str, str]:
    """Return the numbers of the decisions that stand, the newest by the code of its service."""
    found = reversed(findings.suspensions_of(scope.db(), scope.member_id()))
    return {each.run.service.code: each.reference for each in found if each.restored_at is None}


def _view(
    noted: Noted, sent: Collection[str], dockets: Collection[str], decisions: Mapping[str, str]
) -> ServiceView:
    state = State(told(noted)["state"])
    number = decisions.get(noted.service) if noted.state is Activation.SUSPENDED else None
    may_be_wrong = noted.state is not None and noted.disputed_at is None and noted.answered
    return ServiceView(
        name=noted.name,
        agency=noted.agency,
        state=state.value,
        words=service_words.of_state(state),
        since=noted.since if state is State.ACTIVATED else None,
        as_of=noted.as_of,
        dispute=noted.dispute,
        wrong_url=url_for("account.dispute", code=noted.service) if may_be_wrong else None,
        decision_url=number and url_for("petitions.about", reference=number),
        closed_on=noted.closed_on,
        origin_url=url_for("account.origin", code=noted.service) if noted.service in sent else None,
        is_docket=noted.dispute in dockets,
        is_orphaned=not noted.answered,
    )


@bp.post("/services/<code>/wrong")
@scope.member_required
def dispute(code: str) -> Response:
    """Mark a note as wrong: from now on it counts neither for yes nor for no."""
    member_id, now = scope.member_id(), scope.now()
    reference = activations.dispute(scope.db(), code, member_id=member_id, now=now)
    footprint.record(
        scope.db(), Kind.NOTE_DISPUTED, member_id=member_id, now=now, reference=reference
    )
    return redirect(url_for("account.services", done="disputed"), 303)
