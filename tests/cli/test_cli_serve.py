import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from gunicorn.workers.sync import SyncWorker  # type: ignore[import-untyped]  # no types
from sqlalchemy import Engine

import migrations
from kernel.settings import Settings, Tls
from tests.cli.conftest import Taipei
from web import serving

ROOT = Path(migrations.__file__).parents[1]


def test_the_service_does_not_start_without_tables(
    environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    served = taipei_id("serve")

    assert served.exit_code == 1
    assert served.stderr == "Error: the database was never prepared; run 'taipei-id db upgrade'\n"


def test_the_service_does_not_start_without_keys(prepared: Engine, taipei_id: Taipei) -> None:
    served = taipei_id("serve")

    assert served.exit_code == 1
    assert (
        served.stderr
        == "Error: no key signs ES256 or EdDSA or PS256 or RS256; run 'taipei-id keys rotate'\n"
    )


def test_the_service_does_not_start_without_its_adapters(
    prepared: Engine, environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    taipei_id("keys", "rotate")
    environment.setenv("TAIPEI_ID_ADAPTERS", "telepathy")

    served = taipei_id("serve")

    assert served.exit_code == 1
    assert "no adapter is called telepathy" in served.stderr


@pytest.mark.parametrize("words", [("--port", "0"), ("--port", "70000"), ("--workers", "0")])
def test_a_number_out_of_range_is_a_wrong_call(taipei_id: Taipei, words: tuple[str, str]) -> None:
    assert taipei_id("serve", *words).exit_code == 2


@pytest.mark.parametrize(("proxies", "believed"), [(0, ""), (1, "*")])
def test_forwarded_headers_are_believed_only_behind_a_proxy_of_ours(
    environment: pytest.MonkeyPatch, proxies: int, believed: str
) -> None:
    options = serving.options(Settings(trusted_proxies=proxies), bind="127.0.0.1:8600", workers=2)

    assert options["forwarded_allow_ips"] == believed
    assert options["forwarder_headers"] == ""


def test_the_service_speaks_tls_itself_if_it_has_a_certificate(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    paths = {name: tmp_path / name for name in ("certificate", "key")}
    for path in paths.values():
        path.write_text("PEM")

    plain = serving.options(Settings(), bind="127.0.0.1:8600", workers=1)
    options = serving.options(Settings(tls=Tls(**paths)), bind="127.0.0.1:8600", workers=1)

    assert "certfile" not in plain
    assert (options["certfile"], options["keyfile"]) == tuple(map(str, paths.values()))


def test_gunicorn_takes_every_option(environment: pytest.MonkeyPatch) -> None:
    application = serving.Serving(Settings(), bind="127.0.0.1:8600", workers=3)

    assert application.cfg.workers == 3
    assert issubclass(application.cfg.worker_class, SyncWorker)
    assert application.cfg.preload_app is False
    assert application.cfg.accesslog is None
    assert application.cfg.forwarded_allow_ips == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def served(prepared: Engine, taipei_id: Taipei) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    taipei_id("keys", "rotate")
    port = free_port()
    words = ["serve", "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(
        [sys.executable, "-c", "from web.cli import main; main()", *words],
        cwd=ROOT,
        env=dict(os.environ),
        stderr=subprocess.PIPE,
        text=True,
    )
    yield port, server
    if server.poll() is None:
        server.kill()
    server.communicate()


def get(port: int, path: str) -> HTTPResponse:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path)
        return connection.getresponse()


def wait_for(port: int, server: subprocess.Popen[str]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise AssertionError(server.communicate()[1])
        try:
            get(port, "/.well-known/openid-configuration")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the service did not answer within half a minute")


@pytest.mark.slow
def test_the_service_serves_logs_json_and_ends_when_told(
    served: tuple[int, subprocess.Popen[str]],
) -> None:
    port, server = served
    wait_for(port, server)

    found = get(port, "/.well-known/openid-configuration")
    server.send_signal(signal.SIGTERM)
    said = server.communicate(timeout=30)[1].splitlines()

    assert found.status == 200
    assert server.returncode == 0
    announced, *logged = said
    assert (
        announced == f"Taipei ID serves http://localhost:8600 on 127.0.0.1:{port} with 2 workers."
    )
    assert all("event" in json.loads(each) for each in logged), said


@pytest.mark.slow
def test_no_query_string_reaches_the_log(served: tuple[int, subprocess.Popen[str]]) -> None:
    port, server = served
    wait_for(port, server)

    get(port, "/authorize?code=hush-hush&login_hint=mei.chen")
    server.send_signal(signal.SIGTERM)

    said = server.communicate(timeout=30)[1]
    assert "hush-hush" not in said
    assert "mei.chen" not in said
