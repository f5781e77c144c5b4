"""Show one sampled act in full, draw the sample again, and export it signed (regulation 9)."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import redirect, url_for
from werkzeug.wrappers import Response

from audit import audits, evidence
from audit.audit_models import Audit
from audit.evidence import Evidence
from idp import audit_evidence
from kernel.db import Json
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from web import audit_pages as auditing
from web import audit_scopes, consoles, scope
from web import audit_words as words
from web.audit_pages import INDEX, bp, staff_required
from web.reading_apart import read_apart

FORMAT = "taipei-id/audit-evidence/1"


@bp.get("/<reference>/again")
@staff_required
def again(reference: str) -> Response:
    """Draw the sample again from its seed. Raises Refused `audit.not_reproduced`."""
    audit = auditing.of_others(reference)
    if not audits.is_reproduced(scope.db(), audit):
        raise Refused("audit.not_reproduced")
    return redirect(url_for("audits.one", reference=audit.reference, done="same"), 303)


@bp.get("/<reference>/sample/<number>")
@staff_required
@read_apart
def item(reference: str, number: str) -> str:
    """Show one act in full; the member reads in their footprint that the auditor looked."""
    session, audit = scope.db(), auditing.of_others(reference)
    found = _one(audit, words.place(number))
    if found.member_id is not None:
        consoles.look(
            scope.primary(),
            found.member_id,
            actor=scope.member_id(),
            case=audit.reference,
            claims=found.claims,
        )
    return consoles.page(
        "audit/item.html",
        current=INDEX,
        card=words.card(audit, audit_scopes.names(session)),
        act=words.row(found, audit),
        one=found,
    )


def _one(audit: Audit, place: int) -> Evidence:
    rows = [each for each in audits.sample(scope.db(), audit) if each.place == place]
    if not rows:
        raise NotFound("audit.not_found")
    return evidence.read(scope.db(), rows)[0]


@bp.get("/<reference>/evidence.jwt")
@staff_required
def export(reference: str) -> Response:
    """Send the sample as a signed document: who, whom, when, why, on which basis, by pseudonym."""
    session, audit = scope.db(), auditing.of_others(reference)
    sample = evidence.read(session, audits.sample(session, audit))
    _look(audit, sample)
    provider = scope.rooms().provider
    signed = audit_evidence.sign(
        provider.keys.signer(session, now=scope.now()),
        {"iss": provider.issuer, **_document(audit, sample)},
    )
    auditing.record("audit.exported", audit)
    response = Response(signed, mimetype="application/jwt")
    name = f"audit-{audit.reference}.jwt"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _look(audit: Audit, sample: Iterable[Evidence]) -> None:
    """Let each member in the sample read in their footprint that the auditor read it, once."""
    claims = defaultdict[UUID, set[str]](set)
    for each in sample:
        if each.member_id is not None:
            claims[each.member_id].update(each.claims)
    for member_id, theirs in claims.items():
        consoles.look(
            scope.db(),
            member_id,
            actor=scope.member_id(),
            case=audit.reference,
            claims=sorted(theirs),
        )


def _document(audit: Audit, sample: Iterable[Evidence]) -> Json:
    since, until = words.period(audit)
    named = audit_scopes.names(scope.db())
    audited = named.get(audit.counter_id or audit.organisation_id, Bilingual("–", "–"))
    return {
        "format": FORMAT,
        "audit": audit.reference,
        "audited": audited.zh,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "acts": audit.acts,
        "seed": audit.seed,
        "population": audit.population,
        "population_hash": audit.population_hash,
        "made_at": scope.now().isoformat(timespec="seconds"),
        "sample": [_form(each, audit) for each in sample],
    }


def _form(each: Evidence, audit: Audit) -> dict[str, Any]:
    return {
        "place": each.place,
        "at": None if each.at is None else each.at.isoformat(),
        "event": each.event,
        "who": words.pseudonym(audit, each.actor),
        "whom": words.pseudonym(audit, each.member_id),
        "client": None if each.client_id is None else str(each.client_id),
        "case": each.case,
        "reason": each.reason,
        "claims": list(each.claims),
        "basis": list(each.basis),
    }
