"""Say in words, for both sides, what an audit is about and how far it has come."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import request

from audit import asking, findings
from audit.audit_models import (
    Act,
    Audit,
    AuditFinding,
    AuditRequest,
    AuditState,
    Grade,
)
from audit.evidence import GONE, Evidence
from audit.lines import Kind
from audit.sampling import PREFIXES
from kernel.clock import TAIPEI, taipei_day
from kernel.errors import NotFound, Refused
from kernel.ids import readable
from kernel.keyring import keyed_hash
from kernel.wording import Bilingual
from web import scope

STATES = {
    AuditState.PLANNED: (Bilingual("計畫中", "Planned"), "plain"),
    AuditState.ANNOUNCED: (Bilingual("已預告", "Announced"), "info"),
    AuditState.EVIDENCE: (Bilingual("取證中", "Taking evidence"), "info"),
    AuditState.FINDINGS: (Bilingual("寫發現", "Writing findings"), "info"),
    AuditState.ACTION: (Bilingual("改善中", "Being put right"), "warn"),
    AuditState.VERIFIED: (Bilingual("已查驗", "Verified"), "ok"),
    AuditState.CLOSED: (Bilingual("已結案", "Closed"), "plain"),
}
ACTS = {
    Act.LOOKS: Bilingual("調閱資料", "Looks at records"),
    Act.CASES: Bilingual("臨櫃案件", "Cases at counters"),
    Act.DESK: Bilingual("窗口與人員設定", "Counters and their people"),
    Act.RELEASES: Bilingual("提供資料給網站", "Data given to its sites"),
}
GRADES = {
    Grade.MAJOR: (Bilingual("重大", "Major"), "bad"),
    Grade.MINOR: (Bilingual("輕微", "Minor"), "warn"),
    Grade.REMARK: (Bilingual("建議", "Remark"), "plain"),
}
_GONE = Bilingual("紀錄不見了", "No longer on record")


def act_of(event: str) -> Bilingual:
    """Return which kind of act an event is."""
    if event == GONE:
        return _GONE
    if event == Kind.RELEASED:
        return ACTS[Act.RELEASES]
    return next(ACTS[act] for act, prefixes in PREFIXES.items() if event.startswith(prefixes))


def pseudonym(audit: Audit, person: UUID | None) -> str:
    """Return what stands for a person in one audit; in another it is something else."""
    if person is None:
        return "–"
    key = scope.rooms().keyring.derive("audit-pseudonyms/v1")
    return readable(keyed_hash(key, audit.reference, str(person))[:5])


def period(audit: Audit) -> tuple[date, date]:
    """Return the first and the last day of what is looked into."""
    return taipei_day(audit.since), taipei_day(audit.until - timedelta(seconds=1))


def row(each: Evidence, audit: Audit) -> dict[str, Any]:
    """Return a sampled act for a page: people under pseudonyms."""
    return {
        "place": each.place,
        "act": act_of(each.event),
        "event": each.event,
        "at": each.at,
        "actor": pseudonym(audit, each.actor),
        "person": pseudonym(audit, each.member_id),
        "case": each.case,
    }


def asked(each: AuditRequest) -> dict[str, Any]:
    """Return a request for a page, and how it stands by the clock."""
    keyring, now = scope.rooms().keyring, scope.now()
    return {
        "number": each.number,
        "places": each.places,
        "words": asking.read(each.words_sealed, each.id, "words", keyring=keyring),
        "asked_at": each.asked_at,
        "due_at": _last_minute(each.due_at),
        "missed_at": _last_minute(each.missed_at),
        "answer": asking.read(each.answer_sealed, each.id, "answer", keyring=keyring),
        "answered_at": each.answered_at,
        "is_obstructed": asking.is_obstructed(each, now=now),
    }


def _last_minute(due_at: datetime | None) -> datetime | None:
    """Return the last minute in time: midnight would be read as the day after."""
    return None if due_at is None else due_at - timedelta(minutes=1)


def found(each: AuditFinding) -> dict[str, Any]:
    """Return a finding for a page, with what is done about it."""
    keyring = scope.rooms().keyring
    texts = {
        part: asking.read(getattr(each, f"{part}_sealed"), each.id, part, keyring=keyring)
        for part in ("words", "action", "done", "returned")
    }
    label, tone = GRADES[each.grade]
    return texts | {
        "number": each.number,
        "grade": label,
        "tone": tone,
        "clause": each.clause,
        "due_on": each.due_on,
        "done_at": each.done_at,
        "verified_at": each.verified_at,
        "is_overdue": findings.is_overdue(each, now=scope.now()),
    }


def card(audit: Audit, name: Mapping[UUID, Bilingual]) -> dict[str, Any]:
    """Return what a list says of an audit."""
    label, tone = STATES[audit.state]
    return {
        "reference": audit.reference,
        "audited": name.get(audit.counter_id or audit.organisation_id, Bilingual("–", "–")),
        "state": label,
        "tone": tone,
        "since": period(audit)[0],
        "until": period(audit)[1],
        "acts": [ACTS[Act(each)] for each in audit.acts],
    }


# What was typed


def typed(name: str, most: int = asking.LONGEST) -> str:
    """Return a field of the form."""
    return request.form.get(name, "")[:most]


def day(name: str) -> date:
    """Return a day of these centuries that was typed. Raises Refused `audit.incomplete`."""
    try:
        that = date.fromisoformat(typed(name, 10).strip())
    except ValueError:
        raise Refused("audit.incomplete") from None
    if not date(2000, 1, 1) <= that < date(2200, 1, 1):
        raise Refused("audit.incomplete")
    return that


def start_of(that: date) -> datetime:
    """Return the first moment of a day in Taipei."""
    return datetime.combine(that, time(), tzinfo=TAIPEI)


def end_of(that: date) -> datetime:
    """Return the moment at which a day in Taipei is over."""
    return start_of(that + timedelta(days=1))


def place(text: str) -> int:
    """Return a number out of an address. Raises NotFound."""
    if not _is_number(text):
        raise NotFound("audit.not_found")
    return int(text)


def places() -> list[int]:
    """Return the places of the sample that were typed, such as `1, 4`."""
    parts = typed("places", 2000).replace("、", ",").replace("，", ",").split(",")
    wanted = [each.strip() for each in parts if each.strip()]
    if not all(map(_is_number, wanted)):
        raise Refused("audit.incomplete")
    return [int(each) for each in wanted]


def _is_number(text: str) -> bool:
    return re.fullmatch("[0-9]{1,6}", text) is not None
