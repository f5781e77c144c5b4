import base64
import json
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy.orm import Session

from adapters import signed_over
from adapters.contract import Challenge, Context, NotProven, ProofKind
from adapters.keycard import enrolment
from adapters.keycard.adapter import KeyCardAdapter, create
from carriers import bindings
from carriers.models import Binding, Suspension
from demo.cards.piv import PrivateKey
from idp import acr
from kernel.errors import Refused
from kernel.settings import SettingsInvalid
from members.models import Member
from tests import make
from tests.chips import ORIGIN, Chip, a_form
from tests.contract.cases import a_chip

HERE = Context(origin=ORIGIN)
ADAPTER = KeyCardAdapter(b"k" * 32)


def ask(now: datetime) -> Challenge:
    return ADAPTER.begin(HERE, now=now)


def bind(session: Session, chip: Chip, member: Member, now: datetime) -> Binding:
    asked = ask(now)
    return enrolment.finish(
        session,
        ADAPTER,
        HERE,
        asked,
        {"token": chip.sign(asked.nonce)},
        member_id=member.id,
        name="My card",
        acr=acr.ACR[0],
        now=now,
    )


@pytest.mark.clause("2(3)")
def test_a_bound_card_after_its_pin_is_worth_two_methods(session: Session, now: datetime) -> None:
    member = make.a_member(session)
    chip = a_chip(session, ADAPTER, member)
    asked = ask(now)

    proof = ADAPTER.verify(session, HERE, asked, {"token": chip.sign(asked.nonce)}, now=now)

    assert proof.kind is ProofKind.SIGNATURE
    assert proof.origin_bound
    assert acr.worth(proof) == acr.Assurance(acr.ACR[1], ("hwk", "sc", "pin", "mfa"))
    assert acr.reachable([ADAPTER.capabilities]) == set(acr.ACR[:2])


def test_what_the_page_signs_is_our_origin_and_the_nonce(now: datetime) -> None:
    asked = ask(now)

    assert asked.public == {"nonce": asked.nonce, "origin": ORIGIN}


def test_a_card_is_known_by_its_key_whatever_its_certificate(
    session: Session, now: datetime
) -> None:
    member = make.a_member(session)
    chip = Chip()
    bind(session, chip, member, now)
    other_name = Chip(form={**a_form(), "key": chip.form["key"]})
    asked = ask(now)

    with pytest.raises(NotProven) as refused:  # another card's certificate, this card's key
        ADAPTER.verify(session, HERE, asked, {"token": other_name.sign(asked.nonce)}, now=now)

    assert refused.value.reason == "token.signature"
    assert ADAPTER.is_held_by(session, member.id)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ],
)
def test_cards_of_every_usual_key_can_be_bound(
    session: Session, now: datetime, key: PrivateKey
) -> None:
    assert bind(session, Chip(form=a_form(key)), make.a_member(session), now).is_usable


def signed_by_software(key: PrivateKey, nonce: str) -> str:
    """Return what a program would send that lets a weak key sign."""
    algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    message = signed_over.message(ORIGIN, nonce, algorithm)
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(message, padding.PKCS1v15(), SHA256())
    else:
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    certificate = bytes.fromhex(a_form(key)["certificate"])
    token = {
        "format": "web-eid:1.0",
        "algorithm": algorithm,
        "unverifiedCertificate": base64.b64encode(certificate).decode(),
        "signature": base64.b64encode(signature).decode(),
    }
    return json.dumps(token)


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505  # the point
        ec.generate_private_key(ec.SECP256K1()),
    ],
)
def test_a_weak_or_unusual_key_proves_nothing_though_it_signs(
    session: Session, now: datetime, key: PrivateKey
) -> None:
    asked = ask(now)
    answer = {"token": signed_by_software(key, asked.nonce)}

    with pytest.raises(NotProven) as refused:
        ADAPTER.verify(session, HERE, asked, answer, now=now)

    assert refused.value.reason == "card.key_weak"


@pytest.mark.refusal("carrier.already_bound")
def test_a_card_is_one_members_only(session: Session, now: datetime) -> None:
    chip = Chip()
    bind(session, chip, make.a_member(session), now)

    with pytest.raises(Refused, match=r"^carrier\.already_bound$"):
        bind(session, chip, make.a_member(session, "ah.hua"), now)


@pytest.mark.refusal("carrier.not_readable")
def test_what_is_no_signature_is_not_bound(session: Session, now: datetime) -> None:
    member = make.a_member(session)

    with pytest.raises(Refused, match=r"^carrier\.not_readable$"):
        bind(session, Chip(origin="https://evil.invalid"), member, now)


@pytest.mark.clause("7(7)")
def test_a_lost_card_proves_nothing(session: Session, now: datetime) -> None:
    member, chip = make.a_member(session), Chip()
    binding = bind(session, chip, member, now)
    bindings.suspend(session, binding, Suspension.LOST, actor=member.id, now=now)
    asked = ask(now)

    with pytest.raises(NotProven) as refused:
        ADAPTER.verify(session, HERE, asked, {"token": chip.sign(asked.nonce)}, now=now)

    assert (refused.value.reason, refused.value.member_id) == ("carrier.reported_lost", member.id)
    assert not ADAPTER.is_held_by(session, member.id)


def test_without_a_key_it_is_not_made() -> None:
    with pytest.raises(SettingsInvalid, match="there is no key"):
        create({})
    assert create({"key": b"k" * 32}).name == "key-card"
