"""What was held against the member, letter by letter, as it goes into the archive (6(1))."""

from datetime import datetime

from sqlalchemy.orm import Session

from clients.models import Organisation
from kernel.db import transaction
from kernel.wording import Bilingual
from services import sanctions
from services.sanction_models import Sanction
from web import consoles, sanction_words
from web.archive_parts import TIME, Whose, local, sheet
from web.sheets import Sheet

TITLE = Bilingual("違規的認定", "What is held against you")
HEADS = {
    "reference": Bilingual("編號", "Number"),
    "house": Bilingual("由誰認定", "Who determines"),
    "services": Bilingual("服務", "Services"),
    "clause": Bilingual("依據", "Clause"),
    "evidence": Bilingual("案號", "File"),
    "state": Bilingual("進度", "State"),
    "starts_at": Bilingual("開始", "From"),
    "ends_at": Bilingual("結束", "Until"),
    "at": TIME,
    "occasion": Bilingual("往來", "Letter"),
    "words": Bilingual("內容", "Words"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return every letter of every case, also of one that was dropped."""
    with transaction(whose.make) as session:
        rows = [
            [
                *_facts(session, sanction, whose),
                local(datetime.fromisoformat(each.at)),
                whose.text(sanction_words.OCCASIONS[each.occasion]),
                each.words,
            ]
            for sanction in sanctions.of_member(session, whose.member_id)
            for each in sanctions.written(session, sanction, keyring=whose.rooms.keyring)
        ]
    return sheet(whose, TITLE, HEADS, rows)


def _facts(session: Session, sanction: Sanction, whose: Whose) -> list[str]:
    touched = sanctions.services_of(session, sanction)
    return [
        sanction.reference,
        whose.text(_house(session, sanction)),
        ", ".join(whose.text(Bilingual(each.name_zh, each.name_en)) for each in touched),
        sanction.clause,
        sanction.evidence,
        whose.text(sanction_words.STAGES[sanctions.stage(sanction, now=whose.at)]),
        local(sanction.starts_at),
        local(sanction.ends_at),
    ]


def _house(session: Session, sanction: Sanction) -> Bilingual:
    if sanction.organisation_id is None:
        return consoles.BUREAU
    row = session.get_one(Organisation, sanction.organisation_id)
    return Bilingual(row.name_zh, row.name_en)
