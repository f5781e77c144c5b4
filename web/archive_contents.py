"""Say what an archive holds: each part the member ticked, as tables and as signed files."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.lines import Kind, Line
from audit.models import LedgerLine
from carriers import bindings
from clients import names
from clients.directory import view_of
from consent import ledger, receipts
from consent.catalogue import BY_NAME, VERIFIED
from consent.models import Receipt
from consent.receipts import Issuer
from idp.receipts import sign
from kernel.clock import TAIPEI
from kernel.db import transaction
from kernel.wording import Bilingual
from members import identity_checks, inbox, numbering, register, requests
from members.models import Member
from web import (
    archive_applications,
    archive_services,
    branding,
    check_words,
    footprint_export,
    footprint_words,
    guardians,
    personal_words,
    request_words,
)
from web.archive_parts import PARTS, Whose, sheet
from web.footprint_export import Wanted
from web.mails import WORDS, Mail
from web.sheets import SHAPES, Sheet

File: TypeAlias = tuple[str, Iterator[str]]  # a name, and the text that comes

SIGN_INS = (
    Kind.LOGGED_IN,
    Kind.LOGIN_FAILED,
    Kind.SIGNED_IN,
    Kind.SESSION_ENDED,
    Kind.SESSIONS_ENDED,
)
TIME = Bilingual("時間（臺北）", "Time (Taipei)")
WITH_WHOM = Bilingual("對象", "With whom")


def files(part: str, whose: Whose) -> Iterator[File]:
    """Return the files of one part, each written as it is read."""
    if part == "footprint":
        yield from _footprint(whose)
        return
    sheet = SHEETS[part](whose)
    for ending, write in SHAPES.items():
        yield f"{part}.{ending}", write(sheet)
    if part == "consents":
        yield from _receipts(whose)


def _footprint(whose: Whose) -> Iterator[File]:
    wanted = Wanted(
        make=whose.make,
        member_id=whose.member_id,
        issuer=whose.rooms.provider.issuer,
        language=whose.language,
        at=whose.at,
        keyring=whose.rooms.keyring,
    )
    for ending, (write, _) in footprint_export.WRITERS.items():
        yield f"footprint.{ending}", write(wanted)


def _profile(whose: Whose) -> Sheet:
    with transaction(whose.make) as session:
        member = register.get(session, whose.member_id)
        claims = register.claims_of(member, keyring=whose.rooms.keyring)
        login = member.login
        checks = identity_checks.of_member(
            session, member.id, held=claims, keyring=whose.rooms.keyring
        )
        numbers = _numbers(session, member, whose)
    heads = {
        "name": Bilingual("項目", "Item"),
        "label": Bilingual("名稱", "Label"),
        "value": Bilingual("內容", "Value"),
        "source": Bilingual("從哪裡來", "Where from"),
    }
    rows = [["login", whose.text(Bilingual("帳號", "Account name")), login, ""]]
    rows += numbers
    rows += [
        [each.claim, each.label, each.value, each.source]
        for each in personal_words.data(claims, whose.language)
    ]
    how = whose.text(BY_NAME[VERIFIED].label)
    rows += [[VERIFIED, how, each, ""] for each in check_words.listed(checks, whose.language)]
    return sheet(whose, "profile", heads, rows)


def _numbers(session: Session, member: Member, whose: Whose) -> list[list[str]]:
    keyring, source = whose.rooms.keyring, whose.text(personal_words.DOCUMENT)
    now_held = numbering.current(session, member, keyring=keyring)
    held = [(personal_words.NUMBER, each) for each in (now_held,) if each is not None]
    held += [
        (personal_words.FORMER_NUMBER, each)
        for each in numbering.former(session, member, keyring=keyring)
    ]
    return [["number", whose.text(label), each.value, source] for label, each in held]


def _consents(whose: Whose) -> Sheet:
    heads = {
        "client": WITH_WHOM,
        "purpose": Bilingual("用途", "Purpose"),
        "claim": Bilingual("資料", "Data"),
        "decision": Bilingual("決定", "Decision"),
        "given_at": Bilingual("決定於", "Decided"),
        "expires_at": Bilingual("到期", "Until"),
        "ended_at": Bilingual("結束於", "Ended"),
        "receipt": Bilingual("收據", "Receipt"),
    }
    with transaction(whose.make) as session:
        found = ledger.listed(session, member_id=whose.member_id)
        clients = names.of_clients(session, {each.client_id for each in found})
        purposes = names.of_purposes(session, {each.purpose_id for each in found})
        rows = [
            [
                _name(clients, each.client_id, whose),
                whose.text(purposes.get(each.purpose_id, Bilingual("", ""))),
                footprint_words.claims([each.claim], whose.language),
                each.decision.value,
                _local(each.given_at),
                _local(each.expires_at),
                _local(each.ended_at),
                str(each.receipt_id),
            ]
            for each in found
        ]
    return sheet(whose, "consents", heads, rows)


def _carriers(whose: Whose) -> Sheet:
    heads = {
        "name": Bilingual("名稱", "Name"),
        "kind": Bilingual("種類", "Kind"),
        "bound_at": Bilingual("綁定於", "Bound"),
        "last_used_at": Bilingual("最近使用", "Last used"),
        "suspended_at": Bilingual("停用於", "Suspended"),
    }
    with transaction(whose.make) as session:
        rows = [
            [
                each.name,
                each.kind.value,
                _local(each.bound_at),
                _local(each.last_used_at),
                _local(each.suspended_at),
            ]
            for each in bindings.live(session, whose.member_id)
        ]
    return sheet(whose, "carriers", heads, rows)


def _sign_ins(whose: Whose) -> Sheet:
    heads = {
        "at": TIME,
        "what": Bilingual("做了什麼", "What"),
        "browser": Bilingual("瀏覽器", "Browser"),
    }
    return Sheet(
        title=whose.text(PARTS["signins"]),
        language=whose.language,
        heads={key: whose.text(words) for key, words in heads.items()},
        rows=lambda: _sign_in_rows(whose),
    )


def _sign_in_rows(whose: Whose) -> Iterator[list[str]]:
    after: UUID | None = None
    while True:
        with transaction(whose.make) as session:
            lines = _some_sign_ins(session, whose, after)
            known = names.of_clients(session, {each.client_id for each in lines if each.client_id})
        for line in lines:
            named = known.get(line.client_id) if line.client_id else None
            name = None if named is None else named.name
            words = footprint_words.action(Line.of(line), client=name, language=whose.language)
            yield [_local(line.at), words, str(line.detail.get("browser", ""))]
        if len(lines) < footprint_export.PORTION:
            return
        after = lines[-1].id


def _some_sign_ins(session: Session, whose: Whose, after: UUID | None) -> list[LedgerLine]:
    statement = select(LedgerLine).where(
        LedgerLine.member_id == whose.member_id, LedgerLine.kind.in_(SIGN_INS)
    )
    if after is not None:
        statement = statement.where(LedgerLine.id > after)
    return list(session.scalars(statement.order_by(LedgerLine.id).limit(footprint_export.PORTION)))


def _requests(whose: Whose) -> Sheet:
    heads = {
        "reference": Bilingual("編號", "Number"),
        "kind": Bilingual("要求", "Request"),
        "state": Bilingual("進度", "State"),
        "at": TIME,
        "occasion": Bilingual("往來", "Letter"),
        "words": Bilingual("內容", "Words"),
    }
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
                    _local(datetime.fromisoformat(each.at)),
                    whose.text(request_words.OCCASIONS[each.occasion]),
                    each.words,
                ]
                for each in requests.letters(request, member, keyring=whose.rooms.keyring)
            ]
    return sheet(whose, "requests", heads, rows)


def _messages(whose: Whose) -> Sheet:
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
        rows=lambda: _message_rows(whose),
    )


def _message_rows(whose: Whose) -> Iterator[list[str]]:
    before: UUID | None = None
    while True:
        with transaction(whose.make) as session:
            page = inbox.page(session, whose.member_id, before=before)
        for each in page.messages:
            words = WORDS[Mail(each.kind)]
            yield [
                _local(each.sent_at),
                whose.text(words.subject),
                whose.text(words.happened),
                _local(each.read_at),
            ]
        before = page.older
        if before is None:
            return


SHEETS: Mapping[str, Callable[[Whose], Sheet]] = {
    "profile": _profile,
    "consents": _consents,
    "carriers": _carriers,
    "services": archive_services.sheet_of,
    "applications": archive_applications.sheet_of,
    "signins": _sign_ins,
    "requests": _requests,
    "messages": _messages,
}


def _receipts(whose: Whose) -> Iterator[File]:
    with transaction(whose.make) as session:
        found = session.scalars(
            select(Receipt.id).where(Receipt.member_id == whose.member_id).order_by(Receipt.id)
        ).all()
    for receipt_id in found:
        yield f"receipts/{receipt_id}.jwt", iter([_receipt(receipt_id, whose)])


def _receipt(receipt_id: UUID, whose: Whose) -> str:
    rooms, provider = whose.rooms, whose.rooms.provider
    with transaction(whose.make) as session:
        written = receipts.get(session, receipt_id, member_id=whose.member_id)
        service = rooms.settings.service_name
        issuer = Issuer(
            url=provider.issuer,
            name=branding.named(
                session, Bilingual(service.zh, service.en), at=written.receipt.decided_at
            ).text(written.receipt.language),
            withdraw_at=f"{provider.issuer}/account/consents",
        )
        principal = provider.sub_of(whose.member_id, view_of(written.client))
        document = receipts.document(
            written,
            principal=principal,
            issuer=issuer,
            now=whose.at,
            represented=guardians.represented(session, written, keyring=rooms.keyring),
        )
        return sign(provider.keys.signer(session, now=whose.at), document)


def _name(known: Mapping[UUID, names.Named], client_id: UUID, whose: Whose) -> str:
    named = known.get(client_id)
    return whose.text(footprint_words.GONE if named is None else named.name)


def _local(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.astimezone(TAIPEI).isoformat(sep=" ", timespec="seconds")
