"""Acting for another, signed in as oneself: what waits, what they agreed to, what may be withdrawn.

Never their password, their carriers, their account: no page here knows them. A ward who forgot the
password is helped to set one (`recover_ward`).
"""

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import reading, summaries
from audit.lines import Kind
from audit.reading import Filters
from clients.models import OrganisationKind
from consent import approvals, ledger
from consent.acting import Acting
from kernel.errors import Refused
from web import (
    account_consents,
    acting,
    consent_cards,
    consent_endings,
    footprint_lines,
    guardians,
    pages,
    proxy_acts,
    scope,
)
from web.account_confirm import confirmation_required
from web.account_guardians import bp, matters_in_words, name
from web.consent_cards import ConsentCard
from web.footprint_lines import Names
from web.mails import Mail


@bp.get("/for/<uuid:acting_id>", endpoint="acting")
@scope.member_required
def acting_page(acting_id: UUID) -> str:
    """Show what the visitor may do for one member."""
    by = acting.get(acting_id)
    return pages.page(
        "account/acting.html",
        name=name(by.member_id),
        by=by,
        matters=matters_in_words(by),
        waiting=[each for each in guardians.waiting() if each.member_id == by.member_id],
        consents=[(card, _withdraw_url(by, card)) for card in _cards(by)],
        footprint_url=url_for("guardians.footprint", acting_id=by.id) if by.may_read() else None,
        password_url=url_for("guardians.slip_for", acting_id=by.id)
        if by.may_give_password()
        else None,
        requests_url=url_for("guardians.requests_for", acting_id=by.id) if by.may_ask() else None,
        done=request.args.get("done") == "withdrawn",
    )


def _cards(by: Acting) -> list[ConsentCard]:
    """Return the member's consents in force that are the visitor's to withdraw."""
    session, now = scope.db(), scope.now()
    approved = ledger.approved_receipts(session, member_id=by.member_id)
    return [
        card
        for card in consent_cards.live(by.member_id, now=now)
        if by.may_withdraw(
            OrganisationKind(card.client.kind), approved=not approved.isdisjoint(card.given_on)
        )
    ]


def _withdraw_url(by: Acting, card: ConsentCard) -> str:
    return url_for("guardians.withdraw_for", acting_id=by.id, purpose_id=card.purpose_id)


def _card(by: Acting, purpose_id: UUID) -> ConsentCard:
    """Return one of them.

    Raises NotFound if none is in force, Refused `case.poa_scope` if it is not the visitor's.
    """
    found = next((each for each in _cards(by) if each.purpose_id == purpose_id), None)
    if found is None:
        consent_cards.get(purpose_id, by.member_id, now=scope.now())
        raise Refused("case.poa_scope")
    return found


@bp.get("/for/<uuid:acting_id>/consents/<uuid:purpose_id>")
@scope.member_required
@confirmation_required
def withdraw_for(acting_id: UUID, purpose_id: UUID) -> str:
    """Ask once more, naming both."""
    by = acting.get(acting_id)
    card = _card(by, purpose_id)
    sent = summaries.sent(
        scope.db(), member_id=by.member_id, client_id=card.client_id, purpose_id=purpose_id
    )
    return pages.page(
        "account/acting_withdraw.html",
        name=name(by.member_id),
        by=by,
        card=card,
        sent=[(account_consents.label(each.claim), each) for each in sent],
        action=url_for("guardians.withdraw_in_stead", acting_id=acting_id, purpose_id=purpose_id),
        back=url_for("guardians.acting", acting_id=acting_id),
    )


@bp.post("/for/<uuid:acting_id>/consents/<uuid:purpose_id>")
@scope.member_required
@confirmation_required
def withdraw_in_stead(acting_id: UUID, purpose_id: UUID) -> Response:
    """Withdraw for the member; whoever received it, and both, are told at once."""
    by = acting.get(acting_id)
    _card(by, purpose_id)
    session, now = scope.db(), scope.now()
    approvals.take_back(session, member_id=by.member_id, purpose_id=purpose_id, now=now, by=by.by)
    client_id = ledger.withdraw(
        session, member_id=by.member_id, purpose_id=purpose_id, now=now, by=by
    )
    consent_endings.withdrawn_by(session, by, client_id=client_id, purpose_id=purpose_id, now=now)
    proxy_acts.withdrew(by, client_id=client_id, purpose_id=purpose_id)
    return redirect(url_for("guardians.acting", acting_id=acting_id, done="withdrawn"), 303)


@bp.get("/for/<uuid:acting_id>/footprint")
@scope.member_required
@confirmation_required
def footprint(acting_id: UUID) -> str:
    """Say that the visitor is about to read the member's footprint, which becomes a line of it."""
    by = _reader(acting_id)
    return pages.page(
        "account/acting_footprint.html",
        name=name(by.member_id),
        days=None,
        action=url_for("guardians.read_footprint", acting_id=acting_id),
        back=url_for("guardians.acting", acting_id=acting_id),
    )


@bp.post("/for/<uuid:acting_id>/footprint")
@scope.member_required
@confirmation_required
def read_footprint(acting_id: UUID) -> str:
    """Show the newest lines of the member's footprint, and note that they were read."""
    by = _reader(acting_id)
    proxy_acts.note(Kind.FOOTPRINT_READ, Kind.PROXY_READ, by)
    proxy_acts.tell(by, Mail.PROXY_ACTED, language=pages.language())
    page = reading.page(scope.db(), by.member_id, Filters())
    known = Names([each.line for each in page.shown], member_id=by.member_id)
    return pages.page(
        "account/acting_footprint.html",
        name=name(by.member_id),
        days=footprint_lines.days(page.shown, known),
        action="",
        back=url_for("guardians.acting", acting_id=acting_id),
    )


def _reader(acting_id: UUID) -> Acting:
    by = acting.get(acting_id)
    if not by.may_read():
        raise Refused("case.poa_scope")
    return by
