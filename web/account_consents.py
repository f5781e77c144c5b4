"""The member's consents: what is agreed to, what has ended, and withdrawing."""

from uuid import UUID

from flask import redirect, url_for
from werkzeug.wrappers import Response

from audit import summaries
from consent import approvals, ledger
from consent.catalogue import BY_NAME
from kernel.wording import Bilingual
from web import consent_cards, consent_endings, marketing, pages, scope
from web.account import bp, done


@bp.get("/consents")
@scope.member_required
def consents() -> str:
    """List what the member agreed to, and what has ended."""
    return pages.page(
        "account/consents.html",
        consents=consent_cards.live(scope.member_id(), now=scope.now()),
        history=consent_cards.ended(),
        flashes=done(),
    )


@bp.get("/consents/<uuid:purpose_id>/withdraw")
@scope.member_required
def withdraw_page(purpose_id: UUID) -> str:
    """Ask once more, saying what withdrawing does and what is out already."""
    card = consent_cards.get(purpose_id, scope.member_id(), now=scope.now())
    effects = [
        pages.say("對方立刻不能再向我們取得您的資料。"),
        pages.say("對方已經收到的資料，要由對方刪除；您可以在這裡要求。"),
        pages.say("下次登入時，我們會重新問您。"),
    ]
    sent = summaries.sent(
        scope.db(), member_id=scope.member_id(), client_id=card.client_id, purpose_id=purpose_id
    )
    return pages.page(
        "account/withdraw.html",
        card=card,
        action=url_for("account.withdraw", purpose_id=purpose_id),
        effects=effects,
        sent=[(label(each.claim), each) for each in sent],
    )


@bp.post("/consents/<uuid:purpose_id>/marketing/stop")
@scope.member_required
def stop_marketing(purpose_id: UUID) -> Response:
    """Let the merchant advertise no longer: one press, free of charge, at once (PDPA 20)."""
    marketing.stop(purpose_id)
    return redirect(url_for("account.consents", done="unmarketed"), 303)


def label(claim: str) -> Bilingual:
    """Return what a claim is called; one that left the catalogue keeps its name."""
    known = BY_NAME.get(claim)
    return Bilingual(claim, claim) if known is None else known.label


@bp.post("/consents/<uuid:purpose_id>/withdraw")
@scope.member_required
def withdraw(purpose_id: UUID) -> Response:
    """Withdraw the consents to one purpose; every grant resting on them ends at once."""
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    # First: a yes of another that is being written meanwhile is waited for, and withdrawn too.
    approvals.take_back(session, member_id=member_id, purpose_id=purpose_id, now=now)
    client_id = ledger.withdraw(session, member_id=member_id, purpose_id=purpose_id, now=now)
    consent_endings.withdrawn(
        session,
        member_id=member_id,
        client_id=client_id,
        purpose_id=purpose_id,
        language=pages.language(),
        now=now,
    )
    return redirect(url_for("account.consents", done="withdrawn"), 303)
