"""What a client shows of itself: a picture from our own address, and where its terms stand."""

import hashlib
from dataclasses import replace

import pytest

from clients import logos, registry
from clients.logos import kind_of
from clients.models import Review
from kernel.outgoing import Answer
from tests.flows.browser import Browser
from tests.flows.provider import City
from tests.idp.test_registration import CALLBACK, Metadata, own, register

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PNG = b"\x89PNG\r\n\x1a\n and so on"
ADDRESS = "https://museum.invalid/logo.png"
POLICY = "https://museum.invalid/policy"


def publish(city: City, content: bytes) -> None:
    rooms = city.app.extensions["taipei_id"]
    registrar = replace(rooms.registrar, call=lambda _url, **_options: Answer(200, content))
    city.app.extensions["taipei_id"] = replace(rooms, registrar=registrar)


def registered(city: City, *, review: Review = Review.APPROVED) -> Metadata:
    told = register(city, logo_uri=ADDRESS, policy_uri=POLICY, tos_uri=POLICY)
    with city.database() as session:
        registry.get(session, told["client_id"]).review = review
    return told


def login_page(city: City, told: Metadata) -> str:
    page = Browser(city).authorize(told["client_id"], redirect_uri=CALLBACK, scope="openid")
    return page.text


def test_a_picture_is_shown_from_our_own_address(city: City) -> None:
    publish(city, PNG)
    told = registered(city)
    digest = hashlib.sha256(PNG).hexdigest()

    page = login_page(city, told)
    picture = city.call(f"/logos/{digest}")

    assert f'src="/logos/{digest}"' in page
    assert ADDRESS not in page
    assert (picture.data, picture.mimetype) == (PNG, "image/png")
    assert "immutable" in picture.headers["Cache-Control"]
    assert picture.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert picture.headers["X-Content-Type-Options"] == "nosniff"


def test_where_the_terms_stand_is_said_before_anybody_signs_in(city: City) -> None:
    publish(city, b"")

    page = login_page(city, registered(city))

    assert page.count(f'href="{POLICY}"') == 2
    assert "/logos/" not in page


def test_a_client_in_the_sandbox_is_said_to_be_tried_out_and_shows_no_picture(city: City) -> None:
    publish(city, PNG)

    page = login_page(city, registered(city, review=Review.SANDBOX))

    assert "測試中" in page
    assert "/logos/" not in page


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"GIF89a", b"<html>", b"x" * 70_000])
def test_what_is_no_picture_we_can_show_is_not_kept(city: City, content: bytes) -> None:
    publish(city, content)

    told = registered(city)

    assert own(city, told).get_json()["logo_uri"] == ADDRESS
    assert "/logos/" not in login_page(city, told)


@pytest.mark.parametrize("name", ["x", "0" * 64, "..%2f", "\u5e02"])
def test_there_are_no_other_pictures(city: City, name: str) -> None:
    assert city.call(f"/logos/{name}").status_code == 404


def test_a_picture_is_known_by_its_first_bytes(city: City) -> None:
    assert kind_of(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert kind_of(b"RIFF0000WEBPVP8 ") == "image/webp"
    assert kind_of(b"RIFF0000WAVE") is None


def test_a_picture_kept_twice_is_kept_once(city: City) -> None:
    with city.database() as session:
        picture = logos.Picture("image/png", PNG)
        assert logos.keep(session, picture) == logos.keep(session, picture)
