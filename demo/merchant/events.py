"""Say what an event from the provider means to the café, in both languages."""

from typing import Any

from demo.notices import Words

MARKETING_ENDED = "urn:taipei-id:event:marketing-ended"
WORDS = {
    MARKETING_ENDED: ("客人不要再收到廣告", "A guest wants no more advertising"),
    "urn:taipei-id:event:consent-ended": (
        "同意結束了，不再需要的要刪除",
        "A consent ended; delete what is not needed",
    ),
    "https://schemas.openid.net/secevent/risc/event-type/account-purged": (
        "客人的帳號刪除了，請刪除資料",
        "A guest's account was deleted; delete the data",
    ),
    "urn:taipei-id:event:contract-ended": (
        "與市府的契約結束了",
        "The contract with the city ended",
    ),
}


def words_of(kind: str, detail: dict[str, Any]) -> Words:
    """Return what to show of one event."""
    return WORDS.get(kind, (kind, kind)), str(detail.get("purpose") or "")
