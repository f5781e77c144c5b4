"""One check of eligibility: names out, findings in, and a second person's word on each (6(3))."""

import csv
import io
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients.officer_models import Role
from kernel.errors import Refused
from kernel.wording import Bilingual
from services import decision_slips, findings, rules
from services import eligibility_runs as runs
from services.eligibility_models import CheckRun, FactCode, Finding, FindingState, RunState
from services.findings import Report, Verdict
from web import consoles, counter_forms, footprint_export, impartial, pages, scope, suspending
from web import eligibility_words as words
from web.agency_counters import organisation_id, staff_required
from web.agency_eligibility import INDEX, bp, error_of, told

LONGEST_REASON = 2000  # characters


def _mine(reference: str) -> CheckRun:
    return runs.get(scope.db(), reference, organisation_id=organisation_id())


@bp.get("/runs/<reference>")
@staff_required
def run(reference: str) -> str:
    """Show where a check stands and what waits for a second person."""
    return _page(_mine(reference))


def _page(
    mine: CheckRun,
    field: str = "",
    refused: Refused | None = None,
    report: Report | None = None,
) -> str:
    session = scope.db()
    share = runs.share(session, mine, now=scope.now())
    page = findings.waiting(session, mine, after=_after())
    tally = findings.tally(session, mine)
    return consoles.page(
        "agency/eligibility_run.html",
        current=INDEX,
        run=mine,
        name=Bilingual(mine.service.name_zh, mine.service.name_en),
        state=words.RUNS[mine.state],
        look=words.RUN_LOOKS[mine.state],
        rule=told(mine.rule, rules.names_in(session, [mine.rule])),
        share=share,
        brake=runs.BRAKE_PERCENT,
        waiting=[_line(finding, case) for finding, case in page],
        more=page[-1][0].id if len(page) == findings.MOST_AT_ONCE else None,
        tally=[
            (_text(words.FINDINGS[state]), _text(words.FACTS[fact]), count)
            for (state, fact), count in sorted(tally.items())
        ],
        open_count=sum(
            count for (state, _), count in tally.items() if state is FindingState.VERIFYING
        ),
        has_letters=any(state is FindingState.CONFIRMED for state, _ in tally),
        facts=[(fact.value, words.FACTS[fact]) for fact in FactCode],
        may_release=mine.state is RunState.HALTED
        and scope.post().role is Role.MANAGER
        and mine.scheduled_by != scope.member_id(),
        typed=request.form,
        report=report,
        errors=[(field, error_of(refused))] if refused else [],
    )


def _text(wording: Bilingual) -> str:
    return wording.text(pages.language())


def _after() -> UUID | None:
    try:
        return UUID(request.args.get("after", ""))
    except ValueError:
        return None


def _line(finding: Finding, case: str) -> dict[str, Any]:
    return {
        "reference": finding.reference,
        "case": case,
        "fact": words.FACTS[finding.fact],
        "found_at": finding.found_at,
        "is_own": finding.found_by == scope.member_id(),
        "keeps": finding.fact is FactCode.RECORDS_DIFFER,
    }


@bp.post("/runs/<reference>/start")
@staff_required
def start(reference: str) -> Response:
    """Begin the check on its day."""
    mine = _mine(reference)
    try:
        with scope.step():
            runs.start(scope.db(), mine, now=scope.now())
    except Refused as refused:
        return Response(_page(mine, "", refused), 409, mimetype="text/html")
    record("eligibility.run_started", mine, holders=mine.holders or 0)
    return _back(mine)


@bp.post("/runs/<reference>/holders.csv")
@staff_required
def export(reference: str) -> Response:
    """Hand out who has the service, by names of this service alone and the agency's own cases."""
    mine, keyring = _mine(reference), scope.rooms().keyring
    rows = [
        [each.reference, _cell(each.case), str(each.since or "")]
        for each in runs.holders(scope.db(), mine, keyring)
    ]
    record("eligibility.holders_exported", mine, count=len(rows))
    return _sheet(mine.reference, ["reference", "case", "since"], rows)


