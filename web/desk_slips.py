"""Print slips: what was taken in and how to follow it, or why not, how to cure it, how to complain.

Both languages on one page. A slip of refusal names nobody; the secret of a receipt is worked out
again whenever it is printed, and kept nowhere.
"""

from flask import url_for
from werkzeug.wrappers import Response

from counters import cases, seen, turned_away
from counters.case_models import Case, CaseState, IntakeRefusal
from counters.documents import Need, Paper
from kernel.errors import NotFound
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members.profile import masked
from web import desk_papers, desk_people, desk_seats, desk_words, scope
from web.desk import bp
from web.desk_papers import TO_INTAKE, Slip, day_of, filled, moment, plain

_NUMBER = Bilingual("編號", "Number")
_RECEIPT = Bilingual("收據號碼", "Receipt number")  # as /track asks for it
_MATTER = Bilingual("事項", "Matter")
_WHERE = Bilingual("窗口", "Counter")
_REASON = Bilingual("原因", "Reason")
_CLAUSE = Bilingual("依據", "Basis")
_POINT = Bilingual(
    "臺北市政府單一識別服務作業要點第 %s 點",
    "Point %s of the Taipei City Government Directions for the Single Identification Service",
)
_FOLLOW = Bilingual(
    "查進度不必登入：在官網「查詢進度」輸入收據號碼和收據密碼。",
    "To follow it without signing in, type number and code at “Follow an application” on the site.",
)
_COMPLAIN = Bilingual(
    "不同意這個處理，可以向本窗口的主管或 1999 陳情；法令准許時也可以提起訴願。",
    "If you disagree, complain to this counter or call 1999; where the law allows, "
    "lodge an administrative appeal.",
)
_RARE = Bilingual(
    "這台印表機可能印不出的字：%s。印不出時請承辦人手寫並蓋章。",
    "Characters a printer may lack: %s. Where missing, the clerk writes them by hand and stamps.",
)
_NO_CLOCK = Bilingual("窗口收到轉送後起算", "Counted from the day the other counter receives it")


@bp.get("/cases/<reference>/slip")
@desk_seats.seat_required
def slip(reference: str) -> Response:
    """Print the receipt of a case, or of a forwarded one that was not accepted."""
    case = desk_people.case_here(reference)
    made = _not_accepted(case) if case.state is CaseState.NOT_ACCEPTED else _receipt(case)
    return desk_papers.show(made)


@bp.get("/refusals/<reference>")
@desk_seats.seat_required
def refused(reference: str) -> Response:
    """Print why a matter was not taken in. Raises NotFound for another counter's."""
    found = turned_away.find(scope.db(), reference)
    if found is None or found.counter_id != desk_seats.duty().counter_id:
        raise NotFound("case.not_found")
    return desk_papers.show(_refusal(found))


def _receipt(case: Case) -> Slip:
    session = scope.db()
    collected = case.accepted_at is None
    papers = [Paper(each.paper) for each in seen.of_case(session, case.id)]
    name = desk_people.name_of(case)
    due = cases.due(case, desk_seats.workdays(case.counter_id))
    secret = cases.slip_secret(case.id, key=scope.rooms().slip_key)
    pairs = [
        (_RECEIPT, plain(case.number)),
        (Bilingual("收據密碼", "Receipt secret"), plain(secret)),
        (_MATTER, desk_words.MATTERS[case.matter]),
        (Bilingual("申請人", "Applicant"), plain(masked(name))),
        (_WHERE, desk_seats.name_of(case.collected_by or case.counter_id)),
        *_moments(case),
        (Bilingual("最晚辦好", "Done at the latest"), _NO_CLOCK if due is None else day_of(due)),
        (
            Bilingual("看過的文件", "Documents seen"),
            Bilingual(
                "、".join(desk_words.PAPERS[each].zh for each in papers),
                ", ".join(desk_words.PAPERS[each].en for each in papers),
            ),
        ),
    ]
    odd = desk_words.rare(name)
    said = [_FOLLOW] + ([filled(_RARE, " ".join(odd))] if odd else []) + [_COMPLAIN]
    return Slip(
        number=case.number,
        heading=Bilingual("代收收件單", "Receipt: collected for another counter")
        if collected
        else Bilingual("受理收件單", "Receipt: accepted"),
        back=url_for("desk.case", reference=case.number),
        pairs=tuple(pairs),
        said=tuple(said),
    )


def _moments(case: Case) -> list[tuple[Bilingual, Bilingual]]:
    """Return both dates: when it was collected, and when the counter that does it began."""
    found = [
        (Bilingual("代收", "Collected"), case.collected_at),
        (Bilingual("轉送", "Forwarded"), case.forwarded_at),
        (Bilingual("受理", "Accepted"), case.accepted_at),
    ]
    pairs = [(words, moment(at)) for words, at in found if at is not None]
    if case.forwarded_at is not None:
        pairs.append(
            (Bilingual("主辦窗口", "Counter in charge"), desk_seats.name_of(case.counter_id))
        )
    return pairs


def _not_accepted(case: Case) -> Slip:
    return Slip(
        number=case.number,
        heading=Bilingual("不予受理通知單", "Not accepted"),
        back=url_for("desk.case", reference=case.number),
        pairs=(
            (_NUMBER, plain(case.number)),
            (_MATTER, desk_words.MATTERS[case.matter]),
            (_WHERE, desk_seats.name_of(case.counter_id)),
            *_why(case.reason),
        ),
        said=(desk_words.cure(case.reason), _COMPLAIN),
    )


def _refusal(found: IntakeRefusal) -> Slip:
    return Slip(
        number=found.number,
        heading=Bilingual("不予受理通知單（退件單）", "Not accepted"),
        back_to=TO_INTAKE,
        back=url_for("desk.intake", slip=found.number),
        pairs=(
            (_NUMBER, plain(found.number)),
            (_MATTER, desk_words.MATTERS[found.matter]),
            (_WHERE, desk_seats.name_of(found.counter_id)),
            (Bilingual("時間", "When"), moment(found.refused_at)),
            *_why(found.code),
        ),
        needs=tuple(map(Need.read, found.missing)),
        said=(desk_words.cure(found.code), _COMPLAIN),
    )


def _why(code: str) -> tuple[tuple[Bilingual, Bilingual], ...]:
    entry = refusal(code)
    why = ((_REASON, entry.title),)
    return why if entry.clause is None else (*why, (_CLAUSE, filled(_POINT, entry.clause)))
