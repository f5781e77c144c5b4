"""Show developers how to connect a service, and look at their requests with them."""

from collections import Counter
from pathlib import Path
from typing import Any

from flask import Blueprint, g, request
from werkzeug.wrappers import Response

from clients.claims import EVERYBODY, MERCHANT
from consent.catalogue import CLAIMS, Claim
from idp import diagnosis, parameters
from idp.diagnosis import Verdict
from kernel import cures
from kernel.refusals import CATALOGUE
from kernel.wording import Bilingual
from web import (
    agency_document,
    api_samples,
    counter_document,
    csrf,
    event_document,
    merchant_document,
    pages,
    scope,
)
from web.api_interfaces import Interface
from web.protocol_errors import PROTOCOL_ERRORS

bp = Blueprint("developers", __name__, url_prefix="/developers")
PLACE = Path(__file__).parent / "templates" / "developers"
SAMPLES, ANSWERS = PLACE / "samples", PLACE / "answers"
LANGUAGES = ("python", "node", "java", "csharp", "php")
NOT_RUN = ("java", "csharp", "php")  # by our tests: the page says so
REGISTERING = ("register", "purposes")
FOR_PROGRAMS = ("program-token",)
ISSUER = "{{ issuer }}"  # where it stands in a sample
LONGEST = 8000
CARDS = {
    "ticket": Bilingual("卡片：只能認出是誰，還要密碼", "A plain card: finds the member, no proof"),
    "city-card": Bilingual("臺北卡：卡片加 PIN", "Taipei ID card with its PIN"),
    "chip-card": Bilingual("晶片卡：卡片加 PIN", "Chip card with its PIN"),
    "certificate": Bilingual("憑證：最強", "A certificate, the strongest"),
}
STANDINGS = {
    "suspended": Bilingual("已停用", "suspended"),
    "closed": Bilingual("已註銷", "closed"),
}


@bp.get("/quick-start")
def quick_start() -> Response:
    """Show a login in five languages."""
    return _kept(
        "quick_start", samples={name: _sample(name) for name in LANGUAGES}, not_run=NOT_RUN
    )


def _sample(name: str) -> str:
    return _filled(SAMPLES / f"{name}.txt")


def _filled(path: Path) -> str:
    return path.read_text("utf-8").rstrip().replace(ISSUER, _issuer())


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


@bp.get("/agencies")
def agencies() -> Response:
    """Show the interface that agencies' own systems call."""
    return _interface("agencies", agency_document.INTERFACE, "agency_api.document")


@bp.get("/counters")
def counters() -> Response:
    """Show the interface that counters' own systems call."""
    return _interface("counters", counter_document.INTERFACE, "counter_api.document")


@bp.get("/merchants")
def merchants() -> Response:
    """Show the interface that merchants' own systems and tills call."""
    return _interface("merchants", merchant_document.INTERFACE, "merchant_api.document")


@bp.get("/events")
def events() -> Response:
    """Show which events clients are pushed, and how they fetch what they missed."""
    described = event_document.INTERFACE
    samples = [(row, api_samples.event(row, _issuer())) for row in described.webhooks]
    return _interface("events", described, "event_api.document", webhooks=samples)


def _interface(
    name: str,
    described: Interface,
    document: str,
    **more: Any,  # whatever the template needs
) -> Response:
    return _kept(
        name,
        token=api_samples.token(_sample(FOR_PROGRAMS[0]), described),
        **api_samples.shown(described, _issuer(), document=document),
        **more,
    )


@bp.get("/errors")
def mistakes() -> Response:
    """Show what each error means and what to do about it."""
    codes = [(code, entry, cures.cure(code)) for code, entry in sorted(CATALOGUE.items())]
    return _kept("mistakes", errors=sorted(PROTOCOL_ERRORS.items()), codes=codes)


@bp.get("/people")
def people() -> Response:
    """Show whom one may sign in as: invented members, where the city is invented."""
    return _kept("people", personas=scope.rooms().personas, cards=CARDS, standings=STANDINGS)


@bp.get("/answers")
def answers() -> Response:
    """Show what our endpoints answer with."""
    return _kept("answers", answers={path.stem: _filled(path) for path in ANSWERS.iterdir()})


@bp.get("/debugger")
def debugger() -> str:
    """Ask for a request to look at."""
    return _page("debugger", sent="", findings=())


@bp.post("/debugger")
def check() -> str:
    """Say what each check finds in a request; nothing of it is kept."""
    csrf.require()
    sent = request.form.get("request", "")[:LONGEST].strip()
    query = sent.partition("?")[2] or sent
    read = parameters.read(query.partition("#")[0].encode())
    found = diagnosis.diagnose(scope.rooms().provider, scope.db(), read, now=scope.now())
    verdicts = Counter(each.verdict for each in found)
    return _page(
        "debugger",
        sent=sent,
        findings=found,
        failed=verdicts[Verdict.FAILED],
        skipped=verdicts[Verdict.SKIPPED],
    )


def _kept(name: str, **context: Any) -> Response:  # whatever the template needs
    return pages.kept(_page(name, **context))


def _page(name: str, **context: Any) -> str:
    g.show_person = False
    g.asks_nothing = True
    return pages.page(
        f"developers/{name}.html", issuer=_issuer(), current=f"developers.{name}", **context
    )


def _issuer() -> str:
    return scope.rooms().provider.issuer
