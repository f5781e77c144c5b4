"""The consent page: show the question, record the answer exactly as it was read (PDPA 7)."""

import hmac
from collections.abc import Mapping

from flask import request
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from consent import approvals, endings, ledger, questions
from consent.catalogue import MARKETING
from consent.ledger import Answer
from consent.parts import BEGINNINGS, Part
from consent.questions import Settled
from idp.interaction import AskConsent
from idp.requests import AuthorizationRequest
from web import asking_others, consent_page, marketing, marketing_endings, notices, pages, scope
from web.consent_page import Prepared, read_mark
from web.mails import Mail
from web.views import client_view

Errors = list[tuple[str | None, str]]
ANEW = "anew"  # asks about everything again, earlier choices or not


def show(
    asked: AuthorizationRequest,
    step: AskConsent,
    *,
    action: str,
    errors: Errors | None = None,
) -> Response:
    """Render the page that asks about this part of the consent."""
    prepared = consent_page.prepare(asked, step, anew=request.values.get(ANEW) == "yes")
    page = pages.page(
        "consent_marketing.html" if step.part is Part.MARKETING else "consent.html",
        action=action,
        errors=errors or [],
        helpers=asking_others.helpers_by_name(asked),
        **consent_page.context(asked, prepared),
    )
    return Response(page, 422 if errors else 200, mimetype="text/html")


def show_refused(asked: AuthorizationRequest, *, action: str, back: str) -> str:
    """Render the page that names the other way and leads back to the client."""
    return pages.page(
        "consent_refused.html",
        action=action,
        back=back,
        client=client_view(asked.client),
        purpose=asked.purpose,
    )


def read(asked: AuthorizationRequest, step: AskConsent, form: Mapping[str, str]) -> Answer | Errors:
    """Return the member's answer, or what is wrong with the form."""
    prepared = consent_page.prepare(asked, step, anew=form.get(ANEW) == "yes")
    # Another tab, another language, a change approved meanwhile: they read another text.
    if not hmac.compare_digest(form.get("text", "").encode(), read_mark(prepared).encode()):
        return [(None, pages.say("這一頁的內容剛剛有變更，請看過再決定。"))]
    if step.part is Part.MARKETING:
        return marketing.answer(asked, prepared.text, allowed=form.get("decision") == "allow")
    duration = form.get("duration", "")
    if duration not in ledger.durations(asked.purpose):
        return [("duration", pages.say("請選擇同意多久。"))]
    try:
        settled = _settled(prepared, form)
    except ValueError as unoffered:
        return [(f"claim.{unoffered}", pages.say("請選擇提供或不提供。"))]
    passed_over = frozenset() if prepared.goes_on or form.get("more") == "yes" else step.later
    return _answer(prepared, settled, duration=duration, passed_over=passed_over)


def _settled(prepared: Prepared, form: Mapping[str, str]) -> Settled:
    """Return what was decided; who gives nothing need not say so of each claim."""
    if form.get("decision") != "allow":
        return Settled(frozenset(), prepared.asking.claims)
    names = prepared.step.claims
    chosen = {name: form[f"claim.{name}"] for name in names if f"claim.{name}" in form}
    return questions.settle(prepared.asking, chosen)


def _answer(
    prepared: Prepared, settled: Settled, *, duration: str, passed_over: frozenset[str]
) -> Answer:
    visitor = scope.visitor()
    return Answer(
        given=settled.given,
        refused=settled.refused | passed_over,
        duration=duration,
        language=pages.language(),
        text=prepared.text,
        acr="" if visitor is None else visitor.acr,
        part=prepared.step.part,
    )


def write(asked: AuthorizationRequest, answer: Answer) -> None:
    """Write the member's answer to the ledger, the footprint and a mail.

    Another's word on the same claims is no longer waited for.
    """
    member_id = scope.member_id()
    approvals.overtake(
        scope.db(),
        answer.given | answer.refused,
        member_id=member_id,
        purpose_id=asked.purpose.id,
        now=scope.now(),
    )
    receipt_id = ledger.record(
        scope.db(), asked.client, asked.purpose, answer, member_id=member_id, now=scope.now()
    )
    footprint.record(
        scope.db(),
        Kind.CONSENT_GIVEN if answer.given else Kind.CONSENT_REFUSED,
        member_id=member_id,
        now=scope.now(),
        client_id=asked.client.id,
        purpose_id=asked.purpose.id,
        claims=answer.given,
        basis=[str(receipt_id)],
        refused=sorted(answer.refused),
    )
    if MARKETING in answer.refused:
        _tell_of_no(asked)
    marketing_endings.end_without_data(
        scope.db(),
        asked.purpose,
        decided=answer.given | answer.refused,
        member_id=member_id,
        receipt_id=receipt_id,
        now=scope.now(),
    )
    if answer.given:
        notices.mail(
            scope.db(),
            Mail.CONSENT_GIVEN,
            member_id=member_id,
            language=answer.language,
            now=scope.now(),
        )


def _tell_of_no(asked: AuthorizationRequest) -> None:
    """Tell the client of a no to marketing that follows a yes."""
    session, now = scope.db(), scope.now()
    of = {"member_id": scope.member_id(), "purpose_id": asked.purpose.id}
    if endings.has_ended(session, MARKETING, now=now, **of):
        marketing_endings.tell(session, client_id=asked.client.id, now=now, **of)


def may_go_on_without(asked: AuthorizationRequest, step: AskConsent) -> bool:
    """Say whether a no to this page is an answer that is kept, and not the end of the sign-in."""
    needed = {claim.name for claim in asked.purpose.claims if claim.required}
    return step.part not in BEGINNINGS and not step.claims & needed


def refuse(asked: AuthorizationRequest) -> None:
    """Note that the member refused; what a client cannot do without is asked again next time.

    Nobody may say yes in their stead any more to what they asked before.
    """
    approvals.take_back(
        scope.db(), member_id=scope.member_id(), purpose_id=asked.purpose.id, now=scope.now()
    )
    footprint.record(
        scope.db(),
        Kind.CONSENT_REFUSED,
        member_id=scope.member_id(),
        now=scope.now(),
        client_id=asked.client.id,
        purpose_id=asked.purpose.id,
    )
