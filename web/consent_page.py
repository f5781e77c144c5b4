"""Compose the consent page: what is asked, what it would say, what changed, and the exact text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request

from clients import approval
from clients.differences import Change, diff
from clients.directory import RegisteredPurpose
from clients.models import OrganisationKind
from consent import derived, ledger, parts, questions, rules, texts, vouched
from consent.catalogue import VERIFIED, Claim, in_order
from consent.parts import Part
from consent.questions import Asking, Choice, Question
from consent.rules import Decided
from idp.interaction import AskConsent
from idp.requests import AuthorizationRequest
from kernel import clock
from kernel.wording import Bilingual
from members import identity_checks
from web import check_words, flow, pages, scope, service_words
from web.views import client_view


@dataclass(frozen=True)
class Prepared:
    """What one page asks, in the words it asks it."""

    asking: Asking
    changes: tuple[Change, ...]
    text: str
    anew: bool
    step: AskConsent
    goes_on: bool  # the next page comes in any case, not only if the member wishes to see it


@dataclass(frozen=True)
class Line:
    """One claim on the page, with the member's own datum."""

    name: str
    label: Bilingual
    value: str
    sensitive: bool
    necessity: Bilingual
    less: str  # what could be given in its stead, in words; empty if nothing could
    chosen: str


@dataclass(frozen=True)
class Kept:
    """One earlier choice, repeated."""

    label: Bilingual
    value: str  # empty if it was refused


@dataclass(frozen=True)
class Duration:
    """One duration to choose from."""

    value: str
    label: str
    checked: bool


def prepare(asked: AuthorizationRequest, step: AskConsent, *, anew: bool) -> Prepared:
    """Return the page's questions and text; the same facts give the same text again."""
    earlier = () if asked.asks_anew else flow.decisions(asked, flow.signed_in(asked))
    asking = questions.asking(
        step.claims,
        asked.purpose,
        earlier,
        requested=parts.within(step.part, asked.claims, asked.client.kind),
        now=scope.now(),
        part=step.part,
        anew=anew,
    )
    told = [each.text_version for each in earlier if each.is_live(now=scope.now())]
    changes = _changes(asked, since=max(told, default=asked.purpose.text_version))
    text = texts.consent_text(
        asked.client,
        asked.purpose,
        asking.claims,
        language=pages.language(),
        part=step.part,
        later=step.later,
        kept={**asking.kept, **asking.carried},
        changes=changes,
    )
    text = "\n".join([text, *_services(asked)])
    return Prepared(asking, changes, text, anew, step, _goes_on(asked, step.later, earlier))


def _services(asked: AuthorizationRequest) -> list[str]:
    """Return what else the client may do if the member agrees, a line each (RFC 9396)."""
    return [
        pages.say("可以替您辦理：%(service)s", service=each.name.text(pages.language()))
        for each in asked.details
    ]


def _goes_on(
    asked: AuthorizationRequest, later: frozenset[str], earlier: tuple[Decided, ...]
) -> bool:
    """Say whether the second page is shown unasked: something there is needed, or was given."""
    carried = rules.carried(rules.terms_of(asked.purpose), earlier, now=scope.now())
    needed = {claim.name for claim in asked.purpose.claims if claim.required}
    return any(name in needed or carried.get(name) for name in later)


def read_mark(prepared: Prepared) -> str:
    """Return what the form carries to say who read which text.

    In another tab another member may have signed in meanwhile; the page was not read by them.
    """
    return texts.fingerprint(f"{scope.member_id()}\n{prepared.text}")


def _changes(asked: AuthorizationRequest, *, since: int) -> tuple[Change, ...]:
    """Return what is different since the text version the member decided on last."""
    purpose = asked.purpose
    if since >= purpose.text_version:
        return ()
    old = approval.find_wording(scope.db(), purpose.id, text_version=since)
    new = approval.find_wording(scope.db(), purpose.id, text_version=purpose.text_version)
    return () if old is None or new is None else diff(old, new)


