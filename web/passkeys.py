"""Sign in with a passkey: the question a page's script asks for, and the answer it brings back."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, request, url_for

from adapters.contract import Adapter, Challenge, Context, NotProven, Proof
from carriers import bindings
from carriers.models import CarrierKind
from kernel.db import transaction
from kernel.errors import NotFound, Refused
from members import register, standing
from web import challenges, cookies, csrf, login, pages, scope
from web.login import LoginLocked

bp = Blueprint("passkeys", __name__, url_prefix="/passkey")
NAME = "passkey"
LONGEST_PLACE = 64
ACCOUNT = "account"  # the places that are no interaction
CONFIRM = "confirm"


@dataclass(frozen=True, kw_only=True)
class PasskeyForm:
    """What the template's button needs; its script does the rest."""

    action: str
    options_url: str
    place: str
    is_last: bool  # this browser's last way of signing in


def form(action: str, place: str) -> PasskeyForm | None:
    """Return what the template needs for the button, None if passkeys are not offered here."""
    if NAME not in scope.rooms().adapters:
        return None
    return PasskeyForm(
        action=action,
        options_url=url_for("passkeys.options"),
        place=place,
        is_last=cookies.method() == NAME,
    )


@bp.post("/options")
def options() -> Response:
    """Put a question to this browser: the same to everybody, nobody is known yet."""
    csrf.require()
    place = request.form.get("place", "")[:LONGEST_PLACE]
    require_patience()
    challenge = _adapter().begin(context(), now=scope.now())
    challenges.put(scope.db(), challenge, browser=cookies.browser(), place=place)
    return answer(challenge.public["options"])


def require_patience() -> None:
    """Let one network ask only so often. Raises Refused `login.locked`."""
    key = challenges.ASKED.key(login.network(), secret=scope.rooms().throttle_key)
    scope.keep()
    with transaction(scope.rooms().sessions) as session:
        verdict = challenges.ASKED.hit(session, key, now=scope.now())
    if not verdict.allowed:
        raise Refused("login.locked")


def answer(body: str) -> Response:
    """Return options for the page's script; nobody keeps them."""
    response = Response(body, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def context() -> Context:
    """Return where a proof is wanted: at our own origin."""
    return Context(origin=scope.rooms().settings.issuer, address=request.remote_addr or "")


def attempt(place: str, *, only: UUID | None = None) -> UUID:
    """Sign the person in by the passkey's answer in this form, and return the member's id.

    With `only`, nobody but that member. Raises LoginLocked, Refused `login.failed` whatever was
    wrong with the answer, or Refused `challenge.expired`.
    """
    login.count_network()
    try:
        proof = _prove(place)
        _require_welcome(proof, only)
    except Refused as refused:
        login.record_failure(refused)
        if refused.code == "challenge.expired":
            raise
        raise Refused("login.failed") from None
    login.forgive_network()
    login.start_session(
        proof, method=NAME, shared_computer=request.form.get("shared_computer") == "yes"
    )
    return proof.member_id


def take(place: str, nonce: str) -> Challenge:
    """Consume this browser's question, for good: a failed answer is an answer, too."""
    with transaction(scope.rooms().sessions) as session:
        return challenges.take(
            session, nonce, browser=cookies.browser(), place=place, now=scope.now()
        )


def _prove(place: str) -> Proof:
    adapter = _adapter()
    challenge = take(place, request.form.get("challenge", ""))
    sent = {"credential": request.form.get("credential", "")}
    return adapter.verify(scope.db(), context(), challenge, sent, now=scope.now())


def _require_welcome(proof: Proof, only: UUID | None) -> None:
    if only is not None and proof.member_id != only:
        raise NotProven("passkey.other_member", member_id=only)
    standing.require_active(register.read(scope.db(), proof.member_id).standing)
    if proof.carrier_id is not None:
        bindings.use(scope.db(), proof.carrier_id, now=scope.now())


def _adapter() -> Adapter:
    adapter = scope.rooms().adapters.get(NAME)
    if adapter is None:
        raise NotFound("carrier.not_found")
    return adapter


def has_one(member_id: UUID) -> bool:
    """Say whether the member could sign in with a passkey now."""
    return NAME in scope.rooms().adapters and bindings.has_usable(
        scope.db(), member_id, CarrierKind.PASSKEY
    )


def failed_words(refused: Refused) -> str:
    """Say that it did not work; never why."""
    if refused.code == "challenge.expired":
        return pages.say("這一頁放太久了，請再按一次。")
    return pages.say("通行密鑰沒有通過，請再試一次，或改用密碼。")


def trouble(problem: LoginLocked | Refused) -> tuple[str, int]:
    """Return the words and the status for an attempt that failed."""
    if isinstance(problem, LoginLocked):
        return login.locked_words(problem), 429
    return failed_words(problem), 200
