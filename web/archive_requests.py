"""What the member asked for about their data and account, as it goes into the archive (PDPA 3)."""

from datetime import datetime

from kernel.db import transaction
from kernel.wording import Bilingual
from members import leaving, register, requests
from services import misuse
from web import request_words
from web.archive_parts import PARTS, TIME, Whose, local, sheet
from web.sheets import Sheet

REFERENCE = Bilingual("編號", "Number")
HEADS = {
    "reference": REFERENCE,
    "kind": Bilingual("要求", "Request"),
    "state": Bilingual("進度", "State"),
    "at": TIME,
    "occasion": Bilingual("往來", "Letter"),
    "words": Bilingual("內容", "Words"),
}
DELETIONS = Bilingual("刪除帳號", "Deleting the account")
REPORTS = Bilingual("「不是我做的」", "“This was not me”")


def sheet_of(whose: Whose) -> Sheet:
    """Return every request, a line for each letter."""
    rows: list[list[str]] = []
    with transaction(whose.make) as session:
        member = register.get(session, whose.member_id)
        for request in requests.listed(session, whose.member_id):
            word, _ = request_words.state(request.state, request.outcome)
            rows += [
                [
                    request.reference,
                    whose.text(request_words.KINDS[request.kind]),
                    whose.text(word),
                    local(datetime.fromisoformat(each.at)),
                    whose.text(request_words.OCCASIONS[each.occasion]),
                    each.words,
                ]
                for each in requests.letters(request, member, keyring=whose.rooms.keyring)
            ]
    return sheet(whose, PARTS["requests"], HEADS, rows)


def deletions(whose: Whose) -> Sheet:
    """Return when the account was to be deleted, and was kept after all."""
    heads = {
        "reference": REFERENCE,
        "asked_at": Bilingual("要求於", "Asked for"),
        "due_at": Bilingual("刪除日", "To be deleted"),
        "cancelled_at": Bilingual("取消於", "Cancelled"),
    }
    with transaction(whose.make) as session:
        rows = [
            [each.reference, local(each.asked_at), local(each.due_at), local(each.cancelled_at)]
            for each in leaving.all_of(session, whose.member_id)
        ]
    return sheet(whose, DELETIONS, heads, rows)


def reports(whose: Whose) -> Sheet:
    """Return the lines of the footprint that the member disowned."""
    heads = {
        "reference": REFERENCE,
        "line": Bilingual("足跡的編號", "Line of the footprint"),
        "reported_at": Bilingual("回報於", "Reported"),
        "closed_at": Bilingual("查完於", "Looked into"),
        "document": Bilingual("案號", "File"),
    }
    with transaction(whose.make) as session:
        rows = [
            [
                each.reference,
                str(each.line_id),
                local(each.reported_at),
                local(each.closed_at),
                each.document or "",
            ]
            for each in misuse.of_member(session, whose.member_id)
        ]
    return sheet(whose, REPORTS, heads, rows)
