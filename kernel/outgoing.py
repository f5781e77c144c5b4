"""Call other servers without being led astray by an address (server-side request forgery).

A registered name may point into our own network, now or at the next look-up. So the name is
looked up once, every answer must be a public address, and the connection goes to the address that
was checked. Redirects are not followed, proxies of the environment not used, answers not believed
to be short or quick.
"""

import socket
import ssl
from collections.abc import Collection
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from threading import Timer
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
) -> Answer:
    """GET `url`, or POST `body` to it.

    `private_hosts` are names an operator allows although they lie in our own network; only they
    may be called over http. Raises CallFailed, AddressForbidden.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in PORTS or not host or parts.username is not None:
        raise AddressForbidden("call.address_unusable")
    if parts.scheme == "http" and host not in private_hosts:
        raise AddressForbidden("call.http")
    connection = HTTPConnection(host, parts.port)
    try:
        connection.sock = _connect(parts, host, private=host in private_hosts)
    except ssl.SSLError:
        raise CallFailed("call.tls") from None
    except OSError:
        raise CallFailed("call.no_connection") from None
    # Timeouts count from byte to byte; whoever drips is hung up on.
    deadline = Timer(seconds, _hang_up, [connection.sock])
    deadline.start()
    try:
        return _exchange(connection, parts, body, content_type)
    except (OSError, HTTPException, ValueError):
        raise CallFailed("call.no_answer") from None
    finally:
        deadline.cancel()
        connection.close()


def _exchange(
    connection: HTTPConnection, parts: SplitResult, body: bytes | None, content_type: str
) -> Answer:
    headers = {"Accept": "application/json", "User-Agent": "taipei-id", "Connection": "close"}
    if body is not None:
        headers["Content-Type"] = content_type
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("GET" if body is None else "POST", target, body, headers)
    response = connection.getresponse()
    return Answer(response.status, response.read(MOST_BYTES))


def _connect(parts: SplitResult, host: str, *, private: bool) -> socket.socket:
    port = parts.port or PORTS[parts.scheme]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if not private and not all(_is_public(address) for address in addresses):
        raise AddressForbidden("call.private_address")
    plain = _first(addresses, port)
    if parts.scheme == "http":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise


def _first(addresses: list[str], port: int) -> socket.socket:
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, port), CONNECT_SECONDS)
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), CONNECT_SECONDS)


def _is_public(address: str) -> bool:
    parsed = ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return bool(mapped.is_global) and not mapped.is_multicast


def _hang_up(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was over already
