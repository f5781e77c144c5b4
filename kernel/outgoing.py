"""Call other servers without being led astray by an address (server-side request forgery).

A registered name may point into our own network, now or at the next look-up. So the name is
looked up once, every answer must be a public address, and the connection goes to the address that
was checked. Redirects are not followed, proxies of the environment not used, answers not believed
to be short or quick: the look-up, the connection and the answer share the seconds one call has.
"""

import socket
import ssl
import time
from collections.abc import Collection
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address, ip_network
from pathlib import Path
from threading import Thread, Timer
from urllib.parse import SplitResult, urlsplit

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 15.0
MOST_BYTES = 64 * 1024
PORTS = {"https": 443, "http": 80}


class CallFailed(Exception):
    """The call could not be made or was not answered; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class AddressForbidden(CallFailed):
    """The address is one we must not call, however often it is tried."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


def call(
    url: str,
    body: bytes | None = None,
    *,
    content_type: str = "",
    private_hosts: Collection[str] = (),
    seconds: float = WHOLE_SECONDS,
    most: int = MOST_BYTES,
    signed: bool = False,
    authorities: Path | None = None,
    authorization: str = "",
) -> Answer:
    """GET `url`, or POST `body` to it; of the answer at most `most` bytes are read.

    `private_hosts` are names an operator allows although they lie in our own network; only they
    may be called over http, and those whose answers are `signed` in themselves (RFC 5280 8).
    `authorities` is a file of certificates believed beside those the system believes.
    Raises CallFailed, AddressForbidden.
    """
    parts, host, port = _read(url)
    private = host in private_hosts
    if parts.scheme == "http" and not private and not signed:
        raise AddressForbidden("call.http")
    tls = None if parts.scheme == "http" else _tls(authorities)
    try:
        connection = HTTPConnection(host, port)
    except HTTPException:  # a host nobody could be asked for: with a blank, say
        raise AddressForbidden("call.address_unusable") from None
    ends_at = time.monotonic() + seconds
    try:
        connection.sock = _connect(tls, host, port, private=private, ends_at=ends_at)
    except ssl.SSLError:
        raise CallFailed("call.tls") from None
    except (OSError, UnicodeError):  # the latter for a name no look-up can hold
        raise CallFailed("call.no_connection") from None
    deadline = _Deadline(connection.sock, ends_at - time.monotonic())
    try:
        headers = {"Authorization": authorization} if authorization else {}
        answer = _exchange(connection, parts, body, {**headers, **_kind(content_type)}, most)
    except (OSError, HTTPException, ValueError):
        raise CallFailed("call.no_answer") from None
    finally:
        deadline.cancel()
        connection.close()
    if deadline.has_passed:  # what was read until then looks like a whole answer
        raise CallFailed("call.no_answer")
    return answer


def _read(url: str) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise AddressForbidden("call.address_unusable") from None
    if parts.scheme not in PORTS or not host or parts.username is not None:
        raise AddressForbidden("call.address_unusable")
    return parts, host, port or PORTS[parts.scheme]


def _kind(content_type: str) -> dict[str, str]:
    return {"Content-Type": content_type} if content_type else {}


class _Deadline:
    """Hang up after so many seconds: the socket's own timeout begins anew with each byte."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self.has_passed = False
        self._sock = sock
        self._timer = Timer(seconds, self._hang_up)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        self._timer.cancel()

    def _hang_up(self) -> None:
        self.has_passed = True
        with suppress(OSError):  # it was over already
            self._sock.shutdown(socket.SHUT_RDWR)


def _exchange(
    connection: HTTPConnection,
    parts: SplitResult,
    body: bytes | None,
    own: dict[str, str],
    most: int,
) -> Answer:
    usual = {"Accept": "application/json", "User-Agent": "taipei-id", "Connection": "close"}
    headers = {**usual, **own}
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("GET" if body is None else "POST", target, body, headers)
    response = connection.getresponse()
    return Answer(response.status, response.read(most))


@cache
def _tls(authorities: Path | None) -> ssl.SSLContext:
    """Return how we look at certificates; read once, for reading them takes 20 ms."""
    context = ssl.create_default_context()
    if authorities is not None:
        context.load_verify_locations(authorities)
    return context


def _connect(
    tls: ssl.SSLContext | None, host: str, port: int, *, private: bool, ends_at: float
) -> socket.socket:
    addresses = _looked_up(host, port, _left(ends_at))
    if not private and not all(_is_public(address) for address in addresses):
        raise AddressForbidden("call.private_address")
    plain = _first(addresses, port, ends_at)
    try:
        plain.settimeout(min(_left(ends_at), CONNECT_SECONDS))  # for the whole handshake
        return plain if tls is None else tls.wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise


def _left(ends_at: float) -> float:
    """Return how many seconds are left. Raises TimeoutError if none are."""
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _looked_up(host: str, port: int, seconds: float) -> list[str]:
    """Return the addresses of a name; who answers for it may think for half a minute."""
    answer: Future[list[str]] = Future()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as bug:
            answer.set_exception(bug)
        else:
            answer.set_result([str(each[4][0]) for each in found])

    Thread(target=ask, daemon=True).start()  # no look-up can be told to stop
    return answer.result(seconds)


def _first(addresses: list[str], port: int, ends_at: float) -> socket.socket:
    for tried, address in enumerate(addresses[:-1]):
        share = _left(ends_at) / (len(addresses) - tried)  # so that none uses up the others' time
        try:
            return socket.create_connection((address, port), min(share, CONNECT_SECONDS))
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), min(_left(ends_at), CONNECT_SECONDS))


# IPv6 that carries an IPv4 address to wherever a gateway takes it, and what was "site-local" once.
CARRIES = tuple(
    map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::/96", "fec0::/10"))
)


def _is_public(address: str) -> bool:
    parsed = ip_address(address.partition("%")[0])
    if any(parsed in each for each in CARRIES):
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return bool(mapped.is_global) and not mapped.is_multicast
