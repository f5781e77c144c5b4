"""代理與監護: who acts for me, for whom I act, and questions that wait for my word."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from clients.directory import RegisteredClient, RegisteredPurpose
from consent import approvals, ledger, parts
from consent.acting import Acting
from consent.catalogue import ALWAYS, Claim, in_order
from consent.ledger import Answer, Approval
from consent.models import ApprovalRequest, ApprovalState, Voice
from counters import letters as case_letters
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from members import guardians as links
from members import proxies
from members.proxy_models import Matter
from services import named
from web import (
    acting,
    asking_others,
    csrf,
    desk_words,
    guardians,
    marketing_endings,
    pages,
    proxy_acts,
    scope,
)
from web import case_letters as stopping
from web.account_confirm import confirmation_required, require_unrestricted_for
from web.consent_page import Duration, durations_of
from web.views import client_view

bp = Blueprint("guardians", __name__, url_prefix="/account/guardians")


bp.before_request(csrf.only_our_forms)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody at the other end of a link or a letter."""

    name: str
    relation: str
    until: datetime | None
    matters: list[str]
    act_url: str | None
    end_url: str | None


@bp.get("")
@scope.member_required
def index() -> str:
    """List both sides of every link and letter, and what waits."""
    session, me, now = scope.db(), scope.member_id(), scope.now()
    by_law = map(acting.by_law, links.guardians_of(session, me, now=now))
    given = map(acting.by_letter, proxies.given_by(session, me, now=now))
    return pages.page(
        "account/guardians.html",
        wards=_people(acting.everyone(), mine=True),
        guardians=_people(by_law, mine=False),
        proxies=_people(given, mine=False),
        letters=_letters(me),
        waiting=guardians.waiting(),
        flashes=_done(),
    )


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A case that somebody runs at a counter with a letter of the visitor's."""

    number: str
    matter: str
    entered_at: datetime
    end_url: str


def _letters(member_id: UUID) -> list[Letter]:
    return [
        Letter(
            number=case.number,
            matter=desk_words.MATTERS[case.matter].text(pages.language()),
            entered_at=letter.entered_at,
            end_url=url_for("guardians.end_letter", letter_id=letter.id),
        )
        for letter, case in case_letters.running(scope.db(), member_id)
    ]


def _people(found: Iterable[Acting], *, mine: bool) -> list[Person]:
    return [_person(each, mine=mine) for each in found]


def _person(each: Acting, *, mine: bool) -> Person:
    return Person(
        name=name(each.member_id if mine else each.by),
        relation=each.relation.value,
        until=each.until,
        matters=matters_in_words(each),
        act_url=url_for("guardians.acting", acting_id=each.id) if mine else None,
        end_url=url_for("guardians.end_power", power_id=each.id) if each.is_proxy else None,
    )


def matters_in_words(each: Acting) -> list[str]:
    """Return what a letter lets its proxy do."""
    words = {
        Matter.SERVICES: pages.say("對市府機關的同意"),
        Matter.MERCHANTS: pages.say("對特約商店的同意"),
        Matter.FOOTPRINT: pages.say("查看足跡"),
        Matter.REQUESTS: pages.say("提出和追蹤個資請求"),
    }
    return [said for matter, said in words.items() if matter in each.matters]


def name(member_id: UUID) -> str:
    """Return the full name of a member who is linked to the visitor."""
    return guardians.name_of(scope.db(), member_id, keyring=scope.rooms().keyring)


def _done() -> list[str]:
    return pages.just_done(
        {
            ApprovalState.APPROVED.value: pages.say(
                "已同意。對方可以繼續登入，收據在對方的帳號裡。"
            ),
            ApprovalState.REFUSED.value: pages.say("已回覆不同意，沒有提供任何資料。"),
            "stopped": pages.say("已撤回委託，窗口的案件停止了。"),
            "ended": pages.say("委託已經結束，立刻不能再用。"),
        }
    )


@bp.post("/powers/<uuid:power_id>/end")
@scope.member_required
def end_power(power_id: UUID) -> Response:
    """End a power at once: its principal revokes it, its proxy resigns."""
    proxy_acts.end_by_party(power_id)
    return redirect(url_for("guardians.index", done="ended"), 303)


@bp.post("/letters/<uuid:letter_id>/end")
@scope.member_required
def end_letter(letter_id: UUID) -> Response:
    """Take back the letter a case at a counter rests on; the case stops at once (7(2))."""
    stopping.take_back(letter_id, principal_id=scope.member_id())
    return redirect(url_for("guardians.index", done="stopped"), 303)


# Answering


@dataclass(frozen=True)
class Asked:
    """A question to the visitor, with the link or letter that lets them answer."""

    row: ApprovalRequest
    by: Acting
    client: RegisteredClient
    purpose: RegisteredPurpose

    @property
    def claims(self) -> list[Claim]:
        """Return what would be given, besides being recognised."""
        return in_order(each for each in self.row.given if each != ALWAYS)

    @property
    def withheld(self) -> list[Claim]:
        """Return what the member chose not to give: nobody can give it in their stead."""
        return in_order(each for each in self.row.refused if each != ALWAYS)

    @property
    def reasons(self) -> Mapping[str, Bilingual]:
        """Return why the client asks for each claim."""
        return {each.name: each.necessity for each in self.purpose.claims}

    @property
    def required(self) -> frozenset[str]:
        """Return what goes with agreeing at all."""
        needed = {each.name for each in self.purpose.claims if each.required}
        return frozenset({ALWAYS, *needed}) & frozenset(self.row.given)

    @property
    def is_mine(self) -> bool:
        """Say whether the visitor chooses everything, not only yes or no."""
        return self.row.voice is not Voice.GUARDIAN_APPROVES

    @property
    def durations(self) -> list[Duration]:
        """Return how long may be chosen; nothing where the member chose already."""
        return durations_of(self.purpose) if self.is_mine else []


