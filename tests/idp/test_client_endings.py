"""Ending a client, or a secret that was stolen: what was issued ends in the same moment."""

import pytest
from sqlalchemy import select

from clients import registry
from clients.models import Client
from idp import client_endings
from kernel.errors import Refused
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City, basic
from tests.idp.test_client_credentials import INACTIVE, given, nightly

__all__ = ["nightly"]
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def opens(city: City, secret: str, client_id: str = "library") -> bool:
    city.wait(seconds=1)
    headers = basic(client_id, secret)
    return city.call("/revoke", {"token": "x"}, headers=headers).status_code == 200


def end(city: City, client_id: str) -> bool:
    with city.database() as session:
        return client_endings.end(session, registry.get(session, client_id).id, now=city.now)


def replace(city: City, client_id: str) -> str:
    with city.database() as session:
        client = registry.get(session, client_id)
        return client_endings.replace_secrets(session, client, now=city.now)


def test_an_ended_client_has_no_secret_and_no_token_that_opens_anything(city: City) -> None:
    token = Browser(city).tokens()["access_token"]

    assert end(city, "library")

    assert not city.is_alive(token)
    assert not opens(city, make.SECRET)
    with city.database() as session:
        assert registry.get(session, "library").secrets == []


@one_database
def test_a_client_ends_once_and_keeps_its_moment(city: City) -> None:
    end(city, "library")
    ended = city.now
    city.wait(hours=1)

    assert not end(city, "library")

    with city.database() as session:
        assert session.scalar(select(Client.disabled_at)) == ended


def test_a_stolen_secret_opens_nothing_more_and_nothing_it_opened_stays_open(city: City) -> None:
    tokens = Browser(city).tokens()
    with city.database() as session:
        overlapping = registry.rotate_secret(session, "library", now=city.now)

    new = replace(city, "library")

    assert [opens(city, each) for each in (make.SECRET, overlapping, new)] == [False, False, True]
    assert not city.is_alive(tokens["access_token"])
    with city.database() as session:
        assert [each.expires_at for each in registry.get(session, "library").secrets] == [None]


@one_database
def test_a_stolen_secret_takes_the_tokens_of_a_program_along(nightly: City) -> None:
    token = given(nightly)["access_token"]

    replace(nightly, "nightly")

    assert nightly.introspect(token, "cases").get_json() == INACTIVE


@one_database
def test_who_has_no_secret_gets_none_after_a_theft(city: City) -> None:
    city.register("app", auth_method="none")

    with pytest.raises(Refused, match=r"client\.no_secret"):
        replace(city, "app")
