import os
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from kernel import clock
from tests import make
from tests.certificates import pki, tokens
from tests.certificates.files import pinned
from tests.cli.conftest import Taipei
from web.cli import main

GENERATION = pki.generation(2)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: make.NOON)


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[str]:
    """Serve a list on loopback; every other path is not there."""
    body = pki.revocation_list(GENERATION, [1, 2])

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/0.crl" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def set_up(
    environment: pytest.MonkeyPatch,
    folder: Path,
    ocsp_url: str = "http://ocsp.example/",
    crl_url: str = "",
) -> None:
    environment.setenv(
        "TAIPEI_ID_CERTIFICATES",
        str(pinned(folder, GENERATION, ocsp_url=ocsp_url, crl_url=crl_url)),
    )
    environment.setenv("TAIPEI_ID_PRIVATE_HOSTS", "127.0.0.1")


def test_a_list_is_fetched_and_shown(
    environment: pytest.MonkeyPatch, prepared: Engine, tmp_path: Path, lists: str, taipei_id: Taipei
) -> None:
    set_up(environment, tmp_path, crl_url=lists + "/{number}.crl")

    before = taipei_id("certificates", "lists")
    after = taipei_id("certificates", "lists", "--fetch")

    assert before.exit_code == after.exit_code == 0
    assert before.stdout.splitlines()[1].split("\t")[1:5] == ["–"] * 4
    assert after.stdout.splitlines()[1].split("\t")[1:3] == ["1", "2"]


def test_a_list_that_is_away_says_so(
    environment: pytest.MonkeyPatch, prepared: Engine, tmp_path: Path, lists: str, taipei_id: Taipei
) -> None:
    set_up(environment, tmp_path, crl_url=lists + "/elsewhere")

    fetched = taipei_id("certificates", "lists", "--fetch")

    assert fetched.exit_code == 1
    assert "call.status_404" in fetched.stderr


def test_a_list_in_a_file_is_put_in_force(
    environment: pytest.MonkeyPatch, prepared: Engine, tmp_path: Path, taipei_id: Taipei
) -> None:
    set_up(environment, tmp_path)
    ours, theirs = tmp_path / "ours.crl", tmp_path / "theirs.crl"
    ours.write_bytes(pki.revocation_list(GENERATION, [7]))
    theirs.write_bytes(pki.revocation_list(pki.generation(3), [7]))

    assert "in force" in taipei_id("certificates", "lists", "--load", str(ours)).stdout
    assert taipei_id("certificates", "lists", "--load", str(theirs)).exit_code == 1


def test_without_authorities_there_is_nothing_to_show(prepared: Engine, taipei_id: Taipei) -> None:
    assert "no authority is pinned" in taipei_id("certificates", "lists").stderr


def finding(taipei_id: Taipei) -> str:
    said = taipei_id("doctor").stdout.splitlines()
    return next(each for each in said if each[2:].startswith("certificates: "))


def test_the_doctor_looks_at_the_authorities(
    environment: pytest.MonkeyPatch, prepared: Engine, tmp_path: Path, lists: str, taipei_id: Taipei
) -> None:
    assert finding(taipei_id).startswith("– certificates: no authority")

    set_up(environment, tmp_path, crl_url=lists + "/{number}.crl")
    assert "missing or too old" in finding(taipei_id)
    taipei_id("certificates", "lists", "--fetch")
    assert finding(taipei_id).startswith("✓ certificates: 1 authorities")
    environment.setattr(clock, "now", lambda: make.NOON + timedelta(days=2))
    assert "missing or too old" in finding(taipei_id)
    environment.setattr(clock, "now", lambda: make.NOON + timedelta(days=3650))
    assert "pin its next generation" in finding(taipei_id)


def test_the_doctor_finds_what_would_sign_nobody_in(
    environment: pytest.MonkeyPatch, prepared: Engine, tmp_path: Path, taipei_id: Taipei
) -> None:
    set_up(environment, tmp_path, ocsp_url="")
    assert "neither ocsp_url nor crl_url" in finding(taipei_id)

    (tmp_path / "certificates.toml").write_text("", "utf-8")
    assert "profiles" in finding(taipei_id)


@pytest.mark.clause("7(6)3")
def test_an_authority_for_devices_is_made_and_shown(prepared: Engine, taipei_id: Taipei) -> None:
    assert "--make NAME" in taipei_id("certificates", "authority").stderr

    made = taipei_id("certificates", "authority", "--make", "Synthetic devices")

    assert made.exit_code == 0
    assert "CN=Synthetic devices\tsealed in the database\t2036" in made.stdout
    assert taipei_id("certificates", "authority").stdout == made.stdout


def in_a_token(url: str) -> str:
    """Make the authority in a process of its own, for the library's sake."""
    os.environ["TAIPEI_ID_DATABASE_URL"] = url
    words = ["certificates", "authority", "--make", "In a token", "--token-key", "devices"]
    return CliRunner().invoke(main, words).output


def test_the_authoritys_key_may_be_made_in_a_token(
    environment: pytest.MonkeyPatch, prepared: Engine, tmp_path: Path, taipei_id: Taipei
) -> None:
    words = ("certificates", "authority", "--make", "In a token", "--token-key", "devices")
    assert "token.module" in taipei_id(*words).stderr

    with tokens.token(tmp_path) as where:
        environment.setenv("SOFTHSM2_CONF", where["SOFTHSM2_CONF"])
        for name, value in (("MODULE", tokens.MODULE), ("LABEL", tokens.LABEL)):
            environment.setenv(f"TAIPEI_ID_TOKEN__{name}", value)
        environment.setenv("TAIPEI_ID_TOKEN__PIN", tokens.PIN)
        said = tokens.apart(in_a_token, os.environ["TAIPEI_ID_DATABASE_URL"])

    assert "token key devices" in said


def test_a_server_without_the_library_says_what_to_install(
    environment: pytest.MonkeyPatch, prepared: Engine, taipei_id: Taipei
) -> None:
    environment.setenv("TAIPEI_ID_TOKEN__MODULE", tokens.MODULE)
    environment.setitem(sys.modules, "adapters.certificate.token_key", None)

    words = ("certificates", "authority", "--make", "In a token", "--token-key", "devices")

    assert "taipei-id[pkcs11]" in taipei_id(*words).stderr
