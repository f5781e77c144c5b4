from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyop.message import AuthorizationRequest as Message

from clients.directory import ApprovedClaim, RegisteredClient, RegisteredPurpose
from clients.models import AuthMethod, OrganisationKind, Profile, PurposeKind
from consent.rules import Decided
from idp.acr import ACR
from idp.errors import AuthorizationRefused, ReturnAddress
from idp.interaction import (
    AskConsent,
    ChooseAccount,
    Issue,
    LogIn,
    Progress,
    Reason,
    SignedIn,
    Step,
    StepUp,
    next_step,
)
from idp.requests import AuthorizationRequest
from kernel.wording import Bilingual
from tests.make import NOON

WORDS = Bilingual("說明", "words")
MEI, HER_SUB = UUID(int=7), "mei-at-the-library"
CARD = RegisteredPurpose(
    id=UUID(int=1),
    code="card",
    kind=PurposeKind.SERVICE,
    is_default=True,
    text_version=1,
    name=WORDS,
    text=WORDS,
    retention=WORDS,
    legal_basis=WORDS,
    refusal_effect=WORDS,
    max_days=365,
    claims=(ApprovedClaim("name", required=True, necessity=WORDS),),
)
LIBRARY = RegisteredClient(
    id=UUID(int=2),
    client_id="library",
    kind=OrganisationKind.AGENCY,
    name=WORDS,
    organisation=WORDS,
    home_uri="https://library.invalid/",
    profile=Profile.BASIC,
    auth_method=AuthMethod.BASIC,
    jwks=None,
    sector="library.invalid",
    redirect_uris=frozenset(["https://library.invalid/callback"]),
    post_logout_redirect_uris=frozenset(),
    grant_types=frozenset(["authorization_code"]),
    id_token_alg="ES256",
    resource_server=False,
    secrets=(),
    purposes=(CARD,),
)
HERE = SignedIn(
    session_id=UUID(int=9),
    member_id=MEI,
    sub=HER_SUB,
    acr=ACR[0],
    amr=("pwd",),
    authenticated_at=NOON - timedelta(minutes=10),
    began_at=NOON - timedelta(minutes=10),
)
BEGUN = Progress(started_at=NOON)
AGREED = tuple(
    Decided(
        purpose_id=CARD.id,
        claim=claim,
        given=True,
        text_version=1,
        given_at=NOON,
        expires_at=NOON + timedelta(days=1),
    )
    for claim in ("sub", "name")
)


def asking(**changes: Any) -> AuthorizationRequest:  # any field of a request
    values: dict[str, Any] = {
        "client": LIBRARY,
        "purpose": CARD,
        "to": ReturnAddress("https://library.invalid/callback", "s"),
        "scopes": ("openid", "profile"),
        "claims": frozenset(["sub", "name", "birthdate"]),
        "prompt": frozenset(),
        "max_age": None,
        "acr_values": (),
        "essential_acr": (),
        "hint_sub": None,
        "login_hint": "",
        "ui_locales": "",
        "parameters": {},
        "message": Message(),
    }
    prompt = frozenset(str(changes.pop("prompt", "")).split())
    return AuthorizationRequest(**{**values, "prompt": prompt, **changes})


def step(
    request: AuthorizationRequest,
    here: SignedIn | None = HERE,
    progress: Progress = BEGUN,
    *,
    agreed: tuple[Decided, ...] = AGREED,
    reachable: tuple[str, ...] = ACR[:1],
    now: datetime = NOON,
) -> Step:
    return next_step(request, here, progress, agreed, reachable=frozenset(reachable), now=now)


def error(request: AuthorizationRequest, *args: Any, **more: Any) -> str:  # as `step` takes them
    with pytest.raises(AuthorizationRefused) as refused:
        step(request, *args, **more)
    assert refused.value.to == request.to
    return refused.value.error


def test_who_is_signed_in_and_has_agreed_is_let_through() -> None:
    assert step(asking()) == Issue()
    assert step(asking(prompt="none")) == Issue()


def test_a_stranger_logs_in_but_not_silently() -> None:
    assert step(asking(), None) == LogIn(Reason.SIGNED_OUT)
    assert error(asking(prompt="none"), None) == "login_required"


def test_prompt_login_asks_once_in_an_interaction() -> None:
    just_now = replace(HERE, authenticated_at=NOON)
    again = replace(BEGUN, authenticated_at=NOON)

    assert step(asking(prompt="login")) == LogIn(Reason.CLIENT_ASKED)
    assert step(asking(prompt="login"), just_now, again) == Issue()


@pytest.mark.parametrize(
    ("demand", "answer"),
    [
        ({"prompt": "login"}, LogIn(Reason.CLIENT_ASKED)),
        ({"max_age": 0}, LogIn(Reason.TOO_LONG_AGO)),
        ({"max_age": 300}, LogIn(Reason.TOO_LONG_AGO)),
        ({"max_age": 3600}, Issue()),
    ],
)
def test_what_only_adds_to_an_older_login_makes_it_no_newer(
    demand: dict[str, Any], answer: Step
) -> None:
    added = replace(BEGUN, authenticated_at=NOON)

    assert step(asking(**demand), HERE, added) == answer


@pytest.mark.parametrize(
    ("max_age", "answer"),
    [
        (0, LogIn(Reason.TOO_LONG_AGO)),
        (1, LogIn(Reason.TOO_LONG_AGO)),
        (599, LogIn(Reason.TOO_LONG_AGO)),
        (600, Issue()),
        (999_999_999, Issue()),
    ],
)
def test_max_age_asks_for_a_login_no_older_than_that(max_age: int, answer: Step) -> None:
    assert step(asking(max_age=max_age)) == answer


