"""A session has a name at each client, and no two names can be joined."""

import hashlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.session_names import SessionNames, session_state

NAMES = SessionNames(b"k" * 32)
CALLBACK = "https://library.invalid/callback"
parties = st.tuples(st.uuids(), st.uuids(), st.text(max_size=43))


@pytest.mark.clause("10(3)")
@given(parties, parties)
def test_a_sid_is_the_same_only_for_one_session_at_one_client_under_one_name(
    one: tuple[UUID, UUID, str], other: tuple[UUID, UUID, str]
) -> None:
    sids = [NAMES.sid(each[0], client_id=each[1], sub=each[2]) for each in (one, other)]

    assert (sids[0] == sids[1]) == (one == other)


@given(st.uuids())
def test_what_the_browser_keeps_is_no_sid_and_needs_the_key(session_id: UUID) -> None:
    state = NAMES.browser_state(session_id)

    assert len(state) == 43
    assert state == NAMES.browser_state(session_id)
    assert state != SessionNames(b"x" * 32).browser_state(session_id)
    assert state != NAMES.sid(session_id, client_id=session_id, sub="")


def test_a_session_state_is_salted_anew_each_time() -> None:
    told = [session_state("library", CALLBACK, "state") for _ in range(2)]

    assert told[0] != told[1]
    assert all(each and " " not in each and each.count(".") == 1 for each in told)


def test_an_app_without_a_page_has_nothing_to_ask_from() -> None:
    assert session_state("app", "tw.taipei.app:/callback", "state") is None


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://library.invalid:443/callback", "https://library.invalid"),
        ("https://Library.invalid:8443/callback", "https://library.invalid:8443"),
        ("https://library.invalid:80/callback", "https://library.invalid:80"),
        ("http://127.0.0.1:80/callback", "http://127.0.0.1"),
        ("http://[::1]:9000/callback", "http://[::1]:9000"),
    ],
)
def test_the_origin_is_the_one_a_browser_tells_our_frame(address: str, origin: str) -> None:
    told = session_state("library", address, "state")

    assert told is not None
    hashed, _, salt = told.partition(".")
    asked = f"library {origin} state {salt}"
    assert hashed == hashlib.sha256(asked.encode()).hexdigest()
