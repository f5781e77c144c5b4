"""Others who are shown a device's certificate can learn that it counts no more."""

from datetime import timedelta
from uuid import UUID

import pytest
from cryptography import x509
from sqlalchemy import delete
from sqlalchemy.orm import Session

from adapters.certificate import authority, device_list, devices
from adapters.certificate.models import DeviceCertificate
from carriers import bindings
from carriers.models import Binding, CarrierEvent, Happening, Suspension
from members.models import Member
from tests import make
from tests.certificates import pki
from tests.certificates.test_devices import a_request, bound, no_token, read

pytestmark = pytest.mark.clause("7(6)3")


@pytest.fixture
def mei(session: Session) -> UUID:
    return make.a_member(session).id


def the_list(session: Session, *, later: timedelta = timedelta()) -> x509.CertificateRevocationList:
    by = authority.opened(session, make.KEYRING, no_token)
    session.flush()
    der = device_list.make(session, by, now=make.NOON + later)
    found = x509.load_der_x509_crl(der)
    assert found.is_signature_valid(by.key.public_key())
    return found


def is_on(found: x509.CertificateRevocationList, issued: DeviceCertificate) -> bool:
    serial = read(issued).serial_number
    return found.get_revoked_certificate_by_serial_number(serial) is not None


def test_a_device_in_use_is_not_on_the_list(session: Session, mei: UUID) -> None:
    _, issued = bound(session, mei)

    assert not is_on(the_list(session), issued)


def test_a_lost_and_a_removed_device_are(session: Session, mei: UUID) -> None:
    lost, of_lost = bound(session, mei)
    bindings.suspend(session, lost, Suspension.LOST, actor=mei, now=make.NOON)
    other, of_other = bound(session, mei, a_request(pki.ec_key("second device")))
    bindings.release(session, other, actor=mei, now=make.NOON)

    found = the_list(session)

    assert is_on(found, of_lost)
    assert is_on(found, of_other)
    entry = found.get_revoked_certificate_by_serial_number(read(of_lost).serial_number)
    assert entry is not None
    assert entry.revocation_date_utc == make.NOON


def test_a_device_whose_account_is_gone_is_until_it_runs_out(session: Session, mei: UUID) -> None:
    _, issued = bound(session, mei)
    session.execute(delete(Binding))
    session.execute(delete(Member).where(Member.id == mei))
    session.expire_all()

    assert is_on(the_list(session), issued)
    assert not is_on(the_list(session, later=authority.LIFETIME), issued)


def test_a_list_says_when_the_next_comes_and_its_number_grows(session: Session, mei: UUID) -> None:
    bound(session, mei)
    first, second = the_list(session), the_list(session, later=timedelta(seconds=1))
    numbers = [
        each.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        for each in (first, second)
    ]

    assert numbers[1] == numbers[0] + 1
    assert first.next_update_utc == make.NOON + device_list.LIFETIME


def test_what_is_issued_says_where_the_list_is(session: Session) -> None:
    authority.make(session, make.KEYRING, name="Synthetic devices", now=make.NOON)
    by = authority.opened(session, make.KEYRING, no_token)
    key = pki.ec_key("device").public_key()
    place = "https://id.invalid/devices/x.crl"

    plain = authority.issue(by, key, now=make.NOON)
    told = authority.issue(
        authority.Authority(row=by.row, certificate=by.certificate, key=by.key, list_url=place),
        key,
        now=make.NOON,
    )

    points = told.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    (names,) = [each.full_name for each in points]
    assert names is not None
    assert [each.value for each in names] == [place]
    with pytest.raises(x509.ExtensionNotFound):
        plain.extensions.get_extension_for_class(x509.CRLDistributionPoints)


@pytest.mark.clause("7(7)")
def test_a_renewal_is_a_line_of_the_carriers_history(session: Session, mei: UUID) -> None:
    binding, _ = bound(session, mei)
    by = authority.opened(session, make.KEYRING, no_token)

    devices.renew(session, by, binding, now=make.NOON + timedelta(days=80))

    happened = session.query(CarrierEvent.happening, CarrierEvent.reason, CarrierEvent.actor)
    assert happened.order_by(CarrierEvent.at.desc()).first() == (Happening.RENEWED, "issued", mei)
