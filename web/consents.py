"""The consent page: show the question, record the answer exactly as it was read (PDPA 7)."""

import hmac
from collections.abc import Mapping

from flask import request
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from consent import ledger, questions
from consent.ledger import Answer
from consent.questions import Settled
from idp.requests import AuthorizationRequest
from web import asking_others, consent_page, notices, pages, scope
from web.consent_page import Prepared, read_mark
from web.mails import Mail
from web.views import client_view

Errors = list[tuple[str | None, str]]
ANEW = "anew"  # asks about everything again, earlier choices or not


def show(
    asked: AuthorizationRequest,
    claims: frozenset[str],
    *,
    action: str,
    errors: Errors | None = None,
) -> Response:
    """Render the page that asks about `claims`."""
    prepared = consent_page.prepare(asked, claims, anew=request.values.get(ANEW) == "yes")
    page = pages.page(
        "consent.html",
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


def read(
    asked: AuthorizationRequest, claims: frozenset[str], form: Mapping[str, str]
) -> Answer | Errors:
    """Return the member's answer, or what is wrong with the form."""
    prepared = consent_page.prepare(asked, claims, anew=form.get(ANEW) == "yes")
    # Another tab, another language, a change approved meanwhile: they read another text.
    if not hmac.compare_digest(form.get("text", "").encode(), read_mark(prepared).encode()):
        return [(None, pages.say("這一頁的內容剛剛有變更，請看過再決定。"))]
    duration = form.get("duration", "")
    if duration not in ledger.durations(asked.purpose):
        return [("duration", pages.say("請選擇同意多久。"))]
    answers = {name: form[f"claim.{name}"] for name in claims if f"claim.{name}" in form}
    try:
        settled = questions.settle(prepared.asking, answers)
    except ValueError as unoffered:
        return [(f"claim.{unoffered}", pages.say("請選擇提供或不提供。"))]
    return _answer(prepared, settled, duration=duration)


def _answer(prepared: Prepared, settled: Settled, *, duration: str) -> Answer:
    visitor = scope.visitor()
    return Answer(
        given=settled.given,
        refused=settled.refused,
        duration=duration,
        language=pages.language(),
        text=prepared.text,
        acr="" if visitor is None else visitor.acr,
    )


def write(asked: AuthorizationRequest, answer: Answer) -> None:
    """Write the member's answer to the ledger, the footprint and a mail."""
    member_id = scope.member_id()
    receipt_id = ledger.record(
        scope.db(), asked.client, asked.purpose, answer, member_id=member_id, now=scope.now()
    )
    footprint.record(
        scope.db(),
        Kind.CONSENT_GIVEN,
        member_id=member_id,
        now=scope.now(),
        client_id=asked.client.id,
        purpose_id=asked.purpose.id,
        claims=answer.given,
        basis=[str(receipt_id)],
        refused=sorted(answer.refused),
    )
    notices.mail(
        scope.db(),
        Mail.CONSENT_GIVEN,
        member_id=member_id,
        language=answer.language,
        now=scope.now(),
    )
