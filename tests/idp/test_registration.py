"""Clients that register themselves (RFC 7591, RFC 7592; OIDC Registration)."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from audit.models import TrailEntry
from clients import organisations, registration_tokens, registry, review
from clients.grant_types import CODE, DEVICE, ITSELF
from clients.models import Client, Environment, Profile
from idp import client_endings
from idp.errors import ProtocolError
from idp.registration import read
from kernel.errors import Refused
from kernel.outgoing import Answer, CallFailed
from tests import make, proofs
from tests.flows.browser import Browser, answer
from tests.flows.provider import City, basic
from web import organisation_endings

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Metadata: TypeAlias = dict[str, Any]  # JSON
CALLBACK = "https://museum.invalid/callback"
SECTOR = "https://museum.invalid/sector.json"
KEY = proofs.new_key()


def a_token(city: City, **changes: Any) -> str:  # of several types
    """Let the library's developers in."""
    usual = {"environment": Environment.SANDBOX, "uses": 3, "now": city.now}
    with city.database() as session:
        organisation = registry.get(session, "library").organisation
        return registration_tokens.issue(session, organisation, **{**usual, **changes})


def send(
    city: City, path: str, token: str, body: object = None, method: str | None = None
) -> TestResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return city.call(
        path,
        None if body is None else raw,
        method=method,
        headers={"Authorization": f"Bearer {token}"},
        content_type="application/json",
    )


def metadata(**changes: object) -> Metadata:
    usual = {"redirect_uris": [CALLBACK], "client_name": "Museum"}
    return {**usual, **changes}


def register(city: City, token: str = "", **changes: object) -> Metadata:
    response = send(city, "/register", token or a_token(city), metadata(**changes))
    assert response.status_code == 201, response.text
    told: Metadata = response.get_json()
    return told


def own(city: City, told: Metadata, method: str = "GET", body: object = None) -> TestResponse:
    path = f"/register/{told['client_id']}"
    return send(city, path, told["registration_access_token"], body, method)


def mistake(response: TestResponse) -> str:
    assert response.status_code == 400, response.text
    return str(response.get_json()["error"])


def publish(city: City, **sites: object) -> list[str]:
    """Let clients' sites answer, by the last part of their address; return who was called."""
    rooms = city.app.extensions["taipei_id"]
    called: list[str] = []

    def call(url: str, **_options: object) -> Answer:
        called.append(url)
        name = url.rpartition("/")[2].partition(".")[0]
        if name not in sites:
            raise CallFailed("call.no_connection")
        return Answer(200, json.dumps(sites[name]).encode())

    registrar = replace(rooms.registrar, call=call)
    city.app.extensions["taipei_id"] = replace(rooms, registrar=registrar)
    return called


def test_a_client_registers_and_reads_what_is_registered(city: City) -> None:
    told = register(city, contacts=["dev@museum.invalid"], software_id="museum-app", unknown=7)

    assert told["redirect_uris"] == [CALLBACK]
    assert told["client_name"] == "Museum"
    assert told["token_endpoint_auth_method"] == "client_secret_basic"
    assert told["grant_types"] == ["authorization_code"]
    assert told["id_token_signed_response_alg"] == "RS256"
    assert (told["client_secret_expires_at"], told["subject_type"]) == (0, "pairwise")
    assert told["software_id"] == "museum-app"
    assert told["review"] == "sandbox"
    assert "unknown" not in told
    again = own(city, told)
    assert again.headers["Cache-Control"] == "no-store"
    kept = {name: each for name, each in told.items() if not name.startswith("client_secret")}
    assert again.get_json() == kept


@one_database
def test_secrets_and_tokens_are_kept_as_hashes(city: City) -> None:
    token = a_token(city)
    told = register(city, token)

    with city.database() as session:
        kept = " ".join(map(str, session.execute(select(Client.__table__)).all()))
    for secret in (token, told["client_secret"], told["registration_access_token"]):
        assert secret not in kept