def context(asked: AuthorizationRequest, prepared: Prepared) -> dict[str, Any]:
    """Return what the template shows."""
    asking, purpose, language = prepared.asking, asked.purpose, pages.language()
    held = _Held(asked)
    least = "" if asking.part is Part.IDENTIFIED else Choice.WITHHOLD  # nothing is ticked there
    lines = [(each, _line(each, held, least)) for each in asking.questions]
    earlier = {**asking.kept, **asking.carried}
    return {
        "client": client_view(asked.client),
        "purpose": purpose,
        "version": purpose.text_version,
        "required": [line for question, line in lines if question.required],
        "optional": [line for question, line in lines if not question.required],
        "kept": [
            Kept(claim.label, held.words(claim) if earlier[claim.name] else "")
            for claim in in_order(earlier)
        ],
        "carried": bool(asking.carried),
        "services": [each.name for each in asked.details],
        "changes": [texts.change_words(each, language=language) for each in prepared.changes],
        "part": prepared.step.part.value,
        "later": [claim.label for claim in in_order(prepared.step.later)],
        "goes_on": prepared.goes_on,
        "more": request.form.get("more") == "yes",
        "durations": durations_of(asked.purpose),
        "until": identified_until(asked),
        "not_sent": _not_sent(asked),
        "text_shown": prepared.text,
        "fingerprint": read_mark(prepared),
        "anew": prepared.anew,
        "merchant_notice": asked.client.kind is OrganisationKind.MERCHANT,
        "person": pages.person(),
    }


class _Held:
    """What the city holds of the member, in words; derived as the client would get it."""

    def __init__(self, asked: AuthorizationRequest) -> None:
        member, self._held = pages.record_of(scope.member_id())
        self._vouched = vouched.values(
            scope.db(),
            asked.claims,
            member_id=member.id,
            purpose_id=asked.purpose.id,
            held=self._held,
            now=scope.now(),
        )
        self._key = scope.rooms().provider.relay.key_for(
            client_id=asked.client.id, member_id=member.id
        )

    def _checks(self) -> str:
        checks = identity_checks.of_member(
            scope.db(), scope.member_id(), held=self._held, keyring=scope.rooms().keyring
        )
        said = check_words.listed(checks, pages.language())
        return pages.say("；").join(said) or pages.say("（沒有查證紀錄）")

    def words(self, claim: Claim) -> str:
        if claim.name == VERIFIED:
            return self._checks()
        if claim.name in vouched.NAMES:
            return service_words.of_claim(self._vouched.get(claim.name))
        today = clock.taipei_day(scope.now())
        value = derived.value_of(claim.name, self._held, client_key=self._key, today=today)
        return _in_words(value)


def _in_words(value: object) -> str:
    """Return a datum as a person would write it."""
    if value is None:
        return pages.say("（沒有登錄）")
    if isinstance(value, bool):
        return pages.say("是") if value else pages.say("否")
    if isinstance(value, Mapping):
        return str(value.get("formatted") or " ".join(str(part) for part in value.values()))
    return str(value)


def _line(question: Question, held: _Held, least: str) -> Line:
    claim, language = question.claim, pages.language()
    less = pages.say("、").join(
        pages.say("%(label)s：%(value)s", label=each.label.text(language), value=held.words(each))
        for each in question.instead
    )
    return Line(
        claim.name,
        claim.label,
        held.words(claim),
        claim.sensitive,
        question.necessity,
        less,
        request.form.get(f"claim.{claim.name}", least),
    )


def identified_until(asked: AuthorizationRequest) -> datetime | None:
    """Return until when the client knows who the member is, as far as was agreed."""
    decisions = flow.decisions(asked, flow.signed_in(asked))
    return rules.identified_until(rules.terms_of(asked.purpose), decisions, now=scope.now())


def durations_of(purpose: RegisteredPurpose) -> list[Duration]:
    """Return the durations to choose from, the second shortest chosen."""
    words = {
        "once": pages.say("只有這一次"),
        "90d": pages.say("90 天"),
        "1y": pages.say("一年"),
    }
    offered = ledger.durations(purpose)
    chosen = request.form.get("duration", offered[min(1, len(offered) - 1)])
    return [Duration(value, words[value], value == chosen) for value in offered]


def _not_sent(asked: AuthorizationRequest) -> list[str]:
    language = pages.language()
    spared = questions.unasked(asked.claims & asked.purpose.approved)
    return [
        pages.say("身分證字號或統一證號"),
        pages.say("其他機關的服務紀錄"),
        *(claim.label.text(language) for claim in spared),
    ]
