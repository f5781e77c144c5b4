"""Register the agencies the crowd has to do with, each with a service and a text agreed to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients import registry
from clients.directory import Directory
from clients.models import Client
from consent import ledger, texts
from consent.ledger import Answer
from consent.models import Receipt
from idp.acr import ACR
from kernel.wording import Bilingual
from services import activations
from services.models import Service

COUNT = 12
LANGUAGE = "zh-Hant-TW"
WORDS = {"zh": "辦理合成業務", "en": "A synthetic service"}
CLAIMS = ("name", "birthdate", "email")


@dataclass(frozen=True, kw_only=True)
class House:
    """One agency: what rows about its members point to."""

    place: int
    organisation_id: UUID
    client_id: UUID
    purpose_id: UUID
    service_id: UUID
    text_sha256: bytes


def enter(session: Session, example: UUID, *, now: datetime) -> tuple[House, ...]:
    """Register them all, or find them; `example` is the member whose agreement keeps the text."""
    return tuple(_one(session, place, example, now=now) for place in range(COUNT))


def _one(session: Session, place: int, example: UUID, *, now: datetime) -> House:
    name, code = f"crowd-{place}", f"crowd_{place}"
    if session.scalar(select(Client.id).where(Client.client_id == name)) is None:
        registry.add(session, registry.parse(_form(place, name)), now=now)
        words = Bilingual(f"合成服務 {place}", f"Synthetic service {place}")
        organisation = registry.get(session, name).organisation_id
        activations.open_service(session, organisation, code, words, sensitive=False, now=now)
    client = Directory().find(session, name, now=now)
    service = session.scalars(select(Service).where(Service.code == code)).one()
    if client is None:
        raise LookupError(name)
    purpose = client.purposes[0]
    shared = frozenset({"sub", *CLAIMS})
    answer = Answer(
        given=shared,
        refused=frozenset(),
        duration="1y",
        language=LANGUAGE,
        text=texts.consent_text(client, purpose, shared, language=LANGUAGE),
        acr=ACR[0],
    )
    receipt = ledger.record(session, client, purpose, answer, member_id=example, now=now)
    session.flush()
    return House(
        place=place,
        organisation_id=service.organisation_id,
        client_id=client.id,
        purpose_id=purpose.id,
        service_id=service.id,
        text_sha256=session.get_one(Receipt, receipt).text_sha256,
    )


def _form(place: int, name: str) -> dict[str, object]:
    claims = [{"name": each, "necessity": WORDS} for each in CLAIMS]
    purpose = {
        "code": "service",
        **dict.fromkeys("name text retention legal_basis refusal_effect".split(), WORDS),
        "claims": claims,
    }
    return {
        "client_id": name,
        "kind": "agency",
        "organisation": {"zh": f"合成機關 {place}", "en": f"Synthetic agency {place}"},
        "name": {"zh": f"合成機關 {place}", "en": f"Synthetic agency {place}"},
        "home_uri": "http://localhost/",
        "sector": f"{name}.invalid",
        "redirect_uris": ["http://localhost/callback"],
        "purposes": [purpose],
    }