@one_database
def test_a_client_in_the_sandbox_works_at_once_and_learns_a_name_only(city: City) -> None:
    told = register(city, grant_types=["authorization_code", "refresh_token"])
    client_id, secret = told["client_id"], told["client_secret"]
    browser = Browser(city)
    refused = browser.authorize(client_id, redirect_uri=CALLBACK, scope="openid profile")

    page = browser.authorize(client_id, redirect_uri=CALLBACK, scope="openid")
    code = answer(browser.consent(browser.log_in(page)), CALLBACK)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    form["code_verifier"] = "a-code-verifier-of-forty-three-characters-ok"
    tokens = city.call("/token", form, headers=basic(client_id, secret)).get_json()

    assert answer(refused, CALLBACK)["error"] == "invalid_scope"
    assert set(city.userinfo(tokens["access_token"]).get_json()) == {"sub"}
    assert "refresh_token" in tokens


@one_database
def test_a_name_in_the_sandbox_is_not_the_one_outside(city: City) -> None:
    trial = register(city)
    with city.database() as session:
        assert registry.get(session, trial["client_id"]).sector == "sandbox:museum.invalid"


@one_database
def test_a_client_without_a_name_is_called_after_its_host(city: City) -> None:
    assert register(city, client_name=None)["client_name"] == "museum.invalid"


@one_database
def test_where_every_member_is_invented_the_sandbox_gives_what_scopes_bundle(city: City) -> None:
    rooms = city.app.extensions["taipei_id"]
    registrar = replace(rooms.registrar, synthetic=True)
    city.app.extensions["taipei_id"] = replace(rooms, registrar=registrar)

    told = register(city, scope="openid email")

    with city.database() as session:
        (purpose,) = registry.get(session, told["client_id"]).purposes
        assert {claim.claim for claim in purpose.claims} >= {"email", "email_verified"}
        assert "name" not in {claim.claim for claim in purpose.claims}


# Tokens


@pytest.mark.parametrize("token", ["", "wrong", "\u5e02", "x" * 5000])
@one_database
def test_nobody_registers_without_a_token(city: City, token: str) -> None:
    response = city.call(
        "/register",
        b"{}",
        headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")},
        content_type="application/json",
    )

    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_token")
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.refusal("registration.token_used")
@one_database
def test_a_token_is_counted_and_expires(city: City) -> None:
    once, short = a_token(city, uses=1), a_token(city, lifetime=timedelta(minutes=1))
    register(city, once)
    before = send(city, "/register", once, metadata()).status_code
    city.wait(minutes=1)

    assert (before, send(city, "/register", short, metadata()).status_code) == (401, 401)


@one_database
def test_a_refused_registration_is_not_counted(city: City) -> None:
    once = a_token(city, uses=1)
    mistake(send(city, "/register", once, metadata(redirect_uris=["http://museum.invalid/"])))

    register(city, once)


@pytest.mark.refusal("registration.token_not_found")
@one_database
def test_a_token_that_was_ended_opens_nothing(city: City) -> None:
    token = a_token(city)
    with city.database() as session:
        (row,) = registration_tokens.listed(session)
        registration_tokens.end(session, row.id, now=city.now)
        with pytest.raises(Refused, match=r"registration\.token_not_found"):
            registration_tokens.end(session, row.id, now=city.now)

    assert send(city, "/register", token, metadata()).status_code == 401


@one_database
def test_an_organisation_that_has_ended_registers_nobody(city: City) -> None:
    token = a_token(city, lifetime=timedelta(days=9))
    tomorrow = city.now.date() + timedelta(days=1)
    with city.database() as session:
        library = registry.get(session, "library").organisation
        organisations.end(session, library, on=tomorrow, successor_id=None, now=city.now)
    city.wait(days=1)
    organisation_endings.run(city.sessions, now=city.now)

    with pytest.raises(Refused, match=r"organisation\.ended"):
        a_token(city)
    assert send(city, "/register", token, metadata()).status_code == 401
    with city.database() as session:
        (before,) = registration_tokens.listed(session)
        assert before.ended_at == city.now
        before.ended_at = None  # as if it had been given at that moment
    assert send(city, "/register", token, metadata()).status_code == 401


