"""What a trusted issuer says of a program counts for more than what its client says (RFC 7591)."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from idp import software_statements
from idp.signing import read_keys
from kernel.settings import SettingsInvalid
from tests import proofs
from tests.flows.provider import City
from tests.idp.test_registration import a_token, metadata, mistake, own, register, send

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ISSUER = "https://software.example"
KEY, STRANGER = proofs.new_key(), proofs.new_key()


@pytest.fixture
def trusting(city: City) -> City:
    """Believe what one issuer says."""
    rooms = city.app.extensions["taipei_id"]
    issuers = {ISSUER: read_keys(proofs.public_set(KEY))}
    registrar = replace(rooms.registrar, software_issuers=issuers)
    city.app.extensions["taipei_id"] = replace(rooms, registrar=registrar)
    return city


def statement(key: ECKey = KEY, **changes: Any) -> str:  # JSON of several shapes
    claims = {"iss": ISSUER, "software_id": "museum-app", "client_name": "Museum of the city"}
    return proofs.signed(key, {**claims, **changes}, kid=key.thumbprint())


def refusal(city: City, sent: object) -> str:
    response = send(city, "/register", a_token(city), metadata(software_statement=sent))
    return mistake(response)


def test_the_statement_has_the_last_word_and_comes_back_unchanged(trusting: City) -> None:
    sent = statement()

    told = register(trusting, software_statement=sent, client_name="Bank", software_id="x")

    assert told["client_name"] == "Museum of the city"
    assert told["software_id"] == "museum-app"
    assert told["software_statement"] == sent
    assert own(trusting, told).get_json()["software_statement"] == sent


def test_what_was_stated_cannot_be_changed_afterwards(trusting: City) -> None:
    told = register(trusting, software_statement=statement(exp=int(trusting.now.timestamp()) + 60))
    trusting.wait(days=1)
    changed = metadata(client_id=told["client_id"], client_name="Bank", software_version="2")

    after = own(trusting, told, "PUT", changed).get_json()

    assert after["client_name"] == "Museum of the city"
    assert after["software_version"] == "2"
    assert after["software_statement"] == told["software_statement"]


def test_a_client_may_bring_its_first_statement_later(trusting: City) -> None:
    told = register(trusting)
    changed = metadata(client_id=told["client_id"], software_statement=statement())

    after = own(trusting, told, "PUT", changed).get_json()

    assert after["client_name"] == "Museum of the city"


def test_a_mistake_in_a_statement_is_a_mistake(trusting: City) -> None:
    for claims in ({"redirect_uris": ["http://museum.invalid/"]}, {"client_name": "\0"}):
        assert refusal(trusting, statement(**claims)).startswith("invalid_")


@pytest.mark.parametrize("sent", [7, "x" * 16_001, {"x": 1}])
def test_what_is_no_statement_is_refused(trusting: City, sent: object) -> None:
    assert refusal(trusting, sent) == "invalid_software_statement"


@pytest.mark.parametrize(
    "sent",
    [
        *("x", "x.y.z", "x.y", "..", "x.!.z"),
        f"x.{base64.urlsafe_b64encode(b'[]').decode()}.z",
        f"x.{base64.urlsafe_b64encode(json.dumps({'iss': 7}).encode()).decode()}.z",
        f"x.{base64.urlsafe_b64encode(b'[' * 9000).decode()}.z",
        statement(iss="https://elsewhere.example"),
    ],
)
def test_a_statement_of_nobody_we_know_is_not_approved(trusting: City, sent: str) -> None:
    assert refusal(trusting, sent) == "unapproved_software_statement"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": "soon"},
        {"iat": 99_999_999_999},
        {"nbf": 99_999_999_999},
        {"exp": 1e300},
        {"iat": True},
    ],
)
def test_a_statement_out_of_its_time_is_refused(trusting: City, changes: dict[str, Any]) -> None:
    assert refusal(trusting, statement(**changes)) == "invalid_software_statement"


def test_a_statement_signed_by_another_is_refused(trusting: City) -> None:
    assert refusal(trusting, statement(STRANGER)) == "invalid_software_statement"


def test_whose_statements_count_is_read_from_a_file(city: City, tmp_path: Path) -> None:
    file = tmp_path / "issuers.json"
    file.write_text(json.dumps({ISSUER: proofs.public_set(KEY)}))

    city.configure(software_issuers=file)

    assert register(city, software_statement=statement())["software_id"] == "museum-app"
    assert software_statements.read(None) == {}


@pytest.mark.parametrize("content", ["", "[]", '{"x": 7}', '{"x": {"keys": [7]}}'])
def test_a_file_that_is_none_stops_the_start(city: City, tmp_path: Path, content: str) -> None:
    file = tmp_path / "issuers.json"
    file.write_text(content)

    with pytest.raises(SettingsInvalid, match="software_issuers"):
        city.configure(software_issuers=file)
