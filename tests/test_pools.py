"""nginx as deployed sends programs' calls to workers of their own, and no password among them."""

import re
import shutil
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from idp.discovery import CALLED, PATHS
from tests.flows.provider import the_settings
from tests.live import front, fronts
from tests.live.programs import free_port, running
from web import door, wellknown
from web.app import create_app

PEOPLE, PROGRAMS = "people", "programs"
ISSUER, CLIENTS = "id.example.org", "mtls.id.example.org"
PER_VISITOR = 60  # at once, from one address; nginx.conf
BESIDE = """
server {{
    listen unix:{folder}/people.sock;
    location / {{ return 200 people; }}
    location /silence {{ return 444; }}
}}
server {{ listen unix:{folder}/programs.sock; location / {{ return 200 programs; }} }}
"""


@dataclass(frozen=True)
class Deployed:
    """nginx as deployed, in front of two servers that say which pool they are."""

    port: int
    folder: Path

    @property
    def written(self) -> str:
        """Return what nginx wrote into its logs."""
        logs = (self.folder / name for name in ("nginx.log", "access.log"))
        return "".join(each.read_text("utf-8") for each in logs)

    def answer(
        self, path: str, *, method: str = "GET", host: str = ISSUER, body: str = ""
    ) -> tuple[int, str]:
        """Send a path as it stands; return the status and which pool answered."""
        said = self._said([_request(method, path, host, body=body)], host=host)
        return int(said.split()[1]), said.rpartition("\r\n\r\n")[2]

    def at_once(self, count: int, path: str, *, visitor: str, host: str = ISSUER) -> set[int]:
        """Send so many requests from one address without waiting; return how they were answered."""
        asked = [_request("GET", path, host, then="keep-alive")] * (count - 1)
        said = self._said([*asked, _request("GET", path, host)], host=host, visitor=visitor)
        return {int(each) for each in re.findall(r"^HTTP/1.1 (\d+)", said, re.MULTILINE)}

    def _said(self, asked: Sequence[str], *, host: str, visitor: str = "127.0.0.1") -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        address, own = ("127.0.0.1", self.port), (visitor, 0)
        with (
            closing(socket.create_connection(address, 60, source_address=own)) as plain,
            context.wrap_socket(plain, server_hostname=host) as connection,
        ):
            connection.sendall("".join(asked).encode())
            return connection.makefile("rb").read().decode()


def _request(method: str, path: str, host: str, *, then: str = "close", body: str = "") -> str:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: {then}\r\n\r\n{body}"
    )


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder: Path = tmp_path_factory.mktemp("pools")
    plain, tls = free_port(), free_port()
    beside = BESIDE.format(folder=folder) + (
        f"server {{ listen 127.0.0.1:{(asked := free_port())}; return 200 ready; }}"
    )
    conf = fronts.write(folder, plain=plain, tls=tls, beside=beside)
    command = [front.NGINX, "-p", str(folder), "-c", str(conf)]
    ready = [f"http://localhost:{asked}/"]
    with running(command, environment={}, log=folder / "nginx.log", ready=ready):
        yield Deployed(tls, folder)


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(the_settings())


@pytest.mark.parametrize(
    "path",
    [
        *(PATHS[name] for name in (*CALLED, "jwks_uri")),
        *wellknown.PATHS,
        "/receipts/jwks.json",
        "/devices/0b0e7a0a-0000-4000-8000-000000000000.crl",
        "/api/till/answers",
        "/api/agency/openapi.json",
        "/token?login_hint=/account/login",
        "//token",
        "/%74oken",
        "/account/../token",
    ],
)
def test_where_programs_call_their_own_workers_answer(deployed: Deployed, path: str) -> None:
    assert deployed.answer(path, method="POST") == (200, PROGRAMS)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        *(PATHS[name] for name in ("authorization_endpoint", "end_session_endpoint")),
        PATHS["registration_endpoint"],  # it may wait for a stranger's picture
        "/token/",
        "/Token",
        "/tokens",
        "/token/login",
        "/static/token",
        "/api",
        "/.well-known",
        "/jwks-json",
        "/account/login?/token",
        "/account/login%3f/token",
        "/api/../account/login",
        "/api/%2e%2e/account/login",
        "/api/..%2faccount/login",
    ],
)
def test_everything_else_is_for_the_workers_of_people(deployed: Deployed, path: str) -> None:
    assert deployed.answer(path) == (200, PEOPLE)


