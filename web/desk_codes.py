"""Print the code with which a new member chooses account name and password (2(8)1).

Handed to who applied in person, or to the guardian who came with them. Who was joined by a proxy
gets it in their own mailbox alone: whoever holds the letter would hold the account.
"""

from flask import url_for
from werkzeug.wrappers import Response

from audit import footprint, trail
from audit.lines import Kind
from counters import letters
from counters.case_models import Case, CaseMatter
from kernel.errors import Refused
from kernel.wording import Bilingual
from members import invitations, register
from members.invitations import Activation
from web import desk_cases, desk_papers, desk_people, desk_seats, scope
from web.desk import bp
from web.desk_papers import Slip, moment, plain

_SAID = (
    Bilingual(
        "在官網選「啟用帳號」，輸入啟用碼和出生日期，自己取帳號、設密碼。啟用碼只能用一次；別人不會向您要。",
        "On the site choose Activate; type this code and the birth date, then choose your own "
        "account name and password. The code works once; nobody will ask you for it.",
    ),
    Bilingual(
        "未成年人由法定代理人保管這張單子，陪同本人設定。",
        "For a minor, the guardian keeps this slip and helps with it.",
    ),
)


@bp.post("/cases/<reference>/code")
@desk_seats.seat_required
def print_code(reference: str) -> Response:
    """Print a new code, which ends the one before; the page shows it this once.

    Raises Refused `case.wrong_state` where no case of somebody who joins is open (9).
    """
    case = desk_people.case_to_work_on(reference)
    if case.matter is not CaseMatter.JOIN or case.closed_at is not None:
        raise Refused("case.wrong_state")
    try:
        return desk_papers.show(_slip(case, _issued(case)))
    except Refused as refused:
        return desk_cases.again(case, refused)


def _issued(case: Case) -> Activation:
    session, now = scope.db(), scope.now()
    if letters.of_case(session, case.id) is not None:
        raise Refused("activation.by_mail_only")
    desk_people.connect(case)
    member = register.get(session, desk_people.person_of(case))
    if not invitations.is_awaited(member):
        raise Refused("activation.used")
    issued = invitations.issue(session, member.id, keyring=scope.rooms().keyring, now=now)
    trail.record(
        session, "activation.printed", actor=scope.member_id(), subject=member.id, now=now,
        case=case.number,
    )  # fmt: skip
    footprint.record(
        session, Kind.SLIP_PRINTED, member_id=member.id, now=now, reference=case.number
    )
    return issued


def _slip(case: Case, issued: Activation) -> Slip:
    return Slip(
        number=case.number,
        heading=Bilingual("帳號啟用碼", "Code to activate the account"),
        back=url_for("desk.case", reference=case.number),
        pairs=(
            (Bilingual("案件編號", "Case"), plain(case.number)),
            (Bilingual("啟用碼", "Code"), plain(issued.secret)),
            (Bilingual("有效到", "Good until"), moment(issued.expires_at)),
            (Bilingual("窗口", "Counter"), desk_seats.name_of(case.counter_id)),
        ),
        said=_SAID,
    )
