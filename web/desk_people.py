"""Find the case a clerk opens, and who it is about: each look is in that person's footprint."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from counters import cases, competence, dealing, letters
from counters.case_models import Case
from counters.cases import Clerk
from counters.documents import Whose
from kernel.errors import NotFound, Refused
from members import application_steps, numbering, register, sealed_forms
from members.application_models import Application
from web import clerks, desk_seats, guardian_links, impartial, scope


def case_here(reference: str) -> Case:
    """Return a case that lies, or was collected, at the clerk's counter.

    Raises NotFound for another counter's, Refused `case.self_dealing` for one of the clerk's own.
    """
    case = cases.get(scope.db(), reference)
    if desk_seats.duty().counter_id not in {case.counter_id, case.collected_by}:
        raise NotFound("case.not_found")
    dealing.require_none(scope.db(), scope.member_id(), parties=_parties(case), now=scope.now())
    return case


def _parties(case: Case) -> frozenset[UUID]:
    """Return who takes part in a case, as far as they are members: the clerk, if as the proxy."""
    found = [case.member_id]
    application = application_of(case)
    if application is not None:
        found += [application.member_id, application.guardian_id]
    if impartial.came_as_proxy(case):
        found.append(scope.member_id())
    return frozenset(each for each in found if each is not None)


def case_to_work_on(reference: str) -> Case:
    """Return a case this clerk may take a step in: it lies here, and was not only collected here.

    Raises what `case_here` raises, and Refused `counter.function_not_delegated` or
    `case.wrong_state`.
    """
    case = case_here(reference)
    if not lies_here(case):
        raise Refused("case.wrong_state")
    desk_seats.require(competence.FUNCTIONS[case.matter])
    return case


def lies_here(case: Case) -> bool:
    """Say whether a case is at the clerk's counter now."""
    return case.counter_id == desk_seats.duty().counter_id


def require_guardian(member_id: UUID, seen: Iterable[str]) -> None:
    """Ask for who acts by law for a person who does not act alone, as the record says (7(8)).

    `seen` says whose papers were in hand. Raises Refused `member.guardian_required`.
    """
    session, keyring, now = scope.db(), scope.rooms().keyring, scope.now()
    acts_alone = guardian_links.is_able(session, member_id, keyring=keyring, now=now)
    if not acts_alone and Whose.GUARDIAN not in seen:
        raise Refused("member.guardian_required")


def person_of(case: Case) -> UUID:
    """Return whom a case is about. Raises Refused `member.not_approved` too early."""
    if case.member_id is None:
        raise Refused("member.not_approved")
    return case.member_id


@dataclass(frozen=True)
class OnRecord:
    """What is held against a card's face."""

    name: str
    number: str  # masked; empty where none was entered


def on_record(case: Case) -> OnRecord:
    """Return the person's name and masked number, and write that they were looked at."""
    session, keyring = scope.db(), scope.rooms().keyring
    member = register.get(session, person_of(case))
    clerks.look(member.id, case=case.number, claims=("name",))
    number = numbering.current(session, member, keyring=keyring)
    return OnRecord(
        name=register.claims_of(member, keyring=keyring).get("name", ""),
        number="" if number is None else number.masked,
    )


def name_of(case: Case) -> str:
    """Return the name of whom a case is about, to be masked or printed for themselves."""
    session, keyring = scope.db(), scope.rooms().keyring
    if case.member_id is not None:
        member = register.read(session, case.member_id)
        return str(register.claims_of(member, keyring=keyring).get("name", ""))
    application = application_of(case)
    return "" if application is None else sealed_forms.read(application, keyring=keyring).name


def application_of(case: Case) -> Application | None:
    """Return the application of who joins, as it stands now; None once it was destroyed."""
    if case.application_id is None:
        return None
    return application_steps.find(scope.db(), case.application_id)


def clerk() -> Clerk:
    """Return who takes a step, at their counter."""
    duty = desk_seats.duty()
    return Clerk(
        session=scope.db(),
        member_id=duty.member_id,
        counter_id=duty.counter_id,
        now=scope.now(),
    )


def connect(case: Case) -> None:
    """Tie a case of somebody who joins to the member the Bureau made of them (2(8)1).

    Raises Refused `member.not_approved` while it has not.
    """
    if case.member_id is not None:
        return
    application = application_of(case)
    if application is None or application.member_id is None:
        raise Refused("member.not_approved")
    clerk().connect(case, application.member_id)
    letters.tie(scope.db(), case.id, application.member_id)
