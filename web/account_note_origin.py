"""What a member is told of a note that an agency sent: who, why, what, how long (PDPA 8, 9)."""

from clients import bases
from kernel.errors import NotFound
from kernel.wording import Bilingual
from services import card_faces
from services import consolidation_batches as batches
from web import import_words, pages, scope
from web.account import bp


@bp.get("/services/<code>/origin")
@scope.member_required
def origin(code: str) -> str:
    """Tell where a note came from."""
    found = batches.origins(scope.db(), scope.member_id()).get(code)
    if found is None:
        raise NotFound("service.not_found")
    stream = found.stream
    faces = card_faces.of_member(scope.db(), scope.member_id(), keyring=scope.rooms().keyring)
    return pages.page(
        "account/note_origin.html",
        service=import_words.name(found.service),
        agency=Bilingual(stream.organisation.name_zh, stream.organisation.name_en),
        basis=bases.BY_CODE[stream.basis].words,
        provision=stream.provision,
        at=found.applied_at or found.uploaded_at,
        face=faces.get(code),
    )
