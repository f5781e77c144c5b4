"""What a counter asks a member to confirm: shown in the account, answered with a typed number."""

import unicodedata
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from consent.catalogue import in_order
from idp import awaited, interactions
from kernel.prebuilt import Row
from web import awaiting, cookies, pages, scope
from web.account import bp
from web.views import client_view

LONGEST_NUMBER = 16


@bp.get("/asked/<uuid:awaited_id>")
@scope.member_required
def asked(awaited_id: UUID) -> str:
    """Say who asks, and ask for the number the counter shows."""
    found = _find(awaited_id)
    wanted = awaited.request_of(scope.rooms().provider, scope.db(), found.id, now=scope.now())
    return pages.page(
        "account/asked.html",
        client=client_view(wanted.client),
        purpose=wanted.purpose,
        labels=[each.label for each in in_order(wanted.claims & wanted.purpose.approved)],
        message=found.message,
        asked_at=found.asked_at,
        person=pages.person(),
        action=url_for("account.answer_asked", awaited_id=found.id),
    )


@bp.post("/asked/<uuid:awaited_id>")
@scope.member_required
def answer_asked(awaited_id: UUID) -> Response:
    """Begin the sign-in for the counter if the number is right; a wrong one ends it (one try)."""
    found = _find(awaited_id)
    if request.form.get("decision") != "approve":  # silence is no yes
        return awaiting.answer(found.id, {})
    if not _is_right(found):
        return _stop(found)
    wanted = awaited.request_of(scope.rooms().provider, scope.db(), found.id, now=scope.now())
    begun = interactions.begin(
        scope.db(),
        wanted,
        browser=cookies.browser(),
        provider=scope.rooms().provider,
        now=scope.now(),
    )
    return redirect(url_for("interactions.step", interaction_id=begun), 303)


def _find(awaited_id: UUID) -> Row:
    return awaited.get_for(scope.db(), awaited_id, member_id=scope.member_id(), now=scope.now())


def _is_right(found: Row) -> bool:
    typed = unicodedata.normalize("NFKC", request.form.get("number", "")[:LONGEST_NUMBER]).strip()
    return bool(typed == found.number)


def _stop(found: Row) -> Response:
    awaiting.answer(found.id, {})
    trail.record(
        scope.db(), "awaited.stopped", actor=scope.member_id(), now=scope.now(), reason="wrong"
    )
    return awaiting.told("wrong")
