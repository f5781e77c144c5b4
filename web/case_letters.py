"""End the letter a case at a counter rests on: the principal said that it was not theirs (7(2))."""

from uuid import UUID

from audit import footprint, trail
from audit.lines import Kind
from counters import cases, letters
from counters.case_models import Case, CaseLetter
from kernel.errors import NotFound
from web import case_mails, scope


def disown(letter_id: UUID, *, is_late: bool) -> None:
    """Revoke the letter, and stop the case while it is open.

    Raises NotFound for a link that is used or too old.
    """
    session, now = scope.db(), scope.now()
    if is_late or not letters.revoke(session, letter_id, now=now):
        raise NotFound("poa.not_found")
    letter = session.get_one(CaseLetter, letter_id)
    was_open = cases.stop_by_principal(session, letter.case_id, why="disowned", now=now)
    case = session.get_one(Case, letter.case_id, populate_existing=True)
    trail.record(
        session,
        "case.disowned",
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
