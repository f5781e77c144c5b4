"""What agencies noted about the member, with what their cards show, as it goes into the archive."""

from consent.evidence import State
from consent.vouched import told
from kernel.db import transaction
from kernel.wording import Bilingual
from services import activations, card_faces
from web import service_words
from web.archive_parts import PARTS, Whose, iso, sheet
from web.sheets import Sheet

HEADS = {
    "service": Bilingual("服務", "Service"),
    "agency": Bilingual("機關", "Agency"),
    "state": Bilingual("註記", "What is noted"),
    "since": Bilingual("開通日", "Open since"),
    "as_of": Bilingual("資料日", "As of"),
    "card": Bilingual("卡號", "Card number"),
    "card_until": Bilingual("卡片效期", "Card good until"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return every service of which something is noted (10(3))."""
    with transaction(whose.make) as session:
        noted = activations.of_member(session, whose.member_id)
        faces = card_faces.of_member(session, whose.member_id, keyring=whose.rooms.keyring)
    rows = []
    for each in noted:
        if each.state is None:
            continue
        face = faces.get(each.service)
        rows.append(
            [
                whose.text(each.name),
                whose.text(each.agency),
                whose.text(service_words.STATES[State(told(each)["state"])]),
                iso(each.since),
                iso(each.as_of),
                face.number if face else "",
                iso(face.until if face else None),
            ]
        )
    return sheet(whose, PARTS["services"], HEADS, rows)
