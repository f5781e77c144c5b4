"""Set up a relying party's web pages: two languages, strict headers, forms nobody else can send."""

import hmac
import re

from authlib.common.security import generate_token
from flask import Flask, Response, abort, g, request, session, url_for
from markupsafe import Markup

from demo.setup import Setup
from demo.visits import Visits

LANGUAGES = ("zh-Hant-TW", "en")
CJK = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
TOKEN_LENGTH = 32
FROM_MACHINES = frozenset({"take_notice", "signed_out"})  # signed, and without a cookie
AGAIN = {"card", "kiosk", "notices", "receipt", "till", "scan"}  # pages that can be asked for twice


def new_site(import_name: str, cookie: str, setup: Setup, visits: Visits) -> Flask:
    """Return a Flask application with the manners both sites share."""
    app = Flask(import_name)
    app.config.update(
        SECRET_KEY=visits.cookie_key(),
        # Cookies know no ports: two sites on localhost need two names.
        SESSION_COOKIE_NAME=cookie,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=16 * 1024,
    )
    app.jinja_env.globals.update(t=text, csrf_field=csrf_field, lang_of=lang_of)
    app.before_request(_read_language)
    app.before_request(_require_own_form)
    app.after_request(lambda response: _headers(response, setup.issuer))
    app.context_processor(lambda: {**_words(), "start_page": setup.start_page})
    return app


def text(zh: str, en: str) -> str:
    """Return the wording in the reader's language."""
    return en if g.lang == "en" else zh


def lang_of(value: str) -> str:
    """Return the language tag for a value nobody translated; empty if it cannot be told."""
    return "zh-Hant-TW" if CJK.search(value) else ""


def csrf_field() -> Markup:
    """Return the hidden field that shows a form came from this site."""
    token = session.setdefault("csrf", str(generate_token(TOKEN_LENGTH)))
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(token)


def _require_own_form() -> None:
    if request.method != "POST" or request.endpoint in FROM_MACHINES:
        return
    sent, known = request.form.get("csrf_token", ""), str(session.get("csrf", ""))
    if not known or not hmac.compare_digest(sent.encode(), known.encode()):
        abort(400)


def _read_language() -> None:
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        session["lang"] = asked
    browser = request.accept_languages.best_match(("zh-TW", "zh-Hant-TW", "zh", "en"))
    g.lang = session.get("lang") or ("en" if browser == "en" else "zh-Hant-TW")


def _words() -> dict[str, str]:
    return {"lang": g.lang, "other_lang": LANGUAGES[g.lang == LANGUAGES[0]], "here": here()}


def _headers(response: Response, issuer: str) -> Response:
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'self'; "
        f"img-src 'self'; form-action 'self' {issuer}"  # signing out is a form that leads there
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def here() -> str:
    """Return where the language link leads: this page, or home if it cannot be asked for twice."""
    return request.path if request.endpoint in AGAIN else url_for("home")
