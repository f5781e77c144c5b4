"""What anybody may read: the metadata in both places, and pages for people."""

import json
import re

import pytest
from sqlalchemy import update

from idp.discovery import metadata
from members.models import Member
from tests.flows.browser import Browser
from tests.flows.provider import ISSUER, City

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PLACES = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


@pytest.mark.parametrize("path", PLACES)
def test_the_metadata_are_the_same_bytes_in_both_places(city: City, path: str) -> None:
    response = city.call(path)

    assert response.mimetype == "application/json"
    assert response.get_json() == metadata(
        ISSUER, acr_values=[f"urn:taipei-id:acr:{level}" for level in (1, 2)]
    )
    assert response.data == city.call(PLACES[0]).data
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", PLACES)
def test_who_has_the_metadata_is_not_sent_them_again(city: City, path: str) -> None:
    first = city.call(path)

    again = city.call(path, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert city.call(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", PLACES)
def test_the_metadata_answer_a_question_about_themselves(city: City, path: str) -> None:
    response = city.call(path, method="HEAD")

    assert (response.status_code, response.data) == (200, b"")
    assert city.call(path, method="POST").status_code in {404, 405}


def test_the_metadata_need_no_database(city: City) -> None:
    assert json.loads(city.call(PLACES[0]).data)["issuer"] == ISSUER


@pytest.mark.parametrize(
    "path", ["/", "/help", "/privacy", "/accessibility", "/sitemap", "/developers"]
)
@pytest.mark.parametrize("language", ["zh-Hant-TW", "en"])
def test_every_public_page_speaks_both_languages(city: City, path: str, language: str) -> None:
    response = city.call(path, headers={"Accept-Language": language})

    assert response.status_code == 200
    assert f'<html lang="{language}">' in response.text


@pytest.mark.parametrize(
    ("path", "method", "status", "error"),
    [
        ("/token", "GET", 405, "invalid_request"),
        ("/.well-known/nothing", "GET", 404, "invalid_request"),
    ],
)
def test_clients_are_told_in_json(
    city: City, path: str, method: str, status: int, error: str
) -> None:
    response = city.call(path, method=method)

    assert (response.status_code, response.get_json()["error"]) == (status, error)


def test_people_are_told_in_a_page_with_a_number_to_read_out(city: City) -> None:
    response = city.call("/nothing")

    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert "<code>" in response.text


def test_a_mistake_of_ours_gives_a_number_and_nothing_of_its_cause(city: City) -> None:
    browser = Browser(city)
    token = browser.tokens()["access_token"]
    with city.database() as session:
        session.execute(update(Member).values(profile_sealed=b"broken"))

    told = city.userinfo(token)
    page = browser.get("/account")

    assert (told.status_code, told.get_json()["error"]) == (500, "server_error")
    assert (page.status_code, page.mimetype) == (500, "text/html")
    for response in (told, page):
        assert re.search(r"\b[2-9A-HJ-NP-Z]{8}\b", response.text)
        assert "member.profile" not in response.text
        assert "SealBroken" not in response.text
