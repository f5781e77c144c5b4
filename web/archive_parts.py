"""The parts of an archive, whose it is, and how a part becomes a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.db import Sessions
from kernel.wording import Bilingual
from web.rooms import Rooms
from web.sheets import Sheet

PARTS: Mapping[str, Bilingual] = {
    "profile": Bilingual("個人資料", "Personal data"),
    "consents": Bilingual("同意與收據", "Consents and receipts"),
    "footprint": Bilingual("我的足跡（可以核對）", "My footprint (verifiable)"),
    "carriers": Bilingual("卡片與裝置", "Cards and devices"),
    "services": Bilingual("服務與註記", "Services and what is noted"),
    "applications": Bilingual("服務申請與附表", "Applications for services, with annex forms"),
    "signins": Bilingual("登入紀錄", "Sign-ins"),
    "requests": Bilingual("我的請求與往來", "My requests and what was written"),
    "messages": Bilingual("訊息", "Messages"),
}


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


def sheet(whose: Whose, part: str, heads: Mapping[str, Bilingual], rows: list[list[str]]) -> Sheet:
    """Return the rows of a part as a table in the member's language."""
    return Sheet(
        title=whose.text(PARTS[part]),
        language=whose.language,
        heads={key: whose.text(words) for key, words in heads.items()},
        rows=lambda: rows,
    )
