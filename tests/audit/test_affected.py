"""The ledger says exactly whom an incident touched, in steps that a crash does not disturb."""

from collections.abc import Collection
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import affected, footprint, incidents, trail
from audit.incident_models import Incident, IncidentMember, Reach
from audit.lines import Kind
from kernel.db import Sessions, transaction
from kernel.errors import Refused
from kernel.ids import new_id
from kernel.keyring import Keyring
from tests.make import NOON

CLIENT, OTHER, OFFICER, COLLEAGUE = (new_id() for _ in range(4))
HOUR = timedelta(hours=1)
APPLIED, REJECTED = new_id(), new_id()  # applications
MADE = {APPLIED: new_id()}


def made_of(_: Session, application_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Say which member each application made."""
    return {each: MADE[each] for each in application_ids if each in MADE}


def seeded(session: Session) -> set[UUID]:
    """Let ten members sign in at a client in the hour that matters; others before, or elsewhere."""
    touched = {new_id() for _ in range(10)}
    for member_id in touched:
        for kind in (Kind.SIGNED_IN, Kind.RELEASED):
            line(session, member_id, kind, CLIENT, ago=HOUR)
    line(session, new_id(), Kind.RELEASED, CLIENT, ago=3 * HOUR)
    line(session, new_id(), Kind.RELEASED, CLIENT, ago=timedelta(0))
    line(session, new_id(), Kind.RELEASED, OTHER, ago=HOUR)
    line(session, new_id(), Kind.LOGGED_IN, None, ago=HOUR)
    return touched


def line(
    session: Session, member_id: UUID, kind: Kind, client: UUID | None, *, ago: timedelta
) -> None:
    footprint.record(session, kind, member_id=member_id, client_id=client, now=NOON - ago)


def an_incident(session: Session, keyring: Keyring, *, by: UUID | None = None) -> Incident:
    return incidents.open_(
        session, "被入侵", happened_at=NOON - HOUR, is_drill=True, by=by, keyring=keyring, now=NOON
    )


def gathered(
    session: Session, incident: Incident, reach: Reach, *keys: UUID, step: int = 3
) -> set[UUID]:
    affected.aim(session, incident, reach, keys=keys, since=NOON - 2 * HOUR, until=NOON, now=NOON)
    steps = 0
    while not affected.gather(session, incident, made=made_of, now=NOON, step=step):
        steps += 1
    assert steps > 0 or step > 3
    rows = select(IncidentMember.member_id).where(IncidentMember.incident_id == incident.id)
    return set(session.scalars(rows))


@pytest.mark.clause("10-I(2)")
def test_a_clients_incident_touched_whoever_it_saw_in_that_time_and_nobody_else(
    session: Session, keyring: Keyring
) -> None:
    touched = seeded(session)
    incident = an_incident(session, keyring)

    found = gathered(session, incident, Reach.CLIENTS, CLIENT)

    assert found == touched
    assert incident.affected == 10
    assert affected.is_as_frozen(session, incident)


def test_a_stolen_key_touched_whoever_anything_went_out_about(
    session: Session, keyring: Keyring
) -> None:
    touched = seeded(session)

    found = gathered(session, an_incident(session, keyring), Reach.EVERYBODY, step=500)

    assert found > touched
    assert len(found) == 11


@pytest.mark.clause("10-I(2)")
@pytest.mark.parametrize("reach", [Reach.CLIENTS, Reach.EVERYBODY])
def test_whoever_refused_took_back_or_only_helped_is_not_touched(
    session: Session, keyring: Keyring, reach: Reach
) -> None:
    """Nothing about them went anywhere: they are neither counted nor frightened by a letter."""
    for kind in (
        Kind.CONSENT_REFUSED,
        Kind.CONSENT_WITHDRAWN,
        Kind.DEVICE_STOPPED,
        Kind.GUARDIAN_ASKED,
        Kind.GUARDIAN_APPROVED,
    ):
        line(session, new_id(), kind, CLIENT, ago=HOUR)
    line(session, theirs := new_id(), Kind.TILL_ANSWERED, CLIENT, ago=HOUR)

    found = gathered(session, an_incident(session, keyring), reach, CLIENT, step=500)

    assert found == {theirs}


def test_an_officer_touched_whoever_they_looked_at(session: Session, keyring: Keyring) -> None:
    seen, unseen = {new_id() for _ in range(4)}, new_id()
    for member_id in seen:
        look(session, OFFICER, member_id)
        look(session, OFFICER, member_id)
    look(session, COLLEAGUE, unseen)
    trail.record(session, "case.moved", actor=OFFICER, subject=new_id(), now=NOON - HOUR)

    assert gathered(session, an_incident(session, keyring), Reach.ACTORS, OFFICER) == seen


@pytest.mark.clause("9")
def test_an_officer_touched_whom_an_application_they_opened_made_a_member(
    session: Session, keyring: Keyring
) -> None:
    for application_id in (APPLIED, REJECTED):
        trail.record(
            session, "application.viewed", actor=OFFICER, subject=application_id, now=NOON - HOUR
        )

    found = gathered(session, an_incident(session, keyring), Reach.ACTORS, OFFICER, step=9)

    assert found == {MADE[APPLIED]}


def look(session: Session, actor: UUID, member_id: UUID) -> None:
    trail.record(session, "record.viewed", actor=actor, subject=member_id, now=NOON - HOUR)


@pytest.mark.refusal("incident.wrong_state")
def test_a_frozen_list_takes_nobody_more(session: Session, keyring: Keyring) -> None:
    seeded(session)
    incident = an_incident(session, keyring)
    gathered(session, incident, Reach.CLIENTS, CLIENT)

    with pytest.raises(Refused, match=r"incident\.wrong_state"):
        affected.gather(session, incident, made=made_of, now=NOON)
    session.add(IncidentMember(incident_id=incident.id, member_id=new_id()))
    assert not affected.is_as_frozen(session, incident)


def test_an_incident_is_aimed_once_and_at_something(session: Session, keyring: Keyring) -> None:
    incident = an_incident(session, keyring)
    with pytest.raises(Refused, match=r"incident\.wrong_state"):
        affected.gather(session, incident, made=made_of, now=NOON)
    for reach, keys, since in (
        (Reach.CLIENTS, [], NOON - HOUR),
        (Reach.CLIENTS, [CLIENT], NOON),
    ):
        with pytest.raises(Refused, match=r"incident\.incomplete"):
            affected.aim(session, incident, reach, keys=keys, since=since, until=NOON, now=NOON)

    assert gathered(session, incident, Reach.EVERYBODY, step=500) == set()
    assert incident.affected == 0
    with pytest.raises(Refused, match=r"incident\.wrong_state"):
        gathered(session, incident, Reach.EVERYBODY)


def test_nobody_to_tell_is_nobody_told_late(session: Session, keyring: Keyring) -> None:
    incident = an_incident(session, keyring)
    gathered(session, incident, Reach.EVERYBODY, step=500)

    clock = incidents.clocks(incident, incidents.Terms())["subjects"]

    assert not clock.is_broken(now=NOON + timedelta(days=30))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_workers_at_one_step_one_has_it(sessions: Sessions, keyring: Keyring) -> None:
    with transaction(sessions) as session:
        touched = seeded(session)
        incident = an_incident(session, keyring)
        affected.aim(
            session,
            incident,
            Reach.CLIENTS,
            keys=[CLIENT],
            since=NOON - 2 * HOUR,
            until=NOON,
            now=NOON,
        )
        incident_id, start = incident.id, Barrier(2)
    won: list[object] = []

    def work() -> None:
        with transaction(sessions) as session:
            row = session.get_one(Incident, incident_id)
            start.wait()
            try:
                won.append(affected.gather(session, row, made=made_of, now=NOON))
            except Refused as refused:
                won.append(refused.code)

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, won)) == ["True", "incident.wrong_state"]
    with transaction(sessions) as session:
        assert session.get_one(Incident, incident_id).affected == len(touched)
