"""Publish which personal data are kept, by whom and why, from the registry itself (PDPA 17)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from clients import bases
from clients.models import Client, OrganisationKind, Purpose, PurposeKind, Review
from kernel.wording import Bilingual
from web import datum_words, pages, scope
from web.public import bp, page


@bp.get("/purposes")
def purposes() -> Response:
    """Say what the one identity is for: the three purposes of the regulation, and who uses it."""
    used = {PurposeKind.SERVICE: 0, PurposeKind.OFFER: 0}
    for client in _registered():
        for purpose in client.purposes:
            used[purpose.kind] += 1
    return page("purposes", services=used[PurposeKind.SERVICE], offers=used[PurposeKind.OFFER])


@bp.get("/data-files")
def data_files() -> Response:
    """List the files of personal data: whose, on which ground, for what, of which kinds."""
    language = pages.language()
    return page(
        "data_files",
        files=[
            _file(client, purpose, language)
            for client in _registered()
            if client.organisation.kind is OrganisationKind.AGENCY
            for purpose in client.purposes
        ],
    )


def _registered() -> Sequence[Client]:
    """Return the clients that serve the public, by their agencies."""
    rows = (
        select(Client)
        .where(Client.disabled_at.is_(None), Client.review == Review.APPROVED)
        .options(
            joinedload(Client.organisation),
            selectinload(Client.purposes).selectinload(Purpose.claims),
        )
        .order_by(Client.client_id)
    )
    return scope.db().scalars(rows).all()


def _file(client: Client, purpose: Purpose, language: str) -> dict[str, Any]:
    holder = client.organisation
    own = Bilingual(purpose.legal_basis_zh, purpose.legal_basis_en)
    return {
        "name": Bilingual(purpose.name_zh, purpose.name_en),
        "holder": Bilingual(holder.name_zh, holder.name_en),
        "contact": client.contact or client.home_uri,
        "basis": bases.in_words(purpose.basis, own),
        "purpose": Bilingual(purpose.text_zh, purpose.text_en),
        "retention": Bilingual(purpose.retention_zh, purpose.retention_en),
        "kinds": [datum_words.label(each.claim, language) for each in purpose.claims],
    }
