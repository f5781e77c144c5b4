"""The official website: what anybody may read, made from the rows that decide (4-II, 6(4), 3-II).

No page writes, sets a cookie or looks who asks; each is sent again only when it changed. `?on=` a
day of the past shows what stood there on that day.
"""

from datetime import date
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from kernel import calendar, clock
from kernel.wording import ENGLISH, Bilingual
from services import content, forms, inventory, milestones, plain_text, plans, publishing
from services.publication_models import ContentVersion, FormVersion
from web import annex_words, attachments, inventory_words, pages, scope
from web import publication_words as words

bp = Blueprint("public", __name__)
MONTHS_AHEAD = 13


def today() -> date:
    """Return this day in Taipei."""
    return clock.taipei_day(scope.now())


def day() -> date:
    """Return the day asked for; what is no day, or one to come, is today."""
    try:
        asked = date.fromisoformat(request.args.get("on", "")[:10])
    except ValueError:
        return today()
    return min(asked, today())


def page(template: str, **context: Any) -> Response:  # whatever the template needs
    """Return a page of the website."""
    on = day()
    past = on if on < today() else None
    return pages.public(f"public/{template}.html", past=past, **context)


@bp.get("/news")
def news() -> Response:
    """List what agencies made public, the newest first."""
    found = content.published(scope.db(), on=day())
    return page("news", items=[item(each) for each in found])


@bp.get("/news/<slug>")
def article(slug: str) -> Response:
    """Show one public text as it stands, or stood on a day."""
    session = scope.db()
    row = content.public(session, slug, on=day())
    language = pages.language()
    body = row.body_en if language == ENGLISH else row.body_zh
    return page(
        "article",
        **item(row),
        blocks=plain_text.blocks(body),
        document=row.document_number,
        files=attachments.links(row, lambda digest: _file(slug, digest)),
        valid_until=row.valid_until,
        earlier=[
            each
            for each in content.days(session, row.item_id, on=today())
            if each != row.effective_on
        ],
    )


def _file(slug: str, digest: str) -> str:
    """Return where a file of the text lies on the day asked for."""
    on = None if day() == today() else day().isoformat()
    return url_for("public.attachment", slug=slug, digest=digest, on=on)


def item(row: ContentVersion) -> dict[str, Any]:
    """Return what a list says of a public text."""
    return {
        "slug": row.item.slug,
        "title": Bilingual(row.title_zh, row.title_en),
        "kind": words.CONTENT_KINDS[row.item.kind],
        "agency": Bilingual(row.item.organisation.name_zh, row.item.organisation.name_en),
        "since": row.effective_on,
    }


@bp.get("/forms")
def annexes() -> Response:
    """List the annex forms in force."""
    rows = publishing.all_in_force(scope.db(), FormVersion, on=day())
    return page("annexes", rows=[_annex(each) for each in rows if each.service.closed_at is None])


@bp.get("/forms/<code>")
def annex(code: str) -> Response:
    """Show what the form of a service asks, and why."""
    row = forms.find_public(scope.db(), code[:64], on=day())
    return page("annex_page", **_annex(row), form=annex_words.public(forms.read(row)))


def _annex(row: FormVersion) -> dict[str, Any]:
    return {
        "code": row.service.code,
        "service": Bilingual(row.service.name_zh, row.service.name_en),
        "title": forms.read(row).title,
        "version": row.version,
        "since": row.effective_on,
        "document": row.document_number,
    }


@bp.get("/sunset")
def sunset() -> Response:
    """List which logins and cards end when, how, and what holders keep (3-II)."""
    on = day()
    found = plans.published(scope.db(), on=on)
    steps = milestones.progress(scope.db(), found, on=on)
    return page(
        "sunset",
        plans=[inventory_words.plan(each, steps[each.system_id], on=on) for each in found],
    )


@bp.get("/waivers")
def waivers() -> Response:
    """List what is excused from the single identification, why and until when (3-I)."""
    on = today()
    excused = [each for each in inventory.lines(scope.db(), on=on) if each.waiver is not None]
    return page(
        "waivers",
        rows=[
            inventory_words.row(each)
            | {
                "reason": each.waiver.reason if each.waiver else "",
                "document": each.waiver.document_number if each.waiver else "",
            }
            for each in excused
        ],
    )


@bp.get("/working-days")
def working_days() -> Response:
    """List the days on which the city does not work although it is no weekend, and otherwise."""
    found, first = calendar.load(scope.db()), today()
    notes = {row.day: row.note for row in calendar.declared(scope.db())}
    last = date(first.year + 1, first.month, 1)
    off = sorted(each for each in found.off if first <= each < last)
    worked = sorted(each for each in found.worked if first <= each < last)
    return page(
        "working_days",
        off=[(each, notes.get(each, "")) for each in off],
        worked=[(each, notes.get(each, "")) for each in worked],
        is_workday=found.is_workday(first),
        today=first,
    )
