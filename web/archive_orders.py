"""Orders that stopped the whole account, as they go into the archive (6(1))."""

from datetime import datetime

from kernel.db import transaction
from kernel.wording import Bilingual
from members import register, standings
from web.archive_parts import TIME, Whose, local, sheet
from web.doit_standing import KINDS
from web.sheets import Sheet

TITLE = Bilingual("帳號的停用", "Orders that stopped the account")
HEADS = {
    "reference": Bilingual("編號", "Number"),
    "kind": Bilingual("種類", "Kind"),
    "clause": Bilingual("依據", "Clause"),
    "evidence": Bilingual("案號", "File"),
    "in_force_at": Bilingual("生效於", "In force"),
    "ended_at": Bilingual("結束於", "Ended"),
    "at": TIME,
    "occasion": Bilingual("往來", "Letter"),
    "words": Bilingual("內容", "Words"),
}
OCCASIONS = {
    "proposed": Bilingual("停用的理由", "Why it was stopped"),
    "lifted": Bilingual("恢復的理由", "Why it was lifted"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return the reasons of every order that came into force."""
    keyring = whose.rooms.keyring
    with transaction(whose.make) as session:
        member = register.get(session, whose.member_id)
        rows = [
            [
                order.reference,
                whose.text(KINDS[order.kind][0]),
                order.clause,
                order.evidence,
                local(order.in_force_at),
                local(order.ended_at),
                local(datetime.fromisoformat(each.at)),
                whose.text(OCCASIONS[each.occasion]),
                each.words,
            ]
            for order in standings.of_member(session, member.id)
            for each in standings.letters(order, member, keyring=keyring)
        ]
    return sheet(whose, TITLE, HEADS, rows)