def _cell(typed: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{typed}" if typed.startswith(footprint_export.FORMULA) else typed


def _sheet(name: str, heading: list[str], rows: list[list[str]]) -> Response:
    text = io.StringIO()
    csv.writer(text).writerows([heading, *rows])
    response = Response(text.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/runs/<reference>/letters.csv")
@staff_required
def letters(reference: str) -> Response:
    """Hand out number and code of each suspension, for the letters on paper to who has no login."""
    mine, keyring = _mine(reference), scope.rooms().keyring
    rows = [
        [
            finding.reference,
            decision_slips.code(finding.id, keyring=keyring),
            _cell(case),
            finding.fact.value,
        ]
        for finding, case in findings.confirmed(scope.db(), mine)
    ]
    record("eligibility.letters_exported", mine, count=len(rows))
    return _sheet(f"{mine.reference}-letters", ["number", "code", "case", "fact"], rows)


@bp.post("/runs/<reference>/findings")
@staff_required
def upload(reference: str) -> Response | str:
    """Take in what the agency found; repeating it changes nothing."""
    mine = _mine(reference)
    try:
        with scope.step():
            report = findings.take_in(
                scope.db(),
                mine,
                findings.read(_sent()),
                by=scope.member_id(),
                keyring=scope.rooms().keyring,
                now=scope.now(),
            )
    except Refused as refused:
        return Response(_page(mine, "rows", refused), 422, mimetype="text/html")
    record(
        "eligibility.findings_taken",
        mine,
        taken=report.taken,
        known=report.known,
        unknown=len(report.unknown),
    )
    return _page(mine, report=report)


def _sent() -> str:
    """Return the file that was sent, or what was pasted. Raises Refused for other encodings."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return request.form.get("rows", "")
    try:
        return file.stream.read().decode()
    except UnicodeDecodeError:
        raise Refused("eligibility.file_invalid") from None


@bp.post("/runs/<reference>/decide")
@staff_required
def decide(reference: str) -> Response:
    """Confirm or dismiss the findings that were ticked, as a second person."""
    mine, chosen = _mine(reference), request.form.getlist("finding")
    verdict = Verdict(
        evidence=counter_forms.typed("evidence"),
        reason=request.form.get("reason", "")[:LONGEST_REASON],
    )
    by, now = scope.member_id(), scope.now()
    if mine.state is RunState.RUNNING and runs.brake(scope.db(), mine, now=now):
        halted = Refused("eligibility.halted")
        return Response(_page(mine, "", halted), 409, mimetype="text/html")
    try:
        impartial.require(*findings.people(scope.db(), mine, chosen))
        if request.form.get("decision") == "confirm":
            keyring = scope.rooms().keyring
            suspending.confirm(scope.db(), mine, chosen, verdict, by=by, keyring=keyring, now=now)
        else:
            count = findings.dismiss(scope.db(), mine, chosen, by=by, now=now)
            record("eligibility.findings_dismissed", mine, count=count)
    except Refused as refused:
        scope.abandon(refused)
        return Response(_page(_mine(reference), "evidence", refused), 409, mimetype="text/html")
    return _back(mine)


@bp.post("/runs/<reference>/release")
@staff_required
def release(reference: str) -> Response:
    """Let a halted check go on, as the manager, with reasons; so may the Bureau."""
    mine = _mine(reference)
    if scope.post().role is not Role.MANAGER:
        raise Refused("eligibility.second_person")
    reason = request.form.get("release_reason", "")
    try:
        runs.release(scope.db(), mine, reason, by=scope.member_id(), now=scope.now())
    except Refused as refused:
        if refused.code != "eligibility.reason_missing":
            raise
        return Response(_page(mine, "release_reason", refused), 422, mimetype="text/html")
    record("eligibility.run_released", mine, findings=mine.released_findings or 0)
    return _back(mine)


@bp.post("/runs/<reference>/close")
@staff_required
def close(reference: str) -> Response:
    """End a check."""
    mine = _mine(reference)
    try:
        with scope.step():
            runs.close(scope.db(), mine, now=scope.now())
    except Refused as refused:
        return Response(_page(mine, "", refused), 409, mimetype="text/html")
    record("eligibility.run_closed", mine)
    return redirect(url_for(INDEX), 303)


def _back(mine: CheckRun) -> Response:
    return redirect(url_for("agency_eligibility.run", reference=mine.reference), 303)


def record(event: str, mine: CheckRun, **detail: int) -> None:
    """Write down what an officer did to a check."""
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=mine.id,
        now=scope.now(),
        reference=mine.reference,
        **detail,
    )
