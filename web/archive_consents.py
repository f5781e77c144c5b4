"""What the member agreed to, with the signed receipts, as it goes into the archive."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from sqlalchemy import select

from clients import names
from clients.directory import view_of
from consent import ledger, receipts
from consent.models import Receipt
from consent.receipts import Issuer
from idp.receipts import sign
from kernel.db import transaction
from kernel.wording import Bilingual
from web import branding, footprint_words, guardians
from web.archive_parts import PARTS, Whose, local, sheet
from web.sheets import Sheet

WITH_WHOM = Bilingual("對象", "With whom")
HEADS = {
    "client": WITH_WHOM,
    "purpose": Bilingual("用途", "Purpose"),
    "claim": Bilingual("資料", "Data"),
    "decision": Bilingual("決定", "Decision"),
    "given_at": Bilingual("決定於", "Decided"),
    "expires_at": Bilingual("到期", "Until"),
    "ended_at": Bilingual("結束於", "Ended"),
    "receipt": Bilingual("收據", "Receipt"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return every decision about every claim, ended ones included."""
    with transaction(whose.make) as session:
        found = ledger.listed(session, member_id=whose.member_id)
        clients = names.of_clients(session, {each.client_id for each in found})
        purposes = names.of_purposes(session, {each.purpose_id for each in found})
        rows = [
            [
                name(clients, each.client_id, whose),
                whose.text(purposes.get(each.purpose_id, Bilingual("", ""))),
                footprint_words.claims([each.claim], whose.language),
                each.decision.value,
                local(each.given_at),
                local(each.expires_at),
                local(each.ended_at),
                str(each.receipt_id),
            ]
            for each in found
        ]
    return sheet(whose, PARTS["consents"], HEADS, rows)


def name(known: Mapping[UUID, names.Named], client_id: UUID, whose: Whose) -> str:
    """Return what a client is called, also one that was never registered here."""
    named = known.get(client_id)
    return whose.text(footprint_words.GONE if named is None else named.name)


def signed(whose: Whose) -> Iterator[tuple[str, Iterator[str]]]:
    """Return the receipts, each a signed file."""
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
