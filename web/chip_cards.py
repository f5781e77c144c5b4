"""Sign in with a chip card: the question its page's script puts to it, and the answer.

The card program on the visitor's own computer asks for the PIN; we never see it.
"""

from uuid import UUID

from flask import Blueprint, Response, jsonify, request, url_for

from adapters.contract import Proof
from adapters.keycard import enrolment
from adapters.keycard.adapter import KeyCardAdapter
from carriers.models import Binding
from kernel.errors import NotFound, Refused
from web import card_program, carrier_binding, csrf, login, pages, proofs, scope
from web.card_program import CardForm
from web.carrier_binding import Holder
from web.login import LoginLocked

bp = Blueprint("chip_cards", __name__, url_prefix="/chip-card")
NAME = "key-card"


@bp.before_request
def _only_our_forms() -> None:
    csrf.require()


def adapter() -> KeyCardAdapter:
    """Return the adapter. Raises NotFound if chip cards are not taken here."""
    found = scope.rooms().adapters.get(NAME)
    if not isinstance(found, KeyCardAdapter):
        raise NotFound("carrier.not_found")
    return found


def is_offered() -> bool:
    """Say whether chip cards are taken here."""
    return NAME in scope.rooms().adapters


def has_one(member_id: UUID) -> bool:
    """Say whether the member has a chip card and may use it now."""
    return is_offered() and adapter().is_held_by(scope.db(), member_id)


def is_one(binding_id: UUID) -> bool:
    """Say whether this carrier is a chip card that is taken here."""
    return is_offered() and adapter().is_one(scope.db(), binding_id)


def form(action: str, place: str) -> CardForm:
    """Return what the template needs. Raises NotFound if chip cards are not taken here."""
    adapter()
    return card_program.form(NAME, action, place, ask_url=url_for("chip_cards.options"))


@bp.post("/options")
def options() -> Response:
    """Put a question to this browser for a card to sign."""
    response = jsonify(dict(proofs.ask(adapter()).public))
    response.headers["Cache-Control"] = "no-store"
    return response


def attempt(place: str, *, only: UUID | None = None) -> UUID:
    """Sign the person in by the card's signature in this form, and return the member's id.

    Raises what `proofs.attempt` raises.
    """
    return proofs.attempt(lambda: prove(place), method=NAME, only=only)


def prove(place: str) -> Proof:
    """Return what this form proves. Raises NotProven, or Refused."""
    challenge = proofs.take(place, request.form.get("challenge", ""))
    return adapter().verify(scope.db(), proofs.context(), challenge, _sent(), now=scope.now())


def holder(place: str) -> UUID:
    """Return whose card signed in this form. Raises NotProven, or Refused."""
    return prove(place).member_id


def _sent() -> dict[str, str]:
    return {"token": request.form.get("token", "")}


def bind(place: str, holder: Holder | None = None) -> Binding:
    """Tie the card that signed to the visitor's account, or to the holder named.

    Raises what `adapters.keycard.enrolment.finish` raises.
    """
    holder = holder or carrier_binding.visitor()
    return enrolment.finish(
        scope.db(),
        adapter(),
        proofs.context(),
        proofs.take(place, request.form.get("challenge", "")),
        _sent(),
        member_id=holder.member_id,
        name=request.form.get("name", ""),
        acr=holder.acr,
        where=holder.where,
        actor=holder.actor,
        now=scope.now(),
    )


def trouble(problem: LoginLocked | Refused) -> tuple[str, int]:
    """Return the words and the status for an attempt that failed; never why it failed."""
    if isinstance(problem, LoginLocked):
        return login.locked_words(problem), 429
    if problem.code == "challenge.expired":
        return pages.say("這一頁放太久了，請再按一次。"), 200
    return pages.say("卡片沒有通過。請確認這張卡已經加入您的帳號，再試一次，或用別的方式。"), 200