@one_database
def test_a_token_that_is_used_up_while_a_site_is_looked_at_opens_nothing(city: City) -> None:
    token, rooms = a_token(city, uses=1), city.app.extensions["taipei_id"]

    def call(_url: str, **_options: object) -> Answer:
        with city.database() as session:  # somebody else, meanwhile
            (row,) = registration_tokens.listed(session)
            registration_tokens.spend(session, row.id, now=city.now)
        return Answer(200, json.dumps([CALLBACK]).encode())

    city.app.extensions["taipei_id"] = replace(rooms, registrar=replace(rooms.registrar, call=call))
    response = send(city, "/register", token, metadata(sector_identifier_uri=SECTOR))

    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_token")
    with city.database() as session:
        assert session.scalar(select(func.count()).where(Client.name_en == "Museum")) == 0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_who_register_with_the_last_use_one_is_registered(city: City) -> None:
    token, together = a_token(city, uses=1), Barrier(2)

    def come(_number: int) -> int:
        together.wait()
        return send(city, "/register", token, metadata()).status_code

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(come, range(2)))

    assert told == [201, 401]
    with city.database() as session:
        assert session.scalar(select(func.count()).where(Client.name_en == "Museum")) == 1


# Metadata


@pytest.mark.parametrize(
    "uris",
    [
        None,
        [],
        "https://museum.invalid/",
        [7],
        ["http://museum.invalid/callback"],
        ["https://museum.invalid/callback#fragment"],
        ["https://museum.invalid/callback#"],
        ["https://*.museum.invalid/"],
        ["javascript:alert(1)"],
        ["https://["],
        ["https://museum.invalid/\u5e02"],
        [f"https://museum.invalid/{number}" for number in range(51)],
    ],
    ids=lambda uris: str(uris)[:40],
)
@one_database
def test_a_redirect_uri_that_others_could_receive_is_refused(city: City, uris: object) -> None:
    response = send(city, "/register", a_token(city), metadata(redirect_uris=uris))

    assert mistake(response) == "invalid_redirect_uri"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_name": 7},
        {"client_name": "x" * 201},
        {"client_uri": "javascript:alert(1)"},
        {"client_uri": "https://x.invalid/" + "x" * 2000},
        {"contacts": ["nobody"]},
        {"logo_uri": "http://museum.invalid/logo.png"},
        {"policy_uri": "data:text/html,x"},
        {"tos_uri": 7},
        {"initiate_login_uri": "http://museum.invalid/login"},
        {"response_types": ["code", "token"]},
        {"response_types": ["id_token"]},
        {"grant_types": ["implicit"]},
        {"grant_types": "authorization_code"},
        {"grant_types": [["authorization_code"]]},
        {"subject_type": "public"},
        {"application_type": "desktop"},
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": ["none"]},
        {"id_token_signed_response_alg": "none"},
        {"id_token_encrypted_response_alg": "RSA-OAEP"},
        {"id_token_encrypted_response_alg": "ECDH-ES"},
        {"id_token_encrypted_response_enc": "A256GCM"},
        {"request_object_encryption_alg": "ECDH-ES"},
        {"userinfo_encrypted_response_alg": ["x"]},
        {"userinfo_signed_response_alg": "HS256"},
        {"request_object_signing_alg": "HS256"},
        {"request_uris": ["http://museum.invalid/request"]},
        {"request_uris": ["https://museum.invalid/" + "x" * 512]},
        {"jwks": {"keys": []}, "token_endpoint_auth_method": "private_key_jwt"},
        {"jwks": {"keys": [KEY.as_dict(private=True)]}},
        {"jwks": {"keys": [1e999]}},
        {"jwks": "x"},
        {"jwks_uri": "https://museum.invalid/jwks.json"},
        {"software_id": "x" * 129},
        {"sector_identifier_uri": 7},
        {"sector_identifier_uri": "http://museum.invalid/sector.json"},
        {"sector_identifier_uri": SECTOR},
        {"redirect_uris": [CALLBACK, "https://archive.invalid/callback"]},
        {"client_name": "\0"},
    ],
    ids=",".join,
)
@one_database
def test_metadata_with_a_mistake_are_refused(city: City, changes: Metadata) -> None:
    publish(city)

    response = send(city, "/register", a_token(city), metadata(**changes))

    assert mistake(response) == "invalid_client_metadata"


