"""Let developers try: people to be, clients of their own, our mistakes, and what theirs would be.

Registered where settings say that this is a sandbox; anywhere else there is no such page.
"""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, g, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients.models import Client, Profile
from idp.errors import ProtocolError
from kernel.errors import NotFound
from kernel.wording import Bilingual
from web import (
    cookies,
    csrf,
    pages,
    sandbox_checks,
    sandbox_clients,
    sandbox_logs,
    sandbox_throttle,
    sandbox_trials,
    scope,
)
from web.personas import Persona
from web.sandbox_clients import PROFILES, Wanted
from web.sandbox_faults import BY_CODE, CHECKS, LOG, TO_ARM, Proof, Told

bp = Blueprint("sandbox", __name__, url_prefix="/sandbox")
A_PAGE = 20  # people
LONGEST_NAME, LONGEST_ADDRESSES, LONGEST_LOG = 100, 8000, 60_000
MOST_ADDRESSES = 10
VERDICTS = {
    sandbox_checks.Verdict.WAITING: (Bilingual("還沒試", "Not tried"), "plain"),
    sandbox_checks.Verdict.OPEN: (Bilingual("還看不出來", "Undecided"), "warn"),
    sandbox_checks.Verdict.PASSED: (Bilingual("通過", "Passed"), "ok"),
    sandbox_checks.Verdict.FAILED: (Bilingual("不通過", "Failed"), "bad"),
}
SAYINGS = {
    Told.ACCEPTED: Bilingual("登入了", "Signed in"),
    Told.REFUSED: Bilingual("沒有登入", "Did not sign in"),
    Told.DENIED: Bilingual("登入了，當成沒有資格", "Signed in, taken for a no"),
    Told.OPEN: Bilingual("登入了，資格另外查證", "Signed in, the right left open"),
}


@bp.before_request
def _only_our_forms() -> None:
    if request.method == "POST":
        csrf.require()


@bp.after_request
def _keep_nothing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("", strict_slashes=False)
def index() -> str:
    """Show what there is, and the clients of this browser."""
    return _index()


def _index(wanted: Wanted | None = None, mistake: str = "") -> str:
    mine = sandbox_clients.of_browser(scope.db(), cookies.browser())
    return _page(
        "index",
        clients=mine,
        people=len(scope.rooms().personas),
        wanted=wanted,
        mistake=mistake,
        profiles=PROFILES,
    )


