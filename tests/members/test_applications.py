"""Applications from the form to the member: states, races, receipts (2(8)1, 8(2), 4.1)."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.models import TrailEntry
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.jobs import Job
from kernel.keyring import SealBroken
from kernel.wording import Bilingual
from members import (
    application_decisions,
    application_endings,
    application_guardians,
    application_intake,
    application_steps,
    applications,
    approvals,
    capacities,
    guardians,
    identity_checks,
    invitations,
    leaving,
    numbering,
    register,
    sealed_forms,
    terms,
)
from members.admission import DocumentsMissing
from members.application_endings import PATIENCE
from members.application_forms import Declaration, Form, Guardian, Seen
from members.application_intake import Receipt
from members.application_models import (
    Application,
    Channel,
    ClaimedNumber,
    Document,
    PersonKind,
    State,
)
from members.models import Capacity, Member, Relation
from members.numbers import recognise
from members.terms import Terms
from tests import make
from tests.members.applying import (
    ID_CARD,
    NATIONAL,
    OTHER_NATIONAL,
    OTHER_UI_NEW,
    PARENT,
    THIRD_NATIONAL,
    UI_NEW,
    UI_OLD,
    a_form,
    a_resident,
)

NOW = make.NOON
LATER = NOW + timedelta(days=1)
COUNTER, CLERK, OFFICER = (UUID(int=number) for number in range(1, 4))
PAPERS = (
    Seen(document=Document.HOUSEHOLD_CERTIFICATE),
    Seen(document=Document.HEALTH_CARD),
    Seen(document=Document.GUARDIAN_ID),
    Seen(document=Document.GUARDIAN_CONSENT),
)


def submit(session: Session, form: Form | None = None, channel: Channel = Channel.SITE) -> Receipt:
    clerk = CLERK if channel is Channel.COUNTER else None
    return application_intake.submit(
        session,
        a_form() if form is None else form,
        channel=channel,
        keyring=make.KEYRING,
        now=NOW,
        counter_id=COUNTER if clerk else None,
        clerk_id=clerk,
    )


def confirm(session: Session, application_id: UUID, *seen: Seen, clerk_id: UUID = CLERK) -> None:
    application_intake.confirm(
        session,
        application_id,
        counter_id=COUNTER,
        clerk_id=clerk_id,
        documents=seen or (ID_CARD,),
        keyring=make.KEYRING,
        now=LATER,
    )


def approve(session: Session, application_id: UUID) -> invitations.Activation:
    approval_id = approvals.by_bootstrap(session, now=LATER)
    return application_decisions.approve(
        session, application_id, approval_id=approval_id, keyring=make.KEYRING, now=LATER
    )


def send_back(session: Session, application_id: UUID, reason: str = "請附上新的居留證") -> None:
    application_decisions.send_back(
        session, application_id, by=OFFICER, reason=reason, keyring=make.KEYRING, now=LATER
    )


def reject(session: Session, application_id: UUID, reason: str = "證件不符") -> None:
    application_decisions.reject(
        session,
        application_id,
        by=OFFICER,
        clause="8(1)",
        reason=reason,
        keyring=make.KEYRING,
        now=LATER,
    )


def resubmit(session: Session, application_id: UUID, form: Form) -> None:
    application_intake.resubmit(session, application_id, form, keyring=make.KEYRING, now=LATER)


def withdraw(session: Session, application_id: UUID) -> None:
    application_endings.withdraw(session, application_id, keyring=make.KEYRING, now=LATER)


def lapse_due(session: Session, after: timedelta) -> int:
    return len(application_endings.lapse_due(session, keyring=make.KEYRING, now=NOW + after))


def state_of(session: Session, receipt: Receipt) -> State:
    return application_steps.get(session, receipt.application_id).state


def told(session: Session) -> list[str]:
    jobs = session.scalars(select(Job).where(Job.kind == application_steps.TELL).order_by(Job.id))
    return [job.payload["state"] for job in jobs]


# Handing in


@pytest.mark.clause("8(2)2")
@pytest.mark.parametrize("channel", [Channel.SITE, Channel.AGENCY])
def test_what_comes_in_online_waits_for_a_counter(session: Session, channel: Channel) -> None:
    receipt = submit(session, channel=channel)

    waiting = applications.waiting_for_confirmation(session)
    assert [each.id for each in waiting] == [receipt.application_id]
    assert applications.waiting_for_review(session) == []
    assert waiting[0].intake_by is None


@pytest.mark.clause("2(8)1")
def test_what_is_taken_in_at_a_counter_goes_to_review_at_once(session: Session) -> None:
    receipt = submit(session, a_form(documents=(ID_CARD,)), Channel.COUNTER)

    (waiting,) = applications.waiting_for_review(session)
    assert (waiting.id, waiting.intake_by) == (receipt.application_id, CLERK)
    assert applications.waiting_for_confirmation(session) == []


def test_a_counter_sees_what_waits_there(session: Session) -> None:
    submit(session)
    there = submit(session, a_resident(district="北投區"))
    session.get_one(Application, there.application_id).assigned_to = COUNTER

    def waiting(counter_id: UUID | None = None) -> list[str]:
        found = applications.waiting_for_confirmation(session, counter_id=counter_id)
        return [each.district for each in found]

    assert waiting() == waiting(COUNTER) == ["中正區", "北投區"]
    assert waiting(CLERK) == ["中正區"]  # nobody's yet, so everybody's


def test_what_was_filled_in_is_sealed_and_reads_back(session: Session) -> None:
    declared = Declaration(capacity=Capacity.GUARDED, decree="測試第 1 號", declared_on=NOW.date())
    guardian = Guardian(number=OTHER_NATIONAL, name="測試", relation=Relation.GUARDIAN)
    form = a_resident(
        former_number=UI_OLD, services=("library",), declared=declared, guardian=guardian
    )

    receipt = submit(session, form)

    kept = application_steps.get(session, receipt.application_id)
    assert sealed_forms.read(kept, keyring=make.KEYRING) == form
    assert form.number.encode() not in kept.form_sealed
    kept.form_sealed = submitted_elsewhere(session)
    with pytest.raises(SealBroken):
        sealed_forms.read(kept, keyring=make.KEYRING)


def submitted_elsewhere(session: Session) -> bytes:
    receipt = submit(session, a_form(number=THIRD_NATIONAL))
    return application_steps.get(session, receipt.application_id).form_sealed


@pytest.mark.clause("8(2)1")
@pytest.mark.refusal("case.terms_not_accepted")
def test_who_has_not_agreed_to_the_terms_hands_in_nothing(session: Session) -> None:
    with pytest.raises(Refused, match=r"case\.terms_not_accepted"):
        submit(session, a_form(terms=""))

    assert session.scalar(select(func.count()).select_from(Application)) == 0


@pytest.mark.clause("8(2)1")
@pytest.mark.refusal("case.terms_version_changed")
def test_terms_that_changed_meanwhile_are_agreed_to_anew(session: Session) -> None:
    other = newer("2026-2")
    terms.publish(session, other, effective_at=NOW, now=NOW)

    with pytest.raises(Refused, match=r"case\.terms_version_changed"):
        submit(session)
    receipt = submit(session, a_form(terms="2026-2"))

    kept = application_steps.get(session, receipt.application_id)
    assert kept.terms_hash == other.hash_in(kept.language) != other.hash_in("en")


@pytest.mark.refusal("terms.version_taken")
def test_a_version_of_the_terms_is_published_once_and_holds_from_its_moment(
    session: Session,
) -> None:
    terms.publish(session, newer("2027-1"), effective_at=LATER, now=NOW)

    assert terms.current(session, now=NOW) == terms.OURS
    assert terms.current(session, now=LATER).version == "2027-1"
    for version in ("2027-1", terms.OURS.version):
        with pytest.raises(Refused, match=r"terms\.version_taken"):
            terms.publish(session, newer(version), effective_at=NOW, now=NOW)


@pytest.mark.clause("8(2)1")
@pytest.mark.refusal("terms.incomplete", "terms.day_passed")
def test_terms_nobody_could_agree_to_and_terms_that_never_hold_are_not_published(
    session: Session,
) -> None:
    terms.publish(session, newer("2027-1"), effective_at=NOW, now=NOW)
    before = NOW - timedelta(seconds=1)

    for wrong in (newer(" "), newer("v" * 33), Terms("2027-2", Bilingual("規定", " "))):
        with pytest.raises(Refused, match=r"terms\.incomplete"):
            terms.publish(session, wrong, effective_at=LATER, now=NOW)
    with pytest.raises(Refused, match=r"terms\.day_passed"):
        terms.publish(session, newer("2027-2"), effective_at=before, now=NOW)
    terms.publish(session, newer("2027-2"), effective_at=NOW, now=NOW)  # the same day: mended

    assert terms.current(session, now=NOW).version == "2027-2"


def newer(version: str) -> Terms:
    return Terms(version, terms.OURS.text)


# One person, one application (AT2.8.1e, f)


@pytest.mark.clause("10(1)")
@pytest.mark.refusal("application.already_open")
def test_a_number_stands_in_one_open_application_only(session: Session) -> None:
    submit(session)

    with pytest.raises(Refused, match=r"application\.already_open"):
        submit(session, a_form(name="測試二號"))


@pytest.mark.clause("10(1)")
def test_of_two_applications_at_once_exactly_one_survives(sessions: Sessions) -> None:
    start = Barrier(2)

    def apply() -> str:
        try:
            with transaction(sessions) as session:
                start.wait()
                submit(session)
        except Refused as refused:
            return refused.code
        return "taken in"

    with ThreadPoolExecutor(2) as pool:
        outcomes = [future.result() for future in [pool.submit(apply) for _ in range(2)]]

    assert sorted(outcomes) == ["application.already_open", "taken in"]
    with transaction(sessions) as session:
        assert session.scalar(select(func.count()).select_from(Application)) == 1


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("member.already_exists")
@pytest.mark.parametrize(
    "form",
    [
        a_resident(number=UI_OLD),
        a_resident(number=UI_NEW, former_number=UI_OLD),
        a_form(former_number=UI_OLD),
    ],
)
def test_a_member_cannot_apply_again_under_any_number_ever_held(
    session: Session, form: Form
) -> None:
    member = make.a_member(session)
    numbering.enter(session, member, recognise(UI_OLD), keyring=make.KEYRING, now=NOW)
    numbering.enter(session, member, recognise(OTHER_UI_NEW), keyring=make.KEYRING, now=LATER)

    with pytest.raises(Refused, match=r"member\.already_exists"):
        submit(session, replace(form, documents=(shown(form),)), Channel.COUNTER)


def shown(form: Form) -> Seen:
    """Return the document that shows the number of a form."""
    if form.kind is PersonKind.NATIONAL:
        return ID_CARD
    until = date(2027, 6, 30)
    return Seen(document=Document.RESIDENCE_PERMIT, number=form.number, expires_on=until)


@pytest.mark.clause("10(1)")
@pytest.mark.refusal("member.already_exists")
@pytest.mark.parametrize("channel", [Channel.SITE, Channel.AGENCY])
def test_who_only_typed_a_members_number_learns_it_at_the_counter_or_never(
    session: Session, channel: Channel
) -> None:
    member = make.a_member(session)
    numbering.enter(session, member, recognise(NATIONAL), keyring=make.KEYRING, now=NOW)

    receipt = submit(session, a_form(), channel)

    assert state_of(session, receipt) is State.CONFIRMING
    with pytest.raises(Refused, match=r"member\.already_exists"):
        confirm(session, receipt.application_id)


def test_two_open_applications_cannot_share_a_former_number(session: Session) -> None:
    submit(session, a_resident(number=UI_OLD))

    with pytest.raises(Refused, match=r"application\.already_open"):
        submit(session, a_resident(number=UI_NEW, former_number=UI_OLD))


@pytest.mark.clause("10(1)")
def test_who_stands_at_a_counter_is_not_kept_out_by_what_a_stranger_typed(
    session: Session,
) -> None:
    strangers = submit(session, a_form(name="測試冒名"))

    own = submit(session, a_form(documents=(ID_CARD,)), Channel.COUNTER)

    assert state_of(session, strangers) is State.LAPSED
    assert state_of(session, own) is State.REVIEW


@pytest.mark.clause("8(4)")
@pytest.mark.parametrize("channel", [Channel.SITE, Channel.COUNTER])
def test_what_was_returned_is_handed_in_again_at_a_counter(
    session: Session, channel: Channel
) -> None:
    returned = submit(session, a_form(documents=(ID_CARD,)), channel)
    send_back(session, returned.application_id)

    again = submit(session, a_form(documents=(ID_CARD,)), Channel.COUNTER)

    assert state_of(session, returned) is State.LAPSED
    assert state_of(session, again) is State.REVIEW


@pytest.mark.refusal("application.already_open")
def test_what_the_bureau_has_to_decide_does_not_give_way(session: Session) -> None:
    submit(session, a_form(documents=(ID_CARD,)), Channel.COUNTER)

    with pytest.raises(Refused, match=r"application\.already_open"):
        submit(session, a_form(documents=(ID_CARD,)), Channel.COUNTER)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.refusal("application.already_open")
def test_what_a_counter_confirms_at_that_moment_does_not_give_way(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        online = submit(session)
    at_the_other_counter = a_form(documents=(ID_CARD,))

    def take_in() -> str:
        try:
            with transaction(sessions) as session:
                submit(session, at_the_other_counter, Channel.COUNTER)
        except Refused as refused:
            return refused.code
        return "taken in"

    with ThreadPoolExecutor(1) as pool:
        with transaction(sessions) as session:
            confirm(session, online.application_id)
            outcome = pool.submit(take_in)
            wait([outcome], timeout=0.5)  # it found the one that waited, and waits for its row
        assert outcome.result() == "application.already_open"

    with transaction(sessions) as session:
        assert state_of(session, online) is State.REVIEW


@pytest.mark.clause("8(4)")
def test_what_a_counter_took_in_is_confirmed_again_once_it_was_corrected(session: Session) -> None:
    receipt = submit(session, a_form(documents=(ID_CARD,)), Channel.COUNTER)
    send_back(session, receipt.application_id)
    resubmit(session, receipt.application_id, a_form())

    confirm(session, receipt.application_id)

    assert state_of(session, receipt) is State.REVIEW


# At the counter


@pytest.mark.clause("8(2)2")
def test_a_counter_that_saw_the_documents_sends_it_on(session: Session) -> None:
    receipt = submit(session)

    confirm(session, receipt.application_id)

    (waiting,) = applications.waiting_for_review(session)
    assert (waiting.counter_id, waiting.intake_by) == (COUNTER, CLERK)


@pytest.mark.clause("7(1)")
@pytest.mark.refusal("case.documents_missing")
def test_without_the_documents_it_stays_where_it_is(session: Session) -> None:
    receipt = submit(session)

    with pytest.raises(Refused, match=r"case\.documents_missing"):
        confirm(session, receipt.application_id, Seen(document=Document.HEALTH_CARD))

    assert state_of(session, receipt) is State.CONFIRMING


@pytest.mark.refusal("case.wrong_state")
def test_it_is_confirmed_once(session: Session) -> None:
    receipt = submit(session)
    confirm(session, receipt.application_id)

    with pytest.raises(Refused, match=r"case\.wrong_state"):
        confirm(session, receipt.application_id)


@pytest.mark.refusal("application.not_found")
def test_what_is_not_there_cannot_be_confirmed(session: Session) -> None:
    with pytest.raises(NotFound, match=r"application\.not_found"):
        confirm(session, new_id())


@pytest.mark.clause("6(1)")
@pytest.mark.refusal("case.self_dealing")
def test_no_clerk_handles_the_case_of_their_own_child(session: Session) -> None:
    parent = make.a_member(session)
    numbering.enter(session, parent, recognise(PARENT.number), keyring=make.KEYRING, now=NOW)
    receipt = submit(session, a_form(birth_date="2018-01-01", guardian=PARENT))

    with pytest.raises(Refused, match=r"case\.self_dealing"):
        confirm(session, receipt.application_id, *PAPERS, clerk_id=parent.id)


# Correcting, withdrawing, waiting too long


@pytest.mark.clause("8(4)")
def test_who_corrects_it_is_confirmed_anew_and_the_clock_stood_still(session: Session) -> None:
    receipt = submit(session)
    confirm(session, receipt.application_id)
    send_back(session, receipt.application_id)
    assert state_of(session, receipt) is State.RETURNED

    resubmit(session, receipt.application_id, a_form(number=THIRD_NATIONAL, name="測試改名"))

    kept = application_steps.get(session, receipt.application_id)
    assert kept.state is State.CONFIRMING
    assert kept.pauses == ["2026-11-23/2026-11-24", "2026-11-24/2026-11-24"]
    assert sealed_forms.read(kept, keyring=make.KEYRING).name == "測試改名"
    submit(session)  # the first number is free again


def test_the_applicant_reads_the_reason_and_the_trail_does_not_have_it(session: Session) -> None:
    receipt = submit(session)
    send_back(session, receipt.application_id, "照片和本人不符")

    kept = application_steps.get(session, receipt.application_id)
    steps = application_steps.history(session, kept, keyring=make.KEYRING)
    assert [(each.state, each.reason) for each in steps] == [
        (State.CONFIRMING, ""),
        (State.RETURNED, "照片和本人不符"),
    ]
    trail = session.scalars(select(TrailEntry).where(TrailEntry.subject == kept.id)).all()
    assert {each.event for each in trail} == {
        "application.counter_confirming",
        "application.returned_for_correction",
    }
    assert not any("照片" in str(each.detail) for each in trail)


@pytest.mark.refusal("application.reason_missing")
def test_nothing_is_sent_back_or_rejected_without_a_reason(session: Session) -> None:
    receipt = submit(session)

    with pytest.raises(Refused, match=r"application\.reason_missing"):
        send_back(session, receipt.application_id, "  ")
    confirm(session, receipt.application_id)
    with pytest.raises(Refused, match=r"application\.reason_missing"):
        reject(session, receipt.application_id, "")


def test_what_is_withdrawn_frees_the_number(session: Session) -> None:
    receipt = submit(session)

    withdraw(session, receipt.application_id)

    assert state_of(session, receipt) is State.WITHDRAWN
    assert session.scalars(select(ClaimedNumber)).all() == []
    submit(session)


def test_what_nobody_answers_lapses_after_the_patience_and_not_before(session: Session) -> None:
    receipt = submit(session)

    assert lapse_due(session, PATIENCE - timedelta(seconds=1)) == 0
    assert lapse_due(session, PATIENCE) == 1

    assert state_of(session, receipt) is State.LAPSED
    assert lapse_due(session, 2 * PATIENCE) == 0


def test_what_waits_for_the_bureau_does_not_lapse(session: Session) -> None:
    submit(session, a_form(documents=(ID_CARD,)), Channel.COUNTER)

    assert lapse_due(session, 10 * PATIENCE) == 0


@pytest.mark.parametrize("end", [withdraw, reject, approve])
@pytest.mark.refusal("case.wrong_state")
def test_what_is_over_stays_over(session: Session, end: object) -> None:
    receipt = submit(session, a_form(documents=(ID_CARD,)), Channel.COUNTER)
    assert callable(end)
    end(session, receipt.application_id)

    for verb in (withdraw, reject, approve, send_back):
        with pytest.raises(Refused, match=r"case\.wrong_state"):
            verb(session, receipt.application_id)


# The decision


@pytest.mark.clause("8(2)2")
@pytest.mark.refusal("case.counter_confirmation_pending")
def test_no_online_application_is_decided_before_a_counter_confirmed_it(session: Session) -> None:
    receipt = submit(session)

    for verb in (approve, reject):
        with pytest.raises(Refused, match=r"case\.counter_confirmation_pending"):
            verb(session, receipt.application_id)


@pytest.mark.clause("2(8)1")
def test_an_approved_applicant_is_a_member_without_a_name_or_password(session: Session) -> None:
    receipt = submit(session, a_resident(former_number=UI_OLD))
    confirm(session, receipt.application_id, Seen(document=Document.RESIDENCE_PERMIT))

    activation = approve(session, receipt.application_id)

    member = register.get(session, activation.member_id)
    assert invitations.is_awaited(member)
    held = register.claims_of(member, keyring=make.KEYRING)
    assert (held["name"], held["email_verified"]) == ("TEST PERSON", False)
    for number in (UI_OLD, UI_NEW):
        assert numbering.find(session, recognise(number), keyring=make.KEYRING) == member.id
    kept = application_steps.get(session, receipt.application_id)
    assert (kept.member_id, kept.approval_id) == (member.id, member.id)
    (checked,) = identity_checks.of_member(session, member.id, held=held, keyring=make.KEYRING)
    assert (checked.of_type, checked.claims) == (
        "residence_permit",
        frozenset({"name", "birthdate"}),
    )


@pytest.mark.clause("2(8)1")
def test_counter_site_and_agency_lead_to_the_same_member(session: Session) -> None:
    members = []
    numbers = (NATIONAL, OTHER_NATIONAL, THIRD_NATIONAL)
    for channel, number in zip(Channel, numbers, strict=True):
        seen = Seen(document=Document.ID_CARD, number=number)
        receipt = submit(session, a_form(number=number, documents=(seen,)), channel)
        if channel is not Channel.COUNTER:
            confirm(session, receipt.application_id, seen)
        activation = approve(session, receipt.application_id)
        members.append(
            register.claims_of(register.get(session, activation.member_id), keyring=make.KEYRING)
        )

    assert members[0] == members[1] == members[2]


def mark_of(session: Session, receipt: Receipt) -> str:
    return sealed_forms.mark(application_steps.get(session, receipt.application_id))


def say_yes(session: Session, receipt: Receipt, member: Member, form: str = "") -> None:
    """Say yes to a form, or to the one of now."""
    application_guardians.agree(
        session,
        receipt.application_id,
        guardian_id=member.id,
        form=form or mark_of(session, receipt),
        now=NOW,
    )


@pytest.mark.clause("2(8)1")
def test_a_child_is_linked_to_the_parent_the_household_certificate_shows(session: Session) -> None:
    parent = make.a_member(session)
    numbering.enter(session, parent, recognise(PARENT.number), keyring=make.KEYRING, now=NOW)
    receipt = submit(session, a_form(birth_date="2018-01-01", guardian=PARENT))
    say_yes(session, receipt, parent)
    confirm(session, receipt.application_id, *PAPERS[:2])

    child = approve(session, receipt.application_id).member_id

    (link,) = guardians.guardians_of(session, child, now=LATER)
    assert link.guardian_id == parent.id
    assert link.ends_at is not None
    assert link.ends_at.isoformat() == "2035-12-31T16:00:00+00:00"


def test_without_a_paper_that_shows_it_no_relation_is_entered(session: Session) -> None:
    parent = make.a_member(session)
    numbering.enter(session, parent, recognise(PARENT.number), keyring=make.KEYRING, now=NOW)
    receipt = submit(session, a_form(birth_date="2010-01-01", guardian=PARENT))
    confirm(session, receipt.application_id, ID_CARD, *PAPERS[2:])

    child = approve(session, receipt.application_id).member_id

    assert guardians.guardians_of(session, child, now=LATER) == []


@pytest.mark.clause("2(8)1")
def test_who_comes_of_age_before_the_approval_decides_alone(session: Session) -> None:
    parent = make.a_member(session)
    numbering.enter(session, parent, recognise(PARENT.number), keyring=make.KEYRING, now=NOW)
    seventeen_today = str(LATER.date().replace(year=LATER.year - 18))
    receipt = submit(session, a_form(birth_date=seventeen_today, guardian=PARENT))
    confirm(session, receipt.application_id, ID_CARD, *PAPERS)

    grown = approve(session, receipt.application_id).member_id

    assert guardians.guardians_of(session, grown, now=LATER) == []


@pytest.mark.parametrize(
    ("hindrance", "relation", "entered"),
    [
        ("a minor", Relation.PARENT, 0),
        (Capacity.GUARDED, Relation.PARENT, 0),
        (Capacity.ASSISTED, Relation.GUARDIAN, 0),
        (Capacity.ASSISTED, Relation.PARENT, 1),
    ],
)
def test_who_may_not_act_for_others_is_not_entered_as_the_guardian(
    session: Session, hindrance: str, relation: Relation, entered: int
) -> None:
    born = "2012-01-01" if hindrance == "a minor" else "1980-01-01"
    named = make.a_member(session, birthdate=born)
    if isinstance(hindrance, Capacity):
        capacities.note(session, named.id, hindrance, source="1", declared_on=NOW.date(), now=NOW)
    numbering.enter(session, named, recognise(PARENT.number), keyring=make.KEYRING, now=NOW)
    guardian = replace(PARENT, relation=relation)
    receipt = submit(session, a_form(birth_date="2018-01-01", guardian=guardian))
    confirm(session, receipt.application_id, *PAPERS)

    child = approve(session, receipt.application_id).member_id

    assert len(guardians.guardians_of(session, child, now=LATER)) == entered


def test_who_named_a_guardian_that_left_meanwhile_becomes_a_member(session: Session) -> None:
    parent = make.a_member(session)
    numbering.enter(session, parent, recognise(PARENT.number), keyring=make.KEYRING, now=NOW)
    receipt = submit(session, a_form(birth_date="2018-01-01", guardian=PARENT))
    confirm(session, receipt.application_id, *PAPERS)
    leaving.erase(session, parent, now=NOW)

    child = approve(session, receipt.application_id).member_id

    assert guardians.guardians_of(session, child, now=LATER) == []


def test_a_declaration_goes_on_record_with_the_guardian(session: Session) -> None:
    guardian = make.a_member(session)
    numbering.enter(session, guardian, recognise(PARENT.number), keyring=make.KEYRING, now=NOW)
    declared = Declaration(capacity=Capacity.GUARDED, decree="測試第 1 號", declared_on=NOW.date())
    named = Guardian(number=PARENT.number, name="測試", relation=Relation.GUARDIAN)
    receipt = submit(session, a_form(declared=declared, guardian=named))
    shown = (Seen(document=each) for each in (Document.COURT_DECISION, Document.GUARDIAN_ID))
    confirm(session, receipt.application_id, ID_CARD, *shown)

    member_id = approve(session, receipt.application_id).member_id

    assert capacities.find(session, member_id) is Capacity.GUARDED
    (link,) = guardians.guardians_of(session, member_id, now=LATER)
    assert (link.relation, link.ends_at) == (Relation.GUARDIAN, None)


@pytest.mark.clause("2(8)1")
@pytest.mark.parametrize(
    ("relation", "hindrance", "entered"),
    [
        (Relation.ASSISTANT, None, [(Relation.ASSISTANT, None)]),
        (Relation.ASSISTANT, Capacity.ASSISTED, []),  # who is assisted assists nobody
        (Relation.GUARDIAN, None, []),  # assistance has an assistant
    ],
)
def test_the_assistant_of_an_assisted_adult_is_entered_at_the_approval(
    session: Session,
    relation: Relation,
    hindrance: Capacity | None,
    entered: list[tuple[Relation, None]],
) -> None:
    assistant = make.a_member(session)
    if hindrance is not None:
        capacities.note(
            session, assistant.id, hindrance, source="1", declared_on=NOW.date(), now=NOW
        )
    numbering.enter(session, assistant, recognise(PARENT.number), keyring=make.KEYRING, now=NOW)
    declared = Declaration(capacity=Capacity.ASSISTED, decree="測試第 2 號", declared_on=NOW.date())
    named = replace(PARENT, relation=relation)
    receipt = submit(session, a_form(declared=declared, guardian=named))
    confirm(session, receipt.application_id, ID_CARD, Seen(document=Document.COURT_DECISION))

    member_id = approve(session, receipt.application_id).member_id

    links = guardians.guardians_of(session, member_id, now=LATER)
    assert [(each.relation, each.ends_at) for each in links] == entered


@pytest.mark.clause("8(2)2")
@pytest.mark.refusal("case.documents_missing")
def test_a_declaration_goes_on_record_only_if_a_clerk_saw_it(session: Session) -> None:
    declared = Declaration(capacity=Capacity.ASSISTED, decree="測試第 2 號", declared_on=NOW.date())
    receipt = submit(session, a_form(declared=declared))

    with pytest.raises(DocumentsMissing):
        confirm(session, receipt.application_id, ID_CARD)
    confirm(session, receipt.application_id, ID_CARD, Seen(document=Document.COURT_DECISION))

    member_id = approve(session, receipt.application_id).member_id
    assert capacities.find(session, member_id) is Capacity.ASSISTED


@pytest.mark.refusal("case.wrong_state")
def test_only_the_guardian_who_was_named_says_yes_and_once(session: Session) -> None:
    parent, other = make.a_member(session), make.a_member(session, "other")
    numbering.enter(session, parent, recognise(PARENT.number), keyring=make.KEYRING, now=NOW)
    receipt = submit(session, a_form(birth_date="2018-01-01", guardian=PARENT))

    with pytest.raises(Refused, match=r"case\.wrong_state"):
        say_yes(session, receipt, other)
    say_yes(session, receipt, parent)
    with pytest.raises(Refused, match=r"case\.wrong_state"):
        say_yes(session, receipt, parent)


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("case.wrong_state")
def test_a_yes_to_a_form_that_was_corrected_meanwhile_is_none(session: Session) -> None:
    parent = make.a_member(session)
    numbering.enter(session, parent, recognise(PARENT.number), keyring=make.KEYRING, now=NOW)
    receipt = submit(session, a_form(birth_date="2018-01-01", guardian=PARENT))
    shown = mark_of(session, receipt)
    send_back(session, receipt.application_id)
    corrected = a_form(birth_date="2018-01-01", guardian=PARENT, name="測試改名")
    resubmit(session, receipt.application_id, corrected)

    with pytest.raises(Refused, match=r"case\.wrong_state"):
        say_yes(session, receipt, parent, form=shown)
    with pytest.raises(Refused, match=r"case\.wrong_state"):
        say_yes(session, replace(receipt, application_id=new_id()), parent, form=shown)

    confirm(session, receipt.application_id, *PAPERS)  # a step of the city's changes no form
    say_yes(session, receipt, parent)


@pytest.mark.refusal("member.already_exists")
def test_who_became_a_member_meanwhile_is_not_made_one_twice(session: Session) -> None:
    receipt = submit(session, a_form(documents=(ID_CARD,)), Channel.COUNTER)
    member = make.a_member(session)
    numbering.enter(session, member, recognise(NATIONAL), keyring=make.KEYRING, now=NOW)

    with pytest.raises(Refused, match=r"member\.already_exists"):
        approve(session, receipt.application_id)


def test_of_two_officers_who_approve_at_once_one_makes_the_member(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        receipt = submit(session, a_form(documents=(ID_CARD,)), Channel.COUNTER)
    start = Barrier(2)

    def decide() -> str:
        try:
            with transaction(sessions) as session:
                start.wait()
                approve(session, receipt.application_id)
        except Refused as refused:
            return refused.code
        return "approved"

    with ThreadPoolExecutor(2) as pool:
        outcomes = [future.result() for future in [pool.submit(decide) for _ in range(2)]]

    assert sorted(outcomes) == ["approved", "case.wrong_state"]
    with transaction(sessions) as session:
        assert session.scalar(select(func.count()).select_from(Member)) == 1


def test_each_step_the_applicant_must_know_of_is_a_letter_of_ids_only(session: Session) -> None:
    receipt = submit(session)
    send_back(session, receipt.application_id)
    resubmit(session, receipt.application_id, a_form())
    confirm(session, receipt.application_id)
    activation = approve(session, receipt.application_id)

    assert told(session) == [
        "counter_confirming",
        "returned_for_correction",
        "counter_confirming",
        "approved",
    ]
    jobs = session.scalars(select(Job).where(Job.kind == application_steps.TELL)).all()
    assert all(
        {*job.payload} <= {"application", "state", "warned", "invitation"}
        and activation.secret not in str(job.payload)
        for job in jobs
    )


# Tracking (AT2.8.1g)


@pytest.mark.clause("2(8)1")
def test_the_receipt_finds_its_application_however_it_is_typed(session: Session) -> None:
    receipt = submit(session)
    typed = f" {receipt.number[:4].lower()}-{receipt.number[4:]} "

    found = applications.track(session, typed, receipt.secret.lower().replace("-", " "), now=LATER)

    assert found is not None
    assert found.id == receipt.application_id


def test_a_receipt_is_good_for_its_own_application_only(session: Session) -> None:
    one, other = submit(session), submit(session, a_form(number=THIRD_NATIONAL))

    for number, secret in (
        (one.number, other.secret),
        (one.number, ""),
        ("23456789", one.secret),
        ("", ""),
        ("\ud800" * 99, "\x00"),
    ):
        assert applications.track(session, number, secret, now=NOW) is None


def test_the_secret_is_kept_as_a_hash_only(session: Session) -> None:
    receipt = submit(session)

    kept = application_steps.get(session, receipt.application_id)
    values = [str(getattr(kept, column.key)) for column in Application.__table__.columns]
    assert not any(receipt.secret in value for value in values)
    assert receipt.secret not in repr(receipt)


# Leaving


@pytest.mark.clause("10(1)")
def test_who_leaves_takes_the_application_along_and_may_come_back(session: Session) -> None:
    receipt = submit(session, a_form(documents=(ID_CARD,)), Channel.COUNTER)
    member = register.get(session, approve(session, receipt.application_id).member_id)

    leaving.erase(session, member, now=LATER)

    assert session.scalars(select(Application)).all() == []
    submit(session)


def test_two_residents_do_not_stand_in_one_anothers_way(session: Session) -> None:
    submit(session, a_resident(number=UI_NEW))
    submit(session, a_resident(number=OTHER_UI_NEW))

    assert len(applications.waiting_for_confirmation(session)) == 2
