"""Sign in by the answer to a question put to this browser: a passkey's, a certificate's."""

from collections.abc import Callable
from uuid import UUID

from flask import request

from adapters.contract import Adapter, Challenge, Context, NotProven, Proof
from carriers import bindings
from kernel.db import transaction
from kernel.errors import Refused
from members import register, standing
from web import challenges, cookies, login, scope

LONGEST_PLACE = 64
FOUND = "found"  # what a lost carrier that answers again is counted under


def ask(adapter: Adapter) -> Challenge:
    """Put a question to this browser: the same to everybody, nobody is known yet.

    Raises Refused `login.locked`.
    """
    place = request.form.get("place", "")[:LONGEST_PLACE]
    require_patience()
    challenge = adapter.begin(context(), now=scope.now())
    challenges.put(scope.db(), challenge, browser=cookies.browser(), place=place)
    return challenge


def require_patience() -> None:
    """Let one network ask only so often. Raises Refused `login.locked`."""
    key = challenges.ASKED.key(login.network(), secret=scope.rooms().throttle_key)
    scope.keep()
    with transaction(scope.rooms().sessions) as session:
        verdict = challenges.ASKED.hit(session, key, now=scope.now())
    if not verdict.allowed:
        raise Refused("login.locked")


def context() -> Context:
    """Return where a proof is wanted: at our own origin."""
    return Context(origin=scope.rooms().settings.issuer, address=request.remote_addr or "")


def take(place: str, nonce: str) -> Challenge:
    """Consume this browser's question, for good: a failed answer is an answer, too."""
    with transaction(scope.rooms().sessions) as session:
        return challenges.take(
            session, nonce, browser=cookies.browser(), place=place, now=scope.now()
        )


def attempt(prove: Callable[[], Proof], *, method: str, only: UUID | None = None) -> UUID:
    """Sign the person in by what `prove` returns, and return the member's id.

    With `only`, nobody but that member. Raises LoginLocked, Refused `login.failed` whatever was
    wrong with the answer (a NotProven keeps its reason), or Refused `challenge.expired`.
    """
    login.count_network()
    try:
        proof = prove()
        _require_welcome(proof, only, method)
    except Refused as refused:
        login.record_failure(refused, method=method)
        if refused.code == "challenge.expired" or isinstance(refused, NotProven):
            raise
        raise Refused("login.failed") from None
    login.forgive_network()
    shared = request.form.get("shared_computer") == "yes"
    login.start_session(proof, method=method, shared_computer=shared, only=only)
    return proof.member_id


def suspended(prove: Callable[[], Proof], *, only: UUID) -> UUID:
    """Return the member's suspended carrier that answered, rightly but for being suspended.

    Raises LoginLocked, Refused `login.failed`, or Refused `challenge.expired`.
    """
    login.count_network()
    try:
        prove()
    except Refused as refused:
        shown = refused.suspended_carrier if isinstance(refused, NotProven) else None
        if shown is not None and isinstance(refused, NotProven) and refused.member_id == only:
            login.forgive_network()
            return shown
        login.record_failure(refused, method=FOUND)
        if refused.code == "challenge.expired":
            raise
    raise Refused("login.failed")


def _require_welcome(proof: Proof, only: UUID | None, method: str) -> None:
    if only is not None and proof.member_id != only:
        raise NotProven(f"{method}.other_member", member_id=only)
    standing.require_active(register.read(scope.db(), proof.member_id).standing)
    if proof.carrier_id is None:
        return
    if proof.certified:  # its authority vouches for it now, whatever it revoked before
        bindings.resume_renewed(scope.db(), proof.carrier_id, now=scope.now())
    bindings.use(scope.db(), proof.carrier_id, now=scope.now())
