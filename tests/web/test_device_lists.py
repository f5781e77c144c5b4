"""The public list of device certificates that count no more, and what a carrier's history says."""

import pytest
from cryptography import x509
from sqlalchemy import select

from adapters.certificate import authority
from adapters.certificate.models import DeviceCertificate
from carriers import bindings
from carriers.models import Binding, CarrierKind
from kernel.ids import new_id
from tests.certificates.test_devices import a_request
from tests.flows.provider import ISSUER, City
from tests.web.test_devices import by_password, carrier, issuing, one_database, post

__all__ = ["issuing"]


def address(city: City) -> str:
    with city.database() as session:
        row = authority.find(session)
    assert row is not None
    return f"/devices/{row.id}.crl"


def serial(city: City) -> int:
    with city.database() as session:
        der = session.scalars(select(DeviceCertificate.certificate)).one()
    return x509.load_der_x509_certificate(der).serial_number


def is_on(city: City) -> bool:
    response = city.call(address(city))
    assert response.mimetype == "application/pkix-crl"
    assert response.headers["Cache-Control"] == "public, max-age=10"
    found = x509.load_der_x509_crl(response.data)
    return found.get_revoked_certificate_by_serial_number(serial(city)) is not None


@pytest.mark.clause("7(6)3")
@pytest.mark.clause("7(7)")
def test_a_lost_device_is_on_the_list_that_its_certificate_names(issuing: City) -> None:
    browser = by_password(issuing)
    page = browser.get("/account/carriers/device")
    browser.submit(page, request=a_request().decode(), name="我的筆電")
    given = browser.get(f"/account/carriers/{carrier(issuing).id}/certificate")
    points = x509.load_pem_x509_certificate(given.data).extensions.get_extension_for_class(
        x509.CRLDistributionPoints
    )
    assert f"{ISSUER}{address(issuing)}" in str(points)
    assert not is_on(issuing)

    post(browser, f"/account/carriers/{carrier(issuing).id}/lost")

    assert not is_on(issuing)  # made a moment ago
    issuing.wait(seconds=10)
    assert is_on(issuing)


@one_database
def test_there_is_no_list_of_an_authority_there_is_not(issuing: City) -> None:
    assert issuing.call(f"/devices/{new_id()}.crl").status_code == 404


@pytest.mark.clause("7(6)1")
@one_database
def test_a_mark_on_a_cards_face_and_a_new_certificate_stand_in_its_history(issuing: City) -> None:
    browser = by_password(issuing)
    page = browser.get("/account/carriers/device")
    browser.submit(page, request=a_request().decode(), name="我的筆電")
    post(browser, f"/account/carriers/{carrier(issuing).id}/certify")
    with issuing.database() as session:
        binding = session.scalars(select(Binding)).one()
        binding.kind = CarrierKind.CARD
        bindings.mark_face(session, binding, counter="大安", clerk=new_id(), now=issuing.now)

    shown = browser.get("/account/carriers").text

    assert "換了新的憑證" in shown
    assert "在卡面註記，窗口：大安" in shown
    assert "窗口承辦人" in shown
