"""Prove that no registered address leads a call into our own network."""

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from kernel import clock, outgoing
from kernel.outgoing import AddressForbidden, CallFailed

HERE = frozenset({"localhost", "127.0.0.1"})


class Site(BaseHTTPRequestHandler):
    """A site with a few bad habits."""

    def do_GET(self) -> None:
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/secret")
            self.end_headers()
        elif self.path == "/drip":
            self.wfile.write(b"HTTP/1.0 200 OK\r\n")
            for _ in range(200):
                self.wfile.write(b"X-Drip: drop\r\n")
                self.wfile.flush()
                time.sleep(0.05)
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * 1_000_000 if self.path == "/long" else b"hello")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.end_headers()
        shown = [self.headers["Content-Type"], self.headers["Authorization"] or ""]
        self.wfile.write(" ".join(filter(None, shown)).encode() + b" " + body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Say nothing."""


class Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Take no notice of who hung up."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with Quiet(("127.0.0.1", 0), Site) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0.0.0.0",  # noqa: S104  # not bound, called
        "10.0.0.7",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[fe80::1]",
        "[fd00::1]",
        "[::]",
        "[::127.0.0.1]",
        "[64:ff9b::a00:1]",  # a gateway makes 10.0.0.1 of it
        "[64:ff9b:1::a00:1]",
        "[2002:a00:1::]",
        "[fec0::1]",
    ],
)
def test_an_address_of_our_own_network_is_not_called(host: str) -> None:
    with pytest.raises(AddressForbidden, match=r"^call\.private_address$"):
        outgoing.call(f"https://{host}/", b"{}")


def test_a_name_with_one_private_address_among_public_ones_is_not_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))
        for address in ("93.184.215.14", "10.0.0.7")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    with pytest.raises(AddressForbidden):
        outgoing.call("https://rebinding.invalid/", b"{}")


def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_up, connected = [], []

    def look_up(host: str, port: int, **_: object) -> list[object]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", port))]

    def connect(address: tuple[str, int], _seconds: float) -> socket.socket:
        connected.append(address)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)

    with pytest.raises(CallFailed, match=r"^call\.no_connection$"):
        outgoing.call("https://site.invalid:8443/", b"{}")

    assert looked_up == ["site.invalid"]
    assert connected == [("93.184.215.14", 8443)]


def test_a_site_of_many_silent_addresses_gets_no_more_patience_than_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"8.8.8.{last}", 443)) for last in range(8)
    ]

    def say_nothing(_address: tuple[str, int], seconds: float) -> socket.socket:
        waited.append(seconds)
        time.sleep(seconds)
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", say_nothing)

    with pytest.raises(CallFailed, match=r"^call\.no_connection$"):
        outgoing.call("https://site.invalid/", seconds=0.4)

    assert sum(waited) <= 0.4  # what was allowed, not what it took
    assert waited[0] < 0.1  # so that the next has some left


def test_nobody_waits_longer_for_a_name_than_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over, connected = Event(), []

    def think(host: str, port: int, **_: object) -> list[object]:
        is_over.wait(5)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", port))]

    def connect(address: tuple[str, int], _seconds: float) -> socket.socket:
        connected.append(address)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", think)
    monkeypatch.setattr(socket, "create_connection", connect)

    with pytest.raises(CallFailed, match=r"^call\.no_connection$"):
        outgoing.call("https://site.invalid/", seconds=0.2)
    is_over.set()

    assert connected == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://site.invalid/", "call.http"),
        ("ftp://site.invalid/", "call.address_unusable"),
        ("file:///etc/passwd", "call.address_unusable"),
        ("https://", "call.address_unusable"),
        ("https://site.invalid:port/", "call.address_unusable"),
        ("https://user@site.invalid/", "call.address_unusable"),
        ("https://site invalid/x", "call.address_unusable"),
        ("https://site\x7finvalid/x", "call.address_unusable"),
        ("https://[v1.site invalid]/", "call.address_unusable"),
    ],
)
def test_only_https_to_a_plain_address_is_called(url: str, code: str) -> None:
    with pytest.raises(AddressForbidden) as refused:
        outgoing.call(url)

    assert refused.value.code == code


def test_a_host_an_operator_allows_is_called_over_http(site: str) -> None:
    answer = outgoing.call(
        f"{site}/notice", b"signed", content_type="application/x", private_hosts=HERE
    )

    assert answer == outgoing.Answer(202, b"application/x signed")


def test_a_redirect_is_not_followed(site: str) -> None:
    assert outgoing.call(f"{site}/redirect", private_hosts=HERE).status == 302


def test_a_long_answer_is_cut_off(site: str) -> None:
    answer = outgoing.call(f"{site}/long", private_hosts=HERE)

    assert len(answer.body) == outgoing.MOST_BYTES


def test_who_drips_is_hung_up_on(site: str) -> None:
    began = time.monotonic()

    with pytest.raises(CallFailed, match=r"^call\.no_answer$"):
        outgoing.call(f"{site}/drip", private_hosts=HERE, seconds=0.3)

    assert time.monotonic() - began < 5


def test_no_proxy_of_the_environment_is_used(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert outgoing.call(f"{site}/", private_hosts=HERE).body == b"hello"


def test_a_site_without_tls_is_not_talked_to(site: str) -> None:
    with pytest.raises(CallFailed, match=r"^call\.tls$"):
        outgoing.call(site.replace("http:", "https:"), private_hosts=HERE)


def test_a_site_that_is_away_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with pytest.raises(CallFailed, match=r"^call\.no_connection$"):
        outgoing.call(f"http://127.0.0.1:{port}/", private_hosts=HERE)


def a_certificate(folder: Path) -> Path:
    """Write a key and the certificate that a site of our own network signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "site.pem"
    path.write_bytes(
        certificate.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return path


def test_an_authority_of_the_operators_own_is_believed_beside_the_systems(tmp_path: Path) -> None:
    pem = a_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with Quiet(("127.0.0.1", 0), Site) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        url = f"https://localhost:{server.server_port}/"
        with pytest.raises(CallFailed, match=r"^call\.tls$"):
            outgoing.call(url, private_hosts=HERE)
        told = outgoing.call(url, private_hosts=HERE, authorities=pem)
        server.shutdown()
        thread.join()

    assert told.body == b"hello"


def test_who_calls_may_prove_who_they_are(site: str) -> None:
    answer = outgoing.call(
        f"{site}/ping",
        b"{}",
        content_type="application/json",
        authorization="Bearer a-token",
        private_hosts=HERE,
    )

    assert answer.body == b"application/json Bearer a-token {}"