def _asked(request_id: UUID) -> Asked:
    """Return the question. Raises NotFound for whom it is not put to."""
    session, now = scope.db(), scope.now()
    row = approvals.get(session, request_id)
    client = scope.rooms().provider.directory.find_by_id(session, row.client_id, now=now)
    purpose = None if client is None else client.find_purpose_by_id(row.purpose_id)
    if client is None or purpose is None:
        raise NotFound("approval.not_found")
    by = acting.answering(row, client.kind)
    if not approvals.is_open(row, now=now) or purpose.text_version != row.text_version:
        raise Refused("approval.over")
    # A proxy does only what the principal could do alone, also if a court spoke since.
    if by.is_proxy and not asking_others.is_alone(row.member_id, client.kind, row.given):
        raise Refused("approval.over")
    return Asked(row, by, client, purpose)


@bp.get("/<uuid:request_id>")
@scope.member_required
@confirmation_required
def one(request_id: UUID) -> str:
    """Show what the member read and would give, claim by claim."""
    return _page(_asked(request_id), [])


def _page(asked: Asked, errors: list[tuple[str, str]]) -> str:
    return pages.page(
        "account/guardian_request.html",
        name=name(asked.row.member_id),
        asked=asked,
        client=client_view(asked.client),
        purpose=asked.purpose,
        services=_services(asked),
        action=url_for("guardians.decide", request_id=asked.row.id),
        errors=errors,
    )


def _services(asked: Asked) -> list[Bilingual]:
    """Return what the client may do for the member if the visitor agrees (RFC 9396)."""
    codes, owner = asked.row.services or [], asked.client.organisation_id
    if not codes or owner is None:
        return []
    names = named.of_organisation(scope.db(), owner, codes)
    return [names.get(each, Bilingual(each, each)) for each in codes]


@bp.post("/<uuid:request_id>")
@scope.member_required
@confirmation_required
def decide(request_id: UUID) -> Response:
    """Write down the visitor's word: as much as was put before them, or less, or nothing."""
    asked = _asked(request_id)
    decision = request.form.get("decision")
    duration = request.form.get("duration", "") if asked.is_mine else asked.row.duration
    offered = ledger.durations(asked.purpose)
    if decision not in {"allow", "deny"} or (decision == "allow" and duration not in offered):
        return redirect(url_for("guardians.one", request_id=request_id), 303)  # silence is no yes
    given = _given(asked) if decision == "allow" else frozenset()
    require_unrestricted_for(asked.client.kind, given)
    if decision == "allow" and not given:
        return _nothing_chosen(asked)
    state = ApprovalState.APPROVED if given else ApprovalState.REFUSED
    me, now = scope.member_id(), scope.now()
    if not approvals.decide(scope.db(), request_id, state, by=me, now=now):
        raise Refused("approval.over")
    receipt_id = _approve(asked, given, duration) if given else None
    proxy_acts.answered(asked.by, asked.row, given, receipt_id)
    return redirect(url_for("guardians.index", done=state.value), 303)


def _given(asked: Asked) -> frozenset[str]:
    """Return what the form gives, never more than was put before the visitor."""
    put = frozenset(asked.row.given)
    chosen = {each for each in put if request.form.get(f"claim.{each}") == "share"}
    return put & (asked.required | chosen)


def _nothing_chosen(asked: Asked) -> Response:
    """Show the page again: a yes to nothing at all is most likely a choice overlooked."""
    words = pages.say("您一項都沒有選。要提供的請選「提供」；都不要，請按「不同意」。")
    page = _page(asked, [(f"claim.{asked.claims[0].name}", words)])
    return Response(page, 422, mimetype="text/html")


def _approve(asked: Asked, given: frozenset[str], duration: str) -> UUID:
    row = asked.row
    refused = frozenset(row.refused) | frozenset(row.given) - given
    answer = Answer(
        given=given,
        refused=refused,
        duration=duration,
        language=row.language,
        text=row.text,
        acr=row.acr,
        part=parts.called(row.part, row.given),
    )
    approval = Approval(
        approver_id=asked.by.by, relation=asked.by.relation, until=asked.by.word_ends_at
    )
    session, member_id, now = scope.db(), row.member_id, scope.now()
    receipt_id = ledger.record(
        session,
        asked.client,
        asked.purpose,
        answer,
        member_id=member_id,
        now=now,
        approval=approval,
    )
    marketing_endings.end_without_data(
        session,
        asked.purpose,
        decided=answer.given | answer.refused,
        member_id=member_id,
        receipt_id=receipt_id,
        now=now,
    )
    return receipt_id
