"""Write receipts: what was decided, on which exact words, by whom it may be proven (PDPA 7).

The fields follow ISO/IEC TS 27560:2023 (record, processing, event, parties). A receipt holds names
of claims, never their values. It is signed in `idp.receipts`; `require_sound` needs no database.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient, RegisteredPurpose
from clients.models import Client
from consent.catalogue import ALWAYS, BY_NAME, in_order
from consent.models import Consent, ConsentText, Decision, EndReason, Receipt
from kernel.db import Json
from kernel.errors import NotFound, Refused

SCHEMA = "ISO/IEC TS 27560:2023, taipei-id receipt 1"
SKEW = timedelta(minutes=5)
RIGHTS = ("access", "copy", "correct", "stop", "delete")  # PDPA 3
JURISDICTION = "TW"


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """Who signs receipts, and where consents are withdrawn."""

    url: str
    name: str
    withdraw_at: str


@dataclass(frozen=True, kw_only=True)
class Written:
    """A receipt as kept: the submission, its words, its decisions, the client as it is today."""

    receipt: Receipt
    text: ConsentText
    consents: Sequence[Consent]
    client: Client


@dataclass(frozen=True, kw_only=True)
class Represented:
    """The people of a consent in which another acted for the member, by name."""

    member: str
    others: Mapping[UUID, str]


def facts_of(
    client: RegisteredClient, purpose: RegisteredPurpose, claims: Iterable[str], *, language: str
) -> Json:
    """Return what the consent text says, field by field, in its language."""
    necessity = {claim.name: claim.necessity for claim in purpose.claims}
    required = {claim.name for claim in purpose.claims if claim.required} | {ALWAYS}
    return {
        "controller": client.organisation.text(language),
        "service": client.name.text(language),
        "kind": client.kind.value,
        "purpose": purpose.name.text(language),
        "purpose_code": purpose.code,
        "purpose_kind": purpose.kind.value,
        "explanation": purpose.text.text(language),
        "lawful_basis": purpose.legal_basis.text(language),
        "retention": purpose.retention.text(language),
        "refusal_effect": purpose.refusal_effect.text(language),
        "claims": [
            {
                "name": claim.name,
                "label": claim.label.text(language),
                "sensitive": claim.sensitive,
                "required": claim.name in required,
                "necessity": necessity[claim.name].text(language)
                if claim.name in necessity
                else "",
            }
            for claim in in_order(claims)
        ],
    }


def get(session: Session, receipt_id: UUID, *, member_id: UUID) -> Written:
    """Return a receipt of the member. Raises NotFound, also for somebody else's."""
    row = session.execute(
        select(Receipt, ConsentText, Client)
        .join(ConsentText, ConsentText.sha256 == Receipt.text_sha256)
        .join(Client, Client.id == Receipt.client_id)
        .where(Receipt.id == receipt_id, Receipt.member_id == member_id)
    ).one_or_none()
    if row is None:
        raise NotFound("receipt.not_found")
    consents = session.scalars(
        select(Consent).where(Consent.receipt_id == receipt_id).order_by(Consent.claim)
    ).all()
    return Written(receipt=row.Receipt, text=row.ConsentText, consents=consents, client=row.Client)


def newest(session: Session, *, member_id: UUID) -> Receipt | None:
    """Return the member's latest receipt."""
    return session.scalar(
        select(Receipt).where(Receipt.member_id == member_id).order_by(Receipt.id.desc()).limit(1)
    )


def document(
    written: Written,
    *,
    principal: str,
    issuer: Issuer,
    now: datetime,
    represented: Represented | None = None,
) -> Json:
    """Return the claims to sign; `principal` is the name the client knows the member by."""
    receipt = written.receipt
    return {
        "iss": issuer.url,
        "iat": int(now.timestamp()),
        "jti": str(receipt.id),
        "sub": principal,
        "record": {
            "schema_version": SCHEMA,
            "record_id": str(receipt.id),
            "pii_principal_id": principal,
        },
        "pii_processing": _processing(written, issuer),
        "consent": {
            "consent_type": "explicit",
            "page": receipt.part.value,  # of a merchant's: data that identify are on their own
            "authentication_context": receipt.acr,
            "events": _events(written, principal=principal, now=now),
        },
        "party_identification": [
            *_parties(written, issuer),
            *_people(written, represented, principal=principal),
        ],
    }


def _processing(written: Written, issuer: Issuer) -> Json:
    receipt, text, facts = written.receipt, written.text, written.text.facts
    decided = {each.claim: each.decision.value for each in written.consents}
    return {
        "privacy_notice": {
            "text": text.body,
            "sha256": receipt.text_sha256.hex(),
            "language": receipt.language,
            "version": receipt.text_version,
        },
        "purposes": [
            {
                "purpose": facts["purpose"],
                "purpose_id": facts["purpose_code"],
                "purpose_type": facts["purpose_kind"],
                "description": facts["explanation"],
                "lawful_basis": facts["lawful_basis"],
                "retention_period": facts["retention"],
                "effect_of_refusal": facts["refusal_effect"],
                "pii_information": [
                    _pii(claim, decided[claim["name"]]) for claim in _told(written, decided)
                ],
            }
        ],
        "collection_method": "released by the identity provider when the service asks",
        "recipient_third_parties": [],
        "jurisdictions": [JURISDICTION],
        "withdrawal_method": issuer.withdraw_at,
        "privacy_rights": list(RIGHTS),
    }


