from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from audit import footprint
from audit.lines import Kind
from clients import approval, registry
from clients.differences import Change, Effect, diff, widens
from clients.directory import RegisteredPurpose, view_of
from clients.forms import PurposeForm
from clients.models import PurposeVersion, VersionState
from clients.unused import unused
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from tests import make

CODE = "library-card"
BIRTH = make.a_claim_form("birthdate")
NAME = make.a_claim_form("name", required=True)
EMAIL = make.a_claim_form("email")


def form(**changes: Any) -> PurposeForm:  # forms are JSON
    return PurposeForm.model_validate(make.a_purpose_form(basis="pdpa-15-2", **changes))


def effects(old: PurposeForm, new: PurposeForm) -> dict[str, Effect]:
    return {change.field: change.effect for change in diff(old, new)}


def in_force(session: Session) -> RegisteredPurpose:
    session.expire_all()
    (purpose,) = view_of(registry.get(session, "library")).purposes
    return purpose


def since(purpose: RegisteredPurpose) -> dict[str, int]:
    return {claim.name: claim.since_version for claim in purpose.claims}


def approve(session: Session, now: datetime, **changes: Any) -> tuple[Change, ...]:
    approval.draft(session, "library", make.a_purpose_form(**changes), now=now)
    version = approval.submit(session, "library", CODE, now=now)
    return approval.approve(session, version, now=now)


def refused(code: str) -> Any:  # pytest's own type is not exported
    return pytest.raises(Refused, match=f"^{code.replace('.', '[.]')}$")


# The difference


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"text": make.words("別的")}, {"text": Effect.RETOLD}),
        ({"name": make.words("別的")}, {"name": Effect.RETOLD}),
        ({"legal_basis": make.words("別的")}, {"legal_basis": Effect.RETOLD}),
        ({"refusal_effect": make.words("別的")}, {"refusal_effect": Effect.RETOLD}),
        ({"kind": "offer"}, {"kind": Effect.RETOLD}),
        ({"retention": make.words("別的")}, {"retention": Effect.RETOLD}),
        ({"max_days": 366}, {"max_days": Effect.RETOLD}),
        ({"max_days": 364}, {"max_days": Effect.NARROWED}),
        ({"claims": [NAME, BIRTH, EMAIL]}, {"claim.email": Effect.WIDENED}),
        ({"claims": [NAME]}, {"claim.birthdate": Effect.NARROWED}),
        (
            {"claims": [NAME, make.a_claim_form("birthdate", required=True)]},
            {"claim.birthdate": Effect.WIDENED},
        ),
        ({"claims": [make.a_claim_form("name"), BIRTH]}, {"claim.name": Effect.NARROWED}),
        (
            {"claims": [NAME, {**BIRTH, "necessity": make.words("別的")}]},
            {"claim.birthdate": Effect.WIDENED},
        ),
        ({}, {}),
    ],
    ids=str,
)
def test_each_difference_is_found_with_its_effect(
    changes: dict[str, Any], expected: dict[str, Effect]
) -> None:
    assert effects(form(), form(**changes)) == expected


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (365, 30, Effect.NARROWED),
        (30, 365, Effect.RETOLD),
        (None, 30, Effect.RETOLD),
        (30, None, Effect.RETOLD),
    ],
)
def test_only_a_number_proves_that_data_are_kept_for_less_long(
    before: int | None, after: int | None, effect: Effect
) -> None:
    shorter = make.words("較短", "less")

    found = effects(form(retention_days=before), form(retention=shorter, retention_days=after))

    assert found == {"retention": effect}


def test_the_basis_is_part_of_what_is_told() -> None:
    (change,) = diff(form(), form().model_copy(update={"basis": "pdpa-15-1"}))

    assert change.field == "legal_basis"
    assert change.effect is Effect.RETOLD
    assert change.after is not None
    assert change.after.zh.startswith("個人資料保護法第 15 條第 1 款")


def test_everything_of_a_new_purpose_is_new() -> None:
    changes = diff(None, form())

    assert widens(changes)
    assert {change.before for change in changes} == {None}
    assert {change.claim for change in changes} >= {"name", "birthdate", None}


forms = st.builds(
    form,
    text=st.sampled_from([make.words("甲"), make.words("乙")]),
    max_days=st.integers(1, 3),
    retention_days=st.none() | st.integers(1, 3),
    claims=st.lists(
        st.builds(
            make.a_claim_form,
            st.sampled_from(["name", "email", "birthdate"]),
            required=st.booleans(),
        ),
        unique_by=lambda claim: str(claim["name"]),
    ),
)


