"""Where pyop and we meet: what it declares becomes an OAuth error, what cannot be is a bug."""

from datetime import timedelta
from typing import Any

import pytest
from oic.exception import MessageException
from pyop.exceptions import InvalidTokenRequest
from pyop.message import AuthorizationRequest as Message
from sqlalchemy.orm import Session

from clients.directory import Directory
from clients.keys import ClientKeys
from idp import token
from idp.errors import ProtocolError
from idp.keys import Keys
from idp.lifetimes import TokenLifetimes
from idp.provider import Provider
from idp.request_uris import RequestUris
from idp.session_names import SessionNames
from idp.state import GrantState
from idp.subjects import Subjects
from kernel.db import Sessions
from kernel.outgoing import Answer, CallFailed
from tests.flows.provider import ISSUER
from tests.make import KEYRING, NOON

MINUTE = timedelta(minutes=1)
UNREADABLE: Exception = MessageException("the code is abc")  # type: ignore[no-untyped-call]  # oic
LIFETIMES = TokenLifetimes(
    code=MINUTE,
    access=MINUTE,
    refresh=MINUTE,
    refresh_grace=MINUTE,
    id_token=MINUTE,
    interaction=MINUTE,
)


def nobody(url: str, **_options: object) -> Answer:
    raise CallFailed(url)


def a_provider(kind: type[Provider] = Provider) -> Provider:
    return kind(
        issuer=ISSUER,
        directory=Directory(),
        client_keys=ClientKeys(Sessions(), nobody),
        request_uris=RequestUris(Sessions(), nobody),
        keys=Keys(KEYRING),
        subjects=Subjects(b"k" * 32),
        session_names=SessionNames(b"s" * 32),
        lifetimes=LIFETIMES,
    )


def a_state() -> GrantState:
    return GrantState(Session(), lifetimes=LIFETIMES, now=NOON)


class Failing(Provider):
    """A provider whose library finds fault with every token request."""

    fault: Exception

    def handle_token_request(self, request_body: Any, *_more: Any) -> Any:  # pyop is untyped
        raise self.fault


@pytest.mark.pyop_row(9)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (InvalidTokenRequest("the code is abc", {}, "invalid_grant"), "invalid_grant"),
        (UNREADABLE, "invalid_request"),
    ],
)
def test_what_the_library_declares_is_told_without_its_words(fault: Exception, error: str) -> None:
    provider = a_provider(Failing)
    assert isinstance(provider, Failing)
    provider.fault = fault

    with pytest.raises(ProtocolError) as refused:
        token._with_pyop(provider, {})

    assert refused.value.error == error
    assert "abc" not in refused.value.description


@pytest.mark.pyop_row(9)
def test_a_bug_of_ours_is_not_blamed_on_the_client() -> None:
    provider = a_provider(Failing)
    assert isinstance(provider, Failing)
    provider.fault = KeyError("ours")

    with pytest.raises(KeyError):
        token._with_pyop(provider, {})


def test_a_state_without_a_grant_says_that_somebody_forgot_to_look_one_up() -> None:
    with pytest.raises(RuntimeError):
        _ = a_state().grant
    with pytest.raises(RuntimeError):
        a_state().create_authorization_code(Message(), "sub")


def test_a_provider_works_for_a_client_or_not_at_all() -> None:
    with pytest.raises(RuntimeError):
        a_provider()._working_for()


def test_a_provider_at_work_leaves_the_one_it_came_from_alone() -> None:
    provider = a_provider()

    bound = provider.at_work(a_state(), {})

    assert bound is not provider
    assert provider.authz_state is None
    assert bound.clients == {}
