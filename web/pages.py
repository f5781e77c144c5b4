"""Render pages: language, words, frame; and the public pages that need no member."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, Flask, current_app, g, request, url_for
from flask import redirect as _redirect
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from kernel.prebuilt import Row
from kernel.wording import LANGUAGES
from members import inbox, register
from members.profile import masked
from web import cookies, csrf, dates, headers, i18n, scope
from web.branding import Wording
from web.folding import Folding

bp = Blueprint("pages", __name__)


def language() -> str:
    """Return the language of this page: the reader's choice, the client's wish, the browser's."""
    if "language" not in g:
        g.language = i18n.choose(
            ui_locales=cookies.language() or g.get("ui_locales", ""),
            cookie="",
            accept_language=request.headers.get("Accept-Language", "")[:256],
        )
    return str(g.language)


def speak(ui_locales: str) -> None:
    """Take the client's wish for a language into account (OIDC Core 3.1.2.1)."""
    g.ui_locales = ui_locales
    g.pop("language", None)


def say(chinese: str, **values: object) -> str:
    """Return a text in the reader's language; the Chinese text is its own key."""
    words = i18n.translations(language()).gettext(chinese)
    return words % values if values else words


def just_done(words: Mapping[str, str]) -> list[str]:
    """Return what to tell a reader whom an act has led here: its name stands in the query."""
    said = words.get(request.args.get("done", ""))
    return [said] if said else []


def page(template: str, **context: Any) -> str:  # whatever the template needs
    """Render a page in the reader's language."""
    environment: Folding = current_app.extensions["pages"][language()]
    return environment.get_template(template).render(_context() | context)


def kept(page: str) -> Response:
    """Return a page that is the same for everybody, and is sent again only if it changed."""
    response = Response(page, mimetype="text/html")
    response.set_etag(hashlib.sha256(page.encode()).hexdigest()[:32], weak=True)
    response.headers["Cache-Control"] = "private, no-cache"  # it speaks the reader's language
    return response.make_conditional(request.environ)


def public(template: str, **context: Any) -> Response:  # whatever the template needs
    """Return a page of the website: the same for everybody, for caches between us as well."""
    g.show_person = False
    response = kept(page(template, **context))
    response.headers["Cache-Control"] = "public, no-cache"  # asked about each time, seldom sent
    response.headers["Vary"] = "Accept-Language, Cookie"  # the language chosen is a cookie
    return response


def _signed_in_as() -> str | None:
    visitor = scope.visitor()
    return None if visitor is None else name_of(visitor.member_id)


def name_of(member_id: UUID) -> str:
    """Return a member's masked name, or the account name of who has none on record."""
    member, claims = record_of(member_id)
    return masked(claims.get("name", member.login))


def record_of(member_id: UUID) -> tuple[Row, dict[str, Any]]:
    """Return a member and every claim the city holds, opened once a request."""
    known = g.setdefault("records", {})
    if member_id not in known:
        member = register.read(scope.db(), member_id)
        known[member_id] = member, register.claims_of(member, keyring=scope.rooms().keyring)
    return cast("tuple[Row, dict[str, Any]]", known[member_id])


def person() -> str:
    """Return the signed-in member's masked name, looked up once a request."""
    if "person" not in g:
        g.person = _signed_in_as()
    return g.person or ""


def unread() -> int:
    """Return how many messages the visitor has not read, counted once a request."""
    if "unread" not in g:
        visitor = scope.visitor()
        g.unread = 0 if visitor is None else inbox.unread(scope.db(), visitor.member_id)
    return int(g.unread)


def _context() -> dict[str, Any]:
    brand = _brand()
    return {
        "service_name": brand.name.text(language()),
        "service_contact": brand.contact.text(language()),
        "service_logo": _picture(brand.logo),
        "signed_in_as": person() or None if g.get("show_person", True) else None,
        "here": request.full_path.rstrip("?") if request.method == "GET" else url_for("pages.home"),
    }


def _picture(logo: str | None) -> str:
    if logo is None:
        return url_for("static", filename="icon.svg")
    return url_for("logos.show", digest=logo)


def _brand() -> Wording:
    """Return what the service is called now; read again unless the database may be away."""
    branding = scope.rooms().branding
    if not g.get("asks_nothing", False):
        with suppress(OperationalError):  # then the last one known
            branding.refresh(scope.db(), now=scope.now())
    return branding.at(scope.now())


class _Nonce:
    """A nonce that is only made if the page uses it."""

    def __str__(self) -> str:
        return headers.nonce()

    def __html__(self) -> str:
        return headers.nonce()


def init(app: Flask) -> None:
    """Teach Jinja our words, dates and globals, once a language."""
    app.extensions["pages"] = {tag: _environment(app, tag) for tag in LANGUAGES}
    app.register_blueprint(bp)


def _environment(app: Flask, tag: str) -> Folding:
    environment = Folding(app, tag)
    environment.globals.update(
        lang=tag,
        other_language=next(each for each in LANGUAGES if each != tag),
        text=lambda wording: wording.text(tag),
        csrf_field=csrf.field,
        nonce=_Nonce(),
        unread=unread,
    )
    environment.filters.update(
        roc_date=lambda moment: dates.roc_date(moment, tag),
        clock_words=dates.clock_words,
        clock_seconds=dates.clock_seconds,
        moment_words=lambda moment: dates.moment_words(moment, tag),
    )
    return environment


@bp.get("/")
def home() -> Response:
    """Show the front door."""
    return public("home.html")


@bp.get("/help")
def help() -> Response:  # noqa: A001  # the page's name
    """Explain how to sign in, and what to do when it fails."""
    return public("help.html")


@bp.get("/privacy")
def privacy() -> Response:
    """Say what is kept, why and for how long (PDPA 8)."""
    return public("privacy.html")


@bp.get("/accessibility")
def accessibility() -> Response:
    """State how accessible the site is."""
    return public("accessibility.html")


@bp.get("/sitemap")
def sitemap() -> Response:
    """List every page."""
    return public("sitemap.html")


@bp.get("/developers", strict_slashes=False)
def developers() -> str:
    """Tell developers where everything is."""
    provider = scope.rooms().provider
    endpoints = {
        name: value
        for name, value in provider.metadata.items()
        if name.endswith("_endpoint") or name in {"issuer", "jwks_uri"}
    }
    return page(
        "developers.html",
        issuer=provider.issuer,
        endpoints=endpoints,
        current="pages.developers",
    )


@bp.post("/language", endpoint="language")
def language_choice() -> Response:
    """Remember the language the reader chose and go back to where they were."""
    csrf.require_from_here()  # a page without cookies has no token, and only words change
    tag = request.form.get("language", "")
    if tag in LANGUAGES:
        cookies.choose_language(tag)
    return _redirect(own_path(request.form.get("next", "")), 303)


def own_path(path: str, *, or_else: str = "pages.home") -> str:
    """Return `path` if it stays on this site, else the page of the endpoint `or_else`."""
    # "//host" and "/\host" would leave the site.
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    return path if safe and path.isprintable() else url_for(or_else)


def moment(value: datetime) -> str:
    """Return a moment in words, for texts composed in views."""
    return dates.moment_words(value, language())
