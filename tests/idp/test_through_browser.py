"""Tokens through the browser: for clients registered for it, where the installation allows it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey
from sqlalchemy import func, select

from audit.lines import Kind
from audit.models import LedgerLine
from clients import registry, response_types
from clients.models import Profile
from clients.response_types import KNOWN, THROUGH_BROWSER
from idp import response_modes, sign_outs
from idp.discovery import metadata
from idp.id_tokens import left_half_hash
from idp.models import Grant, Token
from kernel.errors import Refused
from kernel.jobs import Job
from tests import make
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import ISSUER, City
from tests.idp.test_registration import a_token as registration_token
from tests.idp.test_registration import metadata as registration
from tests.idp.test_registration import mistake, own, register, send
from tests.proofs import new_key

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
GRANTS = ["authorization_code", "implicit", "refresh_token"]


@pytest.fixture
def browser(city: City) -> Browser:
    """Lend a browser where a client `spa` may ask for everything."""
    city.configure(hybrid=True)
    city.register("spa", **form())
    return Browser(city)


def form(**changes: Any) -> dict[str, Any]:  # forms are JSON
    usual = {
        "profile": "hybrid",
        "sector": "spa.invalid",
        "grant_types": GRANTS,
        "response_types": list(KNOWN),
        "backchannel_logout_uri": "https://library.invalid/logout",
    }
    return {**usual, **changes}


def told(browser: Browser, kind: str, **changes: Any) -> dict[str, str]:
    response = browser.sign_in("spa", response_type=kind, **changes)
    assert "?" not in response.location
    return answer(response)


@pytest.mark.parametrize("kind", THROUGH_BROWSER)
def test_a_response_brings_what_its_type_names_in_the_fragment(browser: Browser, kind: str) -> None:
    found = told(browser, kind)

    words = {"code": "code", "id_token": "id_token", "access_token": "token"}
    assert {words[name] for name in words.keys() & found.keys()} == set(kind.split())
    assert found["state"] == "the-state"
    assert found["iss"] == ISSUER
    assert "refresh_token" not in found


@pytest.mark.parametrize("kind", [each for each in THROUGH_BROWSER if "id_token" in each.split()])
@one_database
def test_an_id_token_vouches_for_all_that_came_beside_it(browser: Browser, kind: str) -> None:
    found = told(browser, kind)

    claims = browser.city.opened(found["id_token"])
    beside = {"at_hash": found.get("access_token"), "c_hash": found.get("code")}
    assert {name: claims.get(name) for name in beside} == {
        name: value and left_half_hash(value, alg="ES256") for name, value in beside.items()
    }
    expected = left_half_hash("the-state", alg="ES256") if "code" in found else None
    assert claims.get("s_hash") == expected
    assert claims["nonce"] == "the-nonce"


@one_database
def test_the_code_and_the_token_that_came_beside_it_are_of_one_grant(browser: Browser) -> None:
    city, found = browser.city, told(browser, "code id_token token")

    assert city.exchange(found["code"], "spa").status_code == 200
    assert city.userinfo(found["access_token"]).status_code == 200
    assert city.exchange(found["code"], "spa").status_code == 400  # which ends everything
    assert city.userinfo(found["access_token"]).status_code == 401


@pytest.mark.clause("10(3)")
def test_alone_an_id_token_brings_what_the_member_shared_and_it_is_written_down(
    browser: Browser,
) -> None:
    city = browser.city
    page = browser.log_in(browser.authorize("spa", response_type="id_token"))
    found = answer(browser.consent(page, "name"))

    claims = city.opened(found["id_token"])
    assert claims["name"] == make.a_profile().name
    assert "birthdate" not in claims
    with city.database() as session:
        released = session.scalars(select(LedgerLine).where(LedgerLine.kind == Kind.RELEASED)).one()
        assert released.claims == ["name"]
        assert session.scalar(select(func.count()).select_from(Token)) == 0


@one_database
def test_beside_an_access_token_the_id_token_leaves_the_data_to_userinfo(browser: Browser) -> None:
    found = told(browser, "id_token token", share=("name",))

    assert "name" not in browser.city.opened(found["id_token"])
    assert browser.city.userinfo(found["access_token"]).get_json()["name"]


@one_database
def test_the_words_of_a_response_type_come_in_any_order(browser: Browser) -> None:
    assert "access_token" in told(browser, "token id_token code")


@given(st.lists(st.sampled_from(["code", "id_token", "token", "none", "x"]), max_size=4))
def test_only_the_types_of_the_specification_are_known(words: list[str]) -> None:
    found = response_types.find(" ".join(words))

    assert (found is None) == (set(words) not in [set(each.split()) for each in KNOWN])


@given(st.sampled_from(THROUGH_BROWSER), st.sampled_from([*response_modes.MODES, "x", None]))
def test_no_token_ever_travels_in_a_query(kind: str, asked: str | None) -> None:
    mode = response_modes.mode_of(asked, kind)

    assert response_modes.carrier_of(mode) != response_modes.QUERY


@one_database
def test_a_query_is_refused_in_the_fragment(browser: Browser) -> None:
    found = told(browser, "id_token", response_mode="query")

    assert found["error"] == "invalid_request"


@one_database
def test_a_form_and_a_signed_answer_carry_them_too(browser: Browser) -> None:
    told(browser, "id_token token")
    asked = authorization("spa", response_type="id_token token", prompt="none")

    page = browser.get("/authorize", {**asked, "response_mode": "form_post"})
    signed = answer(browser.get("/authorize", {**asked, "response_mode": "jwt"}))

    assert 'name="access_token"' in page.text
    assert signed.keys() == {"response"}
    assert signed["response"].count(".") == 2


@one_database
def test_a_code_may_travel_in_a_fragment_for_any_client(city: City) -> None:
    response = Browser(city).sign_in(response_mode="fragment")

    assert "?" not in response.location
    assert answer(response)["code"]


@pytest.mark.parametrize("kind", [each for each in THROUGH_BROWSER if "id_token" in each.split()])
@one_database
def test_without_a_nonce_there_is_no_id_token(browser: Browser, kind: str) -> None:
    assert told(browser, kind, nonce=None)["error"] == "invalid_request"


@one_database
def test_an_error_goes_the_way_the_tokens_would(browser: Browser) -> None:
    assert told(browser, "id_token", prompt="none")["error"] == "login_required"


@one_database
def test_where_the_installation_does_not_allow_it_a_registration_is_of_no_use(city: City) -> None:
    city.register("spa", **form())

    found = answer(Browser(city).get("/authorize", authorization("spa", response_type="id_token")))

    assert found["error"] == "unsupported_response_type"


@one_database
def test_a_client_gets_only_the_types_it_registered(browser: Browser) -> None:
    browser.city.register("half", **form(sector="half.invalid", response_types=["code id_token"]))

    for kind, error in (("id_token", "unsupported_response_type"), ("code id_token", None)):
        found = answer(browser.sign_in("half", response_type=kind))
        assert found.get("error") == error


@one_database
def test_a_client_whose_grants_were_taken_away_gets_none(browser: Browser) -> None:
    with browser.city.database() as session:
        registry.set_grant_types(session, "spa", ["authorization_code"])

    assert told(browser, "id_token")["error"] == "unauthorized_client"


@pytest.mark.parametrize(
    "changes",
    [
        *({"profile": profile} for profile in ("core", "basic")),
        {"response_types": ["code", "nonsense"]},
        {"response_types": []},
        {"grant_types": ["authorization_code"]},
        {"grant_types": ["implicit"]},
        {"response_types": ["code"]},
        {"certificate_bound": True},
    ],
)
def test_a_registration_that_does_not_fit_together_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"client\.form_invalid"):
        registry.parse(make.a_client_form("spa", **form(**changes)))


@pytest.mark.clause("10(4)")
def test_who_was_told_in_the_browser_hears_of_the_logout(browser: Browser) -> None:
    told(browser, "code id_token")  # its code is never redeemed
    page = browser.get("/logout")

    browser.submit(page, decision="yes")

    with browser.city.database() as session:
        told_of = select(func.count()).where(Job.kind == sign_outs.KIND)
        assert session.scalar(told_of) == 1
        assert session.scalars(select(Grant)).one().signed_out_at is not None


@one_database
def test_a_token_from_the_browser_ends_with_the_sign_in(browser: Browser) -> None:
    token = told(browser, "code token")["access_token"]

    browser.submit(browser.get("/logout"), decision="yes")

    assert browser.city.userinfo(token).status_code == 401


@one_database
def test_an_id_token_that_nobody_can_encrypt_is_an_error_of_the_client(browser: Browser) -> None:
    key = RSAKey.generate_key(2048, {"use": "enc"}, private=True)
    browser.city.register(
        "sealed",
        **form(
            sector="sealed.invalid",
            jwks={"keys": [key.as_dict(private=False)]},
            id_token_encryption={"alg": "RSA-OAEP-256"},
        ),
    )
    found = answer(browser.sign_in("sealed", response_type="id_token"))
    with browser.city.database() as session:
        registry.get(session, "sealed").jwks = {"keys": [new_key().as_dict(private=False)]}
    browser.city.wait(seconds=2)

    refused = answer(browser.get("/authorize", authorization("sealed", response_type="id_token")))

    assert found["id_token"].count(".") == 4
    assert refused["error"] == "invalid_request"


# Clients that register themselves


@one_database
def test_a_client_may_register_itself_for_them(city: City) -> None:
    city.configure(hybrid=True)
    token = registration_token(city, profile=Profile.HYBRID)

    client = register(city, token, response_types=["token id_token", "code"])

    assert client["response_types"] == ["id_token token", "code"]
    assert client["grant_types"] == ["authorization_code", "implicit"]
    kept = {"client_id": client["client_id"], "redirect_uris": client["redirect_uris"]}
    narrowed = own(city, client, "PUT", {**kept, "response_types": ["code"]}).get_json()
    assert narrowed["response_types"] == ["code"]


@pytest.mark.parametrize(
    ("hybrid", "profile", "changes"),
    [
        (False, Profile.HYBRID, {"response_types": ["id_token"]}),
        (True, Profile.CORE, {"response_types": ["id_token"]}),
        (True, Profile.HYBRID, {"response_types": ["token"]}),
        (True, Profile.HYBRID, {"response_types": "id_token"}),
        (True, Profile.HYBRID, {"response_types": [1]}),
        (True, Profile.HYBRID, {"response_types": ["code"], "grant_types": ["implicit"]}),
    ],
)
@one_database
def test_what_is_not_offered_cannot_be_registered(
    city: City,
    hybrid: bool,  # noqa: FBT001  # a parameter of the test
    profile: Profile,
    changes: dict[str, Any],
) -> None:
    city.configure(hybrid=hybrid)
    token = registration_token(city, profile=profile)

    response = send(city, "/register", token, registration(**changes))

    assert mistake(response) == "invalid_client_metadata"


def test_the_metadata_name_them_only_where_they_are_allowed() -> None:
    plain, hybrid = metadata(ISSUER), metadata(ISSUER, hybrid=True)

    assert plain["response_types_supported"] == ["code"]
    assert "implicit" not in plain["grant_types_supported"]
    assert hybrid["response_types_supported"] == list(KNOWN)
    assert "implicit" in hybrid["grant_types_supported"]
    assert {"c_hash", "s_hash"} <= set(hybrid["claims_supported"]) - set(plain["claims_supported"])
