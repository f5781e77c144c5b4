"""Show a developer their test client: which faults it may meet, and how it did, check by check."""

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients.models import Client
from kernel.errors import NotFound
from kernel.wording import Bilingual
from web import (
    cookies,
    sandbox,
    sandbox_checks,
    sandbox_clients,
    sandbox_logs,
    sandbox_trials,
    sandbox_ways,
    scope,
)
from web.sandbox import bp
from web.sandbox_document import LONGEST_LOG
from web.sandbox_faults import BY_CODE, CHECKS, LOG, TO_ARM, Proof, Told

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


@bp.get("/clients/<client_id>")
def client(client_id: str) -> str:
    """Show a client: what it needs to know, and the faults it may meet."""
    mine = _mine(client_id)
    return sandbox.page(
        "client",
        client=mine,
        metadata=scope.rooms().provider.metadata,
        faults=TO_ARM,
        armed=sandbox_trials.armed(scope.db(), client_id),
        by_code=BY_CODE,
        ways=sandbox_ways.WORDS,
        met=sandbox_ways.MET,
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
    return sandbox.page(
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
