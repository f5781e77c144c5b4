"""Let the auditor ask, give more time, write down what was found and verify what was done (9)."""

from werkzeug.wrappers import Response

from audit import asking, findings, numbered
from audit.audit_models import AuditFinding, AuditRequest, Grade
from audit.findings import Found
from kernel.errors import Refused
from web import audit_pages as auditing
from web import audit_words as words
from web import scope
from web.audit_pages import bp, staff_required


@bp.post("/<reference>/ask")
@staff_required
def ask(reference: str) -> Response:
    """Ask the audited for evidence; they see what of the sample it is about, and no more."""
    audit = auditing.of_others(reference)
    try:
        with scope.step():
            request = asking.ask(
                scope.db(),
                audit,
                words.typed("question"),
                places=words.places(),
                due_at=words.end_of(words.day("due_on")),
                by=scope.member_id(),
                keyring=scope.rooms().keyring,
                now=scope.now(),
            )
    except Refused as refused:
        return auditing.refused_page(reference, "question", refused)
    auditing.record("audit.asked", audit, number=request.number)
    return auditing.back(audit, done="asked")


@bp.post("/<reference>/requests/<number>/time")
@staff_required
def give_time(reference: str, number: str) -> Response:
    """Give an unanswered request a later due time; that one was missed stays on record."""
    audit = auditing.of_others(reference)
    request = numbered.get(scope.db(), AuditRequest, audit, words.place(number))
    try:
        with scope.step():
            due_at = words.end_of(words.day("later"))
            asking.give_time(scope.db(), request, due_at=due_at, now=scope.now())
    except Refused as refused:
        return auditing.refused_page(reference, f"later-{request.number}", refused)
    auditing.record("audit.time_given", audit, number=request.number)
    return auditing.back(audit)


@bp.post("/<reference>/find")
@staff_required
def find(reference: str) -> Response:
    """Write down what was found, and what is to be done about it."""
    audit = auditing.of_others(reference)
    try:
        with scope.step():
            finding = findings.find(
                scope.db(),
                audit,
                _found(),
                by=scope.member_id(),
                keyring=scope.rooms().keyring,
                now=scope.now(),
            )
    except Refused as refused:
        return auditing.refused_page(reference, "finding", refused)
    auditing.record("audit.found", audit, number=finding.number, grade=finding.grade.value)
    return auditing.back(audit)


def _found() -> Found:
    grades = {each.value: each for each in Grade}
    if words.typed("grade") not in grades:
        raise Refused("audit.incomplete")
    return Found(
        grade=grades[words.typed("grade")],
        clause=words.typed("clause", 64),
        words=words.typed("finding"),
        action=words.typed("action"),
        due_on=words.day("by") if words.typed("by").strip() else None,
    )


@bp.post('/<reference>/findings/<number>/<any("verify", "send-back"):kind>')
@staff_required
def judge(reference: str, number: str, kind: str) -> Response:
    """Verify what the agency did, or say why it is not enough."""
    session, audit = scope.db(), auditing.of_others(reference)
    finding = numbered.get(session, AuditFinding, audit, words.place(number))
    if kind == "verify":
        findings.verify(session, audit, finding, by=scope.member_id(), now=scope.now())
    else:
        try:
            with scope.step():
                findings.send_back(
                    session, finding, words.typed("why"), keyring=scope.rooms().keyring
                )
        except Refused as refused:
            return auditing.refused_page(reference, f"why-{finding.number}", refused)
    auditing.record(f"audit.{kind.replace('-', '_')}", audit, number=finding.number)
    return auditing.back(audit)
