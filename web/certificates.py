"""Sign in with a certificate: by a card program's token, or presented to the proxy over TLS.

Over TLS the way is: our page → `start` → the front, where the proxy has the browser prove that it
holds a key → `present` → back to our page with a ticket. The proxy proves possession and nothing
else; which certificate counts, and for whom, the adapter says (docs/decisions/0046).
"""

import re
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from adapters.certificate.adapter import CertificateAdapter
from adapters.contract import NotProven, Proof
from kernel.db import transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_nonce
from kernel.refusals import refusal
from web import (
    certificate_lists,
    challenges,
    cookies,
    csrf,
    fronts,
    headers,
    login,
    pages,
    presented,
    proofs,
    scope,
)
from web.fronts import Front
from web.login import LoginLocked

bp = Blueprint("certificates", __name__, url_prefix="/certificate")
NAME = "certificate"
LONGEST_PLACE = 64
ACCOUNT = "account-certificate"  # the places that are no interaction
CONFIRM = "confirm-certificate"
BINDING = "bind-certificate"
_TICKETS = ("n", "t")  # in the address of the page that takes a presented certificate
# Told to whoever holds the card and only to them: it is about the card, not about an account.
_MAY_BE_TOLD = re.compile(r"carrier\.(certificate_\w+|not_bound|reported_lost)")


@dataclass(frozen=True, kw_only=True)
class CertificateForm:
    """What the template needs to ask for a certificate, and to go on with one presented."""

    action: str
    place: str
    options_url: str
    start_url: str | None  # None where no front stands
    nonce: str
    ticket: str
    is_missing: bool  # the browser came back from the front without one

    @property
    def is_presented(self) -> bool:
        """Say whether a certificate waits to be taken."""
        return bool(self.nonce and self.ticket)


def form(action: str, place: str) -> CertificateForm:
    """Return what the template needs; NotFound where no certificates are taken."""
    adapter()
    front = scope.rooms().settings.certificate_front
    if front:
        headers.allow_form_target(front)
    nonce, ticket = (request.args.get(each, "") for each in _TICKETS)
    return CertificateForm(
        action=action,
        place=place,
        options_url=url_for("certificates.options"),
        start_url=url_for("certificates.start") if front else None,
        nonce=nonce,
        ticket=ticket,
        is_missing=bool(nonce) and not ticket,
    )


def adapter() -> CertificateAdapter:
    """Return the adapter. Raises NotFound where no certificates are taken."""
    found = certificate_lists.adapter_of(scope.rooms())
    if found is None:
        raise NotFound("carrier.not_found")
    return found


def has_one(member_id: UUID) -> bool:
    """Say whether the member could show a certificate now."""
    found = certificate_lists.adapter_of(scope.rooms())
    return found is not None and found.is_held_by(scope.db(), member_id)


# By token


@bp.post("/options")
def options() -> Response:
    """Put a question to this browser for a card program to sign."""
    csrf.require()
    response = jsonify({"nonce": _ask(), "origin": scope.rooms().settings.issuer})
    response.headers["Cache-Control"] = "no-store"
    return response


# Over TLS


@bp.post("/start")
def start() -> AnyResponse:
    """Send the browser to the front, where it presents a certificate."""
    csrf.require()
    front = scope.rooms().settings.certificate_front
    if not front:
        raise NotFound("carrier.not_found")
    nonce = _ask()
    return redirect(_at_front(front) + url_for("certificates.present", nonce=nonce), 303)


def _ask() -> str:
    place = request.form.get("place", "")[:LONGEST_PLACE]
    asking = adapter()
    proofs.require_patience()
    challenge = asking.begin(proofs.context(), now=scope.now())
    challenges.put(scope.db(), challenge, browser=cookies.browser(), place=place)
    return challenge.nonce


def _at_front(front: str) -> str:
    """Return the front's address: a host nobody has seen before, so no browser answers unasked."""
    return front.replace("*", new_nonce(10).hex())


@bp.get("/present/<nonce>")
def present(nonce: str) -> AnyResponse:
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
    back = url_for("certificates.back", n=nonce, t=ticket or "")
    return redirect(rooms.settings.issuer + back, 303)


def _require_from_front() -> None:
    settings = scope.rooms().settings
    secret = settings.certificate_front_secret.get_secret_value()
    if not Front(settings.certificate_front, secret).is_passed(request.environ):
        raise NotFound("carrier.not_found")


@bp.get("/back")
def back() -> AnyResponse:
    """Go back to the page that asked, in the browser that asked."""
    nonce, ticket = (request.args.get(each, "") for each in _TICKETS)
    place = challenges.find_place(scope.db(), nonce, browser=cookies.browser(), now=scope.now())
    if place is None:
        raise Refused("challenge.expired")
    return redirect(_page_of(place, nonce, ticket), 303)


def _page_of(place: str, nonce: str, ticket: str) -> str:
    if place.startswith(BINDING):
        return url_for("account.new_certificate", n=nonce, t=ticket)
    if place == CONFIRM:
        return url_for("account.confirm_certificate_page", n=nonce, t=ticket)
    if place == ACCOUNT:
        return url_for("account.certificate_page", n=nonce, t=ticket)
    try:
        interaction_id = UUID(place)
    except ValueError:
        raise NotFound("interaction.not_found") from None
    return url_for(
        "interactions.certificate_page", interaction_id=interaction_id, n=nonce, t=ticket
    )


# Either


def attempt(place: str, *, only: UUID | None = None) -> UUID:
    """Sign the person in by the certificate in this form, and return the member's id.

    Raises what `proofs.attempt` raises.
    """
    return proofs.attempt(lambda: _prove(place), method=NAME, only=only)


def _prove(place: str) -> Proof:
    der = shown(place)
    return adapter().prove(scope.db(), der, now=scope.now())


def shown(place: str) -> bytes:
    """Return the certificate this form shows, whose key was proved to be there; not checked yet.

    Raises NotProven, Refused `challenge.expired`.
    """
    asking, sent = adapter(), request.form
    challenge = proofs.take(place, sent.get("challenge", ""))
    if sent.get("token"):
        answer = {"token": sent["token"]}
        return asking.signed(proofs.context(), challenge, answer, now=scope.now())
    with transaction(scope.rooms().sessions) as session:
        return presented.take(
            session,
            nonce=challenge.nonce,
            ticket=sent.get("ticket", ""),
            keyring=scope.rooms().keyring,
            now=scope.now(),
        )


def trouble(problem: LoginLocked | Refused) -> tuple[str, int]:
    """Return the words and the status for an attempt that failed."""
    if isinstance(problem, LoginLocked):
        return login.locked_words(problem), 429
    reason = problem.reason if isinstance(problem, NotProven) else problem.code
    if reason == "challenge.expired":
        return pages.say("這一頁放太久了，請再按一次。"), 200
    if _MAY_BE_TOLD.fullmatch(reason):
        return refusal(reason).title.text(pages.language()), 200
    return pages.say("憑證沒有通過，請再試一次，或改用別的方式。"), 200
