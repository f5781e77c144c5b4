"""Sign in with a card that was read: what its number or its key adds up to, with a password."""

from dataclasses import dataclass, replace
from uuid import UUID

from flask import request, url_for

from adapters.contract import Challenge, NotProven, Proof, ProofKind
from adapters.smartcard import enrolment
from adapters.smartcard.numbers import Seen
from carriers import bindings
from carriers.models import Binding
from kernel.errors import Refused
from members import register
from web import card_program, card_reading, carrier_binding, login, pages, proofs, scope
from web.card_program import CardForm
from web.card_reading import adapter
from web.carrier_binding import Holder

NAME, bp = card_reading.NAME, card_reading.bp


def form(action: str, place: str) -> CardForm:
    """Return what the template needs. Raises NotFound if cards are not offered here."""
    adapter()
    ask_url, answer_url = url_for("cards.read"), url_for("cards.answer")
    return card_program.form(NAME, action, place, ask_url=ask_url, answer_url=answer_url)


def is_offered() -> bool:
    """Say whether cards are offered here."""
    return NAME in scope.rooms().adapters


def bind(place: str, holder: Holder | None = None) -> Binding:
    """Tie the card that was read to the visitor's account, or to the holder named.

    Raises what `adapters.smartcard.enrolment.finish` raises.
    """
    holder = holder or carrier_binding.visitor()
    return enrolment.finish(
        scope.db(),
        adapter(),
        _take(place),
        _sent(),
        member_id=holder.member_id,
        name=request.form.get("name", ""),
        acr=holder.acr,
        where=holder.where,
        actor=holder.actor,
        now=scope.now(),
    )


def read_here(place: str) -> Seen:
    """Return the card that was read for this form, which becomes nobody's by it.

    Raises Refused `challenge.expired` or `carrier.not_readable`.
    """
    return enrolment.read(adapter(), _take(place), _sent(), now=scope.now())


def holder(place: str) -> UUID:
    """Return whose card was read for this form. Raises NotProven, Refused `challenge.expired`."""
    card = {"card": request.form.get("card", "")}
    return (
        adapter()
        .verify(scope.db(), proofs.context(), _take(place), card, now=scope.now())
        .member_id
    )


def has_one(member_id: UUID) -> bool:
    """Say whether the member has a card that is worth more than its number."""
    return is_offered() and adapter().is_held_by(scope.db(), member_id)


def labels_of(member_id: UUID) -> dict[UUID, str]:
    """Return what kind of card each card of the member is, in words."""
    if not is_offered():
        return {}
    found = adapter().labels_of(scope.db(), member_id)
    return {key: label.text(pages.language()) for key, label in found.items()}


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """A card that was read: its proof or why there is none, and what is counted for it."""

    proof: Proof | NotProven
    number: str  # its keyed hash: known or not, each card is counted
    login: str  # its member's account name, empty if it is nobody's

    @property
    def counted(self) -> str:
        return f"card/{self.number}"

    @property
    def owner(self) -> str:
        return self.login or f"card-owner/{self.number}"


def attempt(place: str, *, only: UUID | None = None) -> UUID:
    """Sign the person in by the card and the password in this form; return the member's id.

    With `only`, nobody but that member. An unknown card costs what a known one costs and is
    answered alike. Raises LoginLocked, Refused `login.failed`, or Refused `challenge.expired`.
    """
    shown = _shown(_taken(place))
    login.count_attempt(shown.counted)
    try:
        proof, beside = _proven(shown)
        _require_welcome(proof, only)
    except Refused as refused:
        login.record_failure(refused, method=NAME, login=shown.owner)
        if refused.code == "login.busy":
            raise
        raise Refused("login.failed") from None
    login.forget_attempts(shown.counted)
    if beside or proof.kind is ProofKind.KNOWLEDGE:
        login.forget_guesses(shown.owner)
    shared = request.form.get("shared_computer") == "yes"
    login.start_session(proof, method=NAME, shared_computer=shared, only=only, beside=beside)
    return proof.member_id


def _taken(place: str) -> Challenge:
    scope.keep()  # the question is consumed in a transaction of its own
    try:
        return _take(place)
    except Refused as stale:
        login.count_network()  # before a line is written: no card was read that could be counted
        login.record_failure(stale, method=NAME)
        raise


def _take(place: str) -> Challenge:
    """Consume the question this form's card was read for."""
    return proofs.take(place, request.form.get("challenge", ""))


def _sent() -> dict[str, str]:
    """Return the form's answer to it."""
    typed = request.form.get("login_id", "")
    return {"card": request.form.get("card", ""), **({"login": typed} if typed else {})}


def _shown(challenge: Challenge) -> _Shown:
    cards, answer, session = adapter(), _sent(), scope.db()
    try:
        seen = cards.seen(challenge, answer)
        number = cards.reading.numbers.hash_of(seen).hex()
    except NotProven as nothing:
        return _Shown(proof=nothing, number="", login="")
    try:
        proof = cards.verify(session, proofs.context(), challenge, answer, now=scope.now())
    except NotProven as unknown:
        return _Shown(proof=unknown, number=number, login="")
    member = register.get(session, proof.member_id)
    return _Shown(proof=proof, number=number, login=member.login)


def _proven(shown: _Shown) -> tuple[Proof, tuple[str, ...]]:
    """Return the proof the session will rest on, and the amr of what was proven beside it."""
    password = _password(shown) if request.form.get("password") else None
    card = shown.proof
    if isinstance(card, NotProven):
        raise card
    if isinstance(password, NotProven):
        raise password
    if card.kind is ProofKind.SYMMETRIC:
        return card, ("pwd",) if password else ()
    if password is None:
        raise NotProven("card.number_alone", member_id=card.member_id)
    return replace(password, carrier_id=card.carrier_id), ()


def _password(shown: _Shown) -> Proof | NotProven:
    may_guess = login.may_guess(shown.owner)
    answer = {"login": shown.login, "password": request.form.get("password", "")}
    try:
        proof = login.prove(login.PASSWORD, answer)
    except NotProven as wrong:
        return wrong
    return proof if may_guess else NotProven("login.locked", member_id=proof.member_id)


def _require_welcome(proof: Proof, only: UUID | None) -> None:
    if only is not None and proof.member_id != only:
        raise NotProven("card.other_member", member_id=only)
    login.admit_active(proof.member_id)
    if proof.carrier_id is not None:
        bindings.use(scope.db(), proof.carrier_id, now=scope.now())


def failed_words(refused: Refused) -> str:
    """Say that it did not work; never why."""
    if refused.code == "challenge.expired":
        return pages.say("這一頁放太久了，請再讀一次卡。")
    if refused.code == "login.busy":
        return login.failed_words(refused)
    return pages.say("卡片或密碼不正確。請再讀一次卡，並輸入密碼；也可以寫上帳號。")


def trouble(problem: login.LoginLocked | Refused) -> tuple[str, int]:
    """Return the words and the status for an attempt that failed."""
    if isinstance(problem, login.LoginLocked):
        return login.locked_words(problem), 429
    return failed_words(problem), 200