@one_database
def test_a_statement_of_somebody_unknown_is_not_believed(city: City) -> None:
    response = send(city, "/register", a_token(city), metadata(software_statement="x.y.z"))

    assert mistake(response) == "unapproved_software_statement"


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b"null", b'"\\ud800"', b'{"client_name": "\\ud800"}', b"\xff", b"[" * 9000],
)
@one_database
def test_a_body_that_is_no_json_object_is_refused(city: City, body: bytes) -> None:
    assert mistake(send(city, "/register", a_token(city), body)) == "invalid_client_metadata"


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_reading_a_body_succeeds_or_refuses(body: bytes) -> None:
    try:
        told: object = read(body, dict)
    except ProtocolError as refused:
        told = refused.error

    assert isinstance(told, dict) or told in {"invalid_client_metadata", "invalid_redirect_uri"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
NAMES = (
    *("redirect_uris", "client_name", "contacts", "jwks", "jwks_uri", "logo_uri", "scope"),
    *("grant_types", "request_uris", "software_id", "client_uri", "response_types"),
    *("token_endpoint_auth_method", "sector_identifier_uri", "initiate_login_uri"),
)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1, max_size=4))
def test_no_metadata_break_anything(city: City, changes: Metadata) -> None:
    publish(city)
    token = a_token(city, uses=100)

    response = send(city, "/register", token, metadata(**changes))

    assert response.status_code in {201, 400}


@one_database
def test_a_sector_is_checked_on_its_site(city: City) -> None:
    other = "https://archive.invalid/callback"
    both: Metadata = {"redirect_uris": [CALLBACK, other], "sector_identifier_uri": SECTOR}
    called = publish(city, sector=[CALLBACK, other, "https://more.invalid/"])
    told = register(city, **both)

    assert called == [SECTOR]
    assert told["sector_identifier_uri"] == SECTOR
    for listed in ([CALLBACK], {"x": 1}, 7):
        publish(city, sector=listed)
        refused = send(city, "/register", a_token(city), metadata(**both))
        assert mistake(refused) == "invalid_client_metadata"


@one_database
def test_while_a_client_that_changes_is_looked_at_others_may_write(city: City) -> None:
    listed: Metadata = {"sector_identifier_uri": SECTOR}
    publish(city, sector=[CALLBACK])
    told, rooms = register(city, **listed), city.app.extensions["taipei_id"]

    def call(_url: str, **_options: object) -> Answer:
        a_token(city)  # somebody else, meanwhile
        return Answer(200, json.dumps([CALLBACK]).encode())

    city.app.extensions["taipei_id"] = replace(rooms, registrar=replace(rooms.registrar, call=call))
    changed = metadata(client_id=told["client_id"], client_name="Gallery", **listed)
    response = own(city, told, "PUT", changed)

    assert response.status_code == 200, response.text
    assert response.get_json()["client_name"] == "Gallery"


@one_database
def test_programs_on_peoples_own_machines_share_no_sector(city: City) -> None:
    addresses: Metadata = {
        "redirect_uris": ["http://localhost:9000/callback"],
        "client_uri": "http://localhost:9000/",
    }
    clients = [register(city, a_token(city), **addresses) for _ in range(2)]

    with city.database() as session:
        sectors = {registry.get(session, each["client_id"]).sector for each in clients}
    assert len(sectors) == 2


