"""A member's own device and its certificate, over HTTP (7(6)3)."""

import pytest
from cryptography import x509
from sqlalchemy import select
from werkzeug.test import TestResponse

from adapters.certificate import authority
from adapters.certificate.models import DeviceCertificate
from audit.models import LedgerLine
from carriers.models import Binding, CarrierKind
from tests import make
from tests.certificates.test_devices import a_request
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web.test_passkeys import enrolled, sign_in

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def issuing(city: City) -> City:
    with city.database() as session:
        authority.make(session, make.KEYRING, name="Synthetic devices", now=city.now)
    return city


def by_password(city: City) -> Browser:
    browser = Browser(city)
    page = browser.get("/account/login")
    assert browser.submit(page, login_id="mei.chen", password=make.PASSWORD).location == "/account"
    return browser


def carrier(city: City) -> Binding:
    with city.database() as session:
        return session.scalars(select(Binding)).one()


def post(browser: Browser, url: str, **form: str) -> TestResponse:
    return browser.post(url, {**hidden(browser.get("/nothing")), **form})


@pytest.mark.clause("7(6)3")
def test_a_passkey_gets_a_certificate_over_its_own_key(issuing: City) -> None:
    passkey, browser = enrolled(issuing), Browser(issuing)
    sign_in(browser, passkey)
    url = f"/account/carriers/{carrier(issuing).id}"
    assert "領取數位憑證" in browser.get("/account/carriers").text

    assert post(browser, f"{url}/certify").location == "/account/carriers?done=certified"

    given = browser.get(f"{url}/certificate")
    certificate = x509.load_pem_x509_certificate(given.data)
    assert certificate.public_key() == passkey.key.public_key()
    assert "展期數位憑證" in browser.get("/account/carriers").text
    with issuing.database() as session:
        assert "device.certified" in session.scalars(select(LedgerLine.kind)).all()


@one_database
@pytest.mark.clause("7(6)3")
def test_a_device_is_registered_by_its_request_and_renewed(issuing: City) -> None:
    browser = by_password(issuing)
    page = browser.get("/account/carriers/device")

    done = browser.submit(page, request=a_request().decode(), name="我的筆電")

    assert done.location == "/account/carriers?done=certified"
    assert carrier(issuing).kind is CarrierKind.DEVICE
    assert "我的筆電" in browser.get("/account/carriers").text
    post(browser, f"/account/carriers/{carrier(issuing).id}/certify")
    with issuing.database() as session:
        assert len(session.scalars(select(DeviceCertificate)).all()) == 2
    assert post(browser, f"/account/carriers/{carrier(issuing).id}/remove").status_code == 303


@one_database
@pytest.mark.parametrize("sent", ["", "no request", "憑證", "x" * 30_000])
def test_what_is_no_request_is_shown_again_with_what_is_wrong(issuing: City, sent: str) -> None:
    browser = by_password(issuing)

    page = post(browser, "/account/carriers/device", request=sent)

    assert page.status_code == 422
    assert "無法讀取憑證請求檔" in page.text


@one_database
def test_without_an_authority_no_page_offers_a_certificate(city: City) -> None:
    enrolled(city)
    browser = by_password(city)

    assert "數位憑證" not in browser.get("/account/carriers").text
    assert browser.get("/account/carriers/device").status_code in {303, 404}
    assert browser.get(f"/account/carriers/{carrier(city).id}/certificate").status_code == 404
