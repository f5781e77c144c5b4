import json
from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.keyring import Keyring, SealBroken, new_master_key
from members import register
from members.logins import LONGEST, normalise
from members.models import Standing
from members.profile import masked, open_claims, seal_profile
from members.standing import require_active
from tests import make

# Account names


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Mei.Chen", "mei.chen"),
        ("  mei.chen\t", "mei.chen"),
        ("ＭＥＩ．ＣＨＥＮ", "mei.chen"),
        ("STRASSE", normalise("straße")),
        ("\u3000", ""),
        ("mei\x00.chen\ud800", "mei.chen"),
        ("a" * 500, "a" * LONGEST),
    ],
)
def test_an_account_name_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert normalise(typed) == kept


@given(login=st.text(max_size=300))
def test_normalising_ends_at_the_longest_name(login: str) -> None:
    assert len(normalise(login)) <= LONGEST


def test_a_member_is_found_however_the_name_is_typed(session: Session) -> None:
    member = make.a_member(session, "Mei.Chen")

    assert register.find_by_login(session, " ＭＥＩ.chen") is member
    assert register.find_by_login(session, "mei") is None


# The record


def test_a_member_begins_active_and_approved(session: Session, now: datetime) -> None:
    member = make.a_member(session, now=now)

    assert member.standing is Standing.ACTIVE
    assert member.approved_at == member.standing_at == now
    assert register.get(session, member.id) is member


@pytest.mark.clause("10(1)")
@pytest.mark.refusal("member.already_exists")
def test_an_account_name_is_given_once(session: Session) -> None:
    make.a_member(session, "mei.chen")

    with pytest.raises(Refused, match=r"member\.already_exists"):
        make.a_member(session, "Ｍei.Chen ")


@pytest.mark.refusal("member.login_empty")
@pytest.mark.parametrize("login", ["", "  ", "\u3000"])
def test_nobody_goes_without_an_account_name(session: Session, login: str) -> None:
    with pytest.raises(Refused, match=r"member\.login_empty"):
        make.a_member(session, login)


@pytest.mark.refusal("member.not_found")
def test_who_is_not_on_record_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound, match=r"member\.not_found"):
        register.get(session, new_id())


# Standing


@pytest.mark.clause("6(1)")
@pytest.mark.refusal("member.suspended")
def test_a_suspended_member_may_do_nothing() -> None:
    with pytest.raises(Refused, match=r"member\.suspended"):
        require_active(Standing.SUSPENDED)


@pytest.mark.clause("10(1)")
@pytest.mark.refusal("member.closed")
def test_a_closed_account_may_do_nothing() -> None:
    with pytest.raises(Refused, match=r"member\.closed"):
        require_active(Standing.CLOSED)


def test_an_active_member_may_act() -> None:
    require_active(Standing.ACTIVE)


# Personal data


def test_the_claims_are_what_was_entered_and_nothing_without_a_value(session: Session) -> None:
    member = make.a_member(session, name="王小明", nickname=None)

    claims = register.claims_of(member, keyring=make.KEYRING)

    assert claims["name"] == "王小明"
    assert claims["address"]["locality"] == "臺北市"
    assert "nickname" not in claims


def test_the_database_holds_no_personal_datum_in_the_clear(session: Session) -> None:
    make.a_member(session)

    row = repr(session.execute(text("SELECT * FROM member")).one())

    # JSON may escape what is not ASCII, so the datum to look for is plain.
    assert "1990-04-01" not in row
    assert "mail.invalid" not in row


def sealed() -> tuple[UUID, bytes, bytes]:
    member_id = new_id()
    return member_id, *seal_profile(make.a_profile(), make.KEYRING, member_id=member_id)


def opened(
    member_id: UUID, data_key: bytes, profile: bytes, *, keyring: Keyring = make.KEYRING
) -> str:
    claims = open_claims(
        keyring, member_id=member_id, data_key_sealed=data_key, profile_sealed=profile
    )
    return json.dumps(claims, ensure_ascii=False)


def test_a_profile_swapped_between_members_cannot_be_read() -> None:
    mine, my_key, my_profile = sealed()
    theirs, their_key, their_profile = sealed()

    assert "陳美玉" in opened(mine, my_key, my_profile)
    for member_id, key, profile in (
        (theirs, my_key, my_profile),
        (mine, their_key, my_profile),
        (mine, my_key, their_profile),
    ):
        with pytest.raises(SealBroken):
            opened(member_id, key, profile)


def test_another_installation_reads_nothing() -> None:
    with pytest.raises(SealBroken):
        opened(*sealed(), keyring=Keyring(new_master_key()))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王小明", "王○明"),
        ("王明", "王○"),
        ("歐陽小明", "歐○○明"),
        ("王", "王"),
        ("", ""),
        (" 王小明 ", "王○明"),
        ("Ann", "A○○"),
        ("Al", "A○"),
        ("Alexandra Smith", "A○○"),
    ],
)
def test_a_shared_screen_shows_a_name_only_to_who_knows_it(name: str, shown: str) -> None:
    assert masked(name) == shown
