"""The Bureau's page of the service's name: one officer proposes, another decides (2(7))."""

from datetime import date
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients import logos
from clients.officer_models import Role
from kernel.clock import taipei_day
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from web import branding, consoles, counter_forms, csrf, pages, scope
from web.brand_models import Brand, BrandState
from web.branding import Wording

bp = Blueprint("doit_branding", __name__, url_prefix="/doit/branding")
INDEX = "doit_branding.index"
STATES = {
    BrandState.PROPOSED: (Bilingual("等另一位核定", "Waits for another officer"), "warn"),
    BrandState.APPROVED: (Bilingual("已核定", "Approved"), "ok"),
    BrandState.REFUSED: (Bilingual("不採用", "Refused"), "plain"),
}
TYPED = "name_zh name_en contact_zh contact_en from_on document_number".split()
LARGEST_LOGO = 32 * 1024  # bytes: it is on every page
FIELDS = {
    "brand.incomplete": "name_zh",
    "brand.logo_unreadable": "logo",
    "case.self_dealing": "",
    "case.wrong_state": "",
}


bp.before_request(csrf.only_our_forms)


@bp.get("")
@consoles.staff_required(Role.REVIEWER)
def index() -> str:
    """Show the names of the past, of today and to come."""
    return _page()


@bp.post("")
@consoles.staff_required(Role.REVIEWER)
def propose() -> Response | str:
    """Propose a name."""
    typed = counter_forms.typed
    try:
        with scope.step():
            brand = branding.propose(
                scope.db(),
                Wording(
                    name=Bilingual(typed("name_zh"), typed("name_en")),
                    contact=Bilingual(typed("contact_zh"), typed("contact_en")),
                    logo=_logo() or scope.rooms().branding.at(scope.now()).logo,
                ),
                from_on=counter_forms.day("from_on"),
                document_number=typed("document_number"),
                by=scope.member_id(),
                now=scope.now(),
            )
    except Refused as refused:
        return _page(refused)
    if brand is not None:
        _record("brand.proposed", brand)
    return redirect(url_for(INDEX, done="proposed"), 303)


@bp.post('/<uuid:brand_id>/<any("approve", "refuse"):decision>')
@consoles.staff_required(Role.REVIEWER)
def decide(brand_id: UUID, decision: str) -> Response | str:
    """Approve or refuse what another officer proposed."""
    approved = decision == "approve"
    try:
        with scope.step():
            brand = branding.decide(
                scope.db(), brand_id, approved=approved, by=scope.member_id(), now=scope.now()
            )
    except NotFound:
        raise
    except Refused as refused:
        return _page(refused)
    _record(f"brand.{brand.state.value}", brand)
    return redirect(url_for(INDEX, done=brand.state.value), 303)


def _logo() -> str | None:
    """Keep the picture that was sent, if one was. Raises Refused `brand.logo_unreadable`."""
    sent = request.files.get("logo")
    content = b"" if sent is None else sent.read(LARGEST_LOGO + 1)
    if not content:
        return None
    kind = logos.kind_of(content)
    if kind is None or len(content) > LARGEST_LOGO:
        raise Refused("brand.logo_unreadable")
    return logos.keep(scope.db(), logos.Picture(kind, content))


def _record(event: str, brand: Brand) -> None:
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=brand.id,
        now=scope.now(),
        from_on=brand.from_on.isoformat(),
    )


def _done() -> list[str]:
    return pages.just_done(
        {
            "proposed": pages.say("已提出，等另一位人員核定。"),
            "approved": pages.say("已核定，那一天零時起用新名稱。"),
            "refused": pages.say("已記下不採用。"),
        }
    )


def _page(refused: Refused | None = None) -> str:
    rows = branding.listed(scope.db())
    errors = []
    if refused is not None:
        field = FIELDS.get(refused.code, "from_on")
        errors = [(field, refusal(refused.code).title.text(pages.language()))]
    return consoles.page(
        "console/branding.html",
        current=INDEX,
        today=scope.rooms().branding.at(scope.now()).name,
        rows=[_row(each, taipei_day(scope.now())) for each in rows],
        typed={name: counter_forms.typed(name) for name in TYPED},
        errors=errors,
        flashes=_done(),
    )


def _row(brand: Brand, today: date) -> dict[str, object]:
    is_open = brand.state is BrandState.PROPOSED and brand.from_on > today
    return {
        "id": brand.id,
        "name": Bilingual(brand.name_zh, brand.name_en),
        "contact": Bilingual(brand.contact_zh, brand.contact_en),
        "logo": brand.logo,
        "from_on": brand.from_on,
        "document": brand.document_number,
        "state": STATES[brand.state],
        "may_decide": is_open and brand.proposed_by != scope.member_id(),
    }


consoles.register_menu(INDEX, Bilingual("名稱", "Name"), icon="info", roles=[Role.REVIEWER])
