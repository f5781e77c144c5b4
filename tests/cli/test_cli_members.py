import pytest
from sqlalchemy import Engine, select

from adapters.password.hashing import Hasher
from adapters.password.models import PasswordCredential
from audit.models import LedgerLine, TrailEntry
from kernel.db import sessions, transaction
from kernel.keyring import Keyring
from members import register
from members.models import Member
from tests.cli.conftest import Taipei
from tests.make import PASSWORD

ADD = ("member", "add", "Mei.Chen", "--name", "陳美玉", "--birthdate", "1990-04-01")


def test_a_member_is_entered_with_a_password_from_standard_input(
    prepared: Engine, keyring: Keyring, taipei_id: Taipei
) -> None:
    added = taipei_id(
        *ADD, "--email", "mei@mail.invalid", "--password-stdin", typed=f"{PASSWORD}\n"
    )

    assert added.stdout == "mei.chen is a member.\n"
    with transaction(sessions(prepared)) as session:
        member = session.scalars(select(Member)).one()
        kept = session.scalars(select(PasswordCredential)).one()
        event = session.scalars(select(TrailEntry)).one().event
    claims = register.claims_of(member, keyring=keyring)
    assert claims["name"] == "陳美玉"
    assert claims["birthdate"] == "1990-04-01"
    assert claims["email_verified"] is True
    assert Hasher(parallel=1).matches(kept.hash, PASSWORD)
    assert event == "member.registered"


def test_a_password_is_never_an_argument(prepared: Engine, taipei_id: Taipei) -> None:
    assert taipei_id(*ADD, "--password", PASSWORD).exit_code == 2


def test_without_a_terminal_the_password_is_not_waited_for(
    prepared: Engine, taipei_id: Taipei
) -> None:
    added = taipei_id(*ADD)

    assert added.exit_code == 1
    assert added.stderr == (
        "Error: nobody is here to type the password; give it with --password-stdin\n"
    )


def test_an_account_name_is_given_only_once(prepared: Engine, taipei_id: Taipei) -> None:
    taipei_id(*ADD, "--password-stdin", typed=PASSWORD)

    again = taipei_id(*ADD, "--password-stdin", typed=PASSWORD)

    assert again.exit_code == 1
    assert again.stderr.startswith("Error: member.already_exists: ")


def test_a_poor_password_leaves_no_member_behind(prepared: Engine, taipei_id: Taipei) -> None:
    added = taipei_id(*ADD, "--password-stdin", typed="short\n")

    assert added.exit_code == 1
    assert added.stderr == ("Error: password.too_short: A password has at least 10 characters\n")
    with transaction(sessions(prepared)) as session:
        assert session.scalars(select(Member)).all() == []


def test_a_day_that_is_none_is_a_wrong_call(prepared: Engine, taipei_id: Taipei) -> None:
    assert taipei_id(*ADD[:-1], "1990-02-30").exit_code == 2


def test_a_record_is_kept_for_a_case_and_released(prepared: Engine, taipei_id: Taipei) -> None:
    taipei_id(*ADD, "--password-stdin", typed=f"{PASSWORD}\n")

    kept = taipei_id("member", "hold", "mei.chen", "115-訴-12")
    released = taipei_id("member", "release", "mei.chen", "115-訴-12")
    again = taipei_id("member", "release", "mei.chen", "115-訴-12")
    nobody = taipei_id("member", "hold", "nobody", "1")

    assert kept.stdout == "The record of mei.chen is kept for 115-訴-12.\n"
    assert released.exit_code == 0
    assert (again.exit_code, nobody.exit_code) == (1, 1)
    with transaction(sessions(prepared)) as session:
        events = session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)).all()
    assert events == ["member.registered", "member.held", "member.released"]


@pytest.mark.clause("8(1)", "10(1)")
def test_a_number_is_entered_from_a_document_and_shown_masked(
    prepared: Engine, taipei_id: Taipei
) -> None:
    taipei_id(*ADD, "--password-stdin", typed=f"{PASSWORD}\n")
    enter = ("member", "number", "mei.chen", "--document", "residence permit")

    entered = taipei_id(*enter, typed="ac12345679\n")
    again = taipei_id(*enter, typed="AC12345679\n")
    wrong = taipei_id(*enter, typed="AC12345670\n")

    assert entered.stdout == "mei.chen holds AC1234****.\n"
    assert again.stdout == "mei.chen holds AC1234**** already.\n"
    assert wrong.exit_code == 1
    assert wrong.stderr.startswith("Error: idno.checksum: ")
    with transaction(sessions(prepared)) as session:
        events = session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)).all()
        lines = session.scalars(select(LedgerLine.kind)).all()
    assert events == ["member.registered", "member.number_entered"]
    assert lines == ["number.entered"]
