"""May a merchant advertise to the member: asked by itself, told to it, stopped by one press.

PDPA 20: who refuses is left alone at once, and refusing costs nothing, at the first contact or any
time later. A yes never outlives the data it is about; what nobody answered is no yes.
"""

from datetime import datetime
from uuid import UUID

from audit import footprint
from audit.lines import Kind
from clients.directory import RegisteredClient, RegisteredPurpose
from consent import endings, ledger, texts
from consent.catalogue import MARKETING
from consent.ledger import Answer
from consent.parts import Part
from idp.requests import AuthorizationRequest
from web import consent_page, marketing_endings, notices, pages, scope
from web.mails import Mail


def answer(asked: AuthorizationRequest, text: str, *, allowed: bool) -> Answer:
    """Return a yes or no to the one question, for as long as the data given last."""
    until = consent_page.identified_until(asked)
    return _answer(asked.purpose, text, until, allowed=allowed)


def _answer(
    purpose: RegisteredPurpose, text: str, until: datetime | None, *, allowed: bool
) -> Answer:
    visitor, decided = scope.visitor(), frozenset({MARKETING})
    return Answer(
        given=decided if allowed else frozenset(),
        refused=frozenset() if allowed else decided,
        duration=ledger.durations(purpose)[-1],
        language=pages.language(),
        text=text,
        acr="" if visitor is None else visitor.acr,
        part=Part.MARKETING,
        until=until,
    )


def stop(purpose_id: UUID) -> None:
    """End the visitor's yes: a no takes its place, with a receipt, and the merchant is told.

    Raises NotFound if there is no yes.
    """
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    stopped = endings.stop(session, MARKETING, member_id=member_id, purpose_id=purpose_id, now=now)
    footprint.record(
        session,
        Kind.CONSENT_WITHDRAWN,
        member_id=member_id,
        client_id=stopped.client_id,
        purpose_id=purpose_id,
        claims={MARKETING},
        now=now,
        basis=_say_no(stopped.client_id, purpose_id, until=stopped.until),
    )
    notices.mail(
        session, Mail.CONSENT_WITHDRAWN, member_id=member_id, language=pages.language(), now=now
    )
    marketing_endings.tell(
        session, member_id=member_id, client_id=stopped.client_id, purpose_id=purpose_id, now=now
    )


def _say_no(client_id: UUID, purpose_id: UUID, *, until: datetime) -> list[str]:
    """Record the no, so that nobody asks again soon; return its receipt's id."""
    session, now = scope.db(), scope.now()
    client = scope.rooms().provider.directory.find_by_id(session, client_id, now=now)
    purpose = None if client is None else client.find_purpose_by_id(purpose_id)
    if client is None or purpose is None or MARKETING not in purpose.approved:
        return []  # it may not even ask any more
    no = _answer(purpose, _text(client, purpose), until, allowed=False)
    receipt_id = ledger.record(session, client, purpose, no, member_id=scope.member_id(), now=now)
    return [str(receipt_id)]


def _text(client: RegisteredClient, purpose: RegisteredPurpose) -> str:
    return texts.consent_text(
        client, purpose, {MARKETING}, language=pages.language(), part=Part.MARKETING
    )