@given(forms, forms)
def test_a_purpose_that_may_do_more_never_counts_as_narrowed(
    old: PurposeForm, new: PurposeForm
) -> None:
    does_more = (
        new.max_days > old.max_days
        or new.text != old.text
        or bool(new.asked - old.asked)
        or (new.retention_days or 0) > (old.retention_days or 0)
    )

    assert widens(diff(old, new)) >= does_more
    assert diff(old, old) == ()


# The way of a change


def test_a_change_goes_from_draft_to_submitted_to_approved(session: Session, now: datetime) -> None:
    make.a_client(session)
    version = approval.draft(session, "library", make.a_purpose_form(max_days=30), now=now)
    states = [version.state]
    states.append(approval.submit(session, "library", CODE, now=now).state)
    approval.approve(session, version, now=now)
    states.append(version.state)

    assert states == [VersionState.DRAFT, VersionState.SUBMITTED, VersionState.APPROVED]
    assert in_force(session).max_days == 30


def test_until_it_is_approved_a_change_changes_nothing(session: Session, now: datetime) -> None:
    make.a_client(session)
    before = in_force(session)

    approval.draft(session, "library", make.a_purpose_form(claims=[EMAIL]), now=now)
    version = approval.submit(session, "library", CODE, now=now)

    assert in_force(session) == before
    assert [change.field for change in approval.changes_of(session, version)] == [
        "claim.email",
        "claim.birthdate",
        "claim.name",
    ]


@pytest.mark.clause("10(3)")
def test_a_new_claim_raises_the_version_for_itself_alone(session: Session, now: datetime) -> None:
    make.a_client(session)

    approve(session, now, claims=[NAME, BIRTH, EMAIL])

    after = in_force(session)
    assert (after.text_version, after.terms_version) == (2, 1)
    assert since(after) == {"name": 1, "birthdate": 1, "email": 2}


@pytest.mark.clause("10(3)")
def test_a_purpose_told_anew_raises_the_version_for_everything(
    session: Session, now: datetime
) -> None:
    make.a_client(session)

    approve(session, now, text=make.words("也用來寄廣告", "Also for advertising"))

    after = in_force(session)
    assert (after.text_version, after.terms_version) == (2, 2)


def test_what_narrows_raises_no_version_and_is_in_force_at_once(
    session: Session, now: datetime
) -> None:
    make.a_client(session)

    changes = approve(session, now, claims=[NAME], max_days=30)

    after = in_force(session)
    assert not widens(changes)
    assert (after.text_version, after.terms_version) == (1, 1)
    assert after.approved == {"name"}
    assert after.max_days == 30


@pytest.mark.clause("10(3)")
def test_a_claim_taken_away_and_approved_again_has_to_be_asked_again(
    session: Session, now: datetime
) -> None:
    make.a_client(session)

    approve(session, now, claims=[NAME])
    approve(session, now + timedelta(days=1), claims=[NAME, BIRTH])

    assert since(in_force(session)) == {"name": 1, "birthdate": 2}


def test_a_code_not_in_use_becomes_a_new_purpose_beside_the_default(
    session: Session, now: datetime
) -> None:
    client = make.a_client(session)
    new = make.a_purpose_form("reading-room", claims=[EMAIL])

    approval.draft(session, "library", new, now=now)
    version = approval.submit(session, "library", "reading-room", now=now)
    changes = approval.approve(session, version, now=now)

    session.expire_all()
    view = view_of(client)
    added = view.find_purpose("reading-room")
    assert added is not None
    assert added.approved == {"email"}
    assert (added.text_version, added.is_default) == (1, False)
    assert version.purpose_id == added.id
    assert widens(changes)
    assert view.find_purpose(None) != added


def test_the_wording_a_member_agreed_to_can_be_read_again(session: Session, now: datetime) -> None:
    make.a_client(session)
    purpose_id = in_force(session).id

    approve(session, now, max_days=30)
    approve(session, now + timedelta(days=1), text=make.words("新的", "new"), max_days=30)

    first = approval.find_wording(session, purpose_id, text_version=1)
    second = approval.find_wording(session, purpose_id, text_version=2)
    assert first is not None
    assert (first.text.zh, first.max_days) == ("辦理借閱證", 30)
    assert second is not None
    assert second.text.zh == "新的"
    assert approval.find_wording(session, purpose_id, text_version=3) is None
    assert approval.find_wording(session, UUID(int=9), text_version=1) is None


def test_a_draft_may_be_written_again(session: Session, now: datetime) -> None:
    make.a_client(session)

    first = approval.draft(session, "library", make.a_purpose_form(max_days=30), now=now)
    second = approval.draft(session, "library", make.a_purpose_form(max_days=60), now=now)

    assert first.id == second.id
    assert second.content["max_days"] == 60


