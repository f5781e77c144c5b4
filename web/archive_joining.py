"""How somebody became a member: the applications and their steps, as they go into the archive."""

from kernel.db import transaction
from kernel.wording import Bilingual
from members import application_steps, applications
from web import review_words
from web.archive_parts import Whose, local, sheet
from web.sheets import Sheet

TITLE = Bilingual("申辦會員", "Becoming a member")
HEADS = {
    "number": Bilingual("編號", "Number"),
    "channel": Bilingual("從哪裡申請", "Applied through"),
    "at": Bilingual("時間（臺北）", "Time (Taipei)"),
    "state": Bilingual("進度", "State"),
    "clause": Bilingual("依據", "Clause"),
    "reason": Bilingual("理由", "Reason"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return the steps by which the member was approved (2(8)1)."""
    keyring = whose.rooms.keyring
    with transaction(whose.make) as session:
        rows = [
            [
                application.number,
                whose.text(review_words.CHANNELS[application.channel]),
                local(step.at),
                whose.text(review_words.STATES[step.state]),
                step.clause,
                step.reason,
            ]
            for application in applications.of_member(session, whose.member_id)
            for step in application_steps.history(session, application, keyring=keyring)
        ]
    return sheet(whose, TITLE, HEADS, rows)
