"""Put the sandbox's people on record, as the city would have; twice is as good as once."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters.password.models import PasswordCredential
from adapters.smartcard.models import Card
from carriers.models import Binding, CarrierKind, Place, Suspension
from clients.models import Body, Organisation, OrganisationKind
from consent import representation
from demo.sandbox.people import Person
from demo.sandbox.states import SERVICES, Note, Ward
from idp.acr import ACR
from kernel.clock import taipei_day
from kernel.ids import digest, new_id
from kernel.keyring import Keyring
from members import capacities, guardians, identity_checks, numbering, register, standings
from members.models import CheckKind, Evidence, Member, Relation, Standing
from members.profile import Profile
from members.standing_models import OrderKind
from members.standings import Proposal
from services import activations
from services.activations import Provenance
from services.models import Channel, Service

OFFICE = "合成區公所"
KNOWN = timedelta(days=30)
CHECKED = ("name", "birthdate", "address")
PROVENANCE = Provenance(channel=Channel.KEYED, actor="sandbox", reference="sandbox")
ORDER = Proposal(
    kind=OrderKind.PROTECTION, clause="6(1)", evidence="sandbox", reason="沙盒裡的測試狀態"
)


def settle(
    session: Session,
    keyring: Keyring,
    everybody: list[Person],
    *,
    password_hash: str,
    now: datetime,
) -> int:
    """Enter who is missing and return how many; all have the one password of this hash."""
    _open_services(session, now=now)
    added = 0
    for person in everybody:
        if register.find_by_login(session, person.login) is None:
            _enter(session, keyring, person, password_hash, now=now)
            added += 1
    return added


def _open_services(session: Session, *, now: datetime) -> None:
    if session.scalar(select(Service.id).limit(1)) is not None:
        return
    agency = Organisation(
        kind=OrganisationKind.AGENCY,
        body=Body.DEPARTMENT,
        name_zh="合成機關",
        name_en="Synthetic agency",
        created_at=now,
    )
    session.add(agency)
    session.flush()
    for code, name in SERVICES.items():
        activations.open_service(
            session, agency.id, code, name, sensitive=code != "library_card", now=now
        )


def _enter(
    session: Session, keyring: Keyring, person: Person, password_hash: str, *, now: datetime
) -> None:
    member = register.add(session, person.login, Profile(**person.claims), keyring=keyring, now=now)
    session.add(PasswordCredential(member_id=member.id, hash=password_hash, changed_at=now))
    if person.number is not None:
        numbering.enter(session, member, person.number, keyring=keyring, now=now)
    if person.state.is_checked:
        _check(session, keyring, member.id, person, now=now)
    if person.state.capacity is not None:
        source, declared_on = "115-監宣-0", date(2026, 1, 5)
        capacities.note(
            session,
            member.id,
            person.state.capacity,
            source=source,
            declared_on=declared_on,
            now=now,
        )
    _link(session, member.id, person, now=now)
    _bind(session, member.id, person, now=now)
    if person.state.note is not None:
        _note(session, member.id, person.state.note, now=now)
    _stop(session, keyring, member, person.state.standing, now=now)


def _check(
    session: Session, keyring: Keyring, member_id: UUID, person: Person, *, now: datetime
) -> None:
    identity_checks.record(
        session,
        member_id,
        kind=CheckKind.DOCUMENT,
        of_type="idcard",
        method="vpip",
        office=OFFICE,
        names=[name for name in CHECKED if name in person.claims],
        held=person.claims,
        keyring=keyring,
        now=now,
    )


def _link(session: Session, ward_id: UUID, person: Person, *, now: datetime) -> None:
    """Let the guardian act, who stands before the ward in line."""
    acting = register.find_by_login(session, person.guardian) if person.guardian else None
    if acting is None:
        return
    is_child = person.state.ward is Ward.CHILD
    guardians.link(
        session,
        ward_id=ward_id,
        guardian_id=acting.id,
        relation=Relation.PARENT if is_child else Relation.GUARDIAN,
        evidence=Evidence.HOUSEHOLD_REGISTER if is_child else Evidence.COURT_DECISION,
        until=representation.comes_of_age(person.claims.get("birthdate")) if is_child else None,
        now=now,
    )


def _bind(session: Session, member_id: UUID, person: Person, *, now: datetime) -> None:
    """Tie a carrier that nobody holds: it is there to be seen, and to be lost."""
    if person.state.carrier is None:
        return
    mark = digest(f"sandbox/{person.login}")
    binding = Binding(
        id=new_id(),
        member_id=member_id,
        kind=person.state.carrier,
        fingerprint=mark.hex(),
        name="合成",
        bound_at=now,
        bound_where=Place.COUNTER,
        bound_acr=ACR[0],
        suspended_at=now if person.state.is_lost else None,
        suspension=Suspension.LOST if person.state.is_lost else None,
    )
    session.add(binding)
    session.flush()
    if person.state.carrier is CarrierKind.CARD:
        session.add(Card(binding_id=binding.id, kind="taipei-card", number_hash=mark))


def _note(session: Session, member_id: UUID, note: Note, *, now: datetime) -> None:
    service = activations.get_service(session, note.service)
    activations.note(
        session,
        service,
        note.state,
        PROVENANCE,
        member_id=member_id,
        organisation_id=service.organisation_id,
        as_of=taipei_day(now - KNOWN),
        now=now,
    )
    if note.disputed:
        activations.dispute(session, note.service, member_id=member_id, now=now)


def _stop(
    session: Session, keyring: Keyring, member: Member, standing: Standing, *, now: datetime
) -> None:
    if standing is Standing.SUSPENDED:
        standings.propose(session, ORDER, member_id=member.id, by=None, keyring=keyring, now=now)
    elif standing is not Standing.ACTIVE:
        member.standing = standing
    session.flush()
