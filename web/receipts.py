"""Receipts of consents: to read and print, to download signed, and the keys to verify them with."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, jsonify, url_for
from werkzeug.wrappers import Response

from clients.directory import view_of
from consent import receipts
from consent.parts import Part
from consent.receipts import Issuer, Written
from idp import acr, keys
from idp.receipts import ALGORITHM, TYPE, sign
from kernel.db import Json
from kernel.wording import Bilingual
from web import branding, guardians, pages, scope
from web.account import bp
from web.views import ClientView, client_view

# Public: whoever is handed a receipt, a court for instance, verifies it without an account.
public = Blueprint("receipts", __name__, url_prefix="/receipts")


@dataclass(frozen=True, kw_only=True)
class _ReceiptView:
    number: UUID
    client: ClientView
    organisation: str
    purpose: str
    given: list[str]
    refused: list[str]
    decided_at: datetime
    expires_at: datetime
    once: bool
    endings: list["_Ending"]
    language: str
    version: int
    acr: str
    page: str
    member: str
    acted: list["_Acted"]
    text: str
    sha256: str


@dataclass(frozen=True)
class _Acted:
    """Somebody who acted for the member, by name."""

    name: str
    relation: str
    withdrew: bool


@dataclass(frozen=True)
class _Ending:
    state: str
    at: datetime


@bp.get("/receipts/<uuid:receipt_id>")
@scope.member_required
def receipt(receipt_id: UUID) -> str:
    """Show one receipt, with the exact words of that time."""
    written = receipts.get(scope.db(), receipt_id, member_id=scope.member_id())
    return pages.page(
        "account/receipt.html",
        receipt=_view(written, _document(written)),
        download_url=url_for("account.signed_receipt", receipt_id=receipt_id),
    )


@bp.get("/receipts/<uuid:receipt_id>.jwt", endpoint="signed_receipt")
@scope.member_required
def signed_receipt(receipt_id: UUID) -> Response:
    """Hand over the signed receipt as a file."""
    written = receipts.get(scope.db(), receipt_id, member_id=scope.member_id())
    signer = scope.rooms().provider.keys.signer(scope.db(), now=scope.now())
    response = Response(sign(signer, _document(written)), mimetype=f"application/{TYPE}")
    name = f"taipei-id-receipt-{receipt_id}.jwt"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@public.get("/jwks.json")
def jwks() -> Response:
    """Publish every key a receipt may have been signed with, those long retired included."""
    response = jsonify({"keys": keys.ever_published(scope.db(), ALGORITHM)})
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _document(written: Written) -> Json:
    provider, names = scope.rooms().provider, scope.rooms().settings.service_name
    issuer = Issuer(
        url=provider.issuer,
        name=branding.named(
            scope.db(), Bilingual(names.zh, names.en), at=written.receipt.decided_at
        ).text(written.receipt.language),
        withdraw_at=provider.issuer + url_for("account.consents"),
    )
    client = view_of(written.client)
    represented = guardians.represented(scope.db(), written, keyring=scope.rooms().keyring)
    return receipts.document(
        written,
        principal=provider.sub_of(written.receipt.member_id, client),
        issuer=issuer,
        now=scope.now(),
        represented=represented,
    )


def _view(written: Written, document: Json) -> _ReceiptView:
    facts, kept = written.text.facts, written.receipt
    events = document["consent"]["events"]
    people = document["party_identification"][2:]  # the member and who acted, if somebody did
    (purpose,) = document["pii_processing"]["purposes"]
    return _ReceiptView(
        number=kept.id,
        client=client_view(view_of(written.client)),
        organisation=f"{facts['controller']} — {facts['service']}",
        purpose=facts["purpose"],
        given=_labels(purpose, "given"),
        refused=_labels(purpose, "refused"),
        decided_at=kept.decided_at,
        expires_at=max(each.expires_at for each in written.consents),
        once=events[0]["one_time"],
        endings=[
            _Ending(_state(each), datetime.fromisoformat(each["event_time"])) for each in events[1:]
        ],
        language=kept.language,
        version=kept.text_version,
        acr=_strength(kept.acr),
        page=_page(kept.part),
        member=people[0]["party_name"] if people else "",
        acted=[
            _Acted(each["party_name"], each["party_relation"], each["party_act"] == "withdrew")
            for each in people[1:]
        ],
        text=written.text.body,
        sha256=kept.text_sha256.hex(),
    )


def _labels(purpose: Json, decision: str) -> list[str]:
    return [each["label"] for each in purpose["pii_information"] if each["decision"] == decision]


def _strength(reached: str) -> str:
    words = (
        pages.say("第一級（密碼）"),
        pages.say("第二級（兩種方式，或通行密鑰、卡片）"),
        pages.say("第三級（憑證）"),
    )
    return words[acr.level(reached) - 1] if acr.level(reached) else reached


def _page(part: Part) -> str:
    """Say which page of a merchant's was submitted; empty where there is only one."""
    return {
        Part.ANONYMOUS: pages.say("第一頁：沒有一項認得出您"),
        Part.IDENTIFIED: pages.say("第二頁：認得出您的資料"),
        Part.MARKETING: pages.say("單獨的一頁：能不能向您行銷"),
    }.get(part, "")


def _state(event: Json) -> str:
    if "entity_relation" in event:
        return pages.say("由代理您的人撤回了")
    return {
        "withdrawn": pages.say("您撤回了"),
        "expired": pages.say("到期了"),
        "superseded": pages.say("被較新的同意取代"),
        "overruled": pages.say("依更正的出生日期，改由法定代理人決定"),
        "client_ended": pages.say("本服務不再提供資料給它"),
    }.get(event["event_state"], pages.say("已結束"))
