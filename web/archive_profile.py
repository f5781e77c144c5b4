"""What is on record about the member, as it goes into the archive (10-I(1))."""

from sqlalchemy.orm import Session

from consent.catalogue import BY_NAME, VERIFIED
from kernel.db import transaction
from kernel.wording import Bilingual
from members import identity_checks, numbering, register
from members.models import Member
from web import check_words, personal_words
from web.archive_parts import PARTS, Whose, sheet
from web.sheets import Sheet

HEADS = {
    "name": Bilingual("項目", "Item"),
    "label": Bilingual("名稱", "Label"),
    "value": Bilingual("內容", "Value"),
    "source": Bilingual("從哪裡來", "Where from"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return every value, with where it came from and what it was held against."""
    with transaction(whose.make) as session:
        member = register.get(session, whose.member_id)
        claims = register.claims_of(member, keyring=whose.rooms.keyring)
        login = member.login
        checks = identity_checks.of_member(
            session, member.id, held=claims, keyring=whose.rooms.keyring
        )
        numbers = _numbers(session, member, whose)
    rows = [["login", whose.text(Bilingual("帳號", "Account name")), login, ""]]
    rows += numbers
    rows += [
        [each.claim, each.label, each.value, each.source]
        for each in personal_words.data(claims, whose.language)
    ]
    how = whose.text(BY_NAME[VERIFIED].label)
    rows += [[VERIFIED, how, each, ""] for each in check_words.listed(checks, whose.language)]
    return sheet(whose, PARTS["profile"], HEADS, rows)


def _numbers(session: Session, member: Member, whose: Whose) -> list[list[str]]:
    keyring, source = whose.rooms.keyring, whose.text(personal_words.DOCUMENT)
    now_held = numbering.current(session, member, keyring=keyring)
    held = [(personal_words.NUMBER, each) for each in (now_held,) if each is not None]
    held += [
        (personal_words.FORMER_NUMBER, each)
        for each in numbering.former(session, member, keyring=keyring)
    ]
    return [["number", whose.text(label), each.value, source] for label, each in held]
