"""Sign in with a chip card: the question its page's script puts to it, and the answer.

The card program on the visitor's own computer asks for the PIN; we never see it.
"""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, jsonify, request, url_for

from adapters.contract import Proof
from adapters.keycard.adapter import KeyCardAdapter
from kernel.errors import NotFound, Refused
from web import challenges, cookies, csrf, headers, login, pages, proofs, scope
from web.login import LoginLocked

bp = Blueprint("chip_cards", __name__, url_prefix="/chip-card")
NAME = "key-card"
LONGEST_PLACE = 64
ACCOUNT = "account-chip-card"  # the places that are no interaction
BINDING = "bind-chip-card"


@dataclass(frozen=True, kw_only=True)
class ChipCardForm:
    """What the template's form needs; its script does the rest."""

    action: str
    place: str
    options_url: str
    programs: str  # addresses on the visitor's own computer


def adapter() -> KeyCardAdapter:
    """Return the adapter. Raises NotFound if chip cards are not taken here."""
    found = scope.rooms().adapters.get(NAME)
    if not isinstance(found, KeyCardAdapter):
        raise NotFound("carrier.not_found")
    return found


def is_offered() -> bool:
    """Say whether chip cards are taken here."""
    return NAME in scope.rooms().adapters


def form(action: str, place: str) -> ChipCardForm:
    """Return what the template needs, and let its script speak to the card program."""
    adapter()
    programs = scope.rooms().settings.card_programs
    headers.allow_connections(programs)
    url = url_for("chip_cards.options")
    return ChipCardForm(action=action, place=place, options_url=url, programs=" ".join(programs))


@bp.post("/options")
def options() -> Response:
    """Put a question to this browser: the same to everybody, nobody is known yet."""
    csrf.require()
    asking, place = adapter(), request.form.get("place", "")[:LONGEST_PLACE]
    proofs.require_patience()
    challenge = asking.begin(proofs.context(), now=scope.now())
    challenges.put(scope.db(), challenge, browser=cookies.browser(), place=place)
    response = jsonify(dict(challenge.public))
    response.headers["Cache-Control"] = "no-store"
    return response


def attempt(place: str, *, only: UUID | None = None) -> UUID:
    """Sign the person in by the card's signature in this form, and return the member's id.

    Raises what `proofs.attempt` raises.
    """
    return proofs.attempt(lambda: _prove(place), method=NAME, only=only)


def _prove(place: str) -> Proof:
    challenge = proofs.take(place, request.form.get("challenge", ""))
    return adapter().verify(scope.db(), proofs.context(), challenge, sent(), now=scope.now())


def sent() -> dict[str, str]:
    """Return the form's answer to the question."""
    return {"token": request.form.get("token", "")}


def trouble(problem: LoginLocked | Refused) -> tuple[str, int]:
    """Return the words and the status for an attempt that failed; never why it failed."""
    if isinstance(problem, LoginLocked):
        return login.locked_words(problem), 429
    if problem.code == "challenge.expired":
        return pages.say("這一頁放太久了，請再按一次。"), 200
    return pages.say("卡片沒有通過。請確認這張卡已經加入您的帳號，再試一次，或用別的方式。"), 200
