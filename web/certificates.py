"""Sign in with a certificate: by a card program's token, or presented to the proxy over TLS."""

import re
from uuid import UUID

from flask import Blueprint, Response, jsonify, request, url_for

from adapters.certificate import enrolment
from adapters.certificate.shown import Shown
from adapters.contract import NotProven, Proof
from carriers.models import Binding
from kernel.db import transaction
from kernel.errors import Refused
from kernel.refusals import refusal
from members import numbering, register
from web import (
    card_program,
    carrier_binding,
    certificate_front,
    certificate_lists,
    csrf,
    login,
    pages,
    presented,
    proofs,
    scope,
)
from web.card_program import CardForm
from web.carrier_binding import Holder
from web.certificate_front import adapter
from web.login import LoginLocked

bp = Blueprint("certificates", __name__, url_prefix="/certificate")
NAME = "certificate"
LONGEST_LAST_FOUR = 8  # characters typed: four, some of them wide or spaced
# Told to whoever holds the card and only to them: it is about the card, not about an account.
_MAY_BE_TOLD = re.compile(r"carrier\.(certificate_\w+|not_bound|reported_lost)")


def form(action: str, place: str) -> CardForm:
    """Return what the template needs. Raises NotFound where no certificates are taken."""
    signer = scope.rooms().settings.page_signer if adapter().page_signed else ""
    return card_program.form(
        NAME,
        action,
        place,
        ask_url=url_for("certificates.options"),
        front=certificate_front.front(),
        signer=signer,
    )


def is_offered() -> bool:
    """Say whether certificates are taken here."""
    return certificate_lists.adapter_of(scope.rooms()) is not None


def has_one(member_id: UUID) -> bool:
    """Say whether the member could show a certificate now."""
    return is_offered() and adapter().is_held_by(scope.db(), member_id)


@bp.post("/options")
def options() -> Response:
    """Put a question to this browser for a card program to sign."""
    csrf.require()
    response = jsonify(dict(proofs.ask(adapter()).public))
    response.headers["Cache-Control"] = "no-store"
    return response


def attempt(place: str, *, only: UUID | None = None) -> UUID:
    """Sign the person in by the certificate in this form, and return the member's id.

    Raises what `proofs.attempt` raises.
    """
    return proofs.attempt(lambda: prove(place), method=NAME, only=only)


def prove(place: str) -> Proof:
    """Return what this form proves. Raises NotProven, or Refused."""
    return adapter().prove(scope.db(), _shown(place), now=scope.now())


def holder(place: str) -> UUID:
    """Return whose certificate this form shows. Raises NotProven, or Refused."""
    return prove(place).member_id


def _shown(place: str) -> Shown:
    """Return the certificate this form shows; it is not checked yet.

    Raises NotProven, Refused `challenge.expired`.
    """
    asking, sent = adapter(), request.form
    challenge = proofs.take(place, sent.get("challenge", ""))
    if sent.get("token"):
        answer = {"token": sent["token"]}
        return asking.shown(proofs.context(), challenge, answer, now=scope.now())
    with transaction(scope.rooms().sessions) as session:
        der = presented.take(
            session,
            nonce=challenge.nonce,
            ticket=sent.get("ticket", ""),
            keyring=scope.rooms().keyring,
            now=scope.now(),
        )
    return Shown(certificate=der, origin_bound=True)  # TLS let it answer our proxy alone


def bind(place: str, holder: Holder | None = None) -> Binding:
    """Tie the certificate shown to whom it is made out to: the visitor, or the holder named.

    Raises NotProven, and what `adapters.certificate.enrolment.finish` raises.
    """
    holder, shown = holder or carrier_binding.visitor(), _shown(place)
    keyring = scope.rooms().keyring
    member = register.get(scope.db(), holder.member_id)
    claims = register.claims_of(member, keyring=keyring)
    ever = numbering.ever(scope.db(), member, keyring=keyring)
    return enrolment.finish(
        scope.db(),
        adapter(),
        shown.certificate,
        member_id=holder.member_id,
        member_name=str(claims["name"]),
        last_four=request.form.get("last_four", "")[:LONGEST_LAST_FOUR],
        on_record={each.last_four for each in ever},
        name=request.form.get("name", ""),
        acr=holder.acr,
        where=holder.where,
        actor=holder.actor,
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
