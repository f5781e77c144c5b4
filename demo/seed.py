"""Settle the synthetic city: members with passwords, clients with purposes; safe to repeat."""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from adapters.password.breach import BreachList
from adapters.password.hashing import Hasher
from adapters.password.passwords import set_password
from clients import contracts, registry
from consent import representation
from demo import agency_work, applicants, binding, city, counters, notes, officers, publishing
from demo.addresses import Addresses
from demo.city import Json, Persona
from kernel.errors import NotFound, Refused
from kernel.keyring import Keyring
from members import guardians, identity_checks, proxies, register
from members.models import CheckKind, Evidence, Relation, Standing
from members.profile import Profile
from members.proxy_models import Letter, Matter

COUNTER = "示範區公所"  # where the personas showed their cards


def seed(
    session: Session,
    keyring: Keyring,
    hasher: Hasher,
    breaches: BreachList,
    addresses: Addresses,
    *,
    now: datetime,
) -> int:
    """Add whoever is missing and return how many; clients move to the addresses in use.

    What is there already keeps its password, its standing and its consents.
    """
    added = 0
    for persona in city.personas():
        if register.find_by_login(session, persona.login_id) is None:
            _settle(session, persona, keyring, hasher, breaches, now=now)
            added += 1
    for persona in city.personas():
        _bind(session, persona, now=now)
        _empower(session, persona, now=now)
    for record in city.clients(addresses):
        added += _register(session, record, now=now)
    notes.settle(session, now=now)
    counters.settle(session, keyring, now=now)
    applicants.settle(session, keyring, now=now)
    officers.settle(session, keyring, now=now)
    publishing.settle(session, now=now)
    agency_work.settle(session, keyring, now=now)
    binding.settle(session, keyring, origin=addresses.provider.origin, now=now)
    return added


def _settle(
    session: Session,
    persona: Persona,
    keyring: Keyring,
    hasher: Hasher,
    breaches: BreachList,
    *,
    now: datetime,
) -> None:
    profile = Profile(**persona.claims)
    member = register.add(session, persona.login_id, profile, keyring=keyring, now=now)
    set_password(session, member.id, persona.password, hasher=hasher, breaches=breaches, now=now)
    member.standing = Standing(persona.standing)
    session.flush()
    identity_checks.record(
        session,
        member.id,
        kind=CheckKind.DOCUMENT,
        of_type="idcard",
        method="vpip",
        office=COUNTER,
        names=persona.checked,
        held=persona.claims,
        keyring=keyring,
        now=now,
    )


def _bind(session: Session, persona: Persona, *, now: datetime) -> None:
    """Link a minor to the guardians; who is linked already, or of age by now, stays as they are."""
    ward = register.find_by_login(session, persona.login_id)
    until = representation.comes_of_age(persona.claims.get("birthdate"))
    for login, relation in persona.guardians.items():
        guardian = register.find_by_login(session, login)
        if ward is None or guardian is None or until is None:
            continue
        with suppress(Refused):
            guardians.link(
                session,
                ward_id=ward.id,
                guardian_id=guardian.id,
                relation=Relation(relation),
                evidence=Evidence.HOUSEHOLD_REGISTER,
                until=until,
                now=now,
            )


def _empower(session: Session, persona: Persona, *, now: datetime) -> None:
    """Give the proxies a letter of a year, unless one stands, or was ended, already."""
    principal = register.find_by_login(session, persona.login_id)
    for login, matters in persona.proxies.items():
        proxy = register.find_by_login(session, login)
        if principal is None or proxy is None or proxies.ever(session, principal.id, proxy.id):
            continue
        proxies.enter(
            session,
            principal_id=principal.id,
            proxy_id=proxy.id,
            matters=map(Matter, matters),
            letter=Letter.PAPER,
            reference="demo",
            starts_at=now,
            ends_at=now + timedelta(days=365),
            now=now,
        )


def _register(session: Session, record: Json, *, now: datetime) -> int:
    form = registry.parse(city.registration(record))
    try:
        client = registry.get(session, form.client_id)
    except NotFound:
        registry.add(session, form, now=now, secret=record.get("client_secret"))
        return 1
    client.home_uri = form.home_uri
    client.contact = form.contact
    client.notice_uri = form.notice_uri
    client.backchannel_logout_uri = form.backchannel_logout_uri
    client.grant_types = list(form.grant_types)
    if form.contract is not None and not client.organisation.contracts:
        contracts.add(session, client.organisation, form.contract, now=now)
    client.redirect_uris = list(form.redirect_uris)
    client.post_logout_redirect_uris = list(form.post_logout_redirect_uris)
    session.flush()
    return 0
