"""Serve the device authorization endpoint: a kiosk waits for a member's phone (RFC 8628 3.1)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from clients import terminals
from clients.directory import RegisteredClient
from clients.grant_types import DEVICE
from idp import awaited
from idp.awaited import Wait
from idp.client_authentication import permitted_client
from idp.errors import ProtocolError
from idp.models import Way
from idp.parameters import Parameters
from idp.possession import NOTHING, Shown
from idp.provider import Provider
from kernel.ids import new_reference, new_secret
from kernel.keyring import keyed_hash

PATH = "/device_authorization"
PAGE = "/device"
LIFETIME = timedelta(minutes=10)  # to find a phone, sign in and decide


def ask(
    provider: Provider,
    session: Session,
    form: Parameters,
    *,
    authorization: str | None,
    key: bytes,
    shown: Shown = NOTHING,
    now: datetime,
    draw: Callable[[], str] = new_reference,
) -> dict[str, Any]:
    """Let a device wait; return the code it polls with and the one a person types.

    `terminal` may name the registered place where it stands. Raises ProtocolError.
    """
    client = permitted_client(
        provider,
        session,
        form,
        grant_type=DEVICE,
        endpoint=PATH,
        authorization=authorization,
        shown=shown,
        now=now,
    )
    sent = form.single()
    asked = awaited.read(provider, session, client, sent, now=now)
    place = _place(session, client, sent.get("terminal"))
    handle, code = new_secret(), draw()
    while not awaited.keep(session, asked, _wait(code, place, key), handle=handle, now=now):
        code = draw()  # another device shows the same characters just now
    address = provider.issuer + PAGE
    return {
        "device_code": handle,
        "user_code": f"{code[:4]}-{code[4:]}",
        "verification_uri": address,
        "verification_uri_complete": f"{address}?code={code}",
        "expires_in": int(LIFETIME.total_seconds()),
        "interval": awaited.INTERVAL,
    }


def _wait(code: str, place: str, key: bytes) -> Wait:
    return Wait(way=Way.DEVICE, lifetime=LIFETIME, typed_hash=hash_of(code, key), place=place)


def hash_of(code: str, key: bytes) -> bytes:
    """Return what the table knows a typed code by; keyed, for 40 bits could be tried."""
    return keyed_hash(key, "awaited/typed/v1", code)


def _place(session: Session, client: RegisteredClient, terminal: str | None) -> str:
    """Return where a registered device stands: the city's words, never the asking program's."""
    if terminal is None:
        return ""
    place = terminals.find_place(session, client.id, terminal)
    if place is None:
        raise ProtocolError("invalid_request", "terminal is not registered for this client")
    return place
