"""What the contract suite needs to know of an adapter, and every adapter it is run on.

A new adapter joins `CASES` with a function that makes its adapter and knows how to enrol.
"""

import base64
from base64 import b32encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy.orm import Session

import adapters.passkey.models
from adapters.certificate.models import BoundCertificate
from adapters.contract import Adapter, Challenge, Context
from adapters.keycard import enrolment as key_card_enrolment
from adapters.keycard.adapter import KeyCardAdapter
from adapters.keycard.models import KeyCard
from adapters.passkey import enrolment
from adapters.passkey.adapter import PasskeyAdapter
from adapters.passkey.naming import handle_of
from adapters.password.adapter import PasswordAdapter
from adapters.password.models import PasswordCredential
from adapters.password.passwords import set_password
from adapters.smartcard import enrolment as card_enrolment
from idp.acr import ACR
from kernel.db import Base
from kernel.ids import new_id
from members.models import Member
from tests import make
from tests.authenticator import MAY_BE_COPIED, PRESENT, VERIFIED, Passkey, b64
from tests.certificates import pki
from tests.certificates.holder import KEY, Holder, an_adapter, bound
from tests.chips import ORIGIN, Chip, a_form
from tests.contract.fake_adapter import FakeAdapter, mac
from tests.plugins.taipei_id_totp import APP, STEP, TotpAdapter, code_at
from tests.smartcard.cards import CITY_CARD, OTHER_UID, UID
from tests.smartcard.reader import an_adapter as a_card_adapter
from tests.smartcard.reader import voucher

