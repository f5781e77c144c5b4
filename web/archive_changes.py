"""What the member wanted changed, and what was held before, as it goes into the archive."""

from kernel.db import transaction
from kernel.wording import Bilingual
from members import change_requests, changes, register
from members.changes import Change
from web import change_words, datum_words, personal_words
from web.archive_parts import PARTS, TIME, Whose, local, sheet
from web.sheets import Sheet

DATUM = Bilingual("資料", "Data")
HEADS = {
    "reference": Bilingual("編號", "Number"),
    "datum": DATUM,
    "wanted": Bilingual("要改成", "To be changed to"),
    "state": Bilingual("進度", "State"),
    "asked_at": Bilingual("申請於", "Asked for"),
    "closed_at": Bilingual("結束於", "Ended"),
    "reason": Bilingual("理由", "Reason"),
}
BEFORE = Bilingual("變更紀錄", "Former values")


def sheet_of(whose: Whose) -> Sheet:
    """Return what was asked for, and what became of it (2(8)5)."""
    keyring = whose.rooms.keyring
    with transaction(whose.make) as session:
        member = register.get(session, whose.member_id)
        rows = [
            [
                each.reference,
                datum_words.label(each.field, whose.language),
                change_requests.wanted(each, member, keyring=keyring),
                whose.text(change_words.STATES[each.state][0]),
                local(each.asked_at),
                local(each.closed_at),
                change_requests.reason(each, member, keyring=keyring),
            ]
            for each in change_requests.listed(session, member.id)
        ]
    return sheet(whose, PARTS["changes"], HEADS, rows)


def before(whose: Whose) -> Sheet:
    """Return every value that gave way to another, and where the next one came from."""
    heads = {
        "at": TIME,
        "datum": DATUM,
        "value": Bilingual("原來的內容", "Value before"),
        "source": Bilingual("新的內容從哪裡來", "Where the next came from"),
        "case": Bilingual("案號", "Case"),
    }
    with transaction(whose.make) as session:
        member = register.get(session, whose.member_id)
        rows = [
            [
                local(each.at),
                datum_words.label(each.claim, whose.language),
                _old(each, whose.language),
                whose.text(change_words.CHANNELS[each.source.channel]),
                each.source.case_reference,
            ]
            for each in changes.history(session, member, keyring=whose.rooms.keyring)
        ]
    return sheet(whose, BEFORE, heads, rows)


def _old(change: Change, language: str) -> str:
    return "" if change.old is None else personal_words.words(change.claim, change.old, language)
