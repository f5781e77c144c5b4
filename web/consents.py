"""The consent page: one decision per claim, least by default, the recorded words (PDPA 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from clients.models import OrganisationKind
from consent import ledger, texts
from consent.catalogue import ALWAYS, Claim, in_order
from consent.ledger import Answer
from idp.requests import AuthorizationRequest
from kernel.wording import Bilingual
from members import register
from web import flow, notices, pages, scope
from web.mails import Mail
from web.views import client_view

Errors = list[tuple[str, str]]
SHARE, WITHHOLD = "share", "withhold"


@dataclass(frozen=True)
class Line:
    """One claim on the page, with the member's own datum."""

    name: str
    label: Bilingual
    value: str
    necessity: Bilingual
    sensitive: bool
    chosen: str


@dataclass(frozen=True)
class Choice:
    """One duration to choose from."""

    value: str
    label: str
    checked: bool


def show(
    asked: AuthorizationRequest,
    claims: frozenset[str],
    *,
    action: str,
    errors: Errors | None = None,
) -> Response:
    """Render the page that asks about `claims`."""
    required = _required(asked)
    held = _held()
    lines = {claim.name: _line(claim, asked, held) for claim in in_order(claims - {ALWAYS})}
    kept = _kept(asked, claims)
    page = pages.page(
        "consent.html",
        action=action,
        client=client_view(asked.client),
        purpose=_PurposeView(asked),
        required=[line for name, line in lines.items() if name in required],
        optional=[line for name, line in lines.items() if name not in required],
        kept=[_line(claim, asked, held) for claim in in_order(kept)],
        durations=_durations(asked),
        not_sent=_not_sent(asked),
        errors=errors or [],
        merchant_notice=asked.client.kind is OrganisationKind.MERCHANT,
        person=pages.person(),
    )
    return Response(page, 422 if errors else 200, mimetype="text/html")


class _PurposeView:
    def __init__(self, asked: AuthorizationRequest) -> None:
        purpose = asked.purpose
        self.name = purpose.name
        self.text = purpose.text
        self.retention = purpose.retention
        self.legal_basis = purpose.legal_basis
        self.refusal_effect = purpose.refusal_effect
        self.version = purpose.text_version


def record(asked: AuthorizationRequest, claims: frozenset[str], form: Mapping[str, str]) -> Errors:
    """Write the member's answer to the ledger, or return what is wrong with the form."""
    duration = form.get("duration", "")
    if duration not in ledger.durations(asked.purpose):
        return [("duration", pages.say("請選擇同意多久。"))]
    optional = claims - _required(asked) - {ALWAYS}
    answers = {name: form.get(f"claim.{name}", WITHHOLD) for name in optional}
    if not set(answers.values()) <= {SHARE, WITHHOLD}:
        return [
            (f"claim.{name}", pages.say("請選擇提供或不提供。"))
            for name, answer in answers.items()
            if answer not in {SHARE, WITHHOLD}
        ]
    refused = frozenset(name for name, answer in answers.items() if answer == WITHHOLD)
    _write(asked, given=claims - refused, refused=refused, duration=duration)
    return []


def _write(
    asked: AuthorizationRequest, *, given: frozenset[str], refused: frozenset[str], duration: str
) -> None:
    language, visitor = pages.language(), scope.visitor()
    text = texts.consent_text(asked.client, asked.purpose, given | refused, language=language)
    answer = Answer(
        given=given,
        refused=refused,
        duration=duration,
        language=language,
        text=text,
        acr="" if visitor is None else visitor.acr,
    )
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
        claims=given,
        basis=[str(receipt_id)],
        refused=sorted(refused),
    )
    notices.mail(
        scope.db(), Mail.CONSENT_GIVEN, member_id=member_id, language=language, now=scope.now()
    )


def _required(asked: AuthorizationRequest) -> frozenset[str]:
    return frozenset(claim.name for claim in asked.purpose.claims if claim.required)


def _held() -> dict[str, Any]:
    member = register.get(scope.db(), scope.member_id())
    return register.claims_of(member, keyring=scope.rooms().keyring)


def _line(claim: Claim, asked: AuthorizationRequest, held: Mapping[str, Any]) -> Line:
    necessity = next(
        (each.necessity for each in asked.purpose.claims if each.name == claim.name),
        Bilingual("", ""),
    )
    value = _words(held.get(claim.name))
    chosen = request.form.get(f"claim.{claim.name}", WITHHOLD)
    return Line(claim.name, claim.label, value, necessity, claim.sensitive, chosen)


def _words(value: object) -> str:
    """Return a datum as a person would write it."""
    if value is None:
        return pages.say("（沒有登錄）")
    if isinstance(value, bool):
        return pages.say("是") if value else pages.say("否")
    if isinstance(value, Mapping):
        return str(value.get("formatted") or " ".join(str(part) for part in value.values()))
    return str(value)


def _kept(asked: AuthorizationRequest, claims: frozenset[str]) -> frozenset[str]:
    present = flow.signed_in(asked)
    given = {each.claim for each in flow.decisions(asked, present) if each.given}
    return frozenset(given) & asked.claims & asked.purpose.approved - claims


def _durations(asked: AuthorizationRequest) -> list[Choice]:
    words = {
        "once": pages.say("只有這一次"),
        "90d": pages.say("90 天"),
        "1y": pages.say("一年"),
    }
    offered = ledger.durations(asked.purpose)
    chosen = request.form.get("duration", offered[min(1, len(offered) - 1)])
    return [Choice(value, words[value], value == chosen) for value in offered]


def _not_sent(asked: AuthorizationRequest) -> list[str]:
    words = [pages.say("身分證字號或統一證號"), pages.say("其他機關的服務紀錄")]
    language = pages.language()
    sensitive = ("birthdate", "address", "phone_number")
    spared = set(sensitive) - (asked.claims & asked.purpose.approved)
    return words + [claim.label.text(language) for claim in in_order(spared)]
