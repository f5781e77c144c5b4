"""Give a member one row of everything the service keeps about people, each to be told by a mark."""

from collections.abc import Callable

from audit import footprint
from audit.lines import Kind
from carriers import bindings
from carriers.models import CarrierKind, Place
from counters.card_order_models import CardOrder, Delivery, Stage
from kernel.ids import digest, new_id, new_key, new_reference
from kernel.keyring import seal
from members import (
    application_forms,
    application_steps,
    change_requests,
    changes,
    identity_checks,
    leaving,
    numbering,
    register,
    requests,
)
from members.application_models import Application, ApplicationEvent, PersonKind, State
from members.application_models import Channel as ApplicationChannel
from members.change_models import Channel
from members.changes import Source
from members.inbox_models import InboxMessage
from members.models import (
    CheckKind,
    RequestKind,
)
from members.numbers import recognise
from members.requests import Wish
from services import misuse
from services.activations import Provenance
from services.models import Channel as Noted
from services.request_models import ActivationRequest, RequestState
from services.request_models import Wish as ServiceWish
from tests.make import KEYRING
from tests.members.applying import a_form
from tests.services import city as services
from tests.web import belongings_entered as entered
from tests.web.giving import DAY, ONE, Giver, Traces
from web.mails import Mail
from web.models import BrowserSession


def everything(to: Giver) -> dict[str, str]:
    """Give a row of everything, and return by which words each is known."""
    parts: list[Callable[[Giver], Traces]] = [
        person,
        joining,
        carriers,
        noted,
        former_values,
        words,
        entered.decisions,
        entered.people,
        entered.cases,
        entered.duties,
    ]
    return {table: known for part in parts for table, known in part(to)}


def person(to: Giver) -> Traces:
    """Give a number, and a check of the data."""
    session, member = to.session, to.member
    numbering.enter(session, member, recognise(to.number), keyring=KEYRING, now=to.now)
    identity_checks.record(
        session,
        member.id,
        kind=CheckKind.DOCUMENT,
        of_type="idcard",
        method="pipp",
        office=f"{to.mark}局",
        names=["name"],
        held=register.claims_of(member, keyring=KEYRING),
        keyring=KEYRING,
        now=to.now,
    )
    yield "member", member.login
    yield "held_number", to.number
    yield "identity_check", f"{to.mark}局"


def joining(to: Giver) -> Traces:
    """Give the application by which they became a member."""
    key, application_id = new_key(), new_id()
    form = application_forms.dump(a_form(name=f"{to.mark}申請"))
    place = application_steps.key_place(application_id)
    application = Application(
        id=application_id,
        number=new_reference(),
        secret_hash=digest(to.mark),
        channel=ApplicationChannel.SITE,
        kind=PersonKind.NATIONAL,
        state=State.APPROVED,
        language="zh-Hant-TW",
        district="",
        data_key_sealed=KEYRING.seal(key, place=place),
        form_sealed=seal(key, form, place=f"application.form/{application_id}"),
        terms_hash=digest("terms"),
        submitted_at=to.now,
        waiting_since=to.now,
        pauses=[],
        member_id=to.member.id,
        closed_at=to.now,
    )
    to.add(application)
    to.add(
        ApplicationEvent(
            application_id=application_id,
            at=to.now,
            state=State.APPROVED,
            clause="2(8)1",
            reason_sealed=b"",
        )
    )
    yield "application", application.number
    yield "application_event", "已核准"


def carriers(to: Giver) -> Traces:
    """Give a carrier that is theirs no more, and a card that came to nothing."""
    binding = bindings.bind(
        to.session,
        member_id=to.member.id,
        kind=CarrierKind.PASSKEY,
        fingerprint=digest(to.mark).hex(),
        name=f"{to.mark}的舊鑰匙",
        where=Place.ACCOUNT,
        acr="",
        now=to.now,
    )
    bindings.release(to.session, binding, actor=to.member.id, now=to.now + DAY)
    to.add(
        CardOrder(
            member_id=to.member.id,
            counter_id=to.ground.counter.id,
            kind="taipei-card",
            delivery=Delivery.COUNTER,
            stage=Stage.DESTROYED,
            ordered_at=to.now,
            ordered_by=ONE,
            moved_at=to.now,
            tries_left=0,
        )
    )
    yield "binding", binding.name
    yield "carrier_event", binding.name
    yield "card_order", to.at


def noted(to: Giver) -> Traces:
    """Give a note, and an application for it."""
    session, member, service = to.session, to.member, to.ground.run.service
    case = Provenance(channel=Noted.KEYED, actor="clerk", reference=f"{to.mark}-N")
    services.noted(session, to.ground.agency, member, provenance=case)
    asked = ActivationRequest(
        reference=new_reference(),
        member_id=member.id,
        service_id=service.id,
        wish=ServiceWish.OPEN,
        state=RequestState.WITHDRAWN,
        asked_at=to.now,
        decided_at=to.now,
    )
    to.add(asked)
    yield "activation", service.code
    yield "activation_event", case.reference
    yield "activation_request", asked.reference


def former_values(to: Giver) -> Traces:
    """Give former values, and a wish for another."""
    source = Source(channel=Channel.MEMBER, actor_id=to.member.id)
    for street in ("舊址", "新址"):
        values = {"contact_address": f"{to.mark}{street}"}
        changes.write(to.session, to.member.id, values, source, keyring=KEYRING, now=to.now)
    change_requests.ask(
        to.session,
        to.member.id,
        "name",
        f"{to.mark}新名",
        language="zh-Hant-TW",
        keyring=KEYRING,
        now=to.now,
    )
    yield "datum_change", f"{to.mark}舊址"
    yield "change_request", f"{to.mark}新名"


def words(to: Giver) -> Traces:
    """Give requests, a report, a message, a session and a line."""
    session, mine, now = to.session, to.member.id, to.now
    wish = Wish(
        kind=RequestKind.PETITION,
        words=f"{to.mark}要問一件事",
        language="zh-Hant-TW",
        acr="",
    )
    requests.make(session, wish, member_id=mine, keyring=KEYRING, now=now)
    to.add(
        BrowserSession(
            token_hash=digest(f"session {to.mark}"),
            member_id=mine,
            acr="",
            amr=[],
            authenticated_at=now,
            created_at=now,
            last_seen_at=now,
            expires_at=now + DAY,
            browser=f"{to.mark}的瀏覽器",
        )
    )
    deletion = leaving.ask(session, mine, wait=DAY, language="zh-Hant-TW", now=now)
    leaving.cancel(session, mine, now=now)
    report = misuse.report(session, mine, line_id=new_id(), kind=Kind.SIGNED_IN, now=now)
    to.add(InboxMessage(member_id=mine, kind=Mail.ARCHIVE_READY, facts={}, sent_at=to.now))
    footprint.record(session, Kind.CHANGE_ASKED, member_id=mine, now=now, reference=f"{to.mark}-F")
    yield "subject_request", f"{to.mark}要問一件事"
    yield "browser_session", f"{to.mark}的瀏覽器"
    yield "account_deletion", deletion.reference
    yield "misuse_report", report.reference
    yield "inbox_message", to.at
    yield "ledger", f"{to.mark}-F"
