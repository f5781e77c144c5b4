"""Keep people of the city from deciding on themselves and on those close to them (6(1), 7(2))."""

from uuid import UUID

from sqlalchemy import select

from counters import dealing, letters
from counters.case_models import Case
from members import numbering, register
from members.application_models import Application
from web import scope


def require(*parties: UUID | None) -> None:
    """Let through who is none of the parties, nor close to one. Raises `case.self_dealing`."""
    known = frozenset(each for each in parties if each is not None)
    dealing.require_none(scope.db(), scope.member_id(), parties=known, now=scope.now())


def require_for(application: Application) -> None:
    """Let through who may decide on an application: no guardian of it, nor who brought it.

    Raises `case.self_dealing`.
    """
    brought = select(Case).where(Case.application_id == application.id)
    came = any(came_as_proxy(case) for case in scope.db().scalars(brought))
    require(application.guardian_id, scope.member_id() if came else None)


def came_as_proxy(case: Case) -> bool:
    """Say whether the visitor is who came with the letter of this case: it knows but a hash."""
    session, keyring = scope.db(), scope.rooms().keyring
    letter = letters.of_case(session, case.id)
    if letter is None:
        return False
    visitor = register.get(session, scope.member_id())
    held = numbering.ever(session, visitor, keyring=keyring)
    return letter.proxy_hash in {letters.hash_of(each, keyring=keyring) for each in held}
