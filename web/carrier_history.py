"""Say what happened to a carrier: when, what, and who did it (4.3)."""

from dataclasses import dataclass
from datetime import datetime

from carriers.models import CarrierEvent, Happening, Place, Suspension
from web import pages


@dataclass(frozen=True)
class HistoryLine:
    """One thing that happened to a carrier, in words: when, what, by whom."""

    at: datetime
    what: str
    who: str


def said(event: CarrierEvent) -> HistoryLine:
    """Return one thing that happened to a carrier, in words."""
    words = {
        (Happening.BOUND, "found"): pages.say("恢復使用"),
        (Happening.BOUND, Place.COUNTER.value): pages.say("臨櫃綁定"),
        (Happening.BOUND, Place.ACCOUNT.value): pages.say("在官網綁定"),
        (Happening.SUSPENDED, Suspension.LOST.value): pages.say("掛失"),
        (Happening.SUSPENDED, Suspension.COPIED.value): pages.say("停用：可能被人複製"),
    }
    others = {
        Happening.BOUND: pages.say("恢復使用"),
        Happening.RENAMED: pages.say("改了名稱"),
        Happening.SUSPENDED: pages.say("停用"),
        Happening.RELEASED: pages.say("移除"),
        Happening.RENEWED: pages.say("換了新的憑證"),
        Happening.FACE_MARKED: pages.say("在卡面註記，窗口：%(counter)s", counter=event.reason),
    }
    what = words.get((event.happening, event.reason), others[event.happening])
    return HistoryLine(event.at, what, _actor(event))


def _actor(event: CarrierEvent) -> str:
    if event.actor == event.member_id:
        return pages.say("您")
    if event.happening is Happening.FACE_MARKED:
        return pages.say("窗口承辦人")
    if event.actor is None and event.reason == Suspension.LOST.value:
        return pages.say("沒有登入的人")
    return pages.say("本服務")
