"""A merchant's consent goes page by page, and no page undoes the one before (regulation 10(4))."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clients.directory import ApprovedClaim
from clients.models import OrganisationKind, PurposeKind
from consent.parts import Part
from consent.rules import Decided
from idp.errors import AuthorizationRefused
from idp.interaction import AskConsent, Issue, Progress, Step
from tests.idp.test_next_step import AGREED, BEGUN, CARD, HERE, LIBRARY, WORDS, asking, step
from tests.make import NOON

pytestmark = pytest.mark.clause("10(4)")
ANSWER, MARKETING = "offer_eligible", "marketing_allowed"
OFFER = replace(
    CARD,
    kind=PurposeKind.OFFER,
    claims=tuple(
        ApprovedClaim(name, required=name == ANSWER, necessity=WORDS)
        for name in (ANSWER, "name", "email", MARKETING)
    ),
)
CAFE = replace(LIBRARY, kind=OrganisationKind.MERCHANT, purposes=(OFFER,))
ASKED = frozenset(["sub", ANSWER, "name", "email", MARKETING])
IDENTIFIED = frozenset(["name", "email"])
FIRST = AskConsent(frozenset(["sub", ANSWER]), Part.ANONYMOUS, IDENTIFIED)
SECOND = AskConsent(IDENTIFIED, Part.IDENTIFIED)
THIRD = AskConsent(frozenset([MARKETING]), Part.MARKETING)


def said(*claims: str, given: bool = True, once: bool = False) -> tuple[Decided, ...]:
    return tuple(replace(AGREED[0], claim=each, given=given, once=once) for each in claims)


def follows(*decisions: Decided, progress: Progress = BEGUN, prompt: str = "") -> Step:
    request = asking(client=CAFE, purpose=OFFER, claims=ASKED, prompt=prompt)
    return step(request, progress=progress, agreed=decisions)


def test_what_names_nobody_is_asked_first_and_what_identifies_is_announced() -> None:
    assert follows() == FIRST
    assert follows(*said("sub")) == replace(FIRST, claims=frozenset([ANSWER]))


def test_the_second_page_comes_once_the_first_is_answered() -> None:
    assert follows(*said("sub", ANSWER)) == SECOND
    assert follows(*said("sub", ANSWER, "name")) == replace(SECOND, claims=frozenset(["email"]))


def test_who_gives_nothing_that_identifies_goes_on_and_hears_nothing_of_marketing() -> None:
    refused = (*said("sub", ANSWER), *said("name", "email", given=False))

    assert follows(*refused) == Issue()
    passed_over = replace(BEGUN, disclosed_at=NOON)
    assert follows(*said("sub", ANSWER), progress=passed_over) == Issue()


def test_marketing_is_asked_of_who_is_known_until_there_is_an_answer() -> None:
    known = said("sub", ANSWER, "name", "email")

    assert follows(*known) == THIRD
    assert follows(*known, progress=replace(BEGUN, marketed_at=NOON)) == Issue()
    assert follows(*known, *said(MARKETING, given=False)) == Issue()
    assert follows(*said("sub", ANSWER, "name", "email", once=True)) == replace(
        FIRST, later=IDENTIFIED
    )


def test_marketing_makes_no_silent_sign_in_fail_but_data_do() -> None:
    assert follows(*said("sub", ANSWER, "name", "email"), prompt="none") == Issue()
    with pytest.raises(AuthorizationRefused):
        follows(*said("sub", ANSWER), prompt="none")


def test_prompt_consent_goes_through_every_page_once_more() -> None:
    known = said("sub", ANSWER, "name", "email", MARKETING)
    progress = BEGUN

    for page, moment in ((FIRST, "consented_at"), (SECOND, "disclosed_at"), (THIRD, "marketed_at")):
        assert follows(*known, progress=progress, prompt="consent") == page
        progress = replace(progress, **{moment: NOON})
    assert follows(*known, progress=progress, prompt="consent") == Issue()


def test_no_page_another_member_answered_counts() -> None:
    hers = replace(BEGUN, consented_at=NOON, disclosed_at=NOON, marketed_at=NOON)
    next_one = replace(HERE, authenticated_at=NOON + timedelta(seconds=5))
    request = asking(client=CAFE, purpose=OFFER, claims=ASKED)

    assert step(request, next_one, hers, agreed=(), now=NOON + timedelta(seconds=9)) == FIRST
