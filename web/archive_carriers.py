"""What the member can or could show, and what happened to it, as it goes into the archive."""

from collections.abc import Mapping

from carriers import bindings
from carriers.models import CarrierEvent, Happening, Place, Suspension
from kernel.db import transaction
from kernel.wording import Bilingual
from web.archive_parts import PARTS, TIME, Whose, local, sheet
from web.sheets import Sheet

NAME = Bilingual("名稱", "Name")
HEADS = {
    "name": NAME,
    "kind": Bilingual("種類", "Kind"),
    "bound_at": Bilingual("綁定於", "Bound"),
    "last_used_at": Bilingual("最近使用", "Last used"),
    "suspended_at": Bilingual("停用於", "Suspended"),
    "released_at": Bilingual("移除於", "Removed"),
}
HISTORY = Bilingual("卡片與裝置的經過", "What happened to cards and devices")
HAPPENED: Mapping[Happening, Bilingual] = {
    Happening.BOUND: Bilingual("綁定或恢復使用", "Bound, or works again"),
    Happening.RENAMED: Bilingual("改了名稱", "Renamed"),
    Happening.SUSPENDED: Bilingual("停用", "Stopped"),
    Happening.RELEASED: Bilingual("移除", "Removed"),
    Happening.RENEWED: Bilingual("換了新的憑證", "Got a new certificate"),
    Happening.FACE_MARKED: Bilingual("在卡面註記", "Its face was annotated"),
}
REASONS: Mapping[str, Bilingual] = {  # of a mark on the face: the counter, as it is
    Place.COUNTER.value: Bilingual("臨櫃", "At a counter"),
    Place.ACCOUNT.value: Bilingual("在官網", "On this site"),
    "found": Bilingual("沒有掉", "It was not lost"),
    "renewed": Bilingual("換了新的憑證", "Got a new certificate"),
    Suspension.LOST.value: Bilingual("掛失", "Reported lost"),
    Suspension.COPIED.value: Bilingual("可能被人複製", "It may have been copied"),
    Suspension.REVOKED.value: Bilingual("發證機構廢止", "Revoked by its authority"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return every carrier that is or was tied to the member (2(3))."""
    with transaction(whose.make) as session:
        rows = [
            [
                each.name,
                each.kind.value,
                local(each.bound_at),
                local(each.last_used_at),
                local(each.suspended_at),
                local(each.released_at),
            ]
            for each in bindings.ever(session, whose.member_id)
        ]
    return sheet(whose, PARTS["carriers"], HEADS, rows)


def history(whose: Whose) -> Sheet:
    """Return what happened to each, and whether the member did it."""
    heads = {
        "at": TIME,
        "name": NAME,
        "what": Bilingual("經過", "What happened"),
        "why": Bilingual("原因或地方", "Why, or where"),
        "by_me": Bilingual("您自己", "By you"),
    }
    with transaction(whose.make) as session:
        called = bindings.names_of(session, whose.member_id)
        rows = [
            [
                local(each.at),
                called.get(each.binding_id, ""),
                whose.text(HAPPENED[each.happening]),
                _why(each, whose),
                "✓" if each.actor == whose.member_id else "",
            ]
            for each in bindings.history(session, whose.member_id)
        ]
    return sheet(whose, HISTORY, heads, rows)


def _why(event: CarrierEvent, whose: Whose) -> str:
    words = REASONS.get(event.reason)
    return event.reason if words is None else whose.text(words)
