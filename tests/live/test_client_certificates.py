"""nginx as we deploy it, real TLS, a real provider: only who holds a good card gets in."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding

from adapters.certificate import enrolment, pinning, revocation_lists
from adapters.certificate.adapter import CertificateAdapter
from idp import keys
from kernel import clock
from kernel.db import open_engine
from kernel.settings import DEMO_MASTER_KEY
from members import register
from tests import tables
from tests.certificates import files, pki
from tests.certificates.holder import LAST_FOUR, NAME, silent
from tests.certificates.pki import Leaf
from tests.live.front import SHARED, Front, a_front
from tests.live.programs import running
from tests.live.server import DISCOVERY, KEYRING, TAIPEI_ID, Provider
from tests.live.visitor import Visitor

pytestmark = pytest.mark.slow
GOOD = Leaf(serial=77)
LOGIN = "/account/login/certificate"


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Serve on a Unix socket behind nginx; one member has bound a certificate."""
    folder: Path = tmp_path_factory.mktemp("front")
    at = a_front(folder / "nginx")
    url = f"sqlite+pysqlite:///{folder}/provider.sqlite3"
    pinned = files.pinned(folder, pki.generation(2), ocsp_url="")
    tables.prepare(url)
    engine = open_engine(url, pool_size=2)
    prepare(Provider(at.issuer, engine), pinned)
    environment = {
        "TAIPEI_ID_DEMO": "1",
        "TAIPEI_ID_ISSUER": at.issuer,
        "TAIPEI_ID_MASTER_KEY": DEMO_MASTER_KEY,
        "TAIPEI_ID_DATABASE_URL": url,
        "TAIPEI_ID_TRUSTED_PROXIES": "1",
        "TAIPEI_ID_ADAPTERS": "password,passkey,certificate",
        "TAIPEI_ID_CERTIFICATES": str(pinned),
        "TAIPEI_ID_CERTIFICATE_FRONT": at.pattern,
        "TAIPEI_ID_CERTIFICATE_FRONT_SECRET": SHARED,
    }
    socket = at.folder / "taipei-id.sock"
    command = [*TAIPEI_ID, "serve", "--socket", str(socket), "--workers", "2"]
    log = folder / "provider.log"
    with (
        running(command, environment=environment, log=log, ready=[]),
        at.serving(ready=DISCOVERY),
    ):
        yield at
    engine.dispose()


def prepare(provider: Provider, pinned: Path) -> None:
    now = clock.now()
    person = provider.enrol("holder", name=NAME)
    listed = pki.revocation_list(
        pki.generation(2), [66], start=now - timedelta(hours=1), until=now + timedelta(days=1)
    )
    believed = pinning.read(pinned)
    key = KEYRING.derive("adapter/certificate/v1")
    adapter = CertificateAdapter(pinned=believed, key=key, fetch=silent)
    with provider.database() as session:
        keys.ensure(session, KEYRING, now=now)
        revocation_lists.load(session, believed.issuers[0], listed, now=now)
        member = register.find_by_login(session, person.login)
        assert member is not None
        enrolment.finish(
            session,
            adapter,
            GOOD.der(),
            member_id=member.id,
            member_name=NAME,
            last_four=LAST_FOUR,
            on_record=frozenset(),
            name="",
            acr="",
            now=now,
        )


def at_the_front(front: Front) -> tuple[Visitor, str]:
    """Go as far as the address that asks for a certificate."""
    visitor = Visitor("https://")
    visitor.open(front.issuer + LOGIN).submit("present_certificate")
    assert visitor.has_stopped()
    return visitor, visitor.url


def after(visitor: Visitor, answer: tuple[int, str]) -> str:
    """Come back from the front, finish if a certificate came, and return the page."""
    status, location = answer
    assert status in {302, 303}, answer
    visitor.open(location)
    if visitor.shows("submit_card") and "憑證讀到了" in visitor.page:
        visitor.submit("submit_card")
    return visitor.page


