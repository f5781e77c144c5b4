"""Interfaces that tokens are made for: an agency's, known by address, approved scope by scope."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from clients import registry, resources
from clients.models import Client
from clients.resource_models import Resource, TokenFormat
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from tests import make

CASES = "https://api.cases.invalid/v1"
NAME = Bilingual("案件介面", "Cases")


def an_interface(session: Session, server: Client, identifier: str = CASES) -> Resource:
    return resources.add(session, server, identifier, name=NAME, now=make.NOON)


def test_a_client_has_just_what_was_approved(session: Session, now: datetime) -> None:
    server, library = make.a_client(session, "cases"), make.a_client(session)
    resources.add(session, server, CASES, name=NAME, token_format=TokenFormat.JWT, now=now)
    an_interface(session, server, "https://api.other.invalid")
    resources.approve(session, library, CASES, ["cases.write", "cases.read"], now=now)
    resources.approve(session, library, CASES, ["cases.read"], now=now)

    found = resources.targets(session, library.id)

    assert list(found) == [CASES]
    assert found[CASES].scopes == ("cases.read", "cases.write")
    assert (found[CASES].server_id, found[CASES].token_format) == (server.id, TokenFormat.JWT)
    assert resources.targets(session, server.id) == {}


@pytest.mark.refusal("resource.not_approved")
def test_what_is_withdrawn_is_gone_at_once(session: Session, now: datetime) -> None:
    library = make.a_client(session)
    an_interface(session, make.a_client(session, "cases"))
    resources.approve(session, library, CASES, ["cases.read", "cases.write"], now=now)

    resources.withdraw(session, library, CASES, ["cases.write"])

    assert resources.targets(session, library.id)[CASES].scopes == ("cases.read",)
    with pytest.raises(NotFound, match=r"resource\.not_approved"):
        resources.withdraw(session, library, CASES, ["cases.write"])


@pytest.mark.refusal("resource.not_found")
def test_an_interface_that_ended_is_nobodys(session: Session, now: datetime) -> None:
    library = make.a_client(session)
    an_interface(session, make.a_client(session, "cases"))
    resources.approve(session, library, CASES, ["cases.read"], now=now)

    resources.end(session, CASES, now=now)

    assert resources.targets(session, library.id) == {}
    with pytest.raises(NotFound, match=r"resource\.not_found"):
        resources.end(session, CASES, now=now)


@pytest.mark.refusal("resource.already_exists")
def test_an_address_is_registered_once(session: Session) -> None:
    server = make.a_client(session, "cases")
    an_interface(session, server)

    with pytest.raises(Refused, match=r"resource\.already_exists"):
        an_interface(session, server)


@pytest.mark.refusal("resource.address_invalid")
@pytest.mark.parametrize(
    "identifier",
    ["", "cases", "http://api.cases.invalid", "https://", "https://a.invalid/#x", "https://a b/",
     "https://me@a.invalid/", "https://*.invalid/", "https://[/", "https://市.invalid/",
     "https://a.invalid/" + "x" * 255],
)  # fmt: skip
def test_any_other_address_is_refused(session: Session, identifier: str) -> None:
    server = make.a_client(session, "cases")

    with pytest.raises(Refused, match=r"resource\.address_invalid"):
        an_interface(session, server, identifier)


@pytest.mark.clause("10(3)")
@pytest.mark.refusal("resource.not_an_agencys")
def test_a_merchant_and_who_cannot_prove_themselves_serve_none(session: Session) -> None:
    page = make.a_client(session, "page", auth_method="none")

    for server in (make.a_shop(session), page):
        with pytest.raises(Refused, match=r"resource\.not_an_agencys"):
            an_interface(session, server)


@pytest.mark.refusal("resource.scope_invalid")
@pytest.mark.parametrize(
    "scope",
    ["", "openid", "profile", "Cases.read", "a b.c", "cases.", "purpose:x", "a." + "b" * 64],
)
def test_a_scope_of_members_data_is_no_scope_of_an_interface(
    session: Session, now: datetime, scope: str
) -> None:
    library = make.a_client(session)
    an_interface(session, make.a_client(session, "cases"))

    with pytest.raises(Refused, match=r"resource\.scope_invalid"):
        resources.approve(session, library, CASES, [scope], now=now)


@pytest.mark.parametrize(
    "changes",
    [
        {"grant_types": ["password"]},
        {"redirect_uris": []},
        {"auth_method": "none", "grant_types": ["authorization_code", "client_credentials"]},
    ],
)
def test_grant_types_that_do_not_fit_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"client\.form_invalid"):
        registry.parse(make.a_client_form(**changes))


def test_a_program_without_a_browser_needs_no_redirect_uri(session: Session) -> None:
    client = make.a_client(session, "nightly", grant_types=["client_credentials"], redirect_uris=[])

    assert client.grant_types == ["client_credentials"]


def test_the_grant_types_of_a_client_can_be_changed(session: Session) -> None:
    make.a_client(session)
    make.a_shop(session)

    registry.set_grant_types(session, "library", ["authorization_code", "client_credentials"])

    assert "refresh_token" not in registry.get(session, "library").grant_types
    with pytest.raises(Refused, match=r"client\.form_invalid"):
        registry.set_grant_types(session, "cafe", ["urn:openid:params:grant-type:ciba"])
