"""Prove who you are with a passkey."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from adapters.contract import (
    Capabilities,
    Challenge,
    Context,
    NotProven,
    Proof,
    ProofKind,
    text_of,
)
from adapters.passkey import ceremony
from adapters.passkey.ceremony import Answer, Unreadable, Used
from adapters.passkey.models import Passkey
from adapters.passkey.naming import fingerprint_of, handle_of
from carriers.models import Binding
from kernel.db import changed
from kernel.ids import new_secret
from kernel.wording import Bilingual

LIFETIME = timedelta(minutes=30)  # as long as the page it stands on

_FIND = (
    select(
        Binding.id,
        Binding.member_id,
        Binding.suspended_at,
        Passkey.public_key,
        Passkey.backup_eligible,
    )
    .join(Passkey, Passkey.binding_id == Binding.id)
    .where(Binding.fingerprint == bindparam("fingerprint"), Binding.released_at.is_(None))
)
_COUNT = (
    update(Passkey)
    .where(
        Passkey.binding_id == bindparam("key"),
        or_(
            Passkey.sign_count < bindparam("count"),
            and_(Passkey.sign_count == 0, bindparam("count") == 0),
        ),
    )
    .values(sign_count=bindparam("count"), backed_up=bindparam("copies"))
)
_Found: TypeAlias = Row[UUID, UUID, datetime | None, bytes, bool]  # a row of _FIND


class PasskeyAdapter:
    """A passkey signs for this origin alone, after its holder's finger, face or PIN."""

    name = "passkey"
    capabilities = Capabilities(
        label=Bilingual("通行密鑰", "Passkey"),
        proofs=(ProofKind.WEBAUTHN,),
        holder_verification=True,
        needs_script=True,
        fields=("credential",),
    )

    def begin(self, context: Context, *, now: datetime) -> Challenge:
        """Return a challenge to sign, and the options for the browser under `options`."""
        nonce = new_secret()
        options = ceremony.request_options(origin=context.origin, challenge=nonce)
        return Challenge(nonce=nonce, expires_at=now + LIFETIME, public={"options": options})

    def verify(
        self,
        session: Session,
        context: Context,
        challenge: Challenge,
        answer: Mapping[str, object],
        *,
        now: datetime,
    ) -> Proof:
        """Return proof that the passkey's holder is here.

        Raises NotProven; with `suspect_carrier` if the passkey's own counter says that somebody
        has a copy of it. Refused `challenge.expired`.
        """
        challenge.require_fresh(now=now)
        found, used = _checked(session, context, challenge, answer)
        self._count(session, found, used)
        return Proof(
            member_id=found.member_id,
            kind=ProofKind.WEBAUTHN,
            holder_verified=True,
            hardware=not used.backup_eligible,
            origin_bound=True,
            at=now,
            carrier_id=found.id,
        )

    def _count(self, session: Session, found: _Found, used: Used) -> None:
        """Let the counter only grow, also between two workers (WebAuthn 6.1.1)."""
        values = {"key": found.id, "count": used.sign_count, "copies": used.backed_up}
        if not changed(session.connection().execute(_COUNT, values)):
            raise NotProven(
                "passkey.counter_rolled_back", member_id=found.member_id, suspect_carrier=found.id
            )


def _checked(
    session: Session, context: Context, challenge: Challenge, answer: Mapping[str, object]
) -> tuple[_Found, Used]:
    """Check everything but the counter; an unknown passkey costs what a known one costs."""
    text = text_of(answer, "credential", longest=ceremony.LONGEST)
    try:
        credential = ceremony.read(text)
    except Unreadable:
        raise NotProven("passkey.malformed") from None
    found = _find(session, credential.raw_id)
    used = _used(credential, context, challenge, _key(found))
    if found is None:
        raise NotProven("passkey.unknown")
    if used is None:
        raise NotProven("passkey.wrong", member_id=found.member_id)
    _require_its_own(found, used, credential.response.user_handle)
    return found, used


def _key(found: _Found | None) -> bytes:
    return ceremony.NOBODY if found is None else found.public_key


def _used(credential: Answer, context: Context, challenge: Challenge, key: bytes) -> Used | None:
    try:
        return ceremony.used(
            credential, origin=context.origin, challenge=challenge.nonce, public_key=key
        )
    except Unreadable:
        return None


def _require_its_own(found: _Found, used: Used, handle: bytes | None) -> None:
    if handle != handle_of(found.member_id) or used.backup_eligible != found.backup_eligible:
        raise NotProven("passkey.wrong", member_id=found.member_id)
    if found.suspended_at is not None:
        raise NotProven(
            "carrier.reported_lost", member_id=found.member_id, suspended_carrier=found.id
        )


def _find(session: Session, credential_id: bytes) -> _Found | None:
    fingerprint = fingerprint_of(credential_id)
    return session.connection().execute(_FIND, {"fingerprint": fingerprint}).one_or_none()


def create(settings: Mapping[str, object]) -> PasskeyAdapter:  # noqa: ARG001  # nothing to decide
    """Make the adapter; the origin comes with each question."""
    return PasskeyAdapter()
