"""The member's cases at counters, step by step, as they go into the archive (4-I)."""

from sqlalchemy.orm import Session

from counters import cases, letters, seen
from counters.case_models import Case, CaseEvent
from counters.documents import Paper
from counters.models import Counter
from kernel.db import transaction
from kernel.refusals import refusal
from kernel.wording import Bilingual
from web import desk_words
from web.archive_parts import PARTS, TIME, Whose, iso, local, sheet
from web.sheets import Sheet

HEADS = {
    "number": Bilingual("編號", "Number"),
    "matter": Bilingual("事項", "Matter"),
    "counter": Bilingual("申辦窗口", "Counter"),
    "papers": Bilingual("看過的文件", "Papers that were seen"),
    "letter_on": Bilingual("委託書日期", "Letter of attorney of"),
    "letter_until": Bilingual("委託到", "Letter good until"),
    "at": TIME,
    "state": Bilingual("進度", "State"),
    "why": Bilingual("理由", "Reason"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return every step of every case; who came by letter for the member is kept as a hash only."""
    with transaction(whose.make) as session:
        rows = [
            [
                *_facts(session, case, whose),
                local(event.at),
                whose.text(desk_words.STATES[event.state][0]),
                _why(event, whose),
            ]
            for case in cases.of_member(session, whose.member_id, most=None)
            for event in cases.events(session, case.id)
        ]
    return sheet(whose, PARTS["cases"], HEADS, rows)


def _facts(session: Session, case: Case, whose: Whose) -> list[str]:
    counter = session.get_one(Counter, case.counter_id)
    letter = letters.of_case(session, case.id)
    papers = (Paper(each.paper) for each in seen.of_case(session, case.id))
    return [
        case.number,
        whose.text(desk_words.MATTERS[case.matter]),
        whose.text(Bilingual(counter.name_zh, counter.name_en)),
        ", ".join(whose.text(desk_words.PAPERS[each]) for each in papers),
        iso(letter.signed_on if letter else None),
        iso(letter.ends_on if letter else None),
    ]


def _why(event: CaseEvent, whose: Whose) -> str:
    words = desk_words.HAPPENED.get(event.reason)
    if words is None and event.reason in desk_words.CURES:
        words = refusal(event.reason).title
    return event.reason if words is None else whose.text(words)
