"""Turn a purpose's form into its rows and back: what is registered equals what was submitted."""

from datetime import datetime

from clients import bases
from clients.claims import require_askable
from clients.forms import ClaimForm, PurposeForm
from clients.models import Body, OrganisationKind, Purpose, PurposeClaim
from kernel.wording import Bilingual

TEXTS = ("name", "text", "retention", "legal_basis", "refusal_effect")


def settled(form: PurposeForm, *, kind: OrganisationKind, body: Body) -> PurposeForm:
    """Return the form with its legal basis filled in; consent, if none was chosen.

    Raises Refused `flow.purpose_mismatch` for a claim outside the catalogue or not for such a
    body (2(5), 10(3)), `client.basis_not_offered` for another kind of body's basis (2(1)).
    """
    require_askable(form.asked, kind=kind, purpose=form.kind)
    basis = form.basis or bases.consent_of(body)
    bases.require_offered(basis, body)
    return form.model_copy(update={"basis": basis})


def write(row: Purpose, form: PurposeForm) -> None:
    """Let the row say what a settled form says; its claims are `claim_of`'s."""
    row.code, row.kind = form.code, form.kind
    for name in TEXTS:
        wording: Bilingual = getattr(form, name)
        setattr(row, f"{name}_zh", wording.zh)
        setattr(row, f"{name}_en", wording.en)
    row.basis = form.basis or ""
    row.retention_days, row.max_days = form.retention_days, form.max_days


def new(form: PurposeForm, *, is_default: bool, now: datetime) -> Purpose:
    """Return the rows of a purpose in its first wording."""
    row = Purpose(is_default=is_default, text_version=1, terms_version=1)
    write(row, form)
    row.claims = [claim_of(claim, since_version=1, now=now) for claim in form.claims]
    return row


def claim_of(form: ClaimForm, *, since_version: int, now: datetime) -> PurposeClaim:
    """Return a new row for one claim, approved now."""
    return PurposeClaim(
        claim=form.name,
        required=form.required,
        since_version=since_version,
        approved_at=now,
        necessity_zh=form.necessity.zh,
        necessity_en=form.necessity.en,
    )


def amended(
    row: PurposeClaim | None, form: ClaimForm, *, since_version: int | None, now: datetime
) -> PurposeClaim:
    """Return the row of a claim after a change; `since_version` is None if it was not widened."""
    if row is None:
        return claim_of(form, since_version=since_version or 1, now=now)
    row.required = form.required
    row.necessity_zh, row.necessity_en = form.necessity
    if since_version is not None:
        row.since_version, row.approved_at = since_version, now
    return row


def form_of(row: Purpose) -> PurposeForm:
    """Return what is in force, as a form."""
    return PurposeForm(
        code=row.code,
        kind=row.kind,
        name=Bilingual(row.name_zh, row.name_en),
        text=Bilingual(row.text_zh, row.text_en),
        retention=Bilingual(row.retention_zh, row.retention_en),
        retention_days=row.retention_days,
        basis=row.basis,
        legal_basis=Bilingual(row.legal_basis_zh, row.legal_basis_en),
        refusal_effect=Bilingual(row.refusal_effect_zh, row.refusal_effect_en),
        max_days=row.max_days,
        claims=tuple(
            ClaimForm(
                name=claim.claim,
                required=claim.required,
                necessity=Bilingual(claim.necessity_zh, claim.necessity_en),
            )
            for claim in row.claims
        ),
    )