@pytest.mark.refusal("client.change_open")
def test_while_a_change_waits_no_other_can_be_drafted(session: Session, now: datetime) -> None:
    make.a_client(session)
    approval.draft(session, "library", make.a_purpose_form(max_days=30), now=now)
    approval.submit(session, "library", CODE, now=now)

    with refused("client.change_open"):
        approval.draft(session, "library", make.a_purpose_form(max_days=60), now=now)


def test_what_a_colleague_submitted_meanwhile_is_not_written_over(
    sessions: Sessions, now: datetime
) -> None:
    with transaction(sessions) as session:
        make.a_client(session)
        approval.draft(session, "library", make.a_purpose_form(max_days=30), now=now)
    with sessions() as writing:
        read = approval.find_open(writing, "library", CODE)
        writing.commit()
        with transaction(sessions) as session:
            approval.submit(session, "library", CODE, now=now)

        with refused("client.change_open"):
            approval.draft(writing, "library", make.a_purpose_form(max_days=60), now=now)
        assert read.content["max_days"] == 30
    with transaction(sessions) as session:
        assert approval.find_open(session, "library", CODE).content["max_days"] == 30


@pytest.mark.parametrize("code", [CODE, "reading-room"], ids=["in use", "new"])
def test_two_who_begin_at_once_write_one_draft(
    sessions: Sessions, now: datetime, code: str
) -> None:
    with transaction(sessions) as session:
        make.a_client(session)
    start = Barrier(2)

    def begin(days: int) -> None:
        with transaction(sessions) as session:
            start.wait()
            approval.draft(session, "library", make.a_purpose_form(code, max_days=days), now=now)

    with ThreadPoolExecutor(2) as both:
        assert list(both.map(begin, (30, 60))) == [None, None]
    with transaction(sessions) as session:
        assert approval.find_open(session, "library", code).content["max_days"] in {30, 60}


@pytest.mark.refusal("client.change_empty")
def test_a_change_that_changes_nothing_is_refused(session: Session, now: datetime) -> None:
    make.a_client(session)

    with refused("client.change_empty"):
        approval.draft(session, "library", make.a_purpose_form(), now=now)


@pytest.mark.refusal("client.change_not_found")
def test_what_does_not_wait_cannot_be_decided(session: Session, now: datetime) -> None:
    make.a_client(session)

    with pytest.raises(NotFound, match=r"^client\.change_not_found$"):
        approval.find_open(session, "library", CODE)
    with pytest.raises(NotFound, match=r"^client\.not_found$"):
        approval.submit(session, "nobody", CODE, now=now)


@pytest.mark.refusal("client.change_wrong_state")
def test_a_draft_cannot_be_approved_or_returned_and_a_change_is_submitted_once(
    session: Session, now: datetime
) -> None:
    make.a_client(session)
    version = approval.draft(session, "library", make.a_purpose_form(max_days=30), now=now)

    with refused("client.change_wrong_state"):
        approval.approve(session, version, now=now)
    with refused("client.change_wrong_state"):
        approval.send_back(session, version, reason="不必要", now=now)
    assert in_force(session).max_days == 365
    approval.submit(session, "library", CODE, now=now)
    with refused("client.change_wrong_state"):
        approval.submit(session, "library", CODE, now=now)


def test_a_returned_change_keeps_its_reason_and_may_be_proposed_anew(
    session: Session, now: datetime
) -> None:
    make.a_client(session)
    approval.draft(session, "library", make.a_purpose_form(max_days=30), now=now)
    returned = approval.submit(session, "library", CODE, now=now)

    approval.send_back(session, returned, reason=f" 請說明必要性{'。' * 600} ", now=now)
    again = approval.draft(session, "library", make.a_purpose_form(max_days=30), now=now)

    assert returned.state is VersionState.RETURNED
    assert returned.reason == f"請說明必要性{'。' * 494}"
    assert again.id != returned.id
    assert in_force(session).max_days == 365


@pytest.mark.refusal("client.reason_missing")
def test_a_change_is_not_returned_without_a_reason(session: Session, now: datetime) -> None:
    make.a_client(session)
    approval.draft(session, "library", make.a_purpose_form(max_days=30), now=now)
    version = approval.submit(session, "library", CODE, now=now)

    with refused("client.reason_missing"):
        approval.send_back(session, version, reason="  ", now=now)


@pytest.mark.clause("10(3)")
def test_what_was_returned_meanwhile_decides_nothing_about_what_came_after(
    session: Session, now: datetime
) -> None:
    make.a_client(session)
    approval.draft(session, "library", make.a_purpose_form(max_days=30), now=now)
    read = approval.submit(session, "library", CODE, now=now)
    approval.send_back(session, read, reason="請說明必要性", now=now)
    approval.draft(session, "library", make.a_purpose_form(claims=[NAME, BIRTH, EMAIL]), now=now)
    wider = approval.submit(session, "library", CODE, now=now)

    with refused("client.change_wrong_state"):
        approval.approve(session, read, now=now)
    with refused("client.change_wrong_state"):
        approval.send_back(session, read, reason="不必要", now=now)
    assert wider.state is VersionState.SUBMITTED
    assert in_force(session).approved == {"name", "birthdate"}


