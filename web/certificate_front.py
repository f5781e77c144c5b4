"""Take a certificate that the browser itself presents, over TLS, to the proxy at the front.

The way is: our page → `start` → the front, where the proxy has the browser prove that it holds a
key → `present` → back to our page with a ticket. The proxy proves possession and nothing else;
which certificate counts, and for whom, the adapter says (docs/decisions/0046).
"""

from collections.abc import Mapping
from typing import Any, TypeAlias
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.certificate.adapter import CertificateAdapter
from kernel.db import transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_nonce
from web import (
    certificate_lists,
    challenges,
    cookies,
    csrf,
    fronts,
    headers,
    presented,
    proofs,
    scope,
)
from web.card_program import Front

bp = Blueprint("certificate_front", __name__, url_prefix="/certificate")
KIND = "certificate"  # in addresses (web.card_ways)
LONGEST_NEXT = 512
_TICKETS = ("n", "t")  # in the address of the page that takes a presented certificate
Values: TypeAlias = dict[str, Any]  # of an address: all text, but url_for takes more
_ONWARD = ("next", "need")  # where the visitor was going: kept on the way to the front and back


def adapter() -> CertificateAdapter:
    """Return the adapter. Raises NotFound where no certificates are taken."""
    found = certificate_lists.adapter_of(scope.rooms())
    if found is None:
        raise NotFound("carrier.not_found")
    return found


def front() -> Front | None:
    """Return what a page needs to send the browser there, None where no front stands."""
    address = scope.rooms().settings.certificate_front
    if not address:
        return None
    headers.allow_form_target(address)
    nonce, ticket = (request.args.get(each, "") for each in _TICKETS)
    return Front(start_url=url_for("certificate_front.start"), nonce=nonce, ticket=ticket)


@bp.post("/start")
def start() -> Response:
    """Send the browser to the front, where it presents a certificate."""
    csrf.require()
    taking, address = adapter(), scope.rooms().settings.certificate_front
    if not address:
        raise NotFound("carrier.not_found")
    nonce = proofs.ask(taking).nonce
    path = url_for("certificate_front.present", nonce=nonce, **_onward(request.form))
    return redirect(_at(address) + path, 303)


def _onward(sent: Mapping[str, str]) -> Values:
    return {name: sent[name][:LONGEST_NEXT] for name in _ONWARD if sent.get(name)}


def _at(address: str) -> str:
    """Return the front's address: a host nobody has seen before, so no browser answers unasked."""
    return address.replace("*", new_nonce(10).hex())


@bp.get("/present/<nonce>")
def present(nonce: str) -> Response:
    """Take what the browser presented to the proxy, and send it back to our page.

    Only here, at the front's own host and with the proxy's secret, is the header looked at.
    """
    _require_from_front()
    der, ticket = fronts.certificate(request.environ), None
    rooms, now = scope.rooms(), scope.now()
    if der is not None:
        with transaction(rooms.sessions) as session:
            if challenges.is_open(session, nonce, now=now):
                ticket = presented.put(session, der, nonce=nonce, keyring=rooms.keyring, now=now)
    values = _tickets(nonce, ticket or "") | _onward(request.args)
    back = url_for("certificate_front.back", **values)
    return redirect(rooms.settings.issuer + back, 303)


def _require_from_front() -> None:
    settings = scope.rooms().settings
    secret = settings.certificate_front_secret.get_secret_value()
    if not fronts.Front(settings.certificate_front, secret).is_passed(request.environ):
        raise NotFound("carrier.not_found")


@bp.get("/back")
def back() -> Response:
    """Go back to the page that asked, in the browser that asked."""
    nonce, ticket = (request.args.get(each, "") for each in _TICKETS)
    place = challenges.find_place(scope.db(), nonce, browser=cookies.browser(), now=scope.now())
    if place is None:
        raise Refused("challenge.expired")
    return redirect(_page_of(place, _tickets(nonce, ticket) | _onward(request.args)), 303)


def _tickets(nonce: str, ticket: str) -> Values:
    return dict(zip(_TICKETS, (nonce, ticket), strict=True))


def _page_of(place: str, values: Values) -> str:
    word = place.partition("-")[0]
    page = {"bind": "new_card", "confirm": "confirm_card", "account": "card_login"}.get(word)
    if page is not None:
        return url_for(f"account.{page}", kind=KIND, **values)
    try:
        interaction_id = UUID(place)
    except ValueError:
        raise NotFound("interaction.not_found") from None
    return url_for("interactions.card_page", interaction_id=interaction_id, kind=KIND, **values)
