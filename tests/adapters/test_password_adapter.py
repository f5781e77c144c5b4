from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from adapters.contract import Challenge, Context, NotProven, Proof, ProofKind
from adapters.password.adapter import PasswordAdapter, create
from adapters.password.breach import BreachLists
from adapters.password.hashing import OWASP, Cost, Hasher
from adapters.password.models import PasswordCredential
from kernel.settings import SettingsInvalid
from members.models import Standing
from tests import make

HERE = Context(origin="https://id.invalid")
STRONGER = Cost(memory_kib=16, passes=2)


class CountingHasher(Hasher):
    """Remembers what each comparison cost, instead of timing it."""

    def __init__(self) -> None:
        super().__init__(parallel=4, cost=make.QUICK)
        self.compared = 0

    def matches(self, kept: str | None, password: str) -> bool:
        self.compared += 1
        return super().matches(kept, password)


@dataclass
class Door:
    """The adapter and the one question it asked."""

    session: Session
    now: datetime
    hasher: Hasher = field(default_factory=lambda: make.HASHER)

    def __post_init__(self) -> None:
        self.adapter = PasswordAdapter(hasher=self.hasher, breaches=make.NO_BREACHES)
        self.challenge: Challenge = self.adapter.begin(HERE, now=self.now)

    def verify(self, login: object, password: object = make.PASSWORD) -> Proof:
        answer = {"login": login, "password": password}
        return self.adapter.verify(self.session, HERE, self.challenge, answer, now=self.now)


@pytest.fixture
def door(session: Session, now: datetime) -> Door:
    return Door(session, now)


def kept(session: Session) -> str:
    return session.scalars(select(PasswordCredential.hash)).one()


def test_a_password_proves_knowledge_and_nothing_more(door: Door) -> None:
    member = make.a_member(door.session, password=make.PASSWORD)

    proof = door.verify("mei.chen")

    assert proof == Proof(
        member_id=member.id,
        kind=ProofKind.KNOWLEDGE,
        holder_verified=False,
        hardware=False,
        origin_bound=False,
        at=door.now,
    )


def test_the_question_stays_open_for_half_an_hour(door: Door) -> None:
    assert door.challenge.expires_at == door.now + timedelta(minutes=30)


@pytest.mark.parametrize("login", ["Mei.Chen", "  mei.chen ", "ｍｅｉ．ｃｈｅｎ"])
def test_an_account_name_is_found_however_it_is_typed(door: Door, login: str) -> None:
    member = make.a_member(door.session, password=make.PASSWORD)

    assert door.verify(login).member_id == member.id


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [
        ("ｃｏｒｒｅｃｔ　ｈｏｒｓｅ", "correct horse"),
        ("caf\u00e9 in Wanhua", "cafe\u0301 in Wanhua"),
        ("㍿臺北捷運每日票卡", "株式会社臺北捷運每日票卡"),
    ],
)
def test_a_password_is_the_same_from_every_keyboard(door: Door, chosen: str, typed: str) -> None:
    member = make.a_member(door.session, password=chosen)

    assert door.verify("mei.chen", typed).member_id == member.id


def test_a_password_of_1024_characters_counts_to_its_last_one(door: Door) -> None:
    longest = "碼abc" * 256
    member = make.a_member(door.session, password=longest)

    assert door.verify("mei.chen", longest).member_id == member.id
    with pytest.raises(NotProven):
        door.verify("mei.chen", longest[:-1] + "b")


@pytest.mark.refusal("login.failed")
@pytest.mark.parametrize(
    ("login", "password", "reason"),
    [
        ("mei.chen", "not the password", "password.wrong"),
        ("nobody", make.PASSWORD, "password.unknown_login"),
        ("mei.chen", None, "answer.malformed"),
        (7, make.PASSWORD, "answer.malformed"),
        ("mei.chen\0", make.PASSWORD, "answer.malformed"),
        ("mei.chen", "\ud83c", "answer.malformed"),
        ("mei.chen", "a" * 1025, "answer.malformed"),
    ],
)
def test_failures_look_alike_outside_and_differ_in_the_trail(
    door: Door, login: object, password: object, reason: str
) -> None:
    make.a_member(door.session, password=make.PASSWORD)

    with pytest.raises(NotProven) as refused:
        door.verify(login, password)

    assert refused.value.code == "login.failed"
    assert refused.value.reason == reason


def test_the_trail_learns_whose_login_failed(door: Door) -> None:
    member = make.a_member(door.session, password=make.PASSWORD)

    with pytest.raises(NotProven) as wrong:
        door.verify("mei.chen", "not the password")
    with pytest.raises(NotProven) as unknown:
        door.verify("nobody")

    assert wrong.value.member_id == member.id
    assert unknown.value.member_id is None


