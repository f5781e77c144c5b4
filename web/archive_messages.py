"""What the member was told inside the account, as it goes into the archive."""

from collections.abc import Iterator
from uuid import UUID

from kernel.db import transaction
from kernel.wording import Bilingual
from members import inbox
from web.archive_parts import PARTS, TIME, Whose, local
from web.mails import WORDS, Mail
from web.sheets import Sheet


def sheet_of(whose: Whose) -> Sheet:
    """Return every message, read as it is written."""
    heads = {
        "at": TIME,
        "subject": Bilingual("主旨", "Subject"),
        "words": Bilingual("內容", "Words"),
        "read_at": Bilingual("讀於", "Read"),
    }
    return Sheet(
        title=whose.text(PARTS["messages"]),
        language=whose.language,
        heads={key: whose.text(words) for key, words in heads.items()},
        rows=lambda: _rows(whose),
    )


def _rows(whose: Whose) -> Iterator[list[str]]:
    before: UUID | None = None
    while True:
        with transaction(whose.make) as session:
            page = inbox.page(session, whose.member_id, before=before)
        for each in page.messages:
            words = WORDS[Mail(each.kind)]
            yield [
                local(each.sent_at),
                whose.text(words.subject),
                whose.text(words.happened),
                local(each.read_at),
            ]
        before = page.older
        if before is None:
            return
