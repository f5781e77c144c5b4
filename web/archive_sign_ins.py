"""Sign-ins and the browsers that are signed in, as they go into the archive."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.lines import Kind, Line
from audit.models import LedgerLine
from clients import names
from kernel.db import transaction
from kernel.wording import Bilingual
from web import footprint_export, footprint_words, sessions
from web.archive_parts import PARTS, TIME, Whose, local, sheet
from web.sheets import Sheet

SIGN_INS = (
    Kind.LOGGED_IN,
    Kind.LOGIN_FAILED,
    Kind.SIGNED_IN,
    Kind.SESSION_ENDED,
    Kind.SESSIONS_ENDED,
)
BROWSER = Bilingual("瀏覽器", "Browser")
SIGNED_IN = Bilingual("登入中的瀏覽器", "Browsers that are signed in")


def sheet_of(whose: Whose) -> Sheet:
    """Return every sign-in, tried ones included, read as it is written."""
    heads = {"at": TIME, "what": Bilingual("做了什麼", "What"), "browser": BROWSER}
    return Sheet(
        title=whose.text(PARTS["signins"]),
        language=whose.language,
        heads={key: whose.text(words) for key, words in heads.items()},
        rows=lambda: _rows(whose),
    )


def _rows(whose: Whose) -> Iterator[list[str]]:
    after: UUID | None = None
    while True:
        with transaction(whose.make) as session:
            lines = _some(session, whose, after)
            known = names.of_clients(session, {each.client_id for each in lines if each.client_id})
        for line in lines:
            named = known.get(line.client_id) if line.client_id else None
            name = None if named is None else named.name
            words = footprint_words.action(Line.of(line), client=name, language=whose.language)
            yield [local(line.at), words, str(line.detail.get("browser", ""))]
        if len(lines) < footprint_export.PORTION:
            return
        after = lines[-1].id


def _some(session: Session, whose: Whose, after: UUID | None) -> list[LedgerLine]:
    statement = select(LedgerLine).where(
        LedgerLine.member_id == whose.member_id, LedgerLine.kind.in_(SIGN_INS)
    )
    if after is not None:
        statement = statement.where(LedgerLine.id > after)
    return list(session.scalars(statement.order_by(LedgerLine.id).limit(footprint_export.PORTION)))


def browsers(whose: Whose) -> Sheet:
    """Return where the member is signed in."""
    heads = {
        "browser": BROWSER,
        "since": Bilingual("登入時間", "Signed in"),
        "seen": Bilingual("最近使用", "Last used"),
    }
    with transaction(whose.make) as session:
        rows = [
            [each.browser, local(each.created_at), local(each.last_seen_at)]
            for each in sessions.listed(session, whose.member_id, now=whose.at)
        ]
    return sheet(whose, SIGNED_IN, heads, rows)