def test_no_address_of_a_password_is_among_those_of_programs(
    deployed: Deployed, app: Flask
) -> None:
    posted = [rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    passwords = [each for each in posted if each.endswith(door.PASSWORDS)]

    assert len(passwords) > 1
    assert {deployed.answer(each, method="POST") for each in passwords} == {(200, PEOPLE)}


@pytest.mark.parametrize("name", CALLED)
def test_programs_with_certificates_reach_the_same_workers(deployed: Deployed, name: str) -> None:
    assert deployed.answer(PATHS[name], host=CLIENTS) == (200, PROGRAMS)


@pytest.mark.parametrize("path", ["/api/till/answers", "/api/verify", "/api/events"])
def test_programs_with_certificates_reach_our_interfaces(deployed: Deployed, path: str) -> None:
    assert deployed.answer(path, method="POST", host=CLIENTS) == (200, PROGRAMS)


@pytest.mark.parametrize("path", ["/account/login", "/x/api/verify", "/metrics", "/"])
def test_programs_with_certificates_reach_nothing_below(deployed: Deployed, path: str) -> None:
    status, _page = deployed.answer(path, host=CLIENTS)

    assert status == 404


def test_a_page_asked_for_at_the_host_of_certificates_is_people_s(deployed: Deployed) -> None:
    assert deployed.answer("/lost", host=CLIENTS) == (200, PEOPLE)


def test_a_back_end_may_call_more_often_than_a_visitor_may_click(deployed: Deployed) -> None:
    often = 2 * PER_VISITOR

    assert deployed.at_once(often, "/token", visitor="127.0.0.2") == {200}
    assert deployed.at_once(often, "/news", visitor="127.0.0.3") == {200, 429}


def test_at_the_host_of_certificates_the_same_limits_hold(deployed: Deployed) -> None:
    often = 2 * PER_VISITOR

    assert deployed.at_once(often, "/api/verify", visitor="127.0.0.4", host=CLIENTS) == {200}
    assert deployed.at_once(often, "/lost", visitor="127.0.0.5", host=CLIENTS) == {200, 429}


HINT = "mei.chen"  # of a member who signs in


@pytest.mark.clause("10-I(2)")
@pytest.mark.parametrize("host", [ISSUER, CLIENTS])
def test_nginx_keeps_no_address_s_query_whatever_goes_wrong(deployed: Deployed, host: str) -> None:
    hinted = f"?login_hint={HINT}"
    too_often = deployed.at_once(
        2 * PER_VISITOR, f"/news{hinted}", visitor=f"127.0.1.{len(host)}", host=host
    )
    away = deployed.answer(f"/silence{hinted}", host=host)
    with no_room(deployed.folder / "client_body"):
        no_space = deployed.answer(f"/news{hinted}", method="POST", host=host, body="x" * 200_000)
    too_large = deployed.answer(f"/news{hinted}", method="POST", host=host, body="x" * 300_000)

    assert 429 in too_often
    assert [status for status, _ in (away, no_space, too_large)] == [502, 500, 413]
    assert '"GET /silence" 502' in deployed.written  # what befell it is known all the same
    assert HINT not in deployed.written


@contextmanager
def no_room(folder: Path) -> Iterator[None]:
    """Take away where nginx keeps long bodies while it reads them."""
    shutil.rmtree(folder)
    yield
    folder.mkdir()
