from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from adapters.password.breach import BreachList, CommonPasswords
from adapters.password.hashing import Hasher
from adapters.password.models import PasswordCredential, PasswordHistory
from adapters.password.passwords import change_password, set_password
from adapters.password.rules import require_acceptable
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from members.models import Member
from tests import make

BREACHES = CommonPasswords(["well known password"])
MINUTE = timedelta(minutes=1)


def choose(
    session: Session,
    member: Member,
    new: str,
    *,
    now: datetime,
    breaches: BreachList = BREACHES,
) -> None:
    set_password(session, member.id, new, hasher=make.HASHER, breaches=breaches, now=now)


def change(session: Session, member: Member, *, current: str, new: str, now: datetime) -> None:
    change_password(
        session,
        member.id,
        current=current,
        new=new,
        hasher=make.HASHER,
        breaches=BREACHES,
        now=now,
    )


def in_force(session: Session, password: str) -> bool:
    return make.HASHER.matches(session.scalars(select(PasswordCredential.hash)).one(), password)


@pytest.mark.parametrize(
    "password",
    [
        "ten chars!",
        "臺北的雨下了一整個冬天",
        "        spaces        ",
        "mei.chen1990",
        "🌧☂🌧☂臺北的雨季到了",
        "abcd" * 256,
        "㌖㍿㌗㌘" * 256,  # 1,024 as typed, five times as many in NFKC
    ],
)
def test_any_long_enough_text_may_be_a_password(password: str) -> None:
    require_acceptable(password, login="mei.chen", breaches=BREACHES)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        pytest.param("", "too_short", marks=pytest.mark.refusal("password.too_short")),
        pytest.param("nine char", "too_short", marks=pytest.mark.refusal("password.too_short")),
        pytest.param(
            "e\u0301" * 9, "too_short", marks=pytest.mark.refusal("password.too_short"), id="nine é"
        ),
        pytest.param(
            "x" * 1025, "too_long", marks=pytest.mark.refusal("password.too_long"), id="long"
        ),
        pytest.param(
            "ten\0chars!", "not_text", marks=pytest.mark.refusal("password.not_text"), id="nul"
        ),
        pytest.param("Mei.Chen.Taipei", "is_login", marks=pytest.mark.refusal("password.is_login")),
        pytest.param(
            "ｍｅｉ.chen.taipei ", "is_login", marks=pytest.mark.refusal("password.is_login")
        ),
        pytest.param(
            "Well Known Password", "breached", marks=pytest.mark.refusal("password.breached")
        ),
    ],
)
def test_a_password_that_is_guessed_early_is_refused(password: str, code: str) -> None:
    with pytest.raises(Refused, match=rf"^password\.{code}$"):
        require_acceptable(password, login="mei.chen.taipei", breaches=BREACHES)


def test_the_first_password_is_kept_only_as_a_hash(session: Session, now: datetime) -> None:
    member = make.a_member(session)

    choose(session, member, make.PASSWORD, now=now)

    credential = session.scalars(select(PasswordCredential)).one()
    assert credential.hash.startswith("$argon2id$")
    assert make.PASSWORD not in credential.hash
    assert credential.changed_at == now


def test_whoever_shows_the_password_in_force_may_change_it(session: Session, now: datetime) -> None:
    member = make.a_member(session, password=make.PASSWORD)

    change(session, member, current=make.PASSWORD, new="another good one", now=now + MINUTE)

    assert in_force(session, "another good one")
    assert not in_force(session, make.PASSWORD)
    assert session.scalars(select(PasswordCredential.changed_at)).one() == now + MINUTE


@pytest.mark.refusal("password.current_wrong")
@pytest.mark.parametrize("current", ["wrong", "", "x" * 1025, "\0", "\ud800"])
def test_nobody_changes_a_password_they_do_not_know(
    session: Session, now: datetime, current: str
) -> None:
    member = make.a_member(session, password=make.PASSWORD)

    with pytest.raises(Refused, match=r"password\.current_wrong"):
        change(session, member, current=current, new="another good one", now=now)

    assert in_force(session, make.PASSWORD)


@pytest.mark.refusal("password.current_wrong")
def test_there_is_nothing_to_change_without_a_password(session: Session, now: datetime) -> None:
    member = make.a_member(session)

    with pytest.raises(Refused, match=r"password\.current_wrong"):
        change(session, member, current="", new="another good one", now=now)


