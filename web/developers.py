"""Show developers how to connect a service, and look at their requests with them."""

import hashlib
from pathlib import Path
from typing import Any

from flask import Blueprint, g, request
from werkzeug.wrappers import Response

from clients.claims import EVERYBODY, MERCHANT
from consent.catalogue import CLAIMS, Claim
from idp import diagnosis, parameters
from idp.diagnosis import Verdict
from kernel.refusals import CATALOGUE
from web import csrf, pages, scope

bp = Blueprint("developers", __name__, url_prefix="/developers")
SAMPLES = Path(__file__).parent / "templates" / "developers" / "samples"
LANGUAGES = ("python", "node", "java", "csharp", "php")
REGISTERING = ("register", "purposes")
ISSUER = "{{ issuer }}"  # where it stands in a sample
LONGEST = 8000


@bp.get("/quick-start")
def quick_start() -> Response:
    """Show a login in five languages."""
    return _kept("quick_start", samples={name: _sample(name) for name in LANGUAGES})


def _sample(name: str) -> str:
    text = (SAMPLES / f"{name}.txt").read_text("utf-8").rstrip()
    return text.replace(ISSUER, _issuer())


@bp.get("/claims")
def claims() -> Response:
    """Show every claim that can exist, and what an acr is worth."""
    return _kept("claims", claims=CLAIMS, askers={each.name: _askers(each) for each in CLAIMS})


def _askers(claim: Claim) -> str:
    if claim.askers == EVERYBODY:
        return pages.say("機關和商店")
    return pages.say("商店") if MERCHANT in claim.askers else pages.say("機關")


@bp.get("/registration")
def registration() -> Response:
    """Show how a client registers itself."""
    return _kept("registration", samples={name: _sample(name) for name in REGISTERING})


@bp.get("/errors")
def mistakes() -> Response:
    """Show what each error means and what to do about it."""
    return _kept("mistakes", codes=sorted(CATALOGUE.items()))


@bp.get("/debugger")
def debugger() -> str:
    """Ask for a request to look at."""
    return _page("debugger", sent="", findings=(), failed=0)


@bp.post("/debugger")
def check() -> str:
    """Say what each check finds in a request; nothing of it is kept."""
    csrf.require()
    sent = request.form.get("request", "")[:LONGEST].strip()
    query = sent.partition("?")[2] or sent
    read = parameters.read(query.partition("#")[0].encode())
    found = diagnosis.diagnose(scope.rooms().provider, scope.db(), read, now=scope.now())
    failed = sum(each.verdict is Verdict.FAILED for each in found)
    return _page("debugger", sent=sent, findings=found, failed=failed)


def _kept(name: str, **context: Any) -> Response:  # whatever the template needs
    """Return a page that is the same for everybody, and is sent again only if it changed."""
    page = _page(name, **context)
    response = Response(page, mimetype="text/html")
    response.set_etag(hashlib.sha256(page.encode()).hexdigest()[:32], weak=True)
    response.headers["Cache-Control"] = "private, no-cache"  # it speaks the reader's language
    return response.make_conditional(request.environ)


def _page(name: str, **context: Any) -> str:
    g.show_person = False
    return pages.page(
        f"developers/{name}.html", issuer=_issuer(), current=f"developers.{name}", **context
    )


def _issuer() -> str:
    return scope.rooms().provider.issuer
