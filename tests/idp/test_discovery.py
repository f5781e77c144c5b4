from clients.models import Profile
from clients.profiles import rules_of
from consent.catalogue import BY_NAME, VERIFIED
from idp.discovery import ASSERTION_ALGORITHMS, PATHS, metadata
from kernel.db import Sessions
from tests.flows.provider import ISSUER, the_settings
from web import wellknown
from web.app import create_app

DOCUMENT = metadata(ISSUER, acr_values=["b", "a"])


def test_the_document_names_only_what_is_served() -> None:
    app = create_app(the_settings(), database=Sessions())
    served = {str(rule) for rule in app.url_map.iter_rules()} | {wellknown.KEYS}

    assert set(PATHS.values()) <= served
    assert all(DOCUMENT[name] == ISSUER + path for name, path in PATHS.items())


def test_the_document_promises_the_code_flow_with_pkce_and_pairwise_subjects() -> None:
    assert DOCUMENT["issuer"] == ISSUER
    assert DOCUMENT["response_types_supported"] == ["code"]
    assert DOCUMENT["code_challenge_methods_supported"] == ["S256"]
    assert DOCUMENT["subject_types_supported"] == ["pairwise"]
    assert DOCUMENT["authorization_response_iss_parameter_supported"] is True
    assert DOCUMENT["acr_values_supported"] == ["a", "b"]
    assert DOCUMENT["request_parameter_supported"]
    assert "none" not in DOCUMENT["request_object_signing_alg_values_supported"]
    assert DOCUMENT["request_uri_parameter_supported"]
    assert DOCUMENT["require_request_uri_registration"]


def test_every_claim_that_can_exist_is_listed_and_no_other_of_a_member() -> None:
    protocol = {"iss", "aud", "iat", "exp", "auth_time", "acr", "amr", "nonce", "at_hash", "sid"}

    assert set(DOCUMENT["claims_supported"]) == set(BY_NAME) - {VERIFIED} | protocol


def test_the_algorithms_promised_are_the_ones_accepted() -> None:
    assert list(rules_of(Profile.BASIC).algorithms) == ASSERTION_ALGORITHMS
    assert "none" not in str(DOCUMENT["introspection_endpoint_auth_methods_supported"])


def test_languages_are_well_formed_tags() -> None:
    assert DOCUMENT["ui_locales_supported"] == ["zh-Hant-TW", "en"]