@pytest.mark.refusal("login.busy")
def test_too_many_at_once_is_not_taken_for_a_wrong_password(
    session: Session, now: datetime
) -> None:
    member = make.a_member(session, password=make.PASSWORD)
    hasher = Hasher(parallel=1, cost=make.QUICK, patience_seconds=0.01)

    with hasher._place(), pytest.raises(Refused, match=r"login\.busy"):
        change_password(
            session,
            member.id,
            current=make.PASSWORD,
            new="another good one",
            hasher=hasher,
            breaches=BREACHES,
            now=now,
        )


@pytest.mark.clause("7.4")
@pytest.mark.refusal("password.used_before")
def test_neither_the_password_in_force_nor_the_three_before_may_be_chosen(
    session: Session, now: datetime
) -> None:
    member = make.a_member(session)
    chosen = [f"password number {number}" for number in range(4)]
    for number, password in enumerate(chosen):
        choose(session, member, password, now=now + number * MINUTE)

    for password in chosen:
        with pytest.raises(Refused, match=r"password\.used_before"):
            choose(session, member, password, now=now + 4 * MINUTE)

    assert in_force(session, chosen[-1])


@pytest.mark.clause("7.4")
def test_an_older_password_may_come_back_and_only_three_are_remembered(
    session: Session, now: datetime
) -> None:
    member = make.a_member(session)
    for number in range(5):
        choose(session, member, f"password number {number}", now=now + number * MINUTE)

    choose(session, member, "password number 0", now=now + 5 * MINUTE)

    assert in_force(session, "password number 0")
    assert session.scalar(select(func.count()).select_from(PasswordHistory)) == 3


@pytest.mark.refusal("password.used_before")
def test_another_width_of_a_former_password_is_the_same_password(
    session: Session, now: datetime
) -> None:
    member = make.a_member(session, password="correct horse")

    with pytest.raises(Refused, match=r"password\.used_before"):
        choose(session, member, "ｃｏｒｒｅｃｔ　ｈｏｒｓｅ", now=now)


def test_members_may_choose_what_others_chose(session: Session, now: datetime) -> None:
    make.a_member(session, password=make.PASSWORD)
    other = make.a_member(session, "ah.hua")

    choose(session, other, make.PASSWORD, now=now)

    hashes = session.scalars(select(PasswordCredential.hash)).all()
    assert len(set(hashes)) == 2


@pytest.mark.refusal("password.breached")
def test_a_refused_password_changes_nothing(session: Session, now: datetime) -> None:
    member = make.a_member(session, password=make.PASSWORD)

    with pytest.raises(Refused, match=r"password\.breached"):
        change(session, member, current=make.PASSWORD, new="well known password", now=now)

    assert in_force(session, make.PASSWORD)


@pytest.mark.refusal("member.not_found")
def test_a_stranger_gets_no_password(session: Session, now: datetime) -> None:
    with pytest.raises(NotFound, match=r"member\.not_found"):
        set_password(
            session,
            new_id(),
            make.PASSWORD,
            hasher=make.HASHER,
            breaches=BREACHES,
            now=now,
        )


class Overtaken(Hasher):
    """While it compares, the password is changed elsewhere."""

    def __init__(self, session: Session, at: datetime) -> None:
        super().__init__(parallel=1, cost=make.QUICK)
        self.session, self.at = session, at

    def matches(self, kept: str | None, password: str) -> bool:
        is_right = super().matches(kept, password)
        self.session.execute(update(PasswordCredential).values(changed_at=self.at))
        return is_right


@pytest.mark.refusal("password.current_wrong")
def test_a_password_changed_meanwhile_is_not_the_current_one(
    session: Session, now: datetime
) -> None:
    member = make.a_member(session, password=make.PASSWORD)
    session.flush()

    with pytest.raises(Refused, match=r"password\.current_wrong"):
        change_password(
            session,
            member.id,
            current=make.PASSWORD,
            new="another good one",
            hasher=Overtaken(session, now + MINUTE),
            breaches=BREACHES,
            now=now + MINUTE,
        )

    assert in_force(session, make.PASSWORD)
