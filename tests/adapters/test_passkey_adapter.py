"""Prove what is particular to passkeys; what all adapters promise is in `tests/contract`."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from adapters.contract import Challenge, Context, NotProven, Proof
from adapters.passkey import ceremony, enrolment
from adapters.passkey.adapter import create
from adapters.passkey.models import Passkey as Row
from adapters.passkey.naming import handle_of
from carriers import bindings
from carriers.models import Suspension
from idp import acr
from kernel.db import Sessions, transaction
from kernel.errors import Refused
from members.models import Member
from tests import make
from tests.authenticator import IS_COPIED, MAY_BE_COPIED, ORIGIN, PRESENT, VERIFIED, Passkey
from tests.contract.cases import a_passkey

HERE = Context(origin=ORIGIN)
ADAPTER = create({})

json_values: st.SearchStrategy[Any] = st.recursive(  # JSON of any shape
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@pytest.fixture
def mei(session: Session) -> Member:
    return make.a_member(session)


def ask() -> Challenge:
    return ADAPTER.begin(HERE, now=make.NOON)


def verify(session: Session, answer: Callable[[str], str]) -> Proof:
    asked = ask()
    sent = {"credential": answer(asked.nonce)}
    return ADAPTER.verify(session, HERE, asked, sent, now=make.NOON)


def reason(session: Session, answer: Callable[[str], str]) -> NotProven:
    with pytest.raises(NotProven) as refused:
        verify(session, answer)
    return refused.value


# What it proves


@pytest.mark.clause("2(8)2")
def test_a_passkey_of_one_device_is_a_hardware_key(session: Session, mei: Member) -> None:
    passkey = a_passkey(session, mei)

    proof = verify(session, passkey.get)

    assert proof.carrier_id == bindings.live(session, mei.id)[0].id
    assert acr.worth(proof) == acr.Assurance(acr.ACR[1], ("hwk", "user", "mfa"))


@pytest.mark.clause("2(8)2")
def test_a_passkey_that_may_be_copied_says_so(session: Session, mei: Member) -> None:
    flags = PRESENT | VERIFIED | MAY_BE_COPIED
    passkey = a_passkey(session, mei, flags=flags)

    proof = verify(session, replace(passkey, flags=flags | IS_COPIED).get)

    assert acr.worth(proof).amr == ("swk", "user", "mfa")
    assert session.scalars(select(Row.backed_up)).one()


def test_everybody_is_asked_the_same(session: Session, mei: Member) -> None:
    a_passkey(session, mei)

    asked = json.loads(ask().public["options"])

    assert asked["rpId"] == "id.invalid"
    assert asked["userVerification"] == "required"
    assert asked["allowCredentials"] == []


# Lost and copied ones


@pytest.mark.clause("7(7)")
def test_a_lost_passkey_proves_nobody(session: Session, mei: Member) -> None:
    passkey = a_passkey(session, mei)
    binding = bindings.live(session, mei.id)[0]
    bindings.suspend(session, binding, Suspension.LOST, actor=mei.id, now=make.NOON)

    assert reason(session, passkey.get).reason == "carrier.reported_lost"


def test_a_removed_passkey_is_unknown(session: Session, mei: Member) -> None:
    passkey = a_passkey(session, mei)
    binding = bindings.live(session, mei.id)[0]
    bindings.release(session, binding, actor=mei.id, now=make.NOON)

    assert reason(session, passkey.get).reason == "passkey.unknown"


@pytest.mark.parametrize("count", [0, 1, 6, 7])
def test_a_counter_that_does_not_grow_makes_the_carrier_suspect(
    session: Session, mei: Member, count: int
) -> None:
    passkey = a_passkey(session, mei, count=7)

    refused = reason(session, replace(passkey, count=count).get)

    assert refused.reason == "passkey.counter_rolled_back"
    assert refused.suspect_carrier == bindings.live(session, mei.id)[0].id


def test_a_counter_that_grows_is_remembered(session: Session, mei: Member) -> None:
    passkey = a_passkey(session, mei, count=7)

    verify(session, replace(passkey, count=2**32 - 1).get)

    assert reason(session, replace(passkey, count=8).get).suspect_carrier


def test_nobody_else_can_make_a_carrier_suspect(session: Session, mei: Member) -> None:
    passkey = a_passkey(session, mei, count=7)
    forged = replace(passkey, count=1, key=Passkey().key)

    refused = reason(session, forged.get)

    assert refused.reason == "passkey.wrong"
    assert refused.suspect_carrier is None


def test_of_two_answers_with_one_count_one_is_accepted(sessions: Sessions) -> None:
    with transaction(sessions) as own:
        passkey = a_passkey(own, make.a_member(own), count=7)

    def attempt(_: int) -> bool:
        try:
            with transaction(sessions) as session:
                verify(session, replace(passkey, count=8).get)
        except NotProven:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(attempt, range(6))).count(True) == 1


# Binding a new one


def begin(session: Session, mei: Member) -> Challenge:
    return enrolment.begin(
        session, HERE, member_id=mei.id, login=mei.login, service="Taipei ID", now=make.NOON
    )


def finish(session: Session, mei: Member, asked: Challenge, credential: object) -> None:
    enrolment.finish(
        session,
        HERE,
        asked,
        {"credential": credential},
        member_id=mei.id,
        name="",
        acr=acr.ACR[0],
        now=make.NOON,
    )


def test_the_browser_is_told_what_the_member_has_already(session: Session, mei: Member) -> None:
    passkey = a_passkey(session, mei)

    asked = json.loads(begin(session, mei).public["options"])

    assert asked["rp"] == {"id": "id.invalid", "name": "Taipei ID"}
    assert [each["alg"] for each in asked["pubKeyCredParams"]] == [-7, -257]
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["attestation"] == "none"
    assert [each["id"] for each in asked["excludeCredentials"]] == [
        json.loads(passkey.get(""))["id"]
    ]


def test_a_passkey_knows_its_holder_by_a_name_that_says_nothing(
    session: Session, mei: Member
) -> None:
    hua = make.a_member(session, "ah.hua")

    assert handle_of(mei.id) == handle_of(mei.id) != handle_of(hua.id)
    assert len(handle_of(mei.id)) == 32
    assert mei.id.bytes not in handle_of(mei.id)


@pytest.mark.clause("2(3)")
@pytest.mark.refusal("carrier.already_bound")
def test_nobody_binds_another_members_passkey(session: Session, mei: Member) -> None:
    passkey = a_passkey(session, mei)
    hua = make.a_member(session, "ah.hua")
    asked = begin(session, hua)
    theirs = replace(passkey, key=Passkey().key)  # the same id, a key of one's own

    with pytest.raises(Refused, match=r"^carrier\.already_bound$"):
        finish(session, hua, asked, theirs.create(asked.nonce))


@pytest.mark.refusal("challenge.expired")
def test_a_stale_question_binds_nothing(session: Session, mei: Member) -> None:
    asked = replace(begin(session, mei), expires_at=make.NOON)

    with pytest.raises(Refused, match=r"^challenge\.expired$"):
        finish(session, mei, asked, Passkey().create(asked.nonce))


@pytest.mark.refusal("carrier.not_readable")
@pytest.mark.parametrize(
    "passkey",
    [
        Passkey(flags=PRESENT),
        Passkey(origin="https://evil.invalid"),
        Passkey(host="invalid"),
        Passkey(credential_id=b"x" * 1024),
    ],
)
def test_a_passkey_not_made_here_by_its_holder_is_not_bound(
    session: Session, mei: Member, passkey: Passkey
) -> None:
    asked = begin(session, mei)

    with pytest.raises(Refused, match=r"^carrier\.not_readable$"):
        finish(session, mei, asked, passkey.create(asked.nonce))
    assert not bindings.live(session, mei.id)


@pytest.mark.refusal("carrier.not_readable")
@given(garbage=json_values, path=st.lists(st.integers(0, 9), max_size=3))
def test_whatever_is_sent_instead_is_refused(
    session: Session, mei: Member, garbage: object, path: list[int]
) -> None:
    asked = begin(session, mei)
    for text in (
        json.dumps(garbage),
        spoilt(Passkey().create(asked.nonce), path, garbage),
        garbage,
    ):
        with pytest.raises(Refused, match=r"^carrier\.not_readable$"):
            finish(session, mei, asked, text)


@given(garbage=json_values, path=st.lists(st.integers(0, 9), max_size=3))
def test_a_spoilt_answer_proves_nobody(
    session: Session, mei: Member, garbage: object, path: list[int]
) -> None:
    passkey = Passkey(handle=handle_of(mei.id))

    for text in (spoilt(passkey.get("x"), path, garbage), json.dumps(garbage)):
        with pytest.raises(NotProven):
            ADAPTER.verify(session, HERE, ask(), {"credential": text}, now=make.NOON)


def spoilt(text: str, path: list[int], garbage: object) -> str:
    """Put `garbage` somewhere into the JSON."""
    whole: Any = json.loads(text)  # JSON of any shape
    inner = whole
    for step in path:
        name = sorted(inner)[step % len(inner)]
        if not isinstance(inner[name], dict):
            inner[name] = garbage
            break
        inner = inner[name]
    else:
        whole["rawId"] = garbage
    return json.dumps(whole)


def test_the_relying_party_is_the_host_exactly() -> None:
    assert ceremony.relying_party("http://localhost:8600") == "localhost"
    assert ceremony.relying_party("https://id.taipei") == "id.taipei"
    assert ceremony.relying_party("nonsense") == ""


def test_a_key_that_cannot_be_read_proves_nobody(session: Session, mei: Member) -> None:
    passkey = a_passkey(session, mei)
    session.execute(update(Row).values(public_key=b"no key"))

    assert reason(session, passkey.get).reason == "passkey.wrong"
