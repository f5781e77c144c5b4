"""Print the decision of a case: what, why, by which clause, by whom, and what can be done (APA 96).

A letter with an empty part is none: it cannot be made (REGULATION 7.3).
"""

from dataclasses import dataclass, fields
from types import MappingProxyType

from flask import url_for
from werkzeug.wrappers import Response

from counters import seen
from counters.case_models import Case, CaseMatter, CaseOutcome
from counters.documents import Paper
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import sealed_forms
from members.numbers import recognise
from web import counter_words, desk_cases, desk_papers, desk_people, desk_seats, desk_words, scope
from web.desk import bp
from web.desk_papers import Slip, filled, moment, plain

GROUNDS = MappingProxyType(  # on which point of the regulation an approval rests
    {
        CaseMatter.JOIN: "2(8)1",
        CaseMatter.BIND: "7(6)",
        CaseMatter.UNBIND: "4-I(2)",
        CaseMatter.LOSS: "7(7)",
        CaseMatter.ACTIVATION: "2(8)6",
        CaseMatter.CHANGE: "2(8)5",
        CaseMatter.RECOVERY: "7(8)",
        CaseMatter.PROXY_END: "7(2)",
    }
)
_HEADINGS = {
    CaseOutcome.APPROVED: Bilingual("核可通知書", "Decision: approved"),
    CaseOutcome.REFUSED: Bilingual("不予核可決定書", "Decision: refused"),
}
_DECISIONS = {
    CaseOutcome.APPROVED: Bilingual("您的申請核可了，已經辦好。", "Approved, and done."),
    CaseOutcome.REFUSED: Bilingual("您的申請不予核可。", "Your application is refused."),
}
_MEETS = Bilingual(
    "應備文件齊全，查核後符合規定。", "The documents were complete, and the conditions are met."
)
_POINT = Bilingual(
    "臺北市政府單一識別服務作業要點第 %s 點",
    "Point %s of the Taipei City Government Directions for the Single Identification Service",
)
_REMEDY = Bilingual(
    "不服這個決定的話，可以在收到的次日起 30 天內，寫訴願書經由%s向臺北市政府提起訴願；也可以隨時"
    "重新申請，或向 1999 陳情。",
    "If you disagree, lodge an administrative appeal to the Taipei City Government through %s "
    "within 30 days from the day after you receive this; apply again at any time, or complain at "
    "1999.",
)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Everything a decision must say; made with an empty part it raises `letter.incomplete`."""

    number: Bilingual
    decided_at: Bilingual
    addressee: Bilingual
    matter: Bilingual
    decision: Bilingual
    facts: Bilingual
    reason: Bilingual
    ground: Bilingual
    authority: Bilingual
    counter: Bilingual
    remedy: Bilingual

    def __post_init__(self) -> None:
        """Refuse a letter with a gap. Raises Refused `letter.incomplete`."""
        parts = (getattr(self, each.name) for each in fields(self))
        if not all(words.strip() for part in parts for words in part):
            raise Refused("letter.incomplete")

    def pairs(self) -> tuple[tuple[Bilingual, Bilingual], ...]:
        """Return the letter in the order of the Administrative Procedure Act, article 96."""
        return (
            (Bilingual("受文者", "To"), self.addressee),
            (Bilingual("發文字號", "Reference"), self.number),
            (Bilingual("日期", "Date"), self.decided_at),
            (Bilingual("事項", "Matter"), self.matter),
            (Bilingual("主旨", "Decision"), self.decision),
            (Bilingual("事實", "Facts"), self.facts),
            (Bilingual("理由", "Reason"), self.reason),
            (Bilingual("法令依據", "Legal basis"), self.ground),
            (Bilingual("窗口", "Counter"), self.counter),
            (Bilingual("救濟", "Remedy"), self.remedy),
        )


@bp.get("/cases/<reference>/letter")
@desk_seats.seat_required
def letter(reference: str) -> Response:
    """Print the decision. Raises NotFound before there is one."""
    case = desk_people.case_here(reference)
    if case.outcome is None:
        raise NotFound("case.not_found")
    made = _decision(case, case.outcome)
    return desk_papers.show(
        Slip(
            number=case.number,
            heading=_HEADINGS[case.outcome],
            back=url_for("desk.case", reference=case.number),
            pairs=made.pairs(),
            said=(),
            signed=made.authority,
        )
    )


def _decision(case: Case, outcome: CaseOutcome) -> Decision:
    counter = desk_seats.counter(case.counter_id)
    agency = Bilingual(counter.organisation.name_zh, counter.organisation.name_en)
    is_refused = outcome is CaseOutcome.REFUSED
    why = refusal(case.reason)
    return Decision(
        number=plain(case.number),
        decided_at=plain("") if case.decided_at is None else moment(case.decided_at),
        addressee=plain(_addressee(case)),
        matter=_matter(case),
        decision=_DECISIONS[outcome],
        facts=_facts(case),
        reason=why.title if is_refused else _MEETS,
        ground=filled(_POINT, (why.clause if is_refused else GROUNDS[case.matter]) or ""),
        authority=agency,
        counter=counter_words.name(counter),
        remedy=Bilingual(_REMEDY.zh % agency.zh, _REMEDY.en % agency.en),
    )


def _addressee(case: Case) -> str:
    """Return name and masked number; that a member was looked at is written down."""
    if case.member_id is not None:
        held = desk_people.on_record(case)
        return " ".join(filter(None, (held.name, held.number)))
    application = desk_people.application_of(case)
    if application is None:
        return ""
    form = sealed_forms.read(application, keyring=scope.rooms().keyring)
    return f"{form.name} {recognise(form.number).masked}"


def _matter(case: Case) -> Bilingual:
    words, service = desk_words.MATTERS[case.matter], desk_cases.service_of(case)
    if service is None:
        return words
    return Bilingual(f"{words.zh}：{service.zh}", f"{words.en}: {service.en}")


def _facts(case: Case) -> Bilingual:
    papers = [desk_words.PAPERS[Paper(each.paper)] for each in seen.of_case(scope.db(), case.id)]
    at = moment(case.accepted_at or case.opened_at)
    zh, en = "、".join(each.zh for each in papers), ", ".join(each.en for each in papers)
    return Bilingual(
        f"{at.zh}受理，看過的文件：{zh or '依本人口頭申報'}。",
        f"Accepted {at.en}; documents seen: {en or 'none; on their own word'}.",
    )