@pytest.mark.refusal("login.failed")
def test_a_member_without_a_password_cannot_log_in(door: Door) -> None:
    member = make.a_member(door.session)

    with pytest.raises(NotProven) as refused:
        door.verify("mei.chen")

    assert refused.value.member_id == member.id


def test_standing_is_not_the_adapters_business(door: Door) -> None:
    member = make.a_member(door.session, password=make.PASSWORD, standing=Standing.SUSPENDED)

    assert door.verify("mei.chen").member_id == member.id


@pytest.mark.parametrize("login", ["mei.chen", "nobody", "ah.hua"])
def test_members_and_strangers_cost_one_comparison_each(
    session: Session, now: datetime, login: str
) -> None:
    make.a_member(session, password=make.PASSWORD)
    make.a_member(session, "ah.hua")
    hasher = CountingHasher()

    with pytest.raises(NotProven):
        Door(session, now, hasher).verify(login, "not the password")

    assert hasher.compared == 1


def test_a_strangers_comparison_has_the_parameters_of_a_members() -> None:
    hasher = Hasher(parallel=1, cost=make.QUICK)

    assert not hasher.is_outdated(hasher._nobody)


def test_a_login_renews_a_hash_made_at_another_cost(session: Session, now: datetime) -> None:
    make.a_member(session, password=make.PASSWORD)
    before = kept(session)
    stronger = Hasher(parallel=1, cost=STRONGER)

    Door(session, now, stronger).verify("mei.chen")

    assert kept(session) != before
    assert stronger.matches(kept(session), make.PASSWORD)
    assert not stronger.is_outdated(kept(session))


def test_a_login_leaves_a_hash_made_at_todays_cost_alone(door: Door) -> None:
    make.a_member(door.session, password=make.PASSWORD)
    before = kept(door.session)

    door.verify("mei.chen")

    assert kept(door.session) == before


def test_renewing_does_not_undo_a_change_made_meanwhile(session: Session, now: datetime) -> None:
    make.a_member(session, password=make.PASSWORD)

    class ChangedMeanwhile(Hasher):
        """Lets another session change the password while this one is compared."""

        def matches(self, kept: str | None, password: str) -> bool:
            session.execute(update(PasswordCredential).values(hash="changed meanwhile"))
            return super().matches(kept, password)

    Door(session, now, ChangedMeanwhile(parallel=1, cost=STRONGER)).verify("mei.chen")

    assert kept(session) == "changed meanwhile"


def test_erasing_a_member_erases_the_password(door: Door) -> None:
    member = make.a_member(door.session, password=make.PASSWORD)

    door.session.execute(delete(type(member)).where(type(member).id == member.id))

    assert door.session.scalars(select(PasswordCredential)).all() == []


def test_the_factory_follows_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "ours.txt"
    path.write_text("taipei marathon\n")

    adapter = create({"argon2_parallel": 3, "breach_list": path, "of another adapter": 1})

    assert isinstance(adapter.breaches, BreachLists)
    assert adapter.breaches.contains("taipei marathon")
    assert adapter.breaches.contains("password123")
    assert adapter.hasher._places._initial_value == 3  # type: ignore[attr-defined]  # not in typeshed
    assert not adapter.hasher.is_outdated(Hasher(parallel=1, cost=OWASP).hash("x"))


def test_the_factory_needs_no_settings() -> None:
    assert create({}).name == "password"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"argon2_parallel": 0}, "argon2_parallel: must be"),
        ({"argon2_parallel": "2"}, "argon2_parallel: must be"),
        ({"breach_list": "list.txt"}, "breach_list: must be"),
    ],
)
def test_the_factory_refuses_values_it_cannot_use(settings: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsInvalid, match=says):
        create(settings)


class Overtaken(Hasher):
    """While it compares, the member's password is changed elsewhere."""

    def __init__(self, session: Session, at: datetime) -> None:
        super().__init__(parallel=1, cost=make.QUICK)
        self.session, self.at = session, at

    def matches(self, kept: str | None, password: str) -> bool:
        is_right = super().matches(kept, password)
        self.session.execute(update(PasswordCredential).values(changed_at=self.at))
        return is_right


@pytest.mark.refusal("login.failed")
def test_a_password_that_was_changed_while_it_was_compared_proves_nothing(
    session: Session, now: datetime
) -> None:
    member = make.a_member(session, password=make.PASSWORD)
    session.flush()
    door = Door(session, now, Overtaken(session, now + timedelta(seconds=1)))

    with pytest.raises(NotProven) as refused:
        door.verify("mei.chen")

    assert (refused.value.reason, refused.value.member_id) == ("password.wrong", member.id)
