"""Say what an event from the provider means to the library, in both languages."""

from typing import Any

from demo.notices import Words

CONSENT_ENDED = "urn:taipei-id:event:consent-ended"
REQUEST = "urn:taipei-id:event:subject-request"
PURGED = "https://schemas.openid.net/secevent/risc/event-type/account-purged"
WAITING = {
    "urn:taipei-id:event:activation-applied": (
        "有人申請借閱證，在機關後台審核",
        "Somebody applied for a library card; decide in the console",
    ),
    "urn:taipei-id:event:petition-filed": (
        "有人陳情，在機關後台處理",
        "Somebody petitioned; answer in the console",
    ),
}
REQUESTS = {
    "inquire": ("讀者想知道我們有哪些資料", "A reader wants to know what we hold"),
    "copy": ("讀者要一份資料", "A reader wants a copy"),
    "correct": ("資料有更正", "Data were corrected"),
    "stop": ("讀者要我們停止使用資料", "A reader wants us to stop using data"),
    "delete": ("讀者要我們刪除資料", "A reader wants us to delete data"),
}


def words_of(kind: str, detail: dict[str, Any]) -> Words:
    """Return what to show of one event."""
    if kind == CONSENT_ENDED:
        said = ("同意結束了，不再需要的要刪除", "A consent ended; delete what is not needed")
        return said, f"{detail.get('purpose')}, {detail.get('reason')}"
    if kind == REQUEST:
        said = REQUESTS.get(str(detail.get("kind")), ("讀者的要求", "A reader's request"))
        claims = ", ".join(map(str, detail.get("claims", [])))
        return said, f"{detail.get('reference')}: {claims}"
    if kind == PURGED:
        return (
            "帳號刪除了，請刪除讀者資料",
            "An account was deleted; delete the reader's data",
        ), ""
    return WAITING.get(kind, (kind, kind)), ""
