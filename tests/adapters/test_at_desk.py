"""What a reader at a desk read is found by its number alone, and a stranger's costs the same."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from adapters.contract import Context, ReadsAtDesk
from adapters.keycard.adapter import KeyCardAdapter
from adapters.smartcard import enrolment
from carriers import bindings
from carriers.models import Binding
from idp.acr import ACR
from members.models import Member
from tests import make
from tests.certificates import pki
from tests.certificates.holder import Holder, bound
from tests.certificates.holder import an_adapter as a_certificate_adapter
from tests.certificates.test_devices import bound as bound_device
from tests.contract.cases import a_chip
from tests.flows.provider import statements
from tests.smartcard.cards import UID
from tests.smartcard.reader import an_adapter as a_card_adapter
from tests.smartcard.reader import voucher

pytestmark = pytest.mark.clause("6(2)")
HERE = Context(origin="https://id.invalid")
SHORT = bytes.fromhex("a1b2c3d4")
CARDS = a_card_adapter()


@dataclass(frozen=True)
class Shown:
    """Something a member carries, and how a reader names it."""

    adapter: ReadsAtDesk
    kind: str
    number: str
    binding: Binding

    def find(self, session: Session, *, later: timedelta = timedelta()) -> UUID | None:
        now = make.NOON + later
        return self.adapter.find_shown(session, self.kind, self.number, now=now)


def tie(session: Session, member: Member, kind: str, uid: bytes) -> Binding:
    asked = CARDS.begin(HERE, now=make.NOON)
    answer = {"card": voucher(CARDS, kind, uid, nonce=asked.nonce)}
    known: dict[str, Any] = {"member_id": member.id, "name": "My card", "acr": ACR[0]}
    return enrolment.finish(session, CARDS, asked, answer, now=make.NOON, **known)


def a_card(session: Session) -> Shown:
    binding = tie(session, make.a_member(session), "taipei-card", UID)
    return Shown(CARDS, "taipei-card", UID.hex().upper(), binding)


def a_chip_card(session: Session) -> Shown:
    adapter, member = KeyCardAdapter(b"k" * 32), make.a_member(session)
    chip = a_chip(session, adapter, member)
    certificate = x509.load_der_x509_certificate(bytes.fromhex(chip.form["certificate"]))
    key = certificate.public_key()
    number = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()
    return Shown(adapter, "key-card", number, bindings.live(session, member.id)[0])


def a_certificate(session: Session) -> Shown:
    member, holder = make.a_member(session, name="合成會員一"), Holder()
    binding = bound(session, holder, member_id=member.id)
    certificate = x509.load_der_x509_certificate(holder.der)
    issuer = pki.citizens().issuers[0].key_id.hex()
    number = f"{issuer}:{certificate.serial_number:04x}"
    return Shown(a_certificate_adapter(), "certificate", number, binding)


def a_device(session: Session) -> Shown:
    binding, issued = bound_device(session, make.a_member(session).id)
    return Shown(a_certificate_adapter(), "device", issued.fingerprint.hex(), binding)


EVERY = (a_card, a_chip_card, a_certificate, a_device)


@pytest.mark.parametrize("given_to_a_member", EVERY)
def test_what_a_member_carries_is_found(
    session: Session, given_to_a_member: Callable[[Session], Shown]
) -> None:
    shown = given_to_a_member(session)

    assert shown.find(session) == shown.binding.id


@pytest.mark.parametrize("given_to_a_member", EVERY)
def test_what_was_released_is_nobodys(
    session: Session, given_to_a_member: Callable[[Session], Shown]
) -> None:
    shown = given_to_a_member(session)
    shown.binding.released_at = make.NOON
    session.flush()

    assert shown.find(session) is None


@pytest.mark.parametrize("given_to_a_member", EVERY)
def test_another_number_and_another_kind_are_nobodys(
    session: Session, given_to_a_member: Callable[[Session], Shown]
) -> None:
    shown = given_to_a_member(session)
    other = shown.number[:-1] + ("e" if shown.number.endswith("f") else "f")

    for changes in ({"number": other}, {"kind": "other"}, {"number": "not hex"}):
        assert replace(shown, **changes).find(session) is None  # type: ignore[arg-type]  # single parts


@pytest.mark.parametrize("given_to_a_member", EVERY)
def test_a_strangers_costs_the_one_statement_that_a_members_costs(
    session: Session, database: Engine, given_to_a_member: Callable[[Session], Shown]
) -> None:
    shown = given_to_a_member(session)
    stranger = replace(shown, number=shown.number[::-1])
    counted = []
    for each in (shown, stranger):
        with statements(database) as seen:
            each.find(session)
        counted.append(seen)

    assert counted[0] == counted[1]
    assert len(counted[0]) == 1


@pytest.mark.parametrize("given_to_a_member", [a_certificate, a_device])
def test_what_has_run_out_is_nobodys(
    session: Session, given_to_a_member: Callable[[Session], Shown]
) -> None:
    assert given_to_a_member(session).find(session, later=timedelta(days=4000)) is None


def test_a_number_that_two_members_share_is_nobodys_at_a_desk(session: Session) -> None:
    """Numbers of four bytes were given out more than once, and a desk cannot ask whose is meant."""
    first = tie(session, make.a_member(session, "mei"), "storage-card", SHORT)
    shown = Shown(CARDS, "storage-card", SHORT.hex(), first)
    assert shown.find(session) == first.id

    tie(session, make.a_member(session, "li"), "storage-card", SHORT)

    assert shown.find(session) is None


@given(kind=st.sampled_from(["taipei-card", "key-card", "certificate", "device"]), number=st.text())
def test_whatever_a_reader_says_finds_nobody_and_breaks_nothing(
    session: Session, kind: str, number: str
) -> None:
    for adapter in (CARDS, KeyCardAdapter(b"k" * 32), a_certificate_adapter()):
        assert adapter.find_shown(session, kind, number, now=make.NOON) is None
