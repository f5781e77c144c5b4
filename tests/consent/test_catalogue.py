import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.claims import Sensitivity, require_askable
from clients.models import OrganisationKind, PurposeKind
from consent import vouched
from consent.catalogue import (
    ALWAYS,
    BY_NAME,
    CLAIMS,
    MARKETING,
    SCOPES,
    VERIFIED,
    Source,
    asked_by,
    claims_of_scopes,
    in_order,
    lesser,
    without_echoes,
)
from consent.derived import DERIVED
from kernel.errors import Refused
from members.profile import Profile

AGENCY, MERCHANT = OrganisationKind.AGENCY, OrganisationKind.MERCHANT
SERVICE, OFFER = PurposeKind.SERVICE, PurposeKind.OFFER
sets = st.frozensets(st.sampled_from([*BY_NAME, "national_id"]), max_size=10)


def test_every_claim_has_one_name_two_labels_and_a_scope_that_exists() -> None:
    assert len(BY_NAME) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.label.zh
        assert claim.label.en
        assert claim.scope in SCOPES or claim.name in vouched.NAMES | {MARKETING, VERIFIED}
        assert claim.askers
        assert claim.purposes


@pytest.mark.clause("2(5)")
def test_every_claim_comes_from_the_application_or_a_note_or_is_made_of_it() -> None:
    held = Profile.__dataclass_fields__.keys()

    for claim in CLAIMS:
        if claim.source is Source.APPLICATION:
            assert claim.name in held
            assert claim.name not in DERIVED
        elif claim.name not in vouched.NAMES | {ALWAYS, MARKETING, VERIFIED}:
            assert claim.name in DERIVED
            assert set(claim.derived_from) <= held


@pytest.mark.clause("10(4)")
def test_a_note_is_for_services_of_agencies_and_an_answer_for_offers_of_merchants() -> None:
    for name in vouched.NOTES:
        assert BY_NAME[name].may_be_asked(AGENCY, SERVICE)
        assert not BY_NAME[name].may_be_asked(MERCHANT, OFFER)
        assert BY_NAME[name].sensitive
    for name in vouched.OFFERS:
        assert BY_NAME[name].may_be_asked(MERCHANT, OFFER)
        assert not BY_NAME[name].may_be_asked(AGENCY, SERVICE)
        assert not BY_NAME[name].may_be_asked(MERCHANT, SERVICE)


def test_what_says_less_belongs_to_the_scope_of_what_it_can_replace() -> None:
    lessers = [claim for claim in CLAIMS if claim.less_than]

    assert {claim.name for claim in lessers} == DERIVED
    for claim in lessers:
        fuller = BY_NAME[claim.less_than or ""]
        assert claim.scope == fuller.scope
        assert claim.askers >= fuller.askers
        assert not claim.sensitive


def test_scopes_bundle_what_openid_connect_says_and_what_says_less() -> None:
    assert claims_of_scopes(["openid"]) == {"sub"}
    assert claims_of_scopes(["email"]) == {"email", "email_verified", "relay_email"}
    assert claims_of_scopes(["phone"]) == {"phone_number", "phone_number_verified"}
    assert claims_of_scopes(["address"]) == {"address", "resident_of_taipei", "district"}
    assert {"name", "birthdate", "updated_at", "age_over_18"} <= claims_of_scopes(["profile"])


def test_a_scope_nobody_knows_bundles_nothing() -> None:
    assert claims_of_scopes(["national_id", ""]) == frozenset()


def test_asking_for_a_claim_asks_for_what_could_stand_in_for_it() -> None:
    assert asked_by({"email", "national_id"}) == {"email", "relay_email", "national_id"}


def test_what_could_stand_in_is_named_in_order_and_only_if_approved() -> None:
    approved = {"age_over_65", "age_over_18", "district"}

    assert [claim.name for claim in lesser("birthdate", approved)] == ["age_over_18", "age_over_65"]
    assert lesser("name", approved) == ()


@given(sets, sets)
def test_an_echo_of_a_fuller_claim_stays_unless_it_was_asked_by_name(
    allowed: frozenset[str], requested: frozenset[str]
) -> None:
    out = without_echoes(allowed, requested)

    assert out <= allowed
    assert allowed & requested <= out
    for name in allowed - out:
        assert BY_NAME[name].less_than in allowed


def test_claims_are_shown_in_the_catalogues_order_and_unknown_ones_dropped() -> None:
    names = [claim.name for claim in in_order(["email", "national_id", "name", "sub"])]

    assert names == ["sub", "name", "email"]


@pytest.mark.clause("2(5)")
@pytest.mark.refusal("flow.purpose_mismatch")
@pytest.mark.parametrize("name", ["申請案內容", "case_detail", "national_id", "", "SUB"])
def test_what_is_outside_the_identification_scope_cannot_be_asked_for(name: str) -> None:
    with pytest.raises(Refused, match=r"^flow\.purpose_mismatch$"):
        require_askable({"name", name}, kind=AGENCY, purpose=SERVICE)


@pytest.mark.clause("10(4)")
@pytest.mark.parametrize("name", ["birthdate", "gender", "picture", "address"])
def test_a_merchant_cannot_even_ask_for_what_is_easy_to_do_harm_with(name: str) -> None:
    require_askable({name}, kind=AGENCY, purpose=SERVICE)

    with pytest.raises(Refused, match=r"^flow\.purpose_mismatch$"):
        require_askable({name}, kind=MERCHANT, purpose=OFFER)
    with pytest.raises(Refused, match=r"^flow\.purpose_mismatch$"):
        require_askable({name}, kind=AGENCY, purpose=OFFER)


@pytest.mark.clause("10(4)")
def test_a_merchant_may_ask_for_an_age_in_place_of_a_birth_date() -> None:
    require_askable({"age_over_65", "relay_email"}, kind=MERCHANT, purpose=OFFER)

    assert BY_NAME["age_over_65"].sensitivity is Sensitivity.ANONYMOUS