def _told(written: Written, decided: Collection[str]) -> list[Json]:
    """Return what is said of each decided claim.

    A text kept by an earlier release knows only what its first reader decided on; the catalogue
    names the others.
    """
    told = {claim["name"]: claim for claim in written.text.facts["claims"]}
    return [told.get(name) or _named(name, written.text.language) for name in _sorted(decided)]


def _sorted(names: Collection[str]) -> list[str]:
    known = [claim.name for claim in in_order(names)]
    return known + sorted(set(names) - set(known))


def _named(name: str, language: str) -> Json:
    known = BY_NAME.get(name)
    return {
        "name": name,
        "label": known.label.text(language) if known else name,
        "sensitive": known.sensitive if known else False,
        "required": name == ALWAYS,
        "necessity": "",
    }


def _pii(claim: Json, decision: str) -> Json:
    known = BY_NAME.get(claim["name"])
    return {
        "pii_attribute_id": claim["name"],
        "pii_type": known.scope if known else "",
        "label": claim["label"],
        "necessity": claim["necessity"],
        "pii_optional": not claim["required"],
        "sensitive_pii_category": claim["sensitive"],
        "decision": decision,
    }


def _events(written: Written, *, principal: str, now: datetime) -> list[Json]:
    given: Json = {
        "event_type": "explicit",
        "event_state": "given" if _anything_given(written.consents) else "refused",
        "event_time": _moment(written.receipt.decided_at),
        "validity_until": _moment(max(each.expires_at for each in written.consents)),
        "one_time": any(each.once for each in written.consents),
        "entity_id": principal,
    }
    endings = defaultdict(list)
    for each in written.consents:
        ending = _ending(each, now=now)
        if ending is not None:
            endings[(*ending, each.ended_as or "")].append(each.claim)
    return [given] + [
        {
            "event_type": "end",
            "event_state": reason,
            "event_time": _moment(at),
            "pii_attribute_ids": sorted(claims),
            **({"entity_relation": relation} if relation else {}),
        }
        for (at, reason, relation), claims in sorted(endings.items())
    ]


def _ending(consent: Consent, *, now: datetime) -> tuple[datetime, str] | None:
    if consent.ended_at is not None:
        return consent.ended_at, (consent.end_reason or EndReason.WITHDRAWN).value
    if consent.expires_at <= now:
        return consent.expires_at, EndReason.EXPIRED.value
    return None


def _anything_given(consents: Iterable[Consent]) -> bool:
    return any(each.decision is Decision.GIVEN for each in consents)


def _parties(written: Written, issuer: Issuer) -> list[Json]:
    controller = {
        "party_id": written.client.client_id,
        "party_name": written.text.facts["controller"],
        "party_service": written.text.facts["service"],
        "party_type": written.text.facts["kind"],
        "party_role": "PII controller",
        "party_url": written.client.home_uri,
    }
    if written.client.contact is not None:
        controller["party_contact"] = written.client.contact
    return [
        controller,
        {
            "party_id": issuer.url,
            "party_name": issuer.name,
            "party_role": "identity provider",
            "party_url": issuer.url,
        },
    ]


def _people(written: Written, represented: Represented | None, *, principal: str) -> list[Json]:
    """Name the member and who acted for them; who decides alone stands in no receipt by name."""
    if represented is None:
        return []
    receipt = written.receipt
    acts = [
        (receipt.approver_id, receipt.relation, "gave"),
        *((each.ended_by, each.ended_as, "withdrew") for each in written.consents),
    ]
    member: Json = {
        "party_id": principal,
        "party_name": represented.member,
        "party_role": "PII principal",
    }
    return [member] + [
        {
            "party_name": represented.others.get(who, ""),
            "party_role": "representative of the PII principal",
            "party_relation": relation,
            "party_act": act,
        }
        for who, relation, act in dict.fromkeys(acts)
        if who is not None
    ]


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def require_sound(claims: Json, *, now: datetime) -> None:
    """See that a receipt whose signature is good is whole and says nothing impossible.

    Raises Refused `receipt.malformed`, `receipt.text_altered` or `receipt.times_impossible`.
    """
    try:
        notice = claims["pii_processing"]["privacy_notice"]
        text, sha256 = str(notice["text"]), str(notice["sha256"])
        issued_at = datetime.fromtimestamp(claims["iat"], UTC)
        moments = [(_read(each["event_time"]), each) for each in claims["consent"]["events"]]
        until = _read(moments[0][1]["validity_until"])
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, OSError):
        raise Refused("receipt.malformed") from None
    if hashlib.sha256(text.encode()).hexdigest() != sha256:
        raise Refused("receipt.text_altered")
    decided_at = moments[0][0]
    if not decided_at <= issued_at <= now + SKEW or until < decided_at:
        raise Refused("receipt.times_impossible")
    if any(not decided_at <= at <= issued_at for at, _ in moments):
        raise Refused("receipt.times_impossible")


def _read(moment: Any) -> datetime:  # whatever stands in the file
    read = datetime.fromisoformat(moment)
    if read.tzinfo is None:
        raise ValueError("a moment must know its time zone")
    return read
