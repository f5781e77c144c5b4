"""Whether a certificate still holds: asked, looked up, and never assumed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509 import ocsp as x509_ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adapters.certificate import checks, ocsp, revocation, revocation_lists
from adapters.certificate.answers import Answers
from adapters.certificate.checks import Checked
from adapters.certificate.models import RevokedSerial
from adapters.certificate.ocsp import Status
from kernel.errors import Refused
from tests.certificates import pki, responder
from tests.certificates.pki import Leaf
from tests.certificates.responder import Answering
from tests.make import NOON

LATER = timedelta(days=1)


def checked(serial: int = 77, *, by: pki.Authority | None = None) -> Checked:
    leaf = Leaf(serial=serial, by=by or pki.generation(2))
    return checks.check(leaf.der(), (pki.citizens(),), now=NOON)


def answered(answering: Callable[..., bytes], about: Checked) -> ocsp.Fetch:
    def fetch(url: str, body: bytes) -> bytes | None:
        assert url == pki.OCSP_URL
        return answering(about.certificate, x509_ocsp.load_der_ocsp_request(body))

    return fetch


def silent(_url: str, _body: bytes) -> bytes | None:
    return None


def listed(
    session: Session,
    *serials: int,
    number: int = 1,
    start: datetime = NOON - timedelta(hours=1),
    until: datetime = NOON + LATER,
) -> None:
    der = pki.revocation_list(pki.generation(2), serials, number=number, start=start, until=until)
    revocation_lists.load(session, pki.citizens().issuers[0], der, now=NOON)


def status(session: Session, fetch: ocsp.Fetch, about: Checked) -> Status:
    return revocation.status_of(session, about, fetch, Answers(), now=NOON)


def _signed_by(authority: pki.Authority) -> Answering:
    return Answering(signer=lambda: authority, shown=lambda: authority.certificate)


BELIEVED: dict[str, tuple[Status, Answering]] = {
    "good": (Status.GOOD, Answering()),
    "signed by the issuer itself": (
        Status.GOOD,
        Answering(signer=lambda: pki.generation(2), shown=None),
    ),
    "signed by an elliptic key": (Status.GOOD, _signed_by(responder.delegate(elliptic=True))),
    "without a nonce": (Status.GOOD, Answering(nonce=b"")),
    "without an end": (Status.GOOD, Answering(until=None)),
    "a little ahead of our clock": (Status.GOOD, Answering(made_at=NOON + timedelta(minutes=1))),
    "revoked": (Status.REVOKED, Answering(status=responder.REVOKED)),
    "unknown": (Status.UNKNOWN, Answering(status=responder.UNKNOWN)),
}


@pytest.mark.parametrize(("expected", "answering"), BELIEVED.values(), ids=BELIEVED)
def test_an_answer_is_believed(session: Session, expected: Status, answering: Answering) -> None:
    about = checked()

    assert status(session, answered(answering, about), about) is expected


def _edwards() -> x509.Certificate:
    key = ed25519.Ed25519PrivateKey.generate()
    purpose = ExtendedKeyUsageOID.OCSP_SIGNING
    return Leaf(key=key, purposes=(purpose,)).sign()  # type: ignore[arg-type]  # on purpose


UNBELIEVED: dict[str, Answering] = {
    "about another certificate": Answering(about=Leaf(serial=78).sign()),
    "about another issuer": Answering(of=pki.generation(3)),
    "to another question": Answering(nonce=b"n" * 32),
    "stale": Answering(made_at=NOON - timedelta(minutes=11)),
    "run out": Answering(until=NOON),
    "from the future": Answering(made_at=NOON + timedelta(minutes=3)),
    "signed by a citizen": _signed_by(responder.delegate(signing=False)),
    "signed by somebody no longer entitled": _signed_by(responder.delegate(expired=True)),
    "signed by the sister authority's responder": _signed_by(
        responder.delegate(by=pki.generation(3))
    ),
    "signed by nobody it shows": Answering(shown=lambda: Leaf().sign()),
    "signed by nobody who shows": Answering(shown=None),
    "signed with a key it does not show": Answering(shown=_edwards),
    "signed over a weak hash": Answering(algorithm=responder.WEAK),
}


@pytest.mark.parametrize("answering", UNBELIEVED.values(), ids=UNBELIEVED)
def test_an_answer_is_not_believed(session: Session, answering: Answering) -> None:
    about = checked()

    assert status(session, answered(answering, about), about) is Status.UNAVAILABLE


@pytest.mark.parametrize(
    "refused",
    [
        x509_ocsp.OCSPResponseStatus.TRY_LATER,
        x509_ocsp.OCSPResponseStatus.INTERNAL_ERROR,
        x509_ocsp.OCSPResponseStatus.UNAUTHORIZED,
    ],
)
def test_a_responder_that_will_not_say_says_nothing(
    session: Session, refused: x509_ocsp.OCSPResponseStatus
) -> None:
    answer = responder.refusing(refused)

    assert status(session, lambda _url, _body: answer, checked()) is Status.UNAVAILABLE


@given(st.binary(max_size=300))
def test_no_answer_is_believed_by_chance(answer: bytes) -> None:
    read = ocsp.read_answer(answer, checked(), nonce=b"n" * 32, now=NOON)

    assert read.status is Status.UNAVAILABLE


def test_where_nobody_can_say_nobody_signs_in(session: Session) -> None:
    with pytest.raises(Refused, match="certificate_uncheckable"):
        revocation.require_good(session, checked(), silent, Answers(), now=NOON)


def test_a_list_in_its_time_acquits_when_the_responder_is_down(session: Session) -> None:
    listed(session, 1, 2, 3)

    revocation.require_good(session, checked(77), silent, Answers(), now=NOON)


def test_a_list_condemns_whatever_the_responder_says(session: Session) -> None:
    listed(session, 77)
    about = checked(77)

    with pytest.raises(Refused, match="certificate_revoked"):
        revocation.require_good(session, about, answered(Answering(), about), Answers(), now=NOON)


def test_an_old_list_still_condemns_but_acquits_nobody(session: Session) -> None:
    listed(session, 77)
    later = NOON + timedelta(days=2)

    condemned = revocation.status_of(session, checked(77), silent, Answers(), now=later)
    acquitted = revocation.status_of(session, checked(78), silent, Answers(), now=later)

    assert (condemned, acquitted) == (Status.REVOKED, Status.UNAVAILABLE)


def test_one_generations_list_says_nothing_of_the_other(session: Session) -> None:
    listed(session, 77)

    assert status(session, silent, checked(77, by=pki.generation(3))) is Status.UNAVAILABLE


def test_a_newer_list_takes_the_place_of_the_older(session: Session) -> None:
    listed(session, 77, 78, number=1)
    listed(session, 78, number=2)

    assert status(session, silent, checked(77)) is Status.GOOD
    assert status(session, silent, checked(78)) is Status.REVOKED
    assert session.scalar(select(func.count()).select_from(RevokedSerial)) == 1


@pytest.mark.refusal("carrier.revocation_list_rolled_back")
def test_an_older_list_brings_nobody_back(session: Session) -> None:
    listed(session, 77, number=2)

    with pytest.raises(Refused, match="rolled_back"):
        listed(session, number=1)
    session.rollback()


@pytest.mark.refusal("carrier.revocation_list_outdated")
@pytest.mark.parametrize("start", [NOON - 2 * LATER, NOON + LATER], ids=["past", "future"])
def test_a_list_out_of_its_time_is_not_loaded(session: Session, start: datetime) -> None:
    with pytest.raises(Refused, match="outdated"):
        listed(session, 77, start=start, until=start + LATER)


@pytest.mark.refusal("carrier.revocation_list_invalid")
@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30\x03\x02\x01\x05",
        pki.revocation_list(pki.generation(3), [77]),
        pki.revocation_list(pki.root(), [77]),
        pki.revocation_list(pki.generation(2), [77], number=None),
    ],
    ids=["empty", "no list", "the sister authority's", "the root's", "without a number"],
)
def test_a_list_of_somebody_else_is_not_loaded(session: Session, der: bytes) -> None:
    with pytest.raises(Refused, match="list_invalid"):
        revocation_lists.load(session, pki.citizens().issuers[0], der, now=NOON)


def test_a_long_list_is_loaded_in_pieces(session: Session) -> None:
    serials = range(1, 2 * revocation_lists.BATCH + 2)
    der = pki.revocation_list(pki.generation(2), serials)

    count = revocation_lists.load(session, pki.citizens().issuers[0], der, now=NOON)

    assert count == len(serials)
    assert status(session, silent, checked(len(serials))) is Status.REVOKED
