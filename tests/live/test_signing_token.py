"""Several server processes sign with keys of one PKCS#11 token, and none of them has a key."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import KeySet
from joserfc.jwt import decode

from idp.models import SigningKey
from kernel.db import open_engine
from kernel.settings import DEMO_MASTER_KEY
from tests import tables
from tests.certificates.tokens import LABEL, MODULE, PIN, token
from tests.live.programs import ROOT, free_port, running
from tests.live.server import DISCOVERY, TAIPEI_ID, Provider
from tests.live.test_serving import CALLBACK, exchange, request_to
from tests.live.visitor import Visitor

pytestmark = pytest.mark.slow
SIGN_INS = 6


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """Serve with two workers; the first keys were made in the token."""
    folder: Path = tmp_path_factory.mktemp("token")
    url, port = f"sqlite+pysqlite:///{folder}/provider.sqlite3", free_port()
    tables.prepare(url)
    engine = open_engine(url, pool_size=2)
    with token(folder) as where:
        environment = {
            **where,
            "TAIPEI_ID_DEMO": "1",
            "TAIPEI_ID_ISSUER": f"http://localhost:{port}",
            "TAIPEI_ID_MASTER_KEY": DEMO_MASTER_KEY,
            "TAIPEI_ID_DATABASE_URL": url,
            "TAIPEI_ID_SIGNING__IN_TOKEN": "1",
            "TAIPEI_ID_TOKEN__MODULE": MODULE,
            "TAIPEI_ID_TOKEN__LABEL": LABEL,
            "TAIPEI_ID_TOKEN__PIN": PIN,
        }
        rotate = [*TAIPEI_ID, "keys", "rotate"]
        subprocess.run(rotate, env={**os.environ, **environment}, cwd=ROOT, check=True)
        provider = Provider(environment["TAIPEI_ID_ISSUER"], engine)
        command = [*TAIPEI_ID, "serve", "--port", str(port), "--workers", "2"]
        ready, log = [provider.issuer + DISCOVERY], folder / "provider.log"
        with running(command, environment=environment, log=log, ready=ready):
            yield provider
    engine.dispose()


def test_each_process_signs_and_none_holds_a_key(sealed: Provider, visitor: Visitor) -> None:
    sealed.register("museum", auth_method="none", sector="museum.invalid", id_token_alg="EdDSA")
    visitor.stops.append(CALLBACK)
    address = request_to(sealed, "museum")
    visitor.open(address).log_in(sealed.enrol("mei")).consent("birthdate")
    published: Any = sealed.call("/jwks.json").json()  # JSON

    signed = []
    for _ in range(SIGN_INS):
        code = visitor.open(address).answer()["code"]
        signed.append(exchange(sealed, "museum", code).json()["id_token"])

    keys = KeySet.import_key_set(published)
    assert {decode(each, keys, algorithms=["EdDSA"]).claims["aud"] for each in signed} == {"museum"}
    with sealed.database() as session:
        assert {row.private_sealed for row in session.query(SigningKey)} == {None}
