"""Prove who you are by account name and password."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import bindparam, select, update
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
from adapters.password import hashing
from adapters.password.breach import BreachList, open_breach_lists
from adapters.password.hashing import Hasher
from adapters.password.models import PasswordCredential
from kernel.ids import new_secret
from kernel.prebuilt import Prebuilt
from kernel.settings import SettingsInvalid
from kernel.wording import Bilingual
from members import logins
from members.models import Member

LIFETIME = timedelta(minutes=30)
LONGEST_LOGIN = 4 * logins.LONGEST  # as typed; what `logins.normalise` looks at

_FIND = Prebuilt(
    select(Member.id, PasswordCredential.hash, PasswordCredential.changed_at)
    .outerjoin(PasswordCredential, PasswordCredential.member_id == Member.id)
    .where(Member.login == bindparam("login"))
)
_HOLD = Prebuilt(
    select(PasswordCredential.member_id)
    .where(
        PasswordCredential.member_id == bindparam("member_id"),
        PasswordCredential.changed_at == bindparam("changed_at"),
    )
    .with_for_update(key_share=True),
    locks=True,
)


class PasswordAdapter:
    """A password: anyone who knows it passes, so it is bound to no thing, place or page.

    Whether the member may act at all is not asked here (`members.standing`), nor how often
    one may try (`kernel.throttle`).
    """

    name = "password"
    capabilities = Capabilities(
        label=Bilingual("帳號密碼", "Account name and password"),
        proofs=(ProofKind.KNOWLEDGE,),
        holder_verification=False,
        needs_script=False,
        fields=("login", "password"),
    )

    def __init__(self, *, hasher: Hasher, breaches: BreachList) -> None:
        self.hasher = hasher
        self.breaches = breaches

    def begin(self, context: Context, *, now: datetime) -> Challenge:  # noqa: ARG002  # contract
        """Return a nonce that makes the form good for one attempt within half an hour."""
        return Challenge(nonce=new_secret(), expires_at=now + LIFETIME)

    def verify(
        self,
        session: Session,
        context: Context,  # noqa: ARG002  # contract
        challenge: Challenge,
        answer: Mapping[str, object],
        *,
        now: datetime,
    ) -> Proof:
        """Return proof of knowing the password.

        Raises NotProven, equally fast for strangers and for members (both cost one Argon2id);
        Refused `challenge.expired`, or `login.busy` if too many are being checked.
        """
        challenge.require_fresh(now=now)
        login = text_of(answer, "login", longest=LONGEST_LOGIN)
        password = text_of(answer, "password", longest=hashing.LONGEST)
        found = _FIND.one_or_none(session, {"login": logins.normalise(login)})
        member_id, kept = (None, None) if found is None else (found.id, found.hash)
        is_right = self.hasher.matches(kept, password)
        if found is None or member_id is None or kept is None:
            raise NotProven("password.unknown_login", member_id=member_id)
        if not is_right or not _hold(session, member_id, found.changed_at):
            raise NotProven("password.wrong", member_id=member_id)
        self._renew(session, member_id, kept, password)
        return Proof(
            member_id=member_id,
            kind=ProofKind.KNOWLEDGE,
            holder_verified=False,
            hardware=False,
            origin_bound=False,
            at=now,
        )

    def _renew(self, session: Session, member_id: UUID, kept: str, password: str) -> None:
        """Hash again at today's cost; a password changed meanwhile is left alone."""
        if self.hasher.is_outdated(kept):
            session.execute(
                update(PasswordCredential)
                .where(PasswordCredential.member_id == member_id, PasswordCredential.hash == kept)
                .values(hash=self.hasher.hash(password)),
                execution_options={"synchronize_session": False},
            )


def _hold(session: Session, member_id: UUID, changed_at: datetime) -> bool:
    """Let a change of the password wait for what rests on the one compared; False if it came first.

    Whoever changes it ends the sessions it opened: one begun with it afterwards would be left.
    """
    found = _HOLD.one_or_none(session, {"member_id": member_id, "changed_at": changed_at})
    return found is not None


def create(settings: Mapping[str, object]) -> PasswordAdapter:
    """Make the adapter from `argon2_parallel` and `breach_list`. Raises SettingsInvalid."""
    parallel = settings.get("argon2_parallel", 2)
    breach_list = settings.get("breach_list")
    if not isinstance(parallel, int) or parallel < 1:
        raise SettingsInvalid("argon2_parallel: must be a whole number, at least 1")
    if not isinstance(breach_list, Path | None):
        raise SettingsInvalid("breach_list: must be the path of a file")
    return PasswordAdapter(
        hasher=Hasher(parallel=parallel), breaches=open_breach_lists(breach_list)
    )
