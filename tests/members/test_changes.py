"""Every value gets in by one door, through a channel approved for it, and leaves a trace (7(9))."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.errors import Refused
from kernel.ids import new_id
from kernel.keyring import SealBroken
from members import change_requests, changes, numbering, numbers, register
from members.change_models import ChangeRequest, ChangeState, Channel, DatumChange
from members.change_requests import Seen
from members.changes import APPROVED, RULES, Rule, Source
from members.models import Member, Standing
from tests import make

CLERK, OFFICER, COUNTER = new_id(), new_id(), new_id()
BY_MEMBER = Source(channel=Channel.MEMBER)
SENT = Source(channel=Channel.INTERFACE, actor_id=CLERK, case_reference="C-1", basis="batch-7")
CASE = {
    Channel.COUNTER: Source(channel=Channel.COUNTER, case_reference="C-1"),
    Channel.INTERFACE: SENT,
    Channel.AGREED: Source(channel=Channel.AGREED, case_reference="C-1", basis="letter 12"),
    Channel.CITY: Source(channel=Channel.CITY, case_reference="C-1"),
    Channel.MEMBER: BY_MEMBER,
}


def write(
    session: Session,
    member: Member,
    values: dict[str, Any],
    source: Source = BY_MEMBER,
    **more: Any,
) -> list[DatumChange]:
    return changes.write(
        session, member.id, values, source, keyring=make.KEYRING, now=make.NOON, **more
    )


def held(member: Member) -> dict[str, Any]:
    return register.claims_of(member, keyring=make.KEYRING)


@pytest.mark.clause("2(8)5")
def test_contact_data_are_the_members_to_change(session: Session) -> None:
    member = make.a_member(session)

    rows = write(session, member, {"phone_number": "+886911111111", "contact_address": "某路 2 號"})

    assert [each.claim for each in rows] == ["contact_address", "phone_number"]
    claims = held(member)
    assert (claims["phone_number"], claims["phone_number_verified"]) == ("+886911111111", False)
    assert claims["email_verified"] is True  # it did not change
    assert claims["updated_at"] == int(make.NOON.timestamp())


@pytest.mark.clause("2(8)5")
def test_what_is_shown_to_reach_the_member_counts_though_its_value_stays(session: Session) -> None:
    member = make.a_member(session, email_verified=False, phone_number_verified=False)

    rows = write(session, member, {"email": "mei.chen@mail.invalid"}, verified={"email"})

    assert rows == []  # nothing that is held is another
    assert held(member)["email_verified"] is True
    assert held(member)["phone_number_verified"] is False


def test_what_was_shown_to_reach_the_member_stays_so_if_it_is_written_again(
    session: Session,
) -> None:
    member = make.a_member(session)

    assert write(session, member, {"email": "mei.chen@mail.invalid"}) == []

    assert held(member)["email_verified"] is True


@pytest.mark.clause("2(8)5")
@pytest.mark.clause("7(9)")
@pytest.mark.refusal("update.channel_not_approved")
@pytest.mark.parametrize("claim", sorted(RULES))
@pytest.mark.parametrize("channel", Channel)
def test_a_value_gets_in_only_through_a_channel_approved_for_it(
    claim: str, channel: Channel
) -> None:
    if channel in APPROVED[RULES[claim]]:
        changes.require_approved(claim, CASE[channel])
    else:
        with pytest.raises(Refused, match=r"^update\.channel_not_approved$"):
            changes.require_approved(claim, CASE[channel])


@pytest.mark.clause("7(9)")
@pytest.mark.refusal("update.channel_not_approved")
@pytest.mark.parametrize(
    "source",
    [
        Source(channel=Channel.INTERFACE, basis="batch-7"),
        Source(channel=Channel.INTERFACE, case_reference=" ", basis="batch-7"),
        Source(channel=Channel.INTERFACE, case_reference="C-1"),
        Source(channel=Channel.CITY),
    ],
)
def test_a_program_writes_nothing_without_a_case_and_its_own_name(
    session: Session, source: Source
) -> None:
    member = make.a_member(session)
    before = member.profile_sealed

    with pytest.raises(Refused, match=r"^update\.channel_not_approved$"):
        write(session, member, {"name": "陳美美"}, source)

    assert member.profile_sealed == before
    assert session.scalars(select(DatumChange)).all() == []


@pytest.mark.clause("2(8)5")
def test_members_change_no_name_and_no_district_by_themselves(session: Session) -> None:
    member = make.a_member(session)

    for claim in ("name", "household_district", "sub", "email_verified"):
        with pytest.raises(Refused, match=r"^update\.channel_not_approved$"):
            write(session, member, {"email": None, claim: "x"})

    assert held(member)["email"] == "mei.chen@mail.invalid"


@pytest.mark.clause("7(9)")
def test_every_value_says_where_it_came_from_and_what_was_before(session: Session) -> None:
    member = make.a_member(session)
    source = Source(
        channel=Channel.INTERFACE,
        actor_id=CLERK,
        counter_id=COUNTER,
        case_reference="C-1",
        basis="batch-7",
    )
    write(session, member, {"name": "陳美美"}, source)

    (change,) = changes.history(session, member, keyring=make.KEYRING)

    assert (change.claim, change.old, change.source, change.at) == (
        "name",
        "陳美玉",
        source,
        make.NOON,
    )
    assert changes.sources([change])["name"] is change


def test_what_was_before_is_sealed_and_in_its_place(session: Session) -> None:
    member = make.a_member(session)
    write(session, member, {"phone_number": "+886911111111"})
    write(session, member, {"phone_number": "+886922222222"})

    first, second = session.scalars(select(DatumChange).order_by(DatumChange.id)).all()
    assert b"886900000000" not in (first.old_sealed or b"")
    first.old_sealed = second.old_sealed
    with pytest.raises(SealBroken):
        changes.history(session, member, keyring=make.KEYRING)


def test_writing_the_same_again_changes_nothing(session: Session) -> None:
    member = make.a_member(session)
    before = member.profile_sealed

    assert write(session, member, {"email": "mei.chen@mail.invalid"}) == []
    assert member.profile_sealed == before


def test_a_value_can_be_taken_away(session: Session) -> None:
    member = make.a_member(session)

    write(session, member, {"email": None})

    assert "email" not in held(member)


def test_who_left_is_written_about_no_more(session: Session) -> None:
    member = make.a_member(session, standing=Standing.CLOSED)

    with pytest.raises(Refused, match=r"^member\.closed$"):
        write(session, member, {"phone_number": "+886911111111"})


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_writes_at_once_neither_is_lost(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        member_id = make.a_member(session).id

    def change(values: dict[str, str]) -> None:
        with transaction(sessions) as session:
            changes.write(
                session, member_id, values, BY_MEMBER, keyring=make.KEYRING, now=make.NOON
            )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(change, ({"phone_number": "+886911111111"}, {"contact_address": "某路"})))

    with transaction(sessions) as session:
        claims = held(register.get(session, member_id))
    assert (claims["phone_number"], claims["contact_address"]) == ("+886911111111", "某路")


# What needs evidence


def ask(
    session: Session, member: Member, field: str = "name", wanted: str = "陳美美"
) -> ChangeRequest:
    return change_requests.ask(
        session, member.id, field, wanted, language="en", keyring=make.KEYRING, now=make.NOON
    )


def seen(*documents: str, clerk: Any = CLERK) -> Seen:
    return Seen(documents=documents, clerk_id=clerk, counter_id=COUNTER)


def decide(session: Session, request: ChangeRequest, *, granted: bool = True, **more: Any) -> None:
    given = {"reason": "照身分證", "by": OFFICER, "keyring": make.KEYRING, "now": make.NOON}
    change_requests.decide(session, request, granted=granted, **{**given, **more})


@pytest.mark.clause("2(8)5")
@pytest.mark.refusal("case.documents_missing")
def test_a_name_changes_only_after_a_document_and_a_review(session: Session) -> None:
    member = make.a_member(session)
    asked = ask(session, member)
    with pytest.raises(Refused, match=r"^case\.documents_missing$"):
        decide(session, asked)
    with pytest.raises(Refused, match=r"^case\.documents_missing$"):
        change_requests.show(session, asked, seen("library_card"), now=make.NOON)

    change_requests.show(session, asked, seen("idcard"), now=make.NOON)
    assert [each.id for each in change_requests.waiting(session)] == [asked.id]
    decide(session, asked)

    assert (asked.state, asked.documents) == (ChangeState.GRANTED, ["idcard"])
    assert change_requests.reason(asked, member, keyring=make.KEYRING) == "照身分證"
    assert change_requests.waiting(session) == []


@pytest.mark.refusal("case.self_dealing")
def test_nobody_decides_what_they_saw_or_what_is_their_own(session: Session) -> None:
    member = make.a_member(session)
    asked = ask(session, member)
    with pytest.raises(Refused, match=r"^case\.self_dealing$"):
        change_requests.show(session, asked, seen("idcard", clerk=member.id), now=make.NOON)
    change_requests.show(session, asked, seen("idcard"), now=make.NOON)

    for person in (CLERK, member.id):
        with pytest.raises(Refused, match=r"^case\.self_dealing$"):
            decide(session, asked, by=person)


@pytest.mark.refusal("change.reason_missing")
def test_a_refusal_says_why(session: Session) -> None:
    asked = ask(session, make.a_member(session))

    with pytest.raises(Refused, match=r"^change\.reason_missing$"):
        decide(session, asked, granted=False, reason=" ")

    decide(session, asked, granted=False)
    assert asked.state is ChangeState.REFUSED


@pytest.mark.refusal("case.wrong_state")
def test_what_is_decided_is_decided(session: Session) -> None:
    member = make.a_member(session)
    asked = ask(session, member)
    assert change_requests.reason(asked, member, keyring=make.KEYRING) == ""
    change_requests.withdraw(session, asked, now=make.NOON)

    with pytest.raises(Refused, match=r"^case\.wrong_state$"):
        decide(session, asked, granted=False)
    with pytest.raises(Refused, match=r"^case\.wrong_state$"):
        change_requests.show(session, asked, seen("idcard"), now=make.NOON)


@pytest.mark.refusal("change.already_open")
def test_one_change_of_a_field_is_worked_on_at_a_time(session: Session) -> None:
    member = make.a_member(session)
    first = ask(session, member)
    ask(session, member, "number", "A123456789")

    with pytest.raises(Refused, match=r"^change\.already_open$"):
        ask(session, member)

    change_requests.withdraw(session, first, now=make.NOON)
    ask(session, member)
    assert len(change_requests.listed(session, member.id)) == 3


def test_at_a_counter_it_is_asked_and_seen_at_once(session: Session) -> None:
    member = make.a_member(session)

    asked = change_requests.ask(
        session,
        member.id,
        "name",
        "陳美美",
        language="en",
        seen=seen("idcard", "household_register"),
        keyring=make.KEYRING,
        now=make.NOON,
    )

    assert (asked.state, asked.channel) == (ChangeState.DOCUMENTED, Channel.COUNTER)
    assert (asked.seen_by, asked.counter_id) == (CLERK, COUNTER)


@pytest.mark.parametrize(
    ("field", "wanted", "code"),
    [("shoe_size", "42", "change.field_unknown"), ("name", "  ", "change.value_missing")],
)
def test_what_cannot_be_asked_is_refused(
    session: Session, field: str, wanted: str, code: str
) -> None:
    with pytest.raises(Refused, match=f"^{code}$"):
        ask(session, make.a_member(session), field, wanted)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_officers_who_decide_at_once_one_does(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        asked = ask(session, make.a_member(session))
        change_requests.show(session, asked, seen("idcard"), now=make.NOON)
        reference = asked.reference

    def decided(granted: bool) -> bool:  # noqa: FBT001  # what map gives
        try:
            with transaction(sessions) as session:
                decide(session, change_requests.get(session, reference), granted=granted)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decided, (True, False))) == [False, True]


def test_rules_name_only_what_there_is() -> None:
    assert set(change_requests.DOCUMENTS) == {
        claim for claim, rule in RULES.items() if rule is Rule.EVIDENCE
    } - {"family_name", "given_name", "middle_name"}


def test_a_number_notes_its_source(session: Session) -> None:
    member = make.a_member(session)
    number = numbers.recognise("A123456789")
    numbering.enter(session, member, number, keyring=make.KEYRING, now=make.NOON)

    changes.note(session, member.id, "number", SENT, keyring=make.KEYRING, now=make.NOON)

    (change,) = changes.history(session, member, keyring=make.KEYRING)
    assert (change.claim, change.old, change.source.case_reference) == ("number", None, "C-1")