Answer: TypeAlias = dict[str, object]
Answering: TypeAlias = Callable[[Challenge], Answer]


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """How a member answers: rightly, wrongly in ways that have names; and what stays secret."""

    right: Answering
    wrong: Mapping[str, Answering]
    secrets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One adapter, how a member gets its credential, and the tables it may write to."""

    adapter: Adapter
    enrol: Callable[[Session, Member], Enrolled]
    own_tables: tuple[type[Base], ...] = field(default=())
    once_only: bool = False  # the same right answer is no answer the second time


def password_case() -> Case:
    def enrol(session: Session, member: Member) -> Enrolled:
        set_password(
            session,
            member.id,
            make.PASSWORD,
            hasher=make.HASHER,
            breaches=make.NO_BREACHES,
            now=make.NOON,
        )
        right: Answer = {"login": member.login, "password": make.PASSWORD}

        def but(**changes: object) -> Answering:
            return lambda _: {**right, **changes}

        return Enrolled(
            right=lambda _: right,
            wrong={
                "wrong password": but(password="rain on the Keelung 2026"),
                "other case": but(password=make.PASSWORD.upper()),
                "beginning of the password": but(password=make.PASSWORD[:-1]),
                "more than the password": but(password=make.PASSWORD + "\0"),
                "no password": but(password=""),
                "over-long password": but(password="a" * 1025),
                "unknown login": but(login="nobody"),
                "no login": but(login=""),
                "over-long login": but(login=member.login + " " * 1000),
                "half a character": but(password="\ud800", login="\udfff"),
                "only a login": lambda _: {"login": member.login},
            },
            secrets=(make.PASSWORD,),
        )

    adapter = PasswordAdapter(hasher=make.HASHER, breaches=make.NO_BREACHES)
    return Case(adapter=adapter, enrol=enrol, own_tables=(PasswordCredential,))


def fake_case() -> Case:
    adapter = FakeAdapter()

    def enrol(session: Session, member: Member) -> Enrolled:
        key = adapter.issue("card-1", member.id)
        return Enrolled(
            right=lambda challenge: {"card": "card-1", "mac": mac(key, challenge.nonce)},
            wrong={
                "answer to another challenge": lambda _: {"card": "card-1", "mac": mac(key, "")},
                "another key": lambda challenge: {
                    "card": "card-1",
                    "mac": mac(b"guess", challenge.nonce),
                },
                "unknown card": lambda challenge: {
                    "card": "card-2",
                    "mac": mac(key, challenge.nonce),
                },
            },
            secrets=(key.hex(), repr(key)),
        )

    return Case(adapter=adapter, enrol=enrol)


def passkey_case() -> Case:
    def enrol(session: Session, member: Member) -> Enrolled:
        passkey = a_passkey(session, member)

        def answer(credential: str) -> Answer:
            return {"credential": credential}

        def changed(**changes: Any) -> Answering:  # fields of a passkey, of several types
            return lambda challenge: answer(replace(passkey, **changes).get(challenge.nonce))

        def said(**changes: object) -> Answering:
            return lambda challenge: answer(passkey.get(challenge.nonce, **changes))

        return Enrolled(
            right=lambda challenge: answer(passkey.get(challenge.nonce)),
            wrong={
                "answer to another challenge": lambda _: answer(passkey.get("another")),
                "another site": said(origin="https://id.invalid.example"),
                "the site over http": said(origin="http://id.invalid"),
                "another port": said(origin="https://id.invalid:8443"),
                "another relying party": changed(host="invalid"),
                "holder not verified": changed(flags=PRESENT),
                "nobody there": changed(flags=VERIFIED),
                "became copyable": changed(flags=PRESENT | VERIFIED | MAY_BE_COPIED),
                "another key": changed(key=Passkey().key),
                "another member's handle": changed(handle=handle_of(new_id())),
                "no handle": changed(handle=b""),
                "unknown passkey": changed(credential_id=b"unknown"),
                "a new passkey": lambda challenge: answer(passkey.create(challenge.nonce)),
                "no JSON": lambda _: answer("credential"),
                "a list": lambda _: answer("[]"),
                "a deep list": lambda _: answer("[" * 9999),
                "a long number": lambda _: answer("9" * 9999),
                "over-long": lambda _: answer("x" * 16_385),
            },
            secrets=(b64(passkey.credential_id), str(passkey.key.private_numbers().private_value)),
        )

    return Case(
        adapter=PasskeyAdapter(), enrol=enrol, own_tables=(adapters.passkey.models.Passkey,)
    )


def a_passkey(session: Session, member: Member, **changes: Any) -> Passkey:
    # fields of a passkey, of several types
    """Give the member a passkey and return it."""
    passkey = replace(Passkey(handle=handle_of(member.id)), **changes)
    here = Context(origin=passkey.origin)
    asked = enrolment.begin(
        session, here, member_id=member.id, login=member.login, service="Taipei ID", now=make.NOON
    )
    answer = {"credential": passkey.create(asked.nonce)}
    known: dict[str, Any] = {"member_id": member.id, "name": "My phone", "acr": ACR[0]}
    enrolment.finish(session, here, asked, answer, now=make.NOON, **known)
    return passkey


def totp_case() -> Case:
    adapter = TotpAdapter(b"a key that only this adapter has")

    def enrol(session: Session, member: Member) -> Enrolled:
        APP.create(session.connection(), checkfirst=True)
        adapter.enrol(session, member.id)
        secret, step = adapter.secret_of(member.id), int(make.NOON.timestamp()) // STEP

        def answer(code: bytes, login: str = member.login) -> Answering:
            return lambda _: {"login": login, "code": code.decode()}

        return Enrolled(
            right=answer(code_at(secret, step)),
            wrong={
                "two steps old": answer(code_at(secret, step - 2)),
                "two steps early": answer(code_at(secret, step + 2)),
                "another member's": answer(code_at(adapter.secret_of(new_id()), step)),
                "nobody's": answer(code_at(adapter.secret_of(UUID(int=0)), step), "nobody"),
                "another login": answer(code_at(secret, step), "nobody"),
                "no code": answer(b""),
                "five digits": answer(code_at(secret, step)[:5]),
                "seven digits": answer(code_at(secret, step) + b"0"),
                "over-long": answer(b" " * 11 + code_at(secret, step)),
            },
            secrets=(secret.hex(), b32encode(secret).decode(), repr(secret)),
        )

    return Case(adapter=adapter, enrol=enrol, once_only=True)


def certificate_case() -> Case:
    adapter = an_adapter()

    def enrol(session: Session, member: Member) -> Enrolled:
        holder = Holder()
        bound(session, holder, member_id=member.id, adapter=adapter)

        def answer(token: str) -> Answer:
            return {"token": token}

        def by(another: Holder, **changes: str) -> Answering:
            return lambda challenge: answer(another.token(challenge.nonce, **changes))

        def but(**changes: Any) -> Answering:  # fields of a certificate, of several types
            return by(holder.but(**changes))

        return Enrolled(
            right=by(holder),
            wrong={
                "answer to another challenge": lambda _: answer(holder.token("another")),
                "another site": by(holder, origin="https://id.invalid.example"),
                "the site over http": by(holder, origin="http://id.invalid"),
                "another algorithm": by(holder, algorithm="PS256"),
                "no algorithm": by(holder, algorithm="none"),
                "another format": by(holder, format="hwcrypto:1"),
                "another holder": but(subject=pki.name("合成會員一", serial="0000000100000002")),
                "expired": but(end=make.NOON - timedelta(seconds=1)),
                "of another authority": but(by=pki.root()),
                "for encryption": but(usage=pki._usage(encryption=True)),
                "without attributes": but(attributes=()),
                "of a generation nobody answers for": but(by=pki.generation(3)),
                "no JSON": lambda _: answer("no JSON"),
                "a list": lambda _: answer("[]"),
                "a deep list": lambda _: answer("[" * 9999),
                "a long number": lambda _: answer("9" * 9999),
                "over-long": lambda _: answer("x" * 32_769),
            },
            secrets=(
                "0000000100000001",
                str(pki.rsa_key("citizen").private_numbers().d),
                KEY.hex(),
                repr(KEY),
            ),
        )

    return Case(adapter=adapter, enrol=enrol, own_tables=(BoundCertificate,))


def key_card_case() -> Case:
    adapter = KeyCardAdapter(make.KEYRING.derive("adapter/key-card/v1"))

    def enrol(session: Session, member: Member) -> Enrolled:
        chip = a_chip(session, adapter, member)
        weak = a_form(rsa.generate_private_key(public_exponent=65537, key_size=1024))  # noqa: S505  # the point

        def sign(card: Chip, **changes: str) -> Answering:
            return lambda asked: {"token": card.sign(asked.nonce, **changes)}

        def another(asked: Challenge) -> Answer:
            return {"token": chip.sign("n" * 43)}

        return Enrolled(
            right=sign(chip),
            wrong={
                "answer to another challenge": another,
                "another site": sign(chip.at("https://id.invalid.example")),
                "the site over http": sign(chip.at("http://id.invalid")),
                "an unknown card": sign(Chip()),
                "another card's certificate": sign(
                    chip, unverifiedCertificate=b64_of(Chip().form["certificate"])
                ),
                "a weak key's certificate": sign(
                    chip, unverifiedCertificate=b64_of(weak["certificate"])
                ),
                "another algorithm": sign(chip, algorithm="ES384"),
                "another format": sign(chip, format="jwt"),
                "no certificate": sign(chip, unverifiedCertificate="AAAA"),
                "no JSON": lambda _: {"token": "web-eid"},
                "a deep list": lambda _: {"token": "[" * 9999},
                "over-long": lambda _: {"token": "x" * 40_000},
            },
            secrets=(chip.form["key"], chip.form["pin"]),
        )

    return Case(adapter=adapter, enrol=enrol, own_tables=(KeyCard,))


def b64_of(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text)).decode()


def a_chip(session: Session, adapter: KeyCardAdapter, member: Member) -> Chip:
    """Give the member a chip card and return it."""
    chip, here = Chip(), Context(origin=ORIGIN)
    asked = adapter.begin(here, now=make.NOON)
    answer = {"token": chip.sign(asked.nonce)}
    known: dict[str, Any] = {"member_id": member.id, "name": "My card", "acr": ACR[0]}
    key_card_enrolment.finish(session, adapter, here, asked, answer, now=make.NOON, **known)
    return chip


def smartcard_case() -> Case:
    adapter = a_card_adapter()

    def enrol(session: Session, member: Member) -> Enrolled:
        asked = adapter.begin(Context(origin="https://id.invalid"), now=make.NOON)
        known: dict[str, Any] = {"member_id": member.id, "name": "My card", "acr": ACR[0]}
        answer = {"card": voucher(adapter, CITY_CARD.name, UID, nonce=asked.nonce)}
        card_enrolment.finish(session, adapter, asked, answer, now=make.NOON, **known)

        def shown(kind: str = CITY_CARD.name, uid: bytes = UID, **more: object) -> Answering:
            return lambda asked: {
                "card": voucher(adapter, kind, uid, nonce=asked.nonce),
                **more,
            }

        return Enrolled(
            right=shown(),
            wrong={
                "another card": shown(uid=OTHER_UID),
                "the number without the key": shown("storage-card"),
                "an unknown kind": shown("nothing"),
                "somebody else's name": shown(login="nobody"),
                "card shown for another question": lambda _: {
                    "card": voucher(adapter, CITY_CARD.name, UID, nonce="another")
                },
                "no card": lambda _: {"card": ""},
                "half a character": lambda _: {"card": "\ud800"},
                "over-long": lambda _: {"card": "A" * 513},
            },
            secrets=(UID.hex(), repr(UID)),
        )

    return Case(adapter=adapter, enrol=enrol)


CASES: Mapping[str, Callable[[], Case]] = {
    "password": password_case,
    "passkey": passkey_case,
    "key-card": key_card_case,
    "certificate": certificate_case,
    "smartcard": smartcard_case,
    "fake": fake_case,
    "totp": totp_case,
}