def test_max_age_zero_always_asks_and_is_content_with_the_login_it_asked_for() -> None:
    just_now = replace(HERE, authenticated_at=NOON)
    again = replace(BEGUN, authenticated_at=NOON)

    assert step(asking(max_age=0), just_now) == LogIn(Reason.TOO_LONG_AGO)
    assert step(asking(max_age=0), just_now, again) == Issue()
    assert error(asking(max_age=0, prompt="none"), just_now) == "login_required"


def test_the_member_the_client_expects_passes() -> None:
    assert step(asking(hint_sub=HER_SUB)) == Issue()


def test_another_member_than_expected_logs_in_and_is_refused_if_still_another() -> None:
    again = replace(BEGUN, authenticated_at=NOON)

    assert step(asking(hint_sub="somebody")) == LogIn(Reason.OTHER_MEMBER)
    assert error(asking(hint_sub="somebody", prompt="none")) == "login_required"
    assert error(asking(hint_sub="somebody"), HERE, again) == "login_required"


def test_select_account_asks_until_somebody_chose_or_logged_in() -> None:
    request = asking(prompt="select_account")

    assert step(request) == ChooseAccount()
    assert step(request, progress=replace(BEGUN, account_chosen_at=NOON)) == Issue()
    assert step(request, progress=replace(BEGUN, authenticated_at=NOON)) == Issue()


def test_a_wish_for_strength_nobody_can_reach_is_passed_over() -> None:
    assert step(asking(acr_values=ACR[1:])) == Issue()
    assert step(asking(acr_values=("urn:elsewhere",))) == Issue()


def test_a_wish_for_strength_within_reach_is_granted() -> None:
    assert step(asking(acr_values=ACR[1:]), reachable=ACR[:2]) == StepUp(ACR[1])
    assert error(asking(acr_values=ACR[1:], prompt="none"), reachable=ACR[:2]) == "login_required"


def test_a_demand_for_strength_out_of_reach_is_unmet() -> None:
    for demand in (ACR[1:], ("urn:elsewhere",)):
        assert error(asking(essential_acr=demand)) == "unmet_authentication_requirements"


def test_a_demand_for_strength_is_met_by_the_same_or_more() -> None:
    strong = replace(HERE, acr=ACR[1])

    assert step(asking(essential_acr=ACR[:1])) == Issue()
    assert step(asking(essential_acr=ACR[:1]), strong) == Issue()
    assert step(asking(acr_values=ACR[:1]), strong) == Issue()


def test_a_demand_within_reach_steps_up() -> None:
    assert step(asking(essential_acr=ACR[1:]), reachable=ACR[:2]) == StepUp(ACR[1])


def test_only_what_is_new_is_asked_about() -> None:
    assert step(asking(), agreed=AGREED[:1]) == AskConsent(frozenset(["name"]))
    assert step(asking(), agreed=()) == AskConsent(frozenset(["sub", "name"]))
    assert error(asking(prompt="none"), agreed=()) == "consent_required"


def test_prompt_consent_asks_about_everything_once_more() -> None:
    settled = replace(BEGUN, consented_at=NOON)

    assert step(asking(prompt="consent")) == AskConsent(frozenset(["sub", "name"]))
    assert step(asking(prompt="consent"), progress=settled) == Issue()


@pytest.mark.clause("10(3)")
def test_what_one_member_agreed_to_does_not_count_for_the_next_in_the_same_browser() -> None:
    her_answer = replace(BEGUN, consented_at=NOON)
    next_one = replace(HERE, authenticated_at=NOON + timedelta(seconds=5))

    following = step(asking(), next_one, her_answer, agreed=(), now=NOON + timedelta(seconds=9))

    assert following == AskConsent(frozenset(["sub", "name"]))


@pytest.mark.clause("10(3)")
def test_nor_for_one_whom_a_phone_proved_before_and_signed_in_after_it() -> None:
    her_answer = replace(BEGUN, consented_at=NOON)
    next_one = replace(
        HERE,
        authenticated_at=NOON - timedelta(seconds=5),
        began_at=NOON + timedelta(seconds=5),
    )

    following = step(asking(), next_one, her_answer, agreed=(), now=NOON + timedelta(seconds=9))

    assert following == AskConsent(frozenset(["sub", "name"]))


@given(
    prompt=st.lists(st.sampled_from(["login", "consent", "select_account"])).map(" ".join),
    max_age=st.none() | st.integers(0, 2_000),
    acr_values=st.lists(st.sampled_from([*ACR, "urn:x"])).map(tuple),
    hint_sub=st.none() | st.sampled_from([HER_SUB, "other"]),
    here=st.booleans(),
    agreed=st.booleans(),
)
def test_prompt_none_never_leads_to_a_page(
    prompt: str,
    max_age: int | None,
    acr_values: tuple[str, ...],
    hint_sub: str | None,
    *,
    here: bool,
    agreed: bool,
) -> None:
    request = asking(prompt="none", max_age=max_age, acr_values=acr_values, hint_sub=hint_sub)

    outcome: object
    try:
        outcome = step(request, HERE if here else None, agreed=AGREED if agreed else ())
    except AuthorizationRefused as refused:
        outcome = refused.error

    assert outcome in {Issue(), "login_required", "consent_required"}
