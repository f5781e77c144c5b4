"""Run the provider as it runs in earnest: `taipei-id serve`, two workers, a database of its own."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import requests
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from adapters.password.passwords import set_password
from adapters.smartcard.models import Card
from carriers.models import Binding, CarrierKind, Place, Suspension
from clients import registry
from clients.models import Client, Purpose, PurposeKind
from consent import representation
from consent.models import TillCode
from idp import keys
from idp.acr import ACR
from idp.models import AwaitedRequest, Interaction, Way
from kernel import clock, throttle
from kernel.db import open_engine, sessions, transaction
from kernel.ids import digest, new_id, new_secret
from kernel.keyring import Keyring
from kernel.settings import DEMO_MASTER_KEY
from members import capacities, guardians, proxies, register
from members.models import Capacity, Evidence, Member, Relation
from members.proxy_models import Letter, Matter
from tests import make, mtls, tables
from tests.live.programs import free_port, running
from web import handovers
from web.handovers import Device
from web.models import Handover

TAIPEI_ID = (sys.executable, "-c", "from web.cli import main; main()")
DISCOVERY = "/.well-known/openid-configuration"
KEYRING = Keyring(DEMO_MASTER_KEY)
HUSHED = (
    make.PASSWORD,
    make.SECRET,
    DEMO_MASTER_KEY,
    "eyJ",  # how every JWT of ours begins
    "陳美玉",
    "mei.chen@mail.invalid",
    "+886900000000",
)


@dataclass(frozen=True)
class Person:
    """A member a test may sign in as."""

    login: str
    password: str = field(default=make.PASSWORD, repr=False)


@dataclass(frozen=True)
class Provider:
    """A running provider, and the database beneath it."""

    issuer: str
    engine: Engine
    log: Path = Path()

    @contextmanager
    def database(self) -> Iterator[Session]:
        """Open a transaction beside the server's own."""
        with transaction(sessions(self.engine)) as session:
            yield session

    def call(
        self, path: str, form: Mapping[str, str] | None = None, *, token: str = ""
    ) -> requests.Response:
        """Call an endpoint as a client's back end does."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with requests.Session() as http:
            http.trust_env = False  # loopback needs no proxy
            return http.request(
                "GET" if form is None else "POST",
                self.issuer + path,
                data=form,
                headers=headers,
                timeout=60,
            )

    def enrol(self, login: str, **claims: Any) -> Person:  # claims are JSON of several shapes
        """Put a member on record whose password the server will have to verify in earnest."""
        now = clock.now()
        person = Person(login)
        with self.database() as session:
            profile = make.a_profile(**claims)
            member = register.add(session, login, profile, keyring=KEYRING, now=now)
            set_password(
                session,
                member.id,
                person.password,
                hasher=make.HASHER,
                breaches=make.NO_BREACHES,
                now=now,
            )
        return person

    def link(self, ward: str, guardian: str, *, birthdate: str) -> None:
        """Let one member act for another until the ward comes of age."""
        until = representation.comes_of_age(birthdate)
        with self.database() as session:
            both = [register.find_by_login(session, login) for login in (ward, guardian)]
            ward_id, guardian_id = (each.id for each in both if each is not None)
            guardians.link(
                session,
                ward_id=ward_id,
                guardian_id=guardian_id,
                relation=Relation.PARENT,
                evidence=Evidence.HOUSEHOLD_REGISTER,
                until=until or clock.now(),
                now=clock.now(),
            )

    def empower(self, principal: str, proxy: str) -> UUID:
        """Give a proxy a letter for everything there is, and return its id."""
        now = clock.now()
        with self.database() as session:
            both = [register.find_by_login(session, login) for login in (principal, proxy)]
            principal_id, proxy_id = (each.id for each in both if each is not None)
            return proxies.enter(
                session,
                principal_id=principal_id,
                proxy_id=proxy_id,
                matters=Matter,
                letter=Letter.PAPER,
                reference="demo",
                starts_at=now,
                ends_at=now + timedelta(days=30),
                now=now,
            )

    def warn(self, power_id: UUID) -> str:
        """Write to the principal of a power, and return the path of the letter's link."""
        key = KEYRING.derive("not-me/v1")
        with self.database() as session:
            notice_id = proxies.announce(session, power_id, key=key, now=clock.now())
        return f"/not-me?key={proxies.secret_of(notice_id, key=key)}"

    def declare(self, login: str) -> None:
        """Note that a court put a member under guardianship."""
        with self.database() as session:
            member = register.find_by_login(session, login)
            if member is not None:
                capacities.note(
                    session,
                    member.id,
                    Capacity.GUARDED,
                    source="115-監宣-4",
                    declared_on=clock.taipei_day(clock.now()),
                    now=clock.now(),
                )

    def bind(self, login: str, name: str, suspension: Suspension | None = None) -> None:
        """Tie a passkey to a member that no device has."""
        with self.database() as session:
            member = register.find_by_login(session, login)
            session.add(
                Binding(
                    member_id=None if member is None else member.id,
                    kind=CarrierKind.PASSKEY,
                    fingerprint=new_id().hex,
                    name=name,
                    bound_at=clock.now(),
                    bound_where=Place.ACCOUNT,
                    bound_acr=ACR[0],
                    suspended_at=None if suspension is None else clock.now(),
                    suspension=suspension,
                )
            )

    def bind_card(self, login: str, name: str) -> None:
        """Tie a card with a key to a member."""
        with self.database() as session:
            member = register.find_by_login(session, login)
            binding = Binding(
                id=new_id(),
                member_id=None if member is None else member.id,
                kind=CarrierKind.CARD,
                fingerprint=new_id().hex,
                name=name,
                bound_at=clock.now(),
                bound_where=Place.ACCOUNT,
                bound_acr=ACR[0],
            )
            session.add(binding)
            session.flush()
            session.add(
                Card(binding_id=binding.id, kind="taipei-card", number_hash=new_id().bytes * 2)
            )

    def register(self, client_id: str, **form: Any) -> str | None:  # forms are JSON
        """Register a client and return its secret, if its method has one."""
        with self.database() as session:
            parsed = registry.parse(make.a_client_form(client_id, **form))
            return registry.add(session, parsed, now=clock.now())

    def forget_attempts(self) -> None:
        """Let everybody try again: all tests come from one address."""
        with self.database() as session:
            session.execute(delete(throttle.Throttle))

    def lock(self, login: str) -> None:
        """Count failures for an account name until it is locked."""
        key = throttle.ACCOUNT.key(login, secret=KEYRING.derive("throttle/v1"))
        for _ in range(throttle.ACCOUNT.limit):
            with self.database() as session:
                throttle.ACCOUNT.hit(session, key, now=clock.now())

    def answer_codes(self, *, eligible: bool) -> None:
        """Let the shop of the first purpose have read every code that is shown."""
        with self.database() as session:
            client_id, purpose_id = session.execute(
                select(Purpose.client_id, Purpose.id).where(Purpose.kind == PurposeKind.OFFER)
            ).first() or (None, None)
            session.execute(
                update(TillCode)
                .where(TillCode.used_at.is_(None))
                .values(
                    used_at=clock.now(),
                    client_id=client_id,
                    purpose_id=purpose_id,
                    eligible=eligible,
                    number="47",
                    receipt="8KQP2M7X",
                )
            )

    def end_codes(self) -> None:
        """Let the minute of every code be over."""
        with self.database() as session:
            session.execute(update(TillCode).values(expires_at=clock.now()))

    def show_phone_code(self, *, wanted: str) -> str:
        """Let a device wait for a phone and return its code."""
        key = KEYRING.derive("handover/v1")
        with self.database() as session:
            device = Device(
                browser=new_secret(),
                place="desk",
                client_id=session.scalar(select(Purpose.client_id)),
                wanted=wanted,
                words="Chrome, Windows",
            )
            asked = handovers.ask(session, device, key=key, now=clock.now())
        return handovers.code_of(asked, key=key)

    def answer_phone_codes(self, *, approved: bool) -> None:
        """Let somebody's phone have answered every device that waits."""
        with self.database() as session:
            session.execute(
                update(Handover)
                .where(Handover.answered_at.is_(None))
                .values(
                    answered_at=clock.now(),
                    approved=approved,
                    member_id=select(Member.id).limit(1).scalar_subquery(),
                    acr=ACR[0],
                    amr=["pwd", "mca"],
                )
            )

    def end_phone_codes(self) -> None:
        """Let the time of every device that waits be over."""
        with self.database() as session:
            session.execute(update(Handover).values(expires_at=clock.now()))

    def ask_at_counter(self, login: str, *, client_id: str) -> UUID:
        """Let a counter of `client_id` wait for a member, and return what waits."""
        now = clock.now()
        with self.database() as session:
            member = register.find_by_login(session, login)
            row = AwaitedRequest(
                way=Way.CIBA,
                client_id=session.scalars(
                    select(Client.id).where(Client.client_id == client_id)
                ).one(),
                parameters={"scope": "openid profile"},
                handle_hash=digest(new_secret()),
                member_id=None if member is None else member.id,
                place="",
                number="42",
                message="櫃檯 3",
                interval_seconds=5,
                asked_at=now,
                expires_at=now + timedelta(minutes=10),
            )
            session.add(row)
            session.flush()
            return row.id

    def expire_interactions(self) -> None:
        """Make every login that is under way as old as one nobody came back to."""
        with self.database() as session:
            session.execute(update(Interaction).values(expires_at=clock.now()))


