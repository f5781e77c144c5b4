"""Say in words where a sanction stands, and shape one for its pages (6(1))."""

from datetime import datetime, timedelta
from typing import Any

from clients.models import Organisation
from kernel.wording import Bilingual
from services import sanctions
from services.sanction_models import Sanction
from services.sanctions import Stage
from web import consoles, scope

STAGES = {
    Stage.HEARING: Bilingual("等待陳述意見", "To be heard"),
    Stage.HEARD: Bilingual("等待認定", "To be determined"),
    Stage.AHEAD: Bilingual("還沒生效", "Not yet in force"),
    Stage.IN_FORCE: Bilingual("生效中", "In force"),
    Stage.EXPIRED: Bilingual("期滿，已自動恢復", "Over; everything is back by itself"),
    Stage.LIFTED: Bilingual("已解除", "Lifted"),
    Stage.DROPPED: Bilingual("不成立，已撤案", "Dropped"),
}
LOOKS = {Stage.HEARING: "warn", Stage.HEARD: "warn", Stage.AHEAD: "warn", Stage.IN_FORCE: "bad"}
OCCASIONS = {
    "charge": Bilingual("事實", "What is held against you"),
    "answer": Bilingual("陳述的意見", "The member's word"),
    "determination": Bilingual("認定的理由", "Why it was determined"),
    "end": Bilingual("結束的理由", "Why it ended"),
}


def card(sanction: Sanction) -> dict[str, Any]:
    """Return what a list says of a sanction."""
    stage = sanctions.stage(sanction, now=scope.now())
    return {
        "reference": sanction.reference,
        "stage": stage.value,
        "state": STAGES[stage],
        "look": LOOKS.get(stage, "plain"),
        "reported_at": sanction.reported_at,
        "hear_by": sanction.hear_by,
        "house": house(sanction),
        "services": [
            Bilingual(each.name_zh, each.name_en)
            for each in sanctions.services_of(scope.db(), sanction)
        ],
    }


def house(sanction: Sanction) -> Bilingual:
    """Return who determines: an agency, or the Bureau."""
    if sanction.organisation_id is None:
        return consoles.BUREAU
    row = scope.db().get_one(Organisation, sanction.organisation_id)
    return Bilingual(row.name_zh, row.name_en)


def whole(sanction: Sanction) -> dict[str, Any]:
    """Return what a page says of a sanction, with what was written."""
    written = sanctions.written(scope.db(), sanction, keyring=scope.rooms().keyring)
    last = None if sanction.ends_at is None else sanction.ends_at - timedelta(seconds=1)
    return card(sanction) | {
        "clause": sanction.clause,
        "evidence": sanction.evidence,
        "starts_at": sanction.starts_at,
        "last": last,
        "ended_at": sanction.ended_at,
        "letters": [
            {
                "at": datetime.fromisoformat(each.at),
                "occasion": OCCASIONS[each.occasion],
                "words": each.words,
            }
            for each in written
        ],
    }