@pytest.mark.refusal("case.self_dealing")
def test_who_drafted_it_is_asked_of_the_database_once_more(
    sessions: Sessions, now: datetime
) -> None:
    mei, rui = new_id(), new_id()
    with transaction(sessions) as session:
        make.a_client(session)
        approval.draft(session, "library", make.a_purpose_form(max_days=30), by=mei, now=now)
    with sessions() as reviewing:
        read = approval.find_open(reviewing, "library", CODE)
        reviewing.commit()
        with transaction(sessions) as session:
            approval.draft(session, "library", make.a_purpose_form(max_days=60), by=rui, now=now)
            approval.submit(session, "library", CODE, now=now)

        with refused("case.self_dealing"):
            approval.send_back(reviewing, read, reason="不必要", by=rui, now=now)


@pytest.mark.clause("2(5)")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"claims": [make.a_claim_form("case_detail")]}, "flow.purpose_mismatch"),
        ({"basis": "pdpa-19-2"}, "client.basis_not_offered"),
        ({"max_days": 0}, "client.form_invalid"),
    ],
)
def test_a_change_is_held_to_the_rules_of_a_registration(
    session: Session, now: datetime, changes: dict[str, Any], code: str
) -> None:
    make.a_client(session)

    with refused(code):
        approval.draft(session, "library", make.a_purpose_form(**changes), now=now)


def test_the_rules_hold_again_when_it_is_approved(session: Session, now: datetime) -> None:
    make.a_client(session)
    version = approval.draft(session, "library", make.a_purpose_form(max_days=30), now=now)
    approval.submit(session, "library", CODE, now=now)
    slipped_in = {**version.content, "claims": [{**EMAIL, "name": "case_detail"}]}
    session.execute(update(PurposeVersion).values(content=slipped_in))
    session.expire_all()

    with refused("flow.purpose_mismatch"):
        approval.approve(session, version, now=now)


# What nobody reads


def release(session: Session, purpose: RegisteredPurpose, *claims: str, at: datetime) -> None:
    footprint.record(
        session,
        Kind.RELEASED,
        member_id=UUID(int=1),
        now=at,
        client_id=UUID(int=2),
        purpose_id=purpose.id,
        claims=claims,
    )


def never_read(session: Session, now: datetime) -> list[str]:
    return [each.claim for each in unused(session, since=now - timedelta(days=90))]


def test_a_claim_that_never_left_is_reported_as_unused(session: Session, now: datetime) -> None:
    make.a_client(session, now=now - timedelta(days=100))
    release(session, in_force(session), "name", at=now - timedelta(days=1))

    (found,) = unused(session, since=now - timedelta(days=90))

    assert (found.client_id, found.purpose, found.claim) == ("library", CODE, "birthdate")


def test_what_left_too_long_ago_or_for_another_purpose_counts_as_unused(
    session: Session, now: datetime
) -> None:
    make.a_client(session, now=now - timedelta(days=100))
    make.a_client(session, "archive", sector="archive.invalid", now=now)
    (other,) = view_of(registry.get(session, "archive")).purposes
    release(session, in_force(session), "birthdate", at=now - timedelta(days=91))
    release(session, other, "birthdate", "name", at=now)

    assert never_read(session, now) == ["birthdate", "name"]


def test_what_was_approved_a_moment_ago_is_not_called_unused(
    session: Session, now: datetime
) -> None:
    make.a_client(session, now=now - timedelta(days=89))

    assert never_read(session, now) == []


@pytest.mark.clause("10(3)")
@pytest.mark.refusal("client.change_wrong_state")
def test_a_draft_that_a_colleague_rewrote_is_not_handed_in_unread(
    session: Session, now: datetime
) -> None:
    make.a_client(session)
    read = approval.stamp(
        approval.draft(session, "library", make.a_purpose_form(max_days=30), now=now)
    )
    wider, later = make.a_purpose_form(claims=[NAME, BIRTH, EMAIL]), now + timedelta(seconds=1)
    approval.draft(session, "library", wider, now=later)

    with refused("client.change_wrong_state"):
        approval.submit(session, "library", CODE, read=read, now=now)

    version = approval.find_open(session, "library", CODE)
    states = [version.state]
    approval.submit(session, "library", CODE, read=approval.stamp(version), now=now)
    states.append(version.state)
    assert states == [VersionState.DRAFT, VersionState.SUBMITTED]
