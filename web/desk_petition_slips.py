"""/counter/petitions/…/slip: print the number and code of a petition that was just taken in.

Its code lets one read the answer of the agency, which is nothing for a clerk: it is printed by who
wrote the petition down, where and on the day they did.
"""

from flask import url_for
from werkzeug.wrappers import Response

from counters import competence
from kernel import calendar
from kernel.errors import NotFound
from kernel.wording import Bilingual
from services import decision_slips, petitions
from services.petition_models import Petition
from web import clerks, desk_papers, desk_seats, scope, suspension_words
from web.desk import bp
from web.desk_papers import Slip, day_of, moment, plain


@bp.get("/petitions/<reference>/slip")
@clerks.clerk_required(competence.COLLECTING)
def petition_slip(reference: str) -> Response:
    """Print number and code, for who has no login; raises NotFound after the day it was taken."""
    found = petitions.find_just_recorded(
        scope.db(),
        reference,
        by=scope.member_id(),
        counter_id=scope.duty().counter_id,
        now=scope.now(),
    )
    if found is None:
        raise NotFound("appeal.not_found")
    return desk_papers.show(_slip(found))


def _slip(made: Petition) -> Slip:
    due = petitions.due(made, calendar.load(scope.db()))
    site = url_for("petition.ask", _external=True)
    return Slip(
        number=made.reference,
        heading=Bilingual("陳情收據", "Receipt of a petition"),
        back=url_for("desk.petition"),
        back_to=Bilingual("回到口頭陳情", "Back to petitions"),
        pairs=(
            (Bilingual("編號", "Number"), plain(made.reference)),
            (
                Bilingual("代碼", "Code"),
                plain(decision_slips.code(made.id, keyring=scope.rooms().keyring)),
            ),
            (Bilingual("主管機關", "Responsible agency"), suspension_words.agency(made.finding)),
            (Bilingual("服務", "Service"), suspension_words.service(made.finding)),
            (Bilingual("窗口", "Counter"), desk_seats.name_of(scope.duty().counter_id)),
            (Bilingual("收件", "Received"), moment(made.filed_at)),
            *([(Bilingual("最晚答覆", "Answered by"), day_of(due))] if due else []),
        ),
        said=(Bilingual(f"查進度不必登入：{site}", f"To follow it without signing in: {site}"),),
    )
