"""The userinfo endpoint: what the member agreed to, now, in one way of asking."""

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select, update

from audit.lines import Kind
from audit.models import LedgerLine
from clients.models import Client, PurposeClaim
from tests.flows.browser import Browser
from tests.flows.provider import ISSUER, City

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
BEARER = f'Bearer realm="{ISSUER}"'


def disclosed(city: City) -> list[tuple[str, list[str]]]:
    with city.database() as session:
        rows = session.scalars(select(LedgerLine).where(LedgerLine.kind == Kind.RELEASED))
        return [(row.detail["channel"], row.claims) for row in rows]


def test_claims_come_by_get_by_post_and_by_a_token_in_the_body(city: City) -> None:
    token = Browser(city).tokens()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}

    answers = [
        city.call("/userinfo", headers=bearer),
        city.call("/userinfo", headers={"Authorization": f"bearer  {token} "}),
        city.call("/userinfo", method="POST", headers=bearer),
        city.call("/userinfo", {}, headers=bearer),
        city.call("/userinfo", {"access_token": token}),
    ]

    assert [each.status_code for each in answers] == [200] * 5
    assert {each.text for each in answers} == {answers[0].text}
    assert answers[0].headers["Cache-Control"] == "no-store"
    assert answers[0].get_json().keys() == {"sub", "name", "birthdate"}


@one_database
def test_a_token_sent_in_two_ways_is_refused(city: City) -> None:
    token = Browser(city).tokens()["access_token"]

    response = city.call(
        "/userinfo", {"access_token": token}, headers={"Authorization": f"Bearer {token}"}
    )

    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request")


@one_database
def test_a_token_in_the_address_is_not_looked_at(city: City) -> None:
    token = Browser(city).tokens()["access_token"]

    response = city.call("/userinfo", query_string={"access_token": token})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith(BEARER)


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic abc", "Bearer x", "Bearer \u00e9", "DPoP x"]
)
@one_database
def test_without_a_live_token_nobody_learns_anything(city: City, authorization: str) -> None:
    response = city.call("/userinfo", headers={"Authorization": authorization})

    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_token")
    challenge = BEARER.replace("Bearer", "DPoP") if "DPoP" in authorization else BEARER
    assert response.headers["WWW-Authenticate"].startswith(challenge)
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic abc"}])
@one_database
def test_who_sends_no_token_is_told_how_and_of_no_error(
    city: City, headers: dict[str, str]
) -> None:
    for path in ("/userinfo", "/register/x", "/api/agency/terms"):
        response = city.call(path, headers=headers)

        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == f'Bearer realm="{ISSUER}"', path


@one_database
def test_a_body_that_is_no_form_is_refused(city: City) -> None:
    token = Browser(city).tokens()["access_token"]

    response = city.call("/userinfo", method="POST", json={"access_token": token})

    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request")


@pytest.mark.clause("10(3)")
@pytest.mark.pyop_row(13)
def test_what_the_member_withheld_stays(city: City) -> None:
    tokens = Browser(city).tokens(share=())

    assert city.userinfo(tokens["access_token"]).get_json().keys() == {"sub", "name"}


@pytest.mark.clause("10(3)")
def test_consent_is_asked_again_at_every_request(city: City) -> None:
    browser = Browser(city)
    token = browser.tokens()["access_token"]
    browser.sign_in(prompt="consent", share=())

    assert city.userinfo(token).get_json().keys() == {"sub", "name"}


@pytest.mark.clause("10(3)")
def test_a_claim_no_longer_approved_leaves_no_more(city: City) -> None:
    token = Browser(city).tokens()["access_token"]
    with city.database() as session:
        claim = session.scalars(select(PurposeClaim).where(PurposeClaim.claim == "birthdate"))
        for each in claim:
            session.delete(each)
    city.wait(seconds=1)

    assert city.userinfo(token).get_json().keys() == {"sub", "name"}


@pytest.mark.clause("10(3)")
def test_a_consent_for_one_time_ends_after_an_hour(city: City) -> None:
    browser = Browser(city)
    first = browser.tokens(duration="once")["refresh_token"]
    city.wait(minutes=59)
    token = city.refresh(first).get_json()["access_token"]
    assert city.is_alive(token)

    city.wait(minutes=1)

    response = city.userinfo(token)
    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_token")


def test_a_client_that_was_closed_learns_nothing_more(city: City) -> None:
    tokens = Browser(city).tokens()
    with city.database() as session:
        session.execute(update(Client).values(disabled_at=city.now))
    city.wait(seconds=1)

    assert city.userinfo(tokens["access_token"]).status_code == 401
    assert city.refresh(tokens["refresh_token"]).status_code == 401


@pytest.mark.clause("10(3)")
@pytest.mark.pyop_row(7)
def test_two_sectors_know_a_member_by_names_that_do_not_join(city: City) -> None:
    city.register("museum", sector="museum.invalid")
    city.register("branch", sector="library.invalid")
    browser = Browser(city)

    subs = {
        name: city.userinfo(browser.tokens(name)["access_token"]).get_json()["sub"]
        for name in ("library", "museum", "branch")
    }

    assert subs["library"] == subs["branch"]
    assert subs["library"] != subs["museum"]
    assert all(len(sub) == 43 for sub in subs.values())


def test_every_release_is_written_down_by_name_and_never_by_value(city: City) -> None:
    claims = '{"id_token": {"birthdate": null}}'
    tokens = Browser(city).tokens(claims=claims, scope="openid email", share=("email", "birthdate"))
    city.userinfo(tokens["access_token"])

    assert disclosed(city) == [("id_token", ["birthdate"]), ("userinfo", ["email"])]


@one_database
def test_the_address_keeps_its_shape(city: City) -> None:
    tokens = Browser(city).tokens(scope="openid address email", share=("address", "email"))

    claims = city.userinfo(tokens["access_token"]).get_json()

    assert claims["address"] == {
        "formatted": "臺北市某區某路 1 號",
        "locality": "臺北市",
        "country": "TW",
    }
    assert claims["email"] == "mei.chen@mail.invalid"


@one_database
def test_a_claim_the_city_does_not_hold_is_simply_absent(city: City) -> None:
    city.enrol("lin", email=None)

    tokens = Browser(city).tokens(login="lin", scope="openid email", share=("email",))

    assert city.userinfo(tokens["access_token"]).get_json().keys() == {"sub"}


def test_a_client_that_registered_so_gets_its_claims_signed(city: City) -> None:
    city.register("notary", sector="notary.invalid", userinfo_alg="RS256")
    token = Browser(city).tokens("notary")["access_token"]

    response = city.userinfo(token)

    assert response.mimetype == "application/jwt"
    assert response.headers["Cache-Control"] == "no-store"
    keys = KeySet.import_key_set(city.call("/jwks.json").get_json())
    signed = jwt.decode(response.text, keys, algorithms=["RS256"])
    assert signed.header["typ"] == "userinfo+jwt"
    assert signed.claims["iss"] == ISSUER
    assert signed.claims["aud"] == "notary"
    assert signed.claims.keys() >= {"sub", "name"}
    assert [channel for channel, _ in disclosed(city)] == ["userinfo"]
