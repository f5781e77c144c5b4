"""mod_auth_openidc, the module with which agencies put a login in front of an old application."""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.live.server import Person, Provider
from tests.live.visitor import Visitor
from tests.relying_parties.httpd import HTTPD, MODULES, Site
from tests.relying_parties.registering import register

pytestmark = pytest.mark.slow

NEEDED = (Path(HTTPD), MODULES / "mod_auth_openidc.so")


@pytest.fixture(scope="session", autouse=True)
def _available() -> None:
    if all(each.exists() for each in NEEDED):
        return
    missing = "install Debian's apache2 and libapache2-mod-auth-openidc"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture
def site(provider: Provider) -> Iterator[Site]:
    # Not pytest's folder: root's Apache answers as another user, who may not look into it.
    with tempfile.TemporaryDirectory(prefix="taipei-id-httpd-") as folder:
        place = Site(Path(folder))
        client_id = f"apache-{place.port}"
        secret = register(
            provider,
            client_id,
            redirect_uris=[place.callback],
            post_logout_redirect_uris=[place.goodbye],
        )
        assert secret
        with place.serving(issuer=provider.issuer, client_id=client_id, secret=secret):
            yield place


@pytest.fixture
def reader(provider: Provider, site: Site) -> Person:
    return provider.enrol(f"apache.{site.port}")


def shown(visitor: Visitor) -> dict[str, str]:
    """Return what the protected page says about who is looking at it."""
    found = dict(re.findall(r"<dt>(\w+)</dt><dd>(.*)</dd>", visitor.page))
    assert found, f"{visitor.url} ({visitor.status})\n{visitor.page}"
    return found


def test_a_page_behind_apache_is_shown_after_signing_in(
    site: Site, reader: Person, visitor: Visitor
) -> None:
    visitor.open(f"{site.origin}/members/").log_in(reader).consent("birthdate")

    seen = shown(visitor)
    assert visitor.url == f"{site.origin}/members/"
    assert seen["name"] == "陳美玉"
    assert seen["birthdate"] == "1990-04-01"
    assert seen["email"] == "(none)"
    assert seen["user"]


def test_apache_renews_its_tokens(site: Site, reader: Person, visitor: Visitor) -> None:
    visitor.open(f"{site.origin}/members/").log_in(reader).consent()
    before = shown(visitor)

    back, token = quote(f"{site.origin}/members/", safe=""), quote(before["access"], safe="")
    visitor.open(f"{site.callback}?refresh={back}&access_token={token}")

    after = shown(visitor)
    assert after["access"] != before["access"]
    assert after["user"] == before["user"]


def test_signing_out_at_apache_signs_out_of_the_city(
    provider: Provider, site: Site, reader: Person, visitor: Visitor
) -> None:
    visitor.open(f"{site.origin}/members/").log_in(reader).consent()

    visitor.open(f"{site.callback}?logout={quote(site.goodbye, safe='')}").submit("logout_yes")

    assert visitor.url.startswith(site.goodbye)
    assert visitor.open(f"{provider.issuer}/account").shows("submit_login")
    assert visitor.open(f"{site.origin}/members/").shows("submit_login")


def test_whoever_refuses_consent_is_not_let_in(
    site: Site, reader: Person, visitor: Visitor
) -> None:
    visitor.open(f"{site.origin}/members/").log_in(reader)
    visitor.submit("consent_deny").submit("refused_leave")

    # Debian's version takes the `iss` of an error for a login started elsewhere, so its error
    # page does not say access_denied; but it is an error page, at its own address.
    assert visitor.url.startswith(f"{site.callback}?error=access_denied")
    assert "Error" in visitor.page
    assert reader.login not in visitor.page
    assert "<dt>" not in visitor.page