def signed_in(visitor: Visitor, front: Front) -> bool:
    visitor.open(front.issuer + "/account")
    return urlsplit(visitor.url).path == "/account"


@pytest.mark.clause("7(6)3")
def test_a_good_card_signs_in(front: Front) -> None:
    visitor, url = at_the_front(front)

    after(visitor, front.call(url, holder=GOOD))

    assert signed_in(visitor, front)


def lookalike() -> Leaf:
    authority = pki.authority(pki.CITIZENS, pki.rsa_key("lookalike"), pki.root())
    return Leaf(serial=77, by=authority)


REFUSED: dict[str, tuple[Callable[[], Leaf], str]] = {
    "revoked": (lambda: Leaf(serial=66), "廢止"),
    "of a look-alike authority": (lookalike, "不受理"),
    "for encryption": (lambda: Leaf(usage=pki._usage(encryption=True)), "加密"),
    "of another policy": (lambda: Leaf(policies=("1.2.3",)), "不能用來登入"),
    "not bound": (
        lambda: Leaf(subject=pki.name("合成會員二", serial="0000000100000002")),
        "還沒有綁定",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_nginx_passes_what_we_refuse(front: Front, case: str) -> None:
    leaf, said = REFUSED[case]
    visitor, url = at_the_front(front)

    assert said in after(visitor, front.call(url, holder=leaf()))
    assert not signed_in(visitor, front)


def test_who_presents_nothing_is_told_so(front: Front) -> None:
    visitor, url = at_the_front(front)

    assert "沒有讀到憑證" in after(visitor, front.call(url))


def test_what_has_expired_comes_back_to_our_own_page(front: Front) -> None:
    visitor, url = at_the_front(front)
    expired = Leaf(end=clock.now() - timedelta(days=1))

    assert "沒有讀到憑證" in after(visitor, front.call(url, holder=expired))


FORGED = quote(GOOD.sign().public_bytes(Encoding.PEM).decode())
NAMES = ("X-Client-Certificate", "x-client-certificate", "X_Client_Certificate")


@pytest.mark.parametrize("name", NAMES)
def test_a_forged_header_at_the_front_is_replaced(front: Front, name: str) -> None:
    visitor, url = at_the_front(front)
    headers = {name: FORGED, "X-Client-Certificate-Secret": SHARED}

    page = after(visitor, front.call(url, headers=headers))

    assert "沒有讀到憑證" in page
    assert not signed_in(visitor, front)


@pytest.mark.parametrize("name", NAMES)
def test_a_forged_header_at_our_own_pages_is_taken_away(front: Front, name: str) -> None:
    _, url = at_the_front(front)
    headers = {name: FORGED, "X-Client-Certificate-Secret": SHARED}
    headers["Host"] = urlsplit(url).netloc

    response = requests.get(front.issuer + urlsplit(url).path, headers=headers, timeout=60)

    assert response.status_code == 404


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/account/login", "GET"),
        ("/certificate/present/", "GET"),
        ("/certificate/present/" + "a" * 42, "GET"),
        ("/certificate/present/" + "a" * 43 + "/..", "GET"),
        ("/CERTIFICATE/present/" + "a" * 43, "GET"),
        ("/certificate/present/" + "a" * 43, "POST"),
        ("/certificate/start", "POST"),
    ],
)
def test_the_front_has_one_path_and_one_method(front: Front, path: str, method: str) -> None:
    _, url = at_the_front(front)
    parts = urlsplit(url)

    status, _ = front.call(
        f"https://{parts.netloc}{path}", holder=GOOD, method=method, headers={"Content-Length": "0"}
    )

    assert status in {403, 404}


def test_a_question_is_answered_once(front: Front) -> None:
    visitor, url = at_the_front(front)
    first, again = front.call(url, holder=GOOD), front.call(url, holder=GOOD)

    assert first[1].partition("&t=")[2]
    assert not again[1].partition("&t=")[2]
    after(visitor, first)
    assert signed_in(visitor, front)
