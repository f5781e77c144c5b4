"""代理與監護: who acts for me, for whom I act, and a minor's questions that wait for my word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from clients.directory import RegisteredClient, RegisteredPurpose
from consent import approvals, ledger
from consent.catalogue import ALWAYS, Claim, in_order
from consent.ledger import Answer, Approval
from consent.models import ApprovalRequest, ApprovalState
from kernel.errors import NotFound, Refused
from members import guardians as links
from members.models import GuardianLink
from web import csrf, guardians, notices, pages, scope
from web.account_confirm import confirmation_required
from web.mails import Mail
from web.views import client_view

bp = Blueprint("guardians", __name__, url_prefix="/account/guardians")


@bp.before_request
def _only_our_forms() -> None:
    if request.method == "POST":
        csrf.require()


@dataclass(frozen=True)
class Person:
    """Somebody at the other end of a link."""

    name: str
    relation: str
    since: datetime
    until: datetime


@bp.get("")
@scope.member_required
def index() -> str:
    """List both sides of every link, and what waits."""
    session, me, now = scope.db(), scope.member_id(), scope.now()
    return pages.page(
        "account/guardians.html",
        wards=_people(links.wards_of(session, me, now=now), ward=True),
        guardians=_people(links.guardians_of(session, me, now=now), ward=False),
        waiting=guardians.waiting(),
        flashes=_done(),
    )


def _people(found: Sequence[GuardianLink], *, ward: bool) -> list[Person]:
    return [
        Person(
            _name(each.ward_id if ward else each.guardian_id),
            each.relation.value,
            each.started_at,
            each.ends_at,
        )
        for each in found
    ]


def _name(member_id: UUID) -> str:
    return guardians.name_of(scope.db(), member_id, keyring=scope.rooms().keyring)


def _done() -> list[str]:
    words = {
        ApprovalState.APPROVED: pages.say("已同意。孩子可以繼續登入，收據在孩子的帳號裡。"),
        ApprovalState.REFUSED: pages.say("已回覆不同意，沒有提供任何資料。"),
    }
    said = request.args.get("done", "")
    return [words[ApprovalState(said)]] if said in set(words) else []


@dataclass(frozen=True)
class Asked:
    """A question of one of the visitor's wards, with the link that lets them answer."""

    row: ApprovalRequest
    link: GuardianLink
    client: RegisteredClient
    purpose: RegisteredPurpose

    @property
    def claims(self) -> list[Claim]:
        """Return what the minor would give, besides being recognised."""
        return in_order(name for name in self.row.given if name != ALWAYS)

    @property
    def required(self) -> frozenset[str]:
        """Return what goes with agreeing at all."""
        return frozenset({ALWAYS, *(each.name for each in self.purpose.claims if each.required)})


def _asked(request_id: UUID) -> Asked:
    """Return the question. Raises NotFound for who is no guardian of the minor."""
    session, now = scope.db(), scope.now()
    row = approvals.get(session, request_id)
    link = links.get(session, ward_id=row.member_id, guardian_id=scope.member_id(), now=now)
    client = scope.rooms().provider.directory.find_by_id(session, row.client_id, now=now)
    purpose = None if client is None else client.find_purpose_by_id(row.purpose_id)
    if client is None or purpose is None:
        raise NotFound("approval.not_found")
    if not approvals.is_open(row, now=now) or purpose.text_version != row.text_version:
        raise Refused("approval.over")
    return Asked(row, link, client, purpose)


@bp.get("/<uuid:request_id>")
@scope.member_required
@confirmation_required
def one(request_id: UUID) -> str:
    """Show what the minor read and would give, claim by claim."""
    asked = _asked(request_id)
    return pages.page(
        "account/guardian_request.html",
        name=_name(asked.row.member_id),
        client=client_view(asked.client),
        purpose=asked.purpose,
        claims=asked.claims,
        required=asked.required,
        text_shown=asked.row.text,
        text_language=asked.row.language,
        expires_at=asked.row.expires_at,
        action=url_for("guardians.decide", request_id=request_id),
    )


@bp.post("/<uuid:request_id>")
@scope.member_required
@confirmation_required
def decide(request_id: UUID) -> Response:
    """Write down the guardian's word: as much as the minor would give, or less, or nothing."""
    asked = _asked(request_id)
    decision = request.form.get("decision")
    if decision not in {"allow", "deny"}:  # silence is no consent
        return redirect(url_for("guardians.one", request_id=request_id), 303)
    state = ApprovalState.APPROVED if decision == "allow" else ApprovalState.REFUSED
    me, now = scope.member_id(), scope.now()
    if not approvals.decide(scope.db(), request_id, state, by=me, now=now):
        raise Refused("approval.over")
    if state is ApprovalState.APPROVED:
        _approve(asked)
    else:
        _refuse(asked)
    _tell(asked)
    return redirect(url_for("guardians.index", done=state.value), 303)


def _approve(asked: Asked) -> None:
    row = asked.row
    wanted = {name for name in row.given if request.form.get(f"claim.{name}") == "share"}
    given = frozenset(row.given) & (asked.required | wanted)
    refused = frozenset(row.refused) | frozenset(row.given) - given
    answer = Answer(
        given=given,
        refused=refused,
        duration=row.duration,
        language=row.language,
        text=row.text,
        acr=row.acr,
    )
    receipt_id = ledger.record(
        scope.db(),
        asked.client,
        asked.purpose,
        answer,
        member_id=row.member_id,
        now=scope.now(),
        approval=Approval(
            approver_id=asked.link.guardian_id,
            relation=asked.link.relation,
            until=asked.link.ends_at,
        ),
    )
    _note(Kind.CONSENT_APPROVED, row.member_id, asked, given, basis=[str(receipt_id)])
    _note(Kind.GUARDIAN_APPROVED, asked.link.guardian_id, asked, given)


def _refuse(asked: Asked) -> None:
    _note(Kind.APPROVAL_REFUSED, asked.row.member_id, asked, frozenset())
    _note(Kind.GUARDIAN_REFUSED, asked.link.guardian_id, asked, frozenset())


def _note(
    kind: Kind,
    member_id: UUID,
    asked: Asked,
    claims: frozenset[str],
    *,
    basis: Sequence[str] = (),
) -> None:
    footprint.record(
        scope.db(),
        kind,
        member_id=member_id,
        now=scope.now(),
        client_id=asked.client.id,
        purpose_id=asked.purpose.id,
        claims=claims,
        basis=basis,
    )


def _tell(asked: Asked) -> None:
    """Tell the minor, and the other guardian."""
    session, now, ward_id = scope.db(), scope.now(), asked.row.member_id
    notices.mail(
        session, Mail.APPROVAL_DECIDED, member_id=ward_id, language=asked.row.language, now=now
    )
    others = links.guardians_of(session, ward_id, now=now)
    guardians.tell(others, Mail.APPROVAL_DECIDED, but=asked.link.guardian_id)