@contextmanager
def serving(
    database_url: str,
    folder: Path,
    more_settings: Mapping[str, str] = MappingProxyType({}),
    *,
    program: Sequence[str] = TAIPEI_ID,
) -> Iterator[Provider]:
    """Serve the empty database at `database_url` on a free port."""
    port = free_port()
    issuer = f"http://localhost:{port}"
    tables.prepare(database_url)
    engine = open_engine(database_url, pool_size=2)
    provider = Provider(issuer, engine, log := folder / "provider.log")
    try:
        with provider.database() as session:
            keys.ensure(session, KEYRING, now=clock.now())
        environment = {**settings_of(issuer, database_url, folder), **more_settings}
        command = [*program, "serve", "--port", str(port), "--workers", "2"]
        with running(command, environment=environment, log=log, ready=[issuer + DISCOVERY]):
            yield provider
        require_nothing_personal(log)
    finally:
        engine.dispose()


def settings_of(issuer: str, database_url: str, folder: Path) -> dict[str, str]:
    """Return what each node of a provider is told."""
    return {
        "TAIPEI_ID_DEMO": "1",
        "TAIPEI_ID_ISSUER": issuer,
        "TAIPEI_ID_MASTER_KEY": DEMO_MASTER_KEY,
        "TAIPEI_ID_DATABASE_URL": database_url,
        "TAIPEI_ID_MTLS__FRONT": mtls.FRONT,
        "TAIPEI_ID_MTLS__AUTHORITIES": str(mtls.write_authorities(folder)),
        "TAIPEI_ID_CERTIFICATE_FRONT_SECRET": mtls.SHARED,
    }


def require_nothing_personal(log: Path) -> None:
    """Fail if a whole run of tests left anything in the log that belongs to somebody."""
    said = log.read_text("utf-8", errors="replace")
    assert [each for each in HUSHED if each in said] == []
