"""End the letter a case at a counter rests on: its principal disowns it, or takes it back (7(2)).

The case stops while it is open; so does the application of who was to become a member by it.
"""

from contextlib import suppress
from uuid import UUID

from audit import footprint, trail
from audit.lines import Kind
from counters import cases, letters
from counters.case_models import Case, CaseLetter
from kernel.errors import NotFound, Refused
from members import application_endings, application_steps, numbering, register
from web import case_mails, desk_annex, scope

DISOWNED, REVOKED = "disowned", "revoked"


def disown(letter_id: UUID, *, is_late: bool) -> None:
    """End a letter by the link that was mailed. Raises NotFound for one used or too old."""
    if is_late:
        raise NotFound("poa.not_found")
    _end(letter_id, DISOWNED)


def take_back(letter_id: UUID, *, principal_id: UUID) -> None:
    """End a letter from its principal's own pages. Raises NotFound, for somebody else's too."""
    letter = scope.db().get(CaseLetter, letter_id)
    if letter is None or letter.principal_id != principal_id:
        raise NotFound("poa.not_found")
    _end(letter_id, REVOKED)


def stop_all_by(proxy_id: UUID, *, principal_id: UUID) -> None:
    """End every letter by which this proxy still has a case running: the power is over."""
    session, keyring = scope.db(), scope.rooms().keyring
    proxy = register.read(session, proxy_id)
    held = [numbering.current(session, proxy, keyring=keyring)]
    held += numbering.former(session, proxy, keyring=keyring)
    known = {letters.hash_of(each, keyring=keyring) for each in held if each is not None}
    for letter, _case in letters.running(session, principal_id):
        if letter.proxy_hash in known:
            _end(letter.id, REVOKED)


def _end(letter_id: UUID, why: str) -> None:
    session, now = scope.db(), scope.now()
    if not letters.revoke(session, letter_id, now=now):
        raise NotFound("poa.not_found")
    letter = session.get_one(CaseLetter, letter_id)
    _lock_application(session.get_one(Case, letter.case_id))
    was_open = cases.stop_by_principal(session, letter.case_id, why=why, now=now)
    case = session.get_one(Case, letter.case_id, populate_existing=True)
    desk_annex.end_with(case)
    if case.application_id is not None and letter.principal_id is None:
        with suppress(Refused):  # it was decided before
            keyring = scope.rooms().keyring
            application_endings.withdraw(session, case.application_id, keyring=keyring, now=now)
    trail.record(
        session,
        f"case.{why}",
        actor=letter.principal_id,
        subject=case.id,
        now=now,
        stopped=was_open,
    )
    if letter.principal_id is not None:
        footprint.record(
            session,
            Kind.CASE_MOVED,
            member_id=letter.principal_id,
            now=now,
            reference=case.number,
            state=case.state.value,
        )
    case_mails.tell(case)


def _lock_application(case: Case) -> None:
    if case.application_id is not None:
        application_steps.lock(scope.db(), case.application_id)
