"""Let no report of a loss make a password worth more than it was (docs/decisions/0163)."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from audit import trail
from members import recovery
from web import account_confirm, scope


@contextmanager
def watched(member_id: UUID, *, actor: UUID | None) -> Iterator[None]:
    """Let the password count for little if what is done within takes all that is stronger.

    Of two who report two carriers at once the second waits, and sees that nothing is left.
    """
    session, now = scope.db(), scope.now()
    recovery.hold(session, member_id)
    had_stronger = account_confirm.has_stronger(member_id)
    yield
    if had_stronger and not account_confirm.has_stronger(member_id):
        recovery.restrict(session, member_id, now=now)
        trail.record(session, "password.restricted", actor=actor, subject=member_id, now=now)
