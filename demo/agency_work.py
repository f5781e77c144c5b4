"""Leave work on the desks of the library and the café: a check, a petition, a file, a draft."""

import io
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from clients import officers, registry
from clients.officer_models import OfficerPost, Role
from demo.notes import CAFE, LIBRARY, OFFER
from idp import organisation_notices
from kernel.clock import taipei_day
from kernel.db import Json
from kernel.errors import NotFound
from kernel.keyring import Keyring
from kernel.wording import CHINESE, Bilingual
from members import register
from services import activations, eligibility_runs, findings, offer_drafts, petitions, rules
from services import consolidation_batches as batches
from services import consolidation_schema as schema
from services.activations import Provenance
from services.consolidation_models import Footing, Stream
from services.consolidation_schema import Field, Proposal
from services.eligibility_models import CheckRun, FactCode
from services.findings import Verdict
from services.models import Activation, Channel, Service
from services.petition_models import Way
from services.petitions import Plea
from services.references import References
from services.rules import Draft

SERVICE, YEAR = "library_card", timedelta(days=365)
FINDER, VERIFIER, SHOPKEEPER = "ji.wu", "guilai.cai", "minh.nguyen"
HOLDERS = ("budi", "david.sample", "leap.zhang", "maria.muestra", "minh.nguyen", "sayun")
PETITIONER, FOUND = "budi", "david.sample"  # of the first it is decided, of the second not yet
PROPOSAL = Proposal(
    columns=frozenset({Field.NUMBER, Field.STATE, Field.SINCE, Field.AS_OF}),
    basis="pdpa-15-1",
    provision="示範圖書館借閱規定第 1 點",
    footing=Footing.NOTICE,
    channel=Channel.AGREED,
)
UNFINISHED: Json = {  # the fields of the form at /merchant/offers/new
    "title_zh": "敬老八五折",
    "title_en": "Fifteen per cent off for seniors",
    "age": "65",
    "join": "any_of",
    "resident": False,
    "services": ["senior_card"],
}
FILE = (  # somebody who is no member, a number nobody can have, a day that is none
    "證號,註記,開通日,資料日\n"
    "A100000010,已開通,2020-01-01,2026-01-01\n"
    "A100000011,已開通,2020-01-01,2026-01-01\n"
    "A100000029,已開通,2020-02-30,2026-01-01\n"
)


def settle(session: Session, keyring: Keyring, *, now: datetime) -> None:
    """Leave it there once; what became of it since is not touched."""
    if session.scalar(select(exists().where(CheckRun.id.is_not(None)))):
        return
    library = registry.get(session, LIBRARY).organisation_id
    _appoint(session, FINDER, Role.OFFICER, library, now=now)
    cafe = registry.get(session, CAFE).organisation_id
    _appoint(session, SHOPKEEPER, Role.MERCHANT, cafe, now=now)
    _draft(session, now=now)
    service = activations.get_service(session, SERVICE)
    _hand_out(session, service, now=now)
    _check(session, service, keyring, now=now)
    _send(session, library, keyring, now=now)
    _tell(session, library, now=now)


def _draft(session: Session, *, now: datetime) -> None:
    """Leave the café's next offer as far as its keeper came: it lacks a number and its days."""
    purpose = next(each for each in registry.get(session, CAFE).purposes if each.code == OFFER)
    offer_drafts.begin(session, purpose.id, UNFINISHED, by=_id(session, SHOPKEEPER), now=now)


def _id(session: Session, login: str) -> UUID:
    member = register.find_by_login(session, login)
    if member is None:
        raise NotFound("member.not_found")
    return member.id


def _appoint(
    session: Session, login: str, role: Role, organisation_id: UUID, *, now: datetime
) -> None:
    member_id = _id(session, login)
    was = exists().where(OfficerPost.member_id == member_id, OfficerPost.role == role)
    if session.scalar(select(was)):
        return
    officers.appoint(
        session,
        member_id=member_id,
        organisation_id=organisation_id,
        role=role,
        by=None,
        until=now + YEAR,
        now=now,
    )


def _hand_out(session: Session, service: Service, *, now: datetime) -> None:
    for place, login in enumerate(HOLDERS):
        activations.note(
            session,
            service,
            Activation.ACTIVATED,
            Provenance(channel=Channel.KEYED, actor="demo", reference=f"demo-{place}"),
            member_id=_id(session, login),
            organisation_id=service.organisation_id,
            as_of=taipei_day(now) - timedelta(days=30),
            now=now,
        )


def _check(session: Session, service: Service, keyring: Keyring, *, now: datetime) -> None:
    """Find two who moved away; a second officer believes it of one, who petitions."""
    finder, verifier, agency = (
        _id(session, FINDER),
        _id(session, VERIFIER),
        service.organisation_id,
    )
    draft = Draft(
        rule={"resident_of": "taipei"},
        by_hand=Bilingual("沒有逾期未還的書", "No books overdue"),
        basis="示範圖書館借閱規定第 2 點",
        effective_on=taipei_day(now),
    )
    rules.adopt(session, service, draft, organisation_id=agency, by=finder, now=now)
    run = eligibility_runs.schedule(
        session, service, taipei_day(now), organisation_id=agency, by=finder, now=now
    )
    eligibility_runs.start(session, run, now=now)
    names = References(keyring, service.id)
    rows = [(names.of(_id(session, login)), FactCode.MOVED_AWAY) for login in (PETITIONER, FOUND)]
    findings.take_in(session, run, rows, by=finder, keyring=keyring, now=now)
    petitioner = _id(session, PETITIONER)
    theirs = [
        finding.reference
        for finding, _ in findings.waiting(session, run)
        if finding.member_id == petitioner
    ]
    verdict = Verdict(evidence="示範字第 2 號", reason="戶政資料顯示已經遷出")
    [finding] = findings.confirm(
        session, run, theirs, verdict, by=verifier, keyring=keyring, now=now
    )
    plea = Plea(words="我還住在臺北市，附上租約。", way=Way.ONLINE, language=CHINESE)
    petitions.file(session, finding, plea, keyring=keyring, now=now)


def _send(session: Session, library: UUID, keyring: Keyring, *, now: datetime) -> None:
    """Hand a file in, which the worker reads; another officer confirms or drops it."""
    officer = _id(session, FINDER)
    stream: Stream = schema.propose(
        session, SERVICE, PROPOSAL, organisation_id=library, officer=officer, now=now
    )
    schema.decide(session, stream.id, approves=True, reviewer=_id(session, VERIFIER), now=now)
    file = io.BytesIO(FILE.encode())
    batches.receive(session, stream, file, encoding=None, officer=officer, keyring=keyring, now=now)


def _tell(session: Session, library: UUID, *, now: datetime) -> None:
    """Let the library's site hear of the petition, as it would from the member's own page."""
    member_id = _id(session, PETITIONER)
    kind = organisation_notices.PETITIONED
    organisation_notices.enqueue(session, library, kind, member_id=member_id, now=now)
