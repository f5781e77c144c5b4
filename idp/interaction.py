"""Decide the next step of a sign-in, here and nowhere else: log in, step up, consent, issue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from consent import parts, rules
from consent.parts import Part
from consent.rules import Decided
from idp import acr
from idp.errors import AuthorizationRefused
from idp.requests import AuthorizationRequest


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """The member this browser is signed in as."""

    session_id: UUID
    member_id: UUID
    sub: str  # as the asking client knows the member
    acr: str
    amr: tuple[str, ...]
    authenticated_at: datetime
    began_at: datetime  # when this browser became theirs: a phone proves them before that
    hinted: bool = False  # the hint is a name made for this very visit


# Which moment of an interaction says that a part of the consent was answered.
MOMENTS: Mapping[Part, str] = MappingProxyType(
    {
        Part.WHOLE: "consented_at",
        Part.ANONYMOUS: "consented_at",
        Part.IDENTIFIED: "disclosed_at",
        Part.MARKETING: "marketed_at",
    }
)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What has already happened in this interaction; a silent sign-in has none."""

    started_at: datetime
    authenticated_at: datetime | None = None
    account_chosen_at: datetime | None = None
    consented_at: datetime | None = None
    disclosed_at: datetime | None = None
    marketed_at: datetime | None = None

    def answered_at(self, part: Part) -> datetime | None:
        """Return when this part of the consent was answered, or passed over."""
        moment: datetime | None = getattr(self, MOMENTS[part])
        return moment


class Reason(StrEnum):
    """Why the login page is shown, to be said in words."""

    SIGNED_OUT = "signed_out"
    CLIENT_ASKED = "client_asked"
    TOO_LONG_AGO = "too_long_ago"
    OTHER_MEMBER = "other_member"


@dataclass(frozen=True)
class LogIn:
    """Show the login page."""

    reason: Reason


@dataclass(frozen=True)
class StepUp:
    """Keep the person, ask for the missing strength."""

    acr: str


@dataclass(frozen=True)
class ChooseAccount:
    """Ask whether to go on as the member signed in here."""


@dataclass(frozen=True)
class AskConsent:
    """Show the page that decides this part of the consent.

    `later` are claims a merchant's second page would ask about, which the first one announces.
    """

    claims: frozenset[str]
    part: Part = Part.WHOLE
    later: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Issue:
    """Everything is settled: create the grant."""


Step = LogIn | StepUp | ChooseAccount | AskConsent | Issue


def next_step(
    request: AuthorizationRequest,
    signed_in: SignedIn | None,
    progress: Progress,
    decisions: Iterable[Decided],
    *,
    reachable: frozenset[str],
    now: datetime,
) -> Step:
    """Return what must happen next. Raises AuthorizationRefused when it cannot.

    `reachable` are the acr values some loaded adapter can establish. The order is OIDC Core
    3.1.2.3: identify, strengthen, then consent.
    """
    _require_reachable(request, reachable)
    decisions = tuple(decisions)
    if signed_in is None:
        return _or_refuse(LogIn(Reason.SIGNED_OUT), request, "login_required")
    reason = _must_log_in_again(request, signed_in, progress, decisions, now=now)
    if reason is not None:
        return _or_refuse(LogIn(reason), request, "login_required")
    if _must_choose(request, progress):
        return ChooseAccount()
    missing_acr = _missing_strength(request, signed_in, reachable)
    if missing_acr is not None:
        return _or_refuse(StepUp(missing_acr), request, "login_required")
    question = _to_ask(request, signed_in, progress, decisions, now=now)
    if question is not None:
        return _or_refuse(question, request, "consent_required")
    return Issue()


def _or_refuse(step: Step, request: AuthorizationRequest, error: str) -> Step:
    if request.silent:
        raise AuthorizationRefused(error, "a page would have to be shown", to=request.to)
    return step


def _must_log_in_again(
    request: AuthorizationRequest,
    signed_in: SignedIn,
    progress: Progress,
    decisions: Iterable[Decided],
    *,
    now: datetime,
) -> Reason | None:
    if not _is_meant(request, signed_in, decisions, now=now):
        if progress.authenticated_at is not None:
            description = "the member who signed in is not the one the client asked for"
            raise AuthorizationRefused("login_required", description, to=request.to)
        return Reason.OTHER_MEMBER
    # A card or a code that only added to an older login makes that login no newer.
    if progress.authenticated_at and signed_in.authenticated_at >= progress.started_at:
        return None
    if "login" in request.prompt:
        return Reason.CLIENT_ASKED
    if request.max_age is not None:
        oldest = now - timedelta(seconds=request.max_age)
        if signed_in.authenticated_at < oldest or request.max_age == 0:
            return Reason.TOO_LONG_AGO
    return None


def _is_meant(
    request: AuthorizationRequest,
    signed_in: SignedIn,
    decisions: Iterable[Decided],
    *,
    now: datetime,
) -> bool:
    """Say whether this is the member the client expects, if it expects one.

    A stable name counts only while the client may know it, or a merchant could try names from an
    ended consent until one fits; a name of another visit fits nobody (decision 0024).
    """
    if request.hint_sub is None or signed_in.hinted:
        return True
    terms = rules.terms_of(request.purpose)
    return request.hint_sub == signed_in.sub and rules.may_recognise(
        request.client.kind, terms, decisions, now=now
    )


def _require_reachable(request: AuthorizationRequest, reachable: frozenset[str]) -> None:
    """Refuse at once what no login could fulfil, rather than after one."""
    if request.essential_acr and not reachable & frozenset(request.essential_acr):
        description = "no way of signing in offered here reaches the acr asked for"
        raise AuthorizationRefused("unmet_authentication_requirements", description, to=request.to)


def _must_choose(request: AuthorizationRequest, progress: Progress) -> bool:
    settled = progress.account_chosen_at or progress.authenticated_at
    return "select_account" in request.prompt and settled is None


def _missing_strength(
    request: AuthorizationRequest, signed_in: SignedIn, reachable: frozenset[str]
) -> str | None:
    """Return the acr to step up to, or None if the present one will do (OIDC Core 5.5.1.1)."""
    wanted = request.essential_acr or request.acr_values
    if acr.reaches(signed_in.acr, wanted):
        return None
    return next((each for each in wanted if each in reachable), None)


def _to_ask(
    request: AuthorizationRequest,
    signed_in: SignedIn,
    progress: Progress,
    decisions: tuple[Decided, ...],
    *,
    now: datetime,
) -> AskConsent | None:
    """Return the first part of the consent that is still to be decided, if there is one."""
    kind, terms = request.client.kind, rules.terms_of(request.purpose)
    earlier = () if request.asks_anew else decisions
    asked = rules.unanswered(request.claims, terms, earlier, now=now)
    if not asked:
        return None
    turns = [
        (part, claims)
        for part, claims in parts.in_turn(asked, kind, terms, decisions, now=now)
        if not _is_answered(part, progress, signed_in)
        and not (part is Part.MARKETING and request.silent)  # an unasked yes is none
    ]
    if not turns:
        return None
    part, claims = turns[0]
    later = dict(turns).get(Part.IDENTIFIED, frozenset()) if part is Part.ANONYMOUS else frozenset()
    return AskConsent(claims, part, later)


def _is_answered(part: Part, progress: Progress, signed_in: SignedIn) -> bool:
    # An answer older than the login may be another member's: two people, one browser, two tabs.
    answered_at = progress.answered_at(part)
    since = max(signed_in.authenticated_at, signed_in.began_at)
    return answered_at is not None and answered_at >= since
