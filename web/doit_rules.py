"""核准規則: what approves simple applications, drafted by one officer, adopted by another."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients.officer_models import Role
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import approval_rules, rule_drafts
from members.application_models import Channel, PersonKind
from members.rule_models import ApprovalRule, RuleDraft
from web import apply_words, consoles, csrf, pages, scope

bp = Blueprint("doit_rules", __name__, url_prefix="/doit/rules")
INDEX = "doit_rules.index"
CHANNELS = {
    Channel.COUNTER: Bilingual("申辦窗口", "At a counter"),
    Channel.SITE: Bilingual("官方網站", "On the official site"),
    Channel.AGENCY: Bilingual("機關網站", "On an agency's site"),
}


bp.before_request(csrf.only_our_forms)


@bp.get("")
@consoles.staff_required(Role.REVIEWER)
def index() -> str:
    """Show the rule in force, the draft that waits, what the rules did, and the form of a draft."""
    return _show()


def _show(error: str = "") -> str:
    session = scope.db()
    rules, draft = approval_rules.listed(session), rule_drafts.waiting(session)
    current = next((each for each in rules if each.ended_at is None), None)
    return consoles.page(
        "console/rules.html",
        current=INDEX,
        rule=None if current is None else _facts(current),
        draft=None if draft is None else _facts(draft),
        draft_id=None if draft is None else draft.id,
        may_adopt=draft is not None and draft.proposed_by != scope.member_id(),
        former=[each for each in rules if each.ended_at is not None],
        report=[
            [
                str(each.version), str(each.approved), str(each.left), str(each.drawn),
                str(each.looked_at), str(each.overturned), each.share,
            ]
            for each in rule_drafts.report(session, now=scope.now())
        ],
        kinds=_boxes(
            {each.value: apply_words.of_kind(each) for each in PersonKind}, "kinds"
        ),
        channels=_boxes(
            {each.value: words.text(pages.language()) for each, words in CHANNELS.items()},
            "channels",
        ),
        typed={
            name: request.form.get(name, default)[:64]
            for name, default in (("youngest", "18"), ("sample", "50"), ("document_no", ""))
        },
        errors=[("document_no", error)] if error else [],
        flashes=_done(),
    )  # fmt: skip


def _facts(rule: ApprovalRule | RuleDraft) -> dict[str, str]:
    language = pages.language()
    kinds = [apply_words.of_kind(PersonKind(each)) for each in rule.kinds]
    channels = [CHANNELS[Channel(each)].text(language) for each in rule.channels]
    return {
        "kinds": "、".join(kinds) if language.startswith("zh") else ", ".join(kinds),
        "channels": "、".join(channels) if language.startswith("zh") else ", ".join(channels),
        "youngest": str(rule.youngest),
        "sample": f"{rule.sample_per_mille} ‰",
        "document_no": rule.document_no,
    }


def _boxes(labels: dict[str, str], name: str) -> list[dict[str, object]]:
    chosen = request.form.getlist(name)
    return [
        {"value": value, "label": label, "checked": value in chosen}
        for value, label in labels.items()
    ]


def _done() -> list[str]:
    return pages.just_done(
        {
            "proposed": pages.say("已送出草案，等另一位人員覆核。"),
            "adopted": pages.say("規則已生效。"),
            "dropped": pages.say("草案已撤回。"),
            "ended": pages.say("規則已停止，申請都由人員審核。"),
        }
    )


@bp.post("")
@consoles.staff_required(Role.REVIEWER)
def propose() -> Response:
    """Draft the next version."""

    def write() -> None:
        rule_drafts.propose(
            scope.db(),
            kinds=[each for each in PersonKind if each.value in request.form.getlist("kinds")],
            channels=[each for each in Channel if each.value in request.form.getlist("channels")],
            youngest=_number("youngest"),
            sample_per_mille=_number("sample"),
            document_no=request.form.get("document_no", ""),
            by=scope.member_id(),
            now=scope.now(),
        )

    return _do(write, "proposed")


def _number(name: str) -> int:
    typed = request.form.get(name, "").strip()[:5]
    return int(typed) if typed.isascii() and typed.isdigit() else 0


@bp.post("/<uuid:draft_id>/adopt")
@consoles.staff_required(Role.REVIEWER)
def adopt(draft_id: UUID) -> Response:
    """Put the draft into force, as somebody else than who wrote it."""

    def write() -> None:
        rule_drafts.adopt(scope.db(), draft_id, by=scope.member_id(), now=scope.now())

    return _do(write, "adopted")


@bp.post("/<uuid:draft_id>/drop")
@consoles.staff_required(Role.REVIEWER)
def drop(draft_id: UUID) -> Response:
    """Take the draft back."""
    return _do(lambda: rule_drafts.drop(scope.db(), draft_id, now=scope.now()), "dropped")


@bp.post("/end")
@consoles.staff_required(Role.REVIEWER)
def end() -> Response:
    """Let no rule hold: that makes everything a person's, and takes one."""
    return _do(lambda: approval_rules.end(scope.db(), now=scope.now()), "ended")


def _do(write: Callable[[], object], done: str) -> Response:
    try:
        write()
    except Refused as refused:
        scope.abandon(refused)
        entry = refusal(refused.code)
        page = _show(entry.title.text(pages.language()))
        return Response(page, entry.status, mimetype="text/html")
    trail.record(scope.db(), f"rule.{done}", actor=scope.member_id(), now=scope.now())
    return redirect(url_for(INDEX, done=done), 303)


consoles.register_menu(
    INDEX,
    Bilingual("核准規則", "Approval rules"),
    icon="check",
    roles=[Role.REVIEWER],
    waits=lambda: int(rule_drafts.waiting(scope.db()) is not None),
)
