"""Revocation lists are fetched by the worker; what one revokes stops, and its member is told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from adapters.certificate.pinning import Pinned
from audit.models import LedgerLine, TrailEntry
from carriers.models import Binding, Suspension
from kernel import jobs
from kernel.jobs import Job, JobDelayed, JobImpossible, Work
from kernel.outgoing import AddressForbidden, Answer, CallFailed
from tests import make
from tests.certificates import pki
from tests.certificates.holder import Holder, an_adapter, bound, install
from tests.certificates.pki import Leaf
from tests.flows.provider import City
from web import certificate_lists, handlers
from web.certificate_lists import ListFetcher

URL = "http://crl.example/g2.crl"
ISSUER = pki.issuer(pki.generation(2), ocsp_url=pki.OCSP_URL, crl_url=URL)
PINNED = Pinned(
    profiles=(replace(pki.citizens(), issuers=(ISSUER, pki.issuer(pki.generation(3)))),)
)


@pytest.fixture
def listed_city(city: City) -> City:
    install(city, an_adapter(pinned=PINNED))
    return city


def work(issuer: str = ISSUER.key_id.hex()) -> Work:
    return Work(UUID(int=1), certificate_lists.KIND, {"issuer": issuer}, 1, make.NOON)


def bringing(body: bytes, status: int = 200) -> Callable[..., Answer]:
    def get(url: str, **_limits: Any) -> Answer:  # seconds, most, signed
        assert url == URL
        return Answer(status, body)

    return get


def failing(error: Exception) -> Callable[..., Answer]:
    def get(_url: str, **_limits: Any) -> Answer:  # the same
        raise error

    return get


def fetch(city: City, get: Callable[..., Answer], issuer: str = ISSUER.key_id.hex()) -> None:
    ListFetcher(city.app.extensions["taipei_id"], get)(work(issuer), now=city.now)


def a_list(*serials: int, **changes: Any) -> bytes:  # parts of a list
    return pki.revocation_list(pki.generation(2), serials, **changes)


def events(city: City) -> list[str]:
    with city.database() as session:
        return list(session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)))


def carrier(city: City) -> Binding:
    with city.database() as session:
        return session.scalars(select(Binding)).one()


def a_card(city: City) -> None:
    with city.database() as session:
        bound(session, Holder(leaf=Leaf(serial=77)), member_id=city.member_id())


def test_each_list_with_an_address_is_asked_for_once_an_hour(listed_city: City) -> None:
    rooms = listed_city.app.extensions["taipei_id"]

    for wait in (0, 30, 31):
        listed_city.wait(minutes=wait)
        certificate_lists.ask(rooms, now=listed_city.now)
        certificate_lists.ask(rooms, now=listed_city.now)

    with listed_city.database() as session:
        waiting = [each.payload for each in jobs.listed(session, failed_only=False)]
    assert waiting == [{"issuer": ISSUER.key_id.hex()}] * 2


def test_where_no_certificates_are_offered_nothing_is_asked(city: City) -> None:
    rooms = city.app.extensions["taipei_id"]

    certificate_lists.ask(rooms, now=city.now)
    fetch(city, bringing(b""))

    with city.database() as session:
        assert session.scalars(select(Job)).all() == []
    assert certificate_lists.KIND in handlers.handlers(rooms)


@pytest.mark.clause("7(7)")
def test_a_revoked_certificate_is_suspended_and_its_member_told(listed_city: City) -> None:
    a_card(listed_city)

    fetch(listed_city, bringing(a_list(1, 77)))

    assert carrier(listed_city).suspension is Suspension.REVOKED
    with listed_city.database() as session:
        assert "carrier.revoked" in session.scalars(select(LedgerLine.kind)).all()
        mails = session.scalars(select(Job).where(Job.kind == "mail.send")).all()
        assert [each.payload["template"] for each in mails] == ["carrier.revoked"]
        entry = session.scalars(
            select(TrailEntry).where(TrailEntry.event == "certificates.list_loaded")
        ).one()
        assert (entry.detail["revoked"], entry.detail["suspended"]) == (2, 1)


def test_a_list_that_names_others_suspends_nobody(listed_city: City) -> None:
    a_card(listed_city)

    fetch(listed_city, bringing(a_list(1, 2, 3)))

    assert carrier(listed_city).is_usable


def test_a_list_in_force_already_is_not_written_again(listed_city: City) -> None:
    fetch(listed_city, bringing(a_list(1)))
    fetch(listed_city, bringing(a_list(1)))

    assert events(listed_city).count("certificates.list_loaded") == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "carrier.revocation_list_invalid"),
        (b"\x30" * 100_000, "carrier.revocation_list_invalid"),
        (pki.revocation_list(pki.generation(3), [1]), "carrier.revocation_list_invalid"),
        (a_list(1)[:-20], "carrier.revocation_list_invalid"),
        (a_list(1, until=make.NOON - timedelta(minutes=1)), "carrier.revocation_list_outdated"),
    ],
    ids=["empty", "garbage", "the sister authority's", "cut short", "of yesterday"],
)
def test_a_list_that_is_not_believed_is_given_up_and_noted(
    listed_city: City, body: bytes, code: str
) -> None:
    with pytest.raises(JobImpossible) as given_up:
        fetch(listed_city, bringing(body))

    assert given_up.value.code == code
    assert events(listed_city)[-1] == "certificates.list_refused"


def test_an_old_list_played_again_brings_nobody_back(listed_city: City) -> None:
    fetch(listed_city, bringing(a_list(77, number=2)))

    with pytest.raises(JobImpossible, match="rolled_back"):
        fetch(listed_city, bringing(a_list(number=1)))


def test_an_address_that_is_away_is_asked_again(listed_city: City) -> None:
    with pytest.raises(JobDelayed, match="call"):
        fetch(listed_city, failing(CallFailed("call.no_answer")))
    with pytest.raises(JobDelayed, match="status_404"):
        fetch(listed_city, bringing(b"", 404))
    with pytest.raises(JobImpossible, match="private"):
        fetch(listed_city, failing(AddressForbidden("call.private_address")))


def test_a_job_for_an_authority_no_longer_pinned_does_nothing(listed_city: City) -> None:
    fetch(listed_city, failing(AssertionError()), issuer="00")
