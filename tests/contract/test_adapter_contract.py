import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

import migrations
from adapters.contract import Adapter, Challenge, Context, NotProven, Proof
from kernel.db import Base, Sessions, transaction
from kernel.errors import Refused
from members.models import Member
from tests import make
from tests.contract.cases import CASES, Answer, Case, Enrolled

HERE = Context(origin="https://id.invalid", address="192.0.2.7")

anything: st.SearchStrategy[object] = st.one_of(
    st.text(st.characters()),  # halves of surrogate pairs included
    st.sampled_from(
        [
            "",
            "\0",
            "\ud800",
            "a\0b",
            "'; --",
            "%s%n",
            "Ａ" * 2000,
            "\N{COMBINING ACUTE ACCENT}" * 1024,
        ]
    ),
    st.binary(max_size=50),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


@dataclass(frozen=True)
class Scene:
    """One member enrolled, one question asked."""

    case: Case
    session: Session
    member: Member
    enrolled: Enrolled
    challenge: Challenge
    now: datetime

    @property
    def right(self) -> Answer:
        return self.enrolled.right(self.challenge)

    @property
    def wrong(self) -> Mapping[str, Answer]:
        return {name: each(self.challenge) for name, each in self.enrolled.wrong.items()}

    def verify(self, answer: Mapping[str, object], *, now: datetime | None = None) -> Proof:
        return self.case.adapter.verify(
            self.session, HERE, self.challenge, answer, now=now or self.now
        )

    def verify_all(self) -> None:
        self.verify(self.right)
        for answer in self.wrong.values():
            with pytest.raises(NotProven):
                self.verify(answer)

    def rows(self, *, without: tuple[type[Base], ...] = ()) -> Mapping[str, list[object]]:
        excluded = {table.__tablename__ for table in without}
        return {
            table.name: [tuple(row) for row in self.session.execute(select(table))]
            for table in migrations.metadata().sorted_tables
            if table.name not in excluded
        }


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]()


@pytest.fixture
def adapter(case: Case) -> Adapter:
    return case.adapter


@pytest.fixture
def scene(case: Case, session: Session, now: datetime) -> Scene:
    member = make.a_member(session)
    enrolled = case.enrol(session, member)
    challenge = case.adapter.begin(HERE, now=now)
    return Scene(case, session, member, enrolled, challenge, now)


# What it says of itself


def test_its_name_fits_settings_tables_and_urls(adapter: Adapter) -> None:
    assert re.fullmatch(r"[a-z][a-z-]{1,31}", adapter.name)
    assert isinstance(adapter, Adapter)


def test_its_capabilities_are_complete_and_constant(adapter: Adapter) -> None:
    capabilities = adapter.capabilities

    assert capabilities.label.zh.strip()
    assert capabilities.label.en.isascii()
    assert capabilities.proofs
    assert capabilities.fields
    assert len(set(capabilities.fields)) == len(capabilities.fields)
    assert adapter.capabilities == capabilities


# What it asks


def test_each_question_is_new_and_cannot_be_guessed(adapter: Adapter, now: datetime) -> None:
    nonces = {adapter.begin(HERE, now=now).nonce for _ in range(200)}

    assert len(nonces) == 200
    assert min(map(len, nonces)) >= 22  # 128 bits in base64url


def test_a_question_is_open_for_at_most_half_an_hour(adapter: Adapter, now: datetime) -> None:
    assert now < adapter.begin(HERE, now=now).expires_at <= now + timedelta(minutes=30)


def test_what_the_page_gets_to_see_holds_no_secret(scene: Scene) -> None:
    shown = repr(dict(scene.challenge.public))

    assert not any(secret in shown for secret in scene.enrolled.secrets)


# What it proves


def test_the_right_answer_proves_that_member_and_no_other(scene: Scene) -> None:
    make.a_member(scene.session, "ah.hua")

    proof = scene.verify(scene.right)

    assert proof.member_id == scene.member.id
    assert proof.at == scene.now


def test_a_proof_claims_no_more_than_the_capabilities_promise(scene: Scene) -> None:
    capabilities = scene.case.adapter.capabilities

    proof = scene.verify(scene.right)

    assert proof.kind in capabilities.proofs
    assert capabilities.holder_verification or not proof.holder_verified
    assert scene.right.keys() <= set(capabilities.fields)


