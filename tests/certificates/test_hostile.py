"""Hostile input to certificates: giant lists, replayed answers, wrong clocks, DER bombs."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as x509_ocsp
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adapters.certificate import authority, checks, ocsp, revocation, revocation_lists
from adapters.certificate.answers import LONGEST, Answers
from adapters.certificate.checks import Checked
from adapters.certificate.models import RevocationList, RevokedSerial
from adapters.certificate.ocsp import Status
from kernel.db import Sessions
from kernel.errors import Refused
from kernel.outgoing import CallFailed
from tests.certificates import pki
from tests.certificates.pki import Leaf
from tests.certificates.responder import REVOKED, Answering
from tests.certificates.test_revocation import answered, checked, listed
from tests.make import NOON
from web import certificate_lists


def status(
    session: Session, about: Checked, answers: Answers, fetch: ocsp.Fetch, *, later: timedelta
) -> Status:
    return revocation.status_of(session, about, fetch, answers, now=NOON + later)


class Counting:
    """A responder that is counted."""

    def __init__(self, about: Checked, answering: Answering) -> None:
        self._fetch = answered(answering, about)
        self.asked = 0

    def __call__(self, url: str, body: bytes) -> bytes | None:
        self.asked += 1
        return self._fetch(url, body)


# Giant lists


def test_a_giant_list_is_not_read_to_its_end(sessions: Sessions) -> None:
    """The fetch stops at 64 MB; what is in force stays in force, and the job is tried again."""
    told: list[int] = []

    def get(url: str, *, seconds: float, most: int, signed: bool) -> Any:
        told.append(most)
        raise CallFailed("call.too_long")

    with pytest.raises(Exception, match=r"call\.too_long"):
        certificate_lists.fetch(sessions, pki.citizens().issuers[0], get, now=NOON)
    assert told == [certificate_lists.MOST_BYTES]
    assert certificate_lists.MOST_BYTES <= 64 * 1024 * 1024


@pytest.mark.refusal("carrier.revocation_list_invalid")
@given(junk=st.binary(max_size=200))
def test_a_list_with_bytes_in_it_that_are_none_changes_nothing(
    session: Session, junk: bytes
) -> None:
    session.rollback()
    der = pki.revocation_list(
        pki.generation(2), (1, 2), number=1, start=NOON - timedelta(hours=1), until=NOON + LONGEST
    )
    middle = len(der) // 2

    with pytest.raises(Refused, match=r"^carrier\.revocation_list_invalid$"):
        revocation_lists.load(
            session, pki.citizens().issuers[0], der[:middle] + b"!" + junk + der[middle:], now=NOON
        )
    assert session.scalar(select(func.count()).select_from(RevocationList)) == 0


@pytest.mark.refusal("carrier.revocation_list_invalid")
def test_a_list_that_lies_about_its_length_changes_nothing(session: Session) -> None:
    for bomb in (b"\x30\x84\xff\xff\xff\xff", b"\x30\x80" * 5000, b"\x30\x89" + b"\xff" * 9):
        with pytest.raises(Refused, match=r"^carrier\.revocation_list_invalid$"):
            revocation_lists.load(session, pki.citizens().issuers[0], bomb, now=NOON)
    assert session.scalar(select(func.count()).select_from(RevokedSerial)) == 0


@pytest.mark.refusal("carrier.revocation_list_invalid")
def test_a_list_of_no_version_there_is_changes_nothing(session: Session) -> None:
    der = pki.revocation_list(
        pki.generation(2), (1, 2), number=1, start=NOON - timedelta(hours=1), until=NOON + LONGEST
    )
    odd = der.replace(b"\x02\x01\x01", b"\x02\x01\x02", 1)

    with pytest.raises(Refused, match=r"^carrier\.revocation_list_invalid$"):
        revocation_lists.load(session, pki.citizens().issuers[0], odd, now=NOON)


# Replayed answers


def test_an_answer_about_yesterday_is_not_believed_today(session: Session) -> None:
    about = checked()
    taped = answered(Answering(), about)(pki.OCSP_URL, _request(about))

    said = status(session, about, Answers(), lambda _url, _body: taped, later=timedelta())
    day_after = status(
        session, about, Answers(), lambda _url, _body: taped, later=timedelta(days=1)
    )

    assert said is Status.UNAVAILABLE  # another question's nonce
    assert day_after is Status.UNAVAILABLE


def test_an_answer_without_nonce_can_be_replayed_for_minutes_only(session: Session) -> None:
    about = checked()
    taped = answered(Answering(nonce=b"", until=None), about)(pki.OCSP_URL, _request(about))

    def replay(_url: str, _body: bytes) -> bytes | None:
        return taped

    assert status(session, about, Answers(), replay, later=timedelta()) is Status.GOOD
    assert (
        status(session, about, Answers(), replay, later=timedelta(minutes=11)) is Status.UNAVAILABLE
    )


def _request(about: Checked) -> bytes:
    builder = x509_ocsp.OCSPRequestBuilder().add_certificate(
        about.certificate, about.issuer.certificate, SHA256()
    )
    nonce = x509.OCSPNonce(b"another question")
    return builder.add_extension(nonce, critical=False).build().public_bytes(Encoding.DER)


# Answers that are used again


def test_a_good_answer_serves_until_it_says_it_is_old(session: Session) -> None:
    about, answers = checked(), Answers()
    responder = Counting(about, Answering(until=NOON + timedelta(minutes=3)))
    for minutes in (0, 1, 2):
        later = timedelta(minutes=minutes)
        assert status(session, about, answers, responder, later=later) is Status.GOOD
    assert responder.asked == 1

    status(session, about, answers, responder, later=timedelta(minutes=3))

    assert responder.asked == 2


def test_it_serves_five_minutes_at_most_and_not_at_all_without_an_end(session: Session) -> None:
    about = checked()
    for until, asked in ((NOON + timedelta(days=7), 2), (None, 3)):
        responder, answers = Counting(about, Answering(until=until)), Answers()
        for minutes in (0, 4, 6):
            status(session, about, answers, responder, later=timedelta(minutes=minutes))
        assert responder.asked == asked


def test_a_bad_answer_is_never_kept(session: Session) -> None:
    about, answers = checked(), Answers()
    responder = Counting(about, Answering(status=REVOKED))
    for _ in range(2):
        assert status(session, about, answers, responder, later=timedelta()) is Status.REVOKED

    assert responder.asked == 2


def test_a_list_condemns_whatever_was_kept(session: Session) -> None:
    about, answers = checked(), Answers()
    responder = Counting(about, Answering())
    assert status(session, about, answers, responder, later=timedelta()) is Status.GOOD

    listed(session, 77)

    assert status(session, about, answers, responder, later=timedelta()) is Status.REVOKED


def test_only_so_many_are_kept_and_one_certificates_is_not_anothers(session: Session) -> None:
    answers, first, second = Answers(most=1), checked(77), checked(78)
    for about in (first, second):
        answers.keep(about, until=NOON + LONGEST, now=NOON)

    assert not answers.has_good(first, now=NOON)
    assert answers.has_good(second, now=NOON)
    assert not answers.has_good(checked(77, by=pki.generation(3)), now=NOON)


# Clocks


def test_a_clock_put_back_makes_no_answer_last_longer() -> None:
    answers, about = Answers(), checked()
    answers.keep(about, until=NOON + LONGEST, now=NOON)

    assert answers.has_good(about, now=NOON)
    assert not answers.has_good(about, now=NOON - timedelta(seconds=1))
    answers.keep(about, until=NOON, now=NOON)  # over already
    assert answers.has_good(about, now=NOON)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (timedelta(minutes=2), Status.GOOD),  # the responder's clock is a little ahead
        (timedelta(minutes=3), Status.UNAVAILABLE),
        (timedelta(minutes=-10), Status.GOOD),
        (timedelta(minutes=-11), Status.UNAVAILABLE),
    ],
)
def test_a_responders_clock_may_be_off_a_little(
    session: Session, made: timedelta, expected: Status
) -> None:
    about = checked()
    answering = Answering(made_at=NOON + made, until=NOON + timedelta(hours=1))

    found = status(session, about, Answers(), answered(answering, about), later=timedelta())

    assert found is expected


@pytest.mark.refusal("carrier.certificate_not_yet_valid")
@pytest.mark.refusal("carrier.certificate_expired")
@pytest.mark.parametrize(
    ("moved", "code"),
    [(timedelta(days=-4000), "not_yet_valid"), (timedelta(days=4000), "expired")],
)
def test_a_certificate_holds_by_our_clock_not_by_its_bearers(moved: timedelta, code: str) -> None:
    with pytest.raises(Refused, match=rf"^carrier\.certificate_{code}$"):
        checks.check(Leaf().der(), (pki.citizens(),), now=NOON + moved)


# DER that is none


@pytest.mark.refusal("carrier.certificate_invalid")
@given(
    data=st.one_of(
        st.binary(max_size=400),
        st.tuples(st.integers(0, 900), st.binary(min_size=1, max_size=20)).map(
            lambda change: Leaf().der()[: change[0]] + change[1]
        ),
    )
)
def test_bytes_that_are_no_certificate_are_refused_in_a_word(data: bytes) -> None:
    with pytest.raises(Refused, match=r"^carrier\.certificate_"):
        checks.check(data, (pki.citizens(),), now=NOON)


@pytest.mark.refusal("device.request_unreadable")
@pytest.mark.parametrize(
    "bomb", [b"", b"-----BEGIN CERTIFICATE REQUEST-----\n", b"\x30\x80" * 8000, b"A" * 20_000]
)
def test_a_request_that_is_none_is_refused(bomb: bytes) -> None:
    with pytest.raises(Refused, match=r"^device\.request_unreadable$"):
        authority.requested_key(bomb)
