"""Codes for a till: opaque, typed by anybody, read once, gone after a minute."""

import re
import string
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from consent import till_codes
from consent.models import TillCode
from kernel.ids import READABLE, new_id, new_number
from tests import make

KEY = b"k" * 32
CODES = st.builds(lambda id_: till_codes.code_of(id_, key=KEY), st.uuids())
FULL_WIDTH = {ord(each): ord(each) + 0xFEE0 for each in string.ascii_letters + string.digits}
TYPED = (
    str.lower,
    lambda code: f"{code[:4]}-{code[4:]}",
    lambda code: f" {code[:4]} {code[4:]}\r\n",
    " ".join,
    lambda code: f"]Q1{code}\r",
    lambda code: code.translate(FULL_WIDTH),
    lambda code: f"{code[:4]}　{code[4:]}".lower().translate(FULL_WIDTH),
    lambda code: f"{code[:2]}–{code[2:4]}．{code[4:]}",
)


def a_code(session: Session, member_id: UUID, now: datetime) -> UUID:
    return till_codes.show(session, member_id=member_id, key=KEY, now=now)


@given(CODES)
def test_a_code_is_eight_characters_that_nobody_confuses(code: str) -> None:
    assert re.fullmatch("[2-9A-HJ-NP-Z]{8}", code)
    assert set(READABLE).isdisjoint("0O1I")
    assert len(set(READABLE.casefold())) == 32


@given(CODES, st.sampled_from(TYPED))
def test_however_it_is_typed_it_is_the_same_code(code: str, typing: object) -> None:
    assert callable(typing)

    assert till_codes.read(typing(code)) == code


@given(st.text(max_size=80))
def test_what_is_typed_is_a_code_or_nothing(typed: str) -> None:
    code = till_codes.read(typed)

    assert code is None or (
        re.fullmatch("[2-9A-HJ-NP-Z]{8}", code) and till_codes.read(code) == code
    )


@pytest.mark.parametrize(
    "typed",
    ["", "7GK2M4Q", "7GK2M4QPP", "7GK2M4Q0", "7GK2M4QI", "七GK2M4QP", "]Q17GK2M4Q", "7GK2]Q1M4QP"],
)
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert till_codes.read(typed) is None


@given(st.uuids(), st.uuids())
def test_a_code_tells_nothing_without_the_key(one: UUID, other: UUID) -> None:
    code = till_codes.code_of(one, key=KEY)

    assert code == till_codes.code_of(one, key=KEY)
    assert code != till_codes.code_of(one, key=b"j" * 32)
    assert one == other or code != till_codes.code_of(other, key=KEY)
    assert code.encode() not in till_codes.hash_of(code, key=KEY)


def test_a_number_for_two_screens_has_two_digits() -> None:
    assert all(re.fullmatch("[1-9][0-9]", new_number()) for _ in range(500))


def test_a_new_code_takes_the_place_of_one_that_nobody_read(
    session: Session, now: datetime
) -> None:
    mei, daming = make.a_member(session), make.a_member(session, "daming")
    a_code(session, mei.id, now)
    others = a_code(session, daming.id, now)

    code_id = a_code(session, mei.id, now)

    assert set(session.scalars(select(TillCode.id))) == {code_id, others}
    shown = session.get_one(TillCode, code_id)
    assert shown.expires_at == now + timedelta(seconds=60)
    assert shown.code_hash == till_codes.hash_of(till_codes.code_of(code_id, key=KEY), key=KEY)


def test_two_members_are_never_shown_the_same_code(session: Session, now: datetime) -> None:
    mei, daming = make.a_member(session), make.a_member(session, "daming")
    taken, free = new_id(), new_id()
    draws = iter([taken, taken, free])

    def draw() -> UUID:
        return next(draws)

    till_codes.show(session, member_id=mei.id, key=KEY, now=now, draw=draw)
    got = till_codes.show(session, member_id=daming.id, key=KEY, now=now, draw=draw)

    assert got == free


def test_a_code_is_known_to_its_own_member_for_some_minutes(
    session: Session, now: datetime
) -> None:
    mei, daming = make.a_member(session), make.a_member(session, "daming")
    code_id = a_code(session, mei.id, now)

    def known(member_id: UUID, minutes: int) -> list[UUID]:
        later = now + timedelta(minutes=minutes)
        return [each.id for each in till_codes.recent(session, member_id=member_id, now=later)]

    assert known(mei.id, 10) == [code_id]
    assert known(mei.id, 11) == []
    assert known(daming.id, 0) == []