def test_the_last_moment_of_a_question_is_early_enough(scene: Scene) -> None:
    just_in_time = scene.challenge.expires_at - timedelta(microseconds=1)

    assert scene.verify(scene.right, now=just_in_time).member_id == scene.member.id


def test_a_field_too_many_does_no_harm(scene: Scene) -> None:
    answer = {**scene.right, "csrf_token": "x", "shared_computer": "yes"}

    assert scene.verify(answer).member_id == scene.member.id


# What it refuses


@pytest.mark.refusal("login.failed")
def test_every_wrong_answer_is_refused_alike(scene: Scene) -> None:
    for name, answer in scene.wrong.items():
        with pytest.raises(NotProven) as refused:
            scene.verify(answer)

        assert refused.value.code == "login.failed", name
        assert str(refused.value) == "login.failed", name


@pytest.mark.refusal("challenge.expired")
def test_a_stale_question_is_refused_though_the_answer_be_right(scene: Scene) -> None:
    with pytest.raises(Refused, match=r"^challenge\.expired$"):
        scene.verify(scene.right, now=scene.challenge.expires_at)


@given(data=st.data())
def test_garbage_is_refused_and_breaks_nothing(scene: Scene, data: st.DataObject) -> None:
    fields = st.sampled_from((*scene.case.adapter.capabilities.fields, "other"))
    garbage = data.draw(st.dictionaries(fields, anything))

    with pytest.raises(NotProven):
        scene.verify(garbage)


@given(data=st.data())
def test_garbage_in_one_field_spoils_a_right_answer(scene: Scene, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(scene.right)))
    garbage = data.draw(anything)

    with pytest.raises(NotProven):
        scene.verify({**scene.right, field: garbage})


@pytest.mark.refusal("login.failed")
def test_an_answer_lacking_any_one_field_is_refused(scene: Scene) -> None:
    for missing in scene.right:
        with pytest.raises(NotProven):
            scene.verify({name: value for name, value in scene.right.items() if name != missing})


# What it leaves behind


def test_it_writes_nothing_but_its_own_credential(scene: Scene) -> None:
    before = scene.rows(without=scene.case.own_tables)

    scene.verify_all()

    assert scene.rows(without=scene.case.own_tables) == before


def test_a_wrong_answer_writes_nothing_at_all(scene: Scene) -> None:
    before = scene.rows()

    for answer in scene.wrong.values():
        with pytest.raises(NotProven):
            scene.verify(answer)

    assert scene.rows() == before


def test_it_logs_no_secret_at_any_level(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    scene.verify_all()

    secrets = (*scene.enrolled.secrets, scene.challenge.nonce)
    assert not [secret for secret in secrets if secret in caplog.text]


def test_nothing_it_hands_out_shows_a_secret_when_printed(scene: Scene) -> None:
    printed = repr((scene.case.adapter, HERE, scene.challenge, scene.verify(scene.right)))

    secrets = (*scene.enrolled.secrets, scene.challenge.nonce, HERE.address)
    assert not [secret for secret in secrets if secret in printed]


def test_a_refusal_repeats_nothing_of_the_answer(scene: Scene) -> None:
    for answer in scene.wrong.values():
        with pytest.raises(NotProven) as refused:
            scene.verify(answer)

        said = f"{refused.value!r} {vars(refused.value)}"
        assert not [value for value in answer.values() if value and str(value) in said]
        assert refused.value.__cause__ is None


# Many at once


def test_answers_may_be_checked_at_the_same_time(
    case: Case, sessions: Sessions, now: datetime
) -> None:
    with transaction(sessions) as own:
        member = make.a_member(own)
        enrolled = case.enrol(own, member)
    wrong = next(iter(enrolled.wrong.values()))

    def attempt(number: int) -> bool:
        challenge = case.adapter.begin(HERE, now=now)
        answer = (enrolled.right if number % 2 else wrong)(challenge)
        try:
            with transaction(sessions) as session:
                proof = case.adapter.verify(session, HERE, challenge, answer, now=now)
        except NotProven:
            return False
        return proof.member_id == member.id

    with ThreadPoolExecutor(8) as pool:
        proven = list(pool.map(attempt, range(16)))

    assert not any(proven[::2])
    assert sum(proven[1::2]) == (1 if case.once_only else 8)