@bp.get("/people")
def people() -> str:
    """List the invented people, those in a state only if one is asked for."""
    state = request.args.get("state", "")[:64]
    everybody = scope.rooms().personas
    found = [each for each in everybody if state in ("", each.state)]
    number = request.args.get("page", 1, int)
    last = max(1, -(-len(found) // A_PAGE))
    number = min(max(number, 1), last)
    return _page(
        "people",
        people=found[(number - 1) * A_PAGE : number * A_PAGE],
        found=len(found),
        states=_states(everybody),
        state=state,
        number=number,
        last=last,
    )


def _states(everybody: tuple[Persona, ...]) -> dict[str, Bilingual]:
    return {each.state: each.special for each in everybody if each.state}


@bp.post("/clients")
def make() -> Response:
    """Make a client; its secret and its key are on this one answer."""
    wanted = _wanted()
    sandbox_throttle.count()
    rooms, browser = scope.rooms(), cookies.browser()
    try:
        made = sandbox_clients.make(
            scope.db(), rooms.registrar, wanted, browser=browser, now=scope.now()
        )
    except ProtocolError as wrong:
        scope.abandon()
        page = _index(wanted, f"{wrong.error}: {wrong.description}")
        return Response(page, HTTPStatus.BAD_REQUEST, mimetype="text/html")
    return Response(_page("made", made=made), HTTPStatus.CREATED, mimetype="text/html")


def _wanted() -> Wanted:
    asked = request.form.get("profile", "")
    profile = next((each for each in PROFILES if each.value == asked), Profile.BASIC)
    lines = request.form.get("addresses", "")[:LONGEST_ADDRESSES].split()
    name = " ".join(request.form.get("name", "")[:LONGEST_NAME].split())
    return Wanted(
        name=name or pages.say("測試網站"),
        addresses=tuple(lines[:MOST_ADDRESSES]),
        profile=profile,
    )


@bp.post("/open")
def open_() -> Response:
    """Let a client belong to this browser, on showing its key."""
    sandbox_throttle.count()
    key = request.form.get("key", "")[:64].strip()
    client_id = sandbox_clients.move(scope.db(), key, browser=cookies.browser(), now=scope.now())
    return redirect(url_for("sandbox.client", client_id=client_id), 303)


@bp.get("/clients/<client_id>")
def client(client_id: str) -> str:
    """Show a client: what it needs to know, and the faults it may meet."""
    mine = _mine(client_id)
    return _page(
        "client",
        client=mine,
        metadata=scope.rooms().provider.metadata,
        faults=TO_ARM,
        armed=sandbox_trials.armed(scope.db(), client_id),
        by_code=BY_CODE,
    )


@bp.post("/clients/<client_id>/fault")
def arm(client_id: str) -> Response:
    """Let the client's next sign-in meet a fault."""
    mine = _mine(client_id)
    _arm(mine, request.form.get("fault", ""), is_check=False)
    return redirect(url_for("sandbox.client", client_id=client_id, _anchor="armed"), 303)


def _arm(mine: Client, code: str, *, is_check: bool) -> None:
    if code not in {each.code for each in (CHECKS if is_check else TO_ARM)} - {LOG.code}:
        raise NotFound("sandbox.no_such_fault")
    sandbox_trials.arm(scope.db(), mine.id, code, is_check=is_check, now=scope.now())
    trail.record(
        scope.db(), "sandbox.fault_set", actor=None, subject=mine.id, now=scope.now(), fault=code
    )


@bp.get("/clients/<client_id>/checks")
def checks(client_id: str) -> str:
    """Show how the client did, check by check."""
    return _checks(_mine(client_id))


def _checks(mine: Client, found: list[str] | None = None) -> str:
    trials = sandbox_trials.latest(scope.db(), mine.id)
    results = sandbox_checks.results(trials, now=scope.now())
    return _page(
        "checks",
        client=mine,
        results=results,
        passed=sum(each.verdict is sandbox_checks.Verdict.PASSED for each in results),
        armed=sandbox_trials.armed(scope.db(), mine.client_id),
        verdicts=VERDICTS,
        sayings=SAYINGS,
        tells=Proof.TELLS,
        log=LOG,
        found=found,
        today=scope.now(),
    )


@bp.post("/clients/<client_id>/checks")
def begin(client_id: str) -> Response:
    """Let the client's next sign-in be a check."""
    _arm(_mine(client_id), request.form.get("check", ""), is_check=True)
    return _to_checks(client_id)


@bp.post("/clients/<client_id>/told")
def told(client_id: str) -> Response:
    """Write down what the client did, as its developer saw it."""
    mine, code = _mine(client_id), request.form.get("check", "")
    said = request.form.get("told", "")
    if said not in SAYINGS or not sandbox_trials.tell(
        scope.db(), mine.id, code, Told(said), now=scope.now()
    ):
        raise NotFound("sandbox.no_such_fault")
    return _to_checks(client_id)


@bp.post("/clients/<client_id>/log")
def search_log(client_id: str) -> str:
    """Say what of the people who signed in stands in a log; nothing of it is kept."""
    mine = _mine(client_id)
    found = look_through(mine.id, request.form.get("log", "")[:LONGEST_LOG])
    return _checks(mine, found)


def look_through(client_id: UUID, text: str) -> list[str]:
    """Return what is found in a log, and write down whether anything was."""
    session, now = scope.db(), scope.now()
    grants = sandbox_trials.grants(session, client_id)
    found = sandbox_logs.found_in(
        text, session, grants, client_id=client_id, keyring=scope.rooms().keyring
    )
    said = Told.FOUND if found else Told.CLEAN
    sandbox_trials.report(session, client_id, LOG.code, said, now=now)
    return found


def _to_checks(client_id: str) -> Response:
    return redirect(url_for("sandbox.checks", client_id=client_id), 303)


def _mine(client_id: str) -> Client:
    return sandbox_clients.get(scope.db(), client_id, browser=cookies.browser())


def _page(name: str, **context: Any) -> str:  # whatever the template needs
    g.show_person = False
    return pages.page(f"sandbox/{name}.html", issuer=scope.rooms().provider.issuer, **context)
