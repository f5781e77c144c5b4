"""nginx as we deploy it for clients' programs: real TLS, real certificates, forged headers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idp import keys
from kernel import clock
from kernel.db import open_engine
from kernel.settings import DEMO_MASTER_KEY
from tests import mtls, tables
from tests.certificates import pki
from tests.certificates.pki import Leaf
from tests.live.front import SHARED, Front, a_front
from tests.live.programs import running
from tests.live.server import DISCOVERY, KEYRING, TAIPEI_ID, Provider

pytestmark = pytest.mark.slow
OWN = mtls.issued(x509.DNSName("api.bank.invalid"))
OTHER = mtls.issued(x509.DNSName("api.shop.invalid"), key=pki.ec_key("shop"))
OLD = mtls.issued(x509.DNSName("api.bank.invalid"), end=clock.now() - timedelta(days=1))


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Serve on a Unix socket behind nginx; `bank` is known by its certificate."""
    folder: Path = tmp_path_factory.mktemp("mtls")
    at = a_front(folder / "nginx")
    url = f"sqlite+pysqlite:///{folder}/provider.sqlite3"
    tables.prepare(url)
    engine = open_engine(url, pool_size=2)
    provider = Provider(at.issuer, engine)
    with provider.database() as session:
        keys.ensure(session, KEYRING, now=clock.now())
    provider.register(
        "bank",
        auth_method="tls_client_auth",
        certificate={"san_dns": "api.bank.invalid"},
        certificate_bound=True,
    )
    environment = {
        "TAIPEI_ID_DEMO": "1",
        "TAIPEI_ID_ISSUER": at.issuer,
        "TAIPEI_ID_MASTER_KEY": DEMO_MASTER_KEY,
        "TAIPEI_ID_DATABASE_URL": url,
        "TAIPEI_ID_TRUSTED_PROXIES": "1",
        "TAIPEI_ID_MTLS__FRONT": at.clients,
        "TAIPEI_ID_MTLS__AUTHORITIES": str(mtls.write_authorities(folder)),
        "TAIPEI_ID_CERTIFICATE_FRONT_SECRET": SHARED,
    }
    command = [*TAIPEI_ID, "serve", "--socket", str(at.folder / "taipei-id.sock"), "--workers", "1"]
    with (
        running(command, environment=environment, log=folder / "provider.log", ready=[]),
        at.serving(ready=DISCOVERY),
    ):
        yield at
    engine.dispose()


def revoke(front: Front, leaf: Leaf | None, *, base: str = "", **headers: str) -> requests.Response:
    """Call the endpoint that asks nothing of a client but who it is."""
    with requests.Session() as http:
        http.trust_env = False
        http.verify = str(front.folder / "front.pem")
        if leaf is not None:
            http.cert = str(_file_of(front, leaf))
        form = {"client_id": "bank", "token": "x"}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return http.post((base or front.clients) + "/revoke", form, headers=sent, timeout=60)


def _file_of(front: Front, leaf: Leaf) -> Path:
    key = leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = front.folder / "client.pem"
    path.write_bytes(leaf.sign().public_bytes(Encoding.PEM) + key)
    return path


def test_discovery_names_the_front(front: Front) -> None:
    told = requests.get(front.issuer + DISCOVERY, timeout=60).json()

    assert told["mtls_endpoint_aliases"]["revocation_endpoint"] == f"{front.clients}/revoke"
    assert "tls_client_auth" in told["token_endpoint_auth_methods_supported"]


def test_the_certificate_of_the_client_is_taken(front: Front) -> None:
    assert revoke(front, OWN).status_code == 200


@pytest.mark.parametrize(
    "leaf", [OTHER, mtls.issued(x509.DNSName("api.bank.invalid"), by=pki.root()), None]
)
def test_no_other_is(front: Front, leaf: Leaf | None) -> None:
    refused = revoke(front, leaf)

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_nginx_turns_away_what_has_expired(front: Front) -> None:
    assert revoke(front, OLD).status_code == 400


def forged() -> dict[str, str]:
    told = dict(mtls.headers(OWN.sign()))
    return {name.replace("-", "_"): value for name, value in told.items()} | {
        "X_Client_Certificate_Secret": SHARED
    }


def test_a_forged_header_at_the_front_is_replaced(front: Front) -> None:
    assert revoke(front, None, **forged()).status_code == 401
    assert revoke(front, OTHER, **forged()).status_code == 401


def test_a_forged_header_at_the_issuer_is_taken_away(front: Front) -> None:
    host = front.clients.removeprefix("https://")

    assert revoke(front, None, base=front.issuer, **forged()).status_code == 401
    assert revoke(front, None, base=front.issuer, Host=host, **forged()).status_code == 401
