"""The parts of an archive, whose it is, and how rows become a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from kernel.clock import TAIPEI
from kernel.db import Sessions
from kernel.wording import Bilingual
from web.rooms import Rooms
from web.sheets import Sheet

PARTS: Mapping[str, Bilingual] = {
    "profile": Bilingual("個人資料", "Personal data"),
    "changes": Bilingual("資料變更", "Changes of your data"),
    "consents": Bilingual("同意與收據", "Consents and receipts"),
    "footprint": Bilingual("我的足跡（可以核對）", "My footprint (verifiable)"),
    "carriers": Bilingual("卡片與裝置", "Cards and devices"),
    "services": Bilingual("服務與註記", "Services and what is noted"),
    "applications": Bilingual("服務申請與附表", "Applications for services, with annex forms"),
    "suspensions": Bilingual(
        "中止、陳情與認定", "Suspensions, petitions and what is held against you"
    ),
    "cases": Bilingual("窗口的案件", "Cases at counters"),
    "representation": Bilingual("代理與監護", "Guardians and proxies"),
    "signins": Bilingual("登入紀錄", "Sign-ins"),
    "requests": Bilingual("我的請求與往來", "My requests and what was written"),
    "messages": Bilingual("訊息", "Messages"),
    "duties": Bilingual("職務與訓練", "Posts and training"),
}
TIME = Bilingual("時間（臺北）", "Time (Taipei)")


@dataclass(frozen=True, kw_only=True)
class Whose:
    """Whose data are written, for which moment and in which language."""

    rooms: Rooms
    make: Sessions  # where the data are read
    member_id: UUID
    language: str
    at: datetime

    def text(self, words: Bilingual) -> str:
        """Return words in the member's language."""
        return words.text(self.language)


def sheet(
    whose: Whose, title: Bilingual, heads: Mapping[str, Bilingual], rows: list[list[str]]
) -> Sheet:
    """Return rows as a table in the member's language."""
    return Sheet(
        title=whose.text(title),
        language=whose.language,
        heads={key: whose.text(words) for key, words in heads.items()},
        rows=lambda: rows,
    )


def local(moment: datetime | None) -> str:
    """Return a moment as the clocks in Taipei show it; nothing for none."""
    if moment is None:
        return ""
    return moment.astimezone(TAIPEI).isoformat(sep=" ", timespec="seconds")


def iso(day: date | None) -> str:
    """Return a day; nothing for none."""
    return day.isoformat() if day else ""