@one_database
def test_a_client_has_the_profile_of_its_token(city: City) -> None:
    told = register(city, a_token(city, profile=Profile.CORE))
    public = send(
        city,
        "/register",
        a_token(city, profile=Profile.FAPI2),
        metadata(token_endpoint_auth_method="none"),
    )

    with city.database() as session:
        assert registry.get(session, told["client_id"]).profile is Profile.CORE
    assert mistake(public) == "invalid_client_metadata"


@one_database
def test_what_a_profile_forbids_is_no_default_and_cannot_be_chosen(city: City) -> None:
    keys: Metadata = {
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": proofs.public_set(KEY),
    }
    told = register(city, a_token(city, profile=Profile.FAPI2), **keys)
    chosen = metadata(**keys, userinfo_signed_response_alg="RS256")
    refused = send(city, "/register", a_token(city, profile=Profile.FAPI2), chosen)

    assert told["id_token_signed_response_alg"] == "ES256"
    assert mistake(refused) == "invalid_client_metadata"


# Reading, changing, ending (RFC 7592)


@one_database
def test_only_the_registration_token_of_the_very_client_reads_it(city: City) -> None:
    mine, other = register(city), register(city)
    path = f"/register/{mine['client_id']}"

    for token in ("x", other["registration_access_token"], mine["client_secret"]):
        assert send(city, path, token).status_code == 401
    for unknown in ("library", "nobody", "\u5e02"):
        token = mine["registration_access_token"]
        assert send(city, f"/register/{unknown}", token).status_code == 401


@one_database
def test_a_client_changes_what_is_registered_and_what_it_leaves_out_is_gone(city: City) -> None:
    told = register(city, software_id="one", tos_uri="https://museum.invalid/terms")
    new = metadata(
        client_id=told["client_id"],
        redirect_uris=["https://museum.invalid/elsewhere"],
        software_id="two",
    )

    changed = own(city, told, "PUT", new)

    assert changed.status_code == 200, changed.text
    document = changed.get_json()
    assert document["redirect_uris"] == ["https://museum.invalid/elsewhere"]
    assert document["software_id"] == "two"
    assert "tos_uri" not in document
    assert own(city, told).get_json() == document


@one_database
def test_a_client_keeps_the_ways_to_tokens_that_doit_gave_it(city: City) -> None:
    told = register(city)
    with city.database() as session:
        registry.set_grant_types(session, told["client_id"], [CODE, DEVICE])
    document = own(city, told).get_json()
    unnamed = {name: value for name, value in document.items() if name != "grant_types"}

    for sent in (document, unnamed):
        changed = own(city, told, "PUT", sent)
        assert changed.status_code == 200, changed.text
        assert changed.get_json()["grant_types"] == [CODE, DEVICE]
    more = {**document, "grant_types": [CODE, DEVICE, ITSELF]}
    assert mistake(own(city, told, "PUT", more)) == "invalid_client_metadata"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "library"},
        {"client_id": None},
        {"redirect_uris": []},
        {"token_endpoint_auth_method": "none"},
    ],
)
@one_database
def test_a_change_with_a_mistake_changes_nothing(city: City, changes: Metadata) -> None:
    told = register(city)

    mistake(own(city, told, "PUT", metadata(**{"client_id": told["client_id"], **changes})))

    assert own(city, told).get_json()["redirect_uris"] == [CALLBACK]


@one_database
def test_keys_are_changed_by_registering_others(city: City) -> None:
    new = proofs.new_key()
    method = {"token_endpoint_auth_method": "private_key_jwt"}
    told = register(city, jwks=proofs.public_set(KEY), **method)
    both = metadata(jwks=proofs.public_set(KEY, new), client_id=told["client_id"], **method)

    assert own(city, told, "PUT", both).status_code == 200

    city.wait(seconds=1)
    for key in (KEY, new):
        proof = proofs.assertion(key, told["client_id"], "https://id.example.invalid", now=city.now)
        proven = {"client_assertion_type": proofs.ASSERTION, "client_assertion": proof}
        assert city.call("/revoke", {"token": "x", **proven}).status_code == 200


@one_database
def test_a_new_secret_overlaps_with_the_old_one(city: City) -> None:
    told = register(city)
    path = f"/register/{told['client_id']}/secret"
    response = send(city, path, told["registration_access_token"], b"")
    new = response.get_json()["client_secret"]

    city.wait(hours=23)
    both = [told["client_secret"], new]
    assert response.status_code == 201
    for secret in both:
        headers = basic(told["client_id"], secret)
        assert city.call("/revoke", {"token": "x"}, headers=headers).status_code == 200
    city.wait(hours=1)
    headers = basic(told["client_id"], told["client_secret"])
    assert city.call("/revoke", {"token": "x"}, headers=headers).status_code == 401


@one_database
def test_a_client_without_a_secret_gets_none(city: City) -> None:
    told = register(city, token_endpoint_auth_method="none")
    path = f"/register/{told['client_id']}/secret"

    assert "client_secret" not in told
    refused = send(city, path, told["registration_access_token"], b"")
    assert mistake(refused) == "invalid_request"


def test_an_ended_client_is_gone_with_all_it_was_given(city: City) -> None:
    told = register(city)
    browser = Browser(city)
    page = browser.authorize(told["client_id"], redirect_uri=CALLBACK, scope="openid")
    code = answer(browser.consent(browser.log_in(page)), CALLBACK)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    form["code_verifier"] = "a-code-verifier-of-forty-three-characters-ok"
    headers = basic(told["client_id"], told["client_secret"])
    token = city.call("/token", form, headers=headers).get_json()["access_token"]

    ended = own(city, told, "DELETE")

    assert (ended.status_code, ended.data) == (204, b"")
    assert own(city, told).status_code == 401
    assert not city.is_alive(token)
    city.wait(seconds=1)
    assert city.call("/revoke", {"token": "x"}, headers=headers).status_code == 401


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_client_that_is_ended_at_that_moment_ends_once(city: City) -> None:
    told = register(city)
    waiting = [told["client_id"]]

    def end_first(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("UPDATE client ") and waiting:
            with city.database() as other:
                ended = registry.get(other, waiting.pop())
                assert client_endings.end(other, ended.id, now=city.now)

    engine = city.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", end_first)
    try:
        late = own(city, told, "DELETE")
    finally:
        event.remove(engine, "before_cursor_execute", end_first)

    assert (late.status_code, waiting) == (401, [])
    with city.database() as session:
        ends = select(func.count()).where(TrailEntry.event == "client.ended")
        assert session.scalar(ends.select_from(TrailEntry)) == 0  # here nothing was ended


# Production


def production(city: City, **changes: object) -> Metadata:
    wanted = {"purposes": [make.a_purpose_form("tickets")], **changes}
    return register(city, a_token(city, environment=Environment.PRODUCTION), **wanted)


@pytest.mark.clause("10(3)")
@pytest.mark.refusal("client.not_waiting")
def test_a_client_for_the_public_waits_until_it_is_admitted(city: City) -> None:
    told = production(city)
    client_id = told["client_id"]
    headers = basic(client_id, told["client_secret"])

    assert told["review"] == "waiting"
    assert city.call("/revoke", {"token": "x"}, headers=headers).status_code == 401
    with city.database() as session:
        assert [each.client_id for each in review.waiting(session)] == [client_id]
        review.admit(session, client_id)
        with pytest.raises(Refused, match=r"client\.not_waiting"):
            review.turn_down(session, client_id, reason="too late")
    assert city.call("/revoke", {"token": "x"}, headers=headers).status_code == 200
    assert own(city, told).get_json()["review"] == "approved"


@pytest.mark.parametrize("client_id", ["library", "cafe"])
@one_database
def test_whose_client_was_ended_is_served_again_by_another(city: City, client_id: str) -> None:
    with city.database() as session:
        if client_id == "cafe":
            make.a_shop(session)
        ended = registry.get(session, client_id)
        client_endings.end(session, ended.id, now=city.now)
        token = registration_tokens.issue(
            session, ended.organisation, environment=Environment.PRODUCTION, now=city.now
        )

    told = register(city, token, purposes=[make.a_purpose_form("tickets", claims=[])])

    with city.database() as session:
        review.admit(session, told["client_id"])
    headers = basic(told["client_id"], told["client_secret"])
    assert city.call("/revoke", {"token": "x"}, headers=headers).status_code == 200


@pytest.mark.clause("10(3)")
@pytest.mark.refusal("client.reason_missing")
@one_database
def test_a_client_that_is_turned_down_reads_why_and_is_never_served(city: City) -> None:
    told = production(city)
    with city.database() as session:
        with pytest.raises(Refused, match=r"client\.reason_missing"):
            review.turn_down(session, told["client_id"], reason=" ")
        review.turn_down(session, told["client_id"], reason="The purpose is not yours")

    document = own(city, told).get_json()

    headers = basic(told["client_id"], told["client_secret"])
    assert city.call("/revoke", {"token": "x"}, headers=headers).status_code == 401
    assert (document["review"], document["review_reason"]) == (
        "turned_down",
        "The purpose is not yours",
    )


@pytest.mark.clause("10(3)")
@pytest.mark.parametrize(
    "purposes", [None, [], "x", [{}], [make.a_purpose_form(claims=[make.a_claim_form("salary")])]]
)
@one_database
def test_a_client_for_the_public_says_why_it_asks(city: City, purposes: object) -> None:
    token = a_token(city, environment=Environment.PRODUCTION)

    assert mistake(send(city, "/register", token, metadata(purposes=purposes))) == (
        "invalid_client_metadata"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": [CALLBACK, "https://museum.invalid/more"]},
        {"client_name": "City Hall"},
        {"client_uri": "https://elsewhere.invalid/"},
        {"grant_types": ["authorization_code", "refresh_token"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("state", ["waiting", "approved"])
@one_database
def test_what_is_reviewed_is_not_widened_before_or_after(
    city: City, changes: Metadata, state: str
) -> None:
    told = production(city)
    if state == "approved":
        with city.database() as session:
            review.admit(session, told["client_id"])

    response = own(city, told, "PUT", metadata(**{"client_id": told["client_id"], **changes}))

    assert mistake(response) == "invalid_client_metadata"
    assert own(city, told).get_json()["client_name"] == "Museum"


@one_database
def test_what_was_admitted_may_be_narrowed(city: City) -> None:
    told = production(city, redirect_uris=[CALLBACK, "https://museum.invalid/old"])
    with city.database() as session:
        review.admit(session, told["client_id"])

    new = metadata(client_id=told["client_id"], client_uri=CALLBACK)

    assert own(city, told, "PUT", new).get_json()["redirect_uris"] == [CALLBACK]


# 3rd-party-init


@one_database
def test_where_a_login_may_be_started_from_is_kept_and_told(city: City) -> None:
    address = "https://museum.invalid/login"

    told = register(city, initiate_login_uri=address)

    assert own(city, told).get_json()["initiate_login_uri"] == address


@pytest.mark.parametrize("address", ["http://museum.invalid/login", "http://localhost/login", "x"])
@one_database
def test_a_login_is_started_over_tls_or_not_at_all(city: City, address: str) -> None:
    response = send(city, "/register", a_token(city), metadata(initiate_login_uri=address))

    assert mistake(response) == "invalid_client_metadata"


@one_database
def test_who_needs_the_session_named_may_say_so(city: City) -> None:
    flags: Metadata = {
        "backchannel_logout_session_required": True,
        "frontchannel_logout_session_required": True,
    }

    told = register(city, **flags)

    assert flags.items() <= own(city, told).get_json().items()
