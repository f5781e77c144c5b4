"""Prove what a receipt says, and that an altered one is found out without any database."""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient, view_of
from consent import ledger, receipts, texts
from consent.ledger import Answer
from consent.receipts import Issuer, Written
from kernel.db import Json
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from tests import make

ISSUER = Issuer(url="https://id.invalid", name="臺北", withdraw_at="https://id.invalid/account")
SUB, NONE = frozenset({"sub"}), frozenset[str]()
LATER = make.NOON + timedelta(days=1)


def a_receipt(
    session: Session,
    *,
    given: frozenset[str] = frozenset({"sub", "name"}),
    refused: frozenset[str] = frozenset({"birthdate"}),
    language: str = "en",
) -> tuple[RegisteredClient, UUID, UUID]:
    client = view_of(make.a_client(session, contact="privacy@library.invalid"))
    purpose = client.purposes[0]
    member_id = make.a_member(session).id
    text = texts.consent_text(client, purpose, given | refused, language=language)
    answer = Answer(
        given=given,
        refused=refused,
        duration="90d",
        language=language,
        text=text,
        acr="urn:taipei-id:acr:1",
    )
    receipt_id = ledger.record(session, client, purpose, answer, member_id=member_id, now=make.NOON)
    return client, member_id, receipt_id


def the_document(written: Written, *, now: datetime = LATER) -> Json:
    return receipts.document(written, principal="pairwise", issuer=ISSUER, now=now)


def test_a_receipt_says_who_what_why_how_long_and_how_to_withdraw(session: Session) -> None:
    _, member_id, receipt_id = a_receipt(session)

    said = the_document(receipts.get(session, receipt_id, member_id=member_id))

    (purpose,) = said["pii_processing"]["purposes"]
    controller, provider = said["party_identification"]
    (event,) = said["consent"]["events"]
    assert said["record"] == {
        "schema_version": receipts.SCHEMA,
        "record_id": str(receipt_id),
        "pii_principal_id": "pairwise",
    }
    assert controller["party_name"] == "Taipei Public Library"
    assert controller["party_contact"] == "privacy@library.invalid"
    assert provider["party_role"] == "identity provider"
    assert purpose["purpose"] == "Library card"
    assert purpose["retention_period"] == "As long as the card is valid"
    assert purpose["lawful_basis"]
    assert {each["pii_attribute_id"]: each["decision"] for each in purpose["pii_information"]} == {
        "sub": "given",
        "name": "given",
        "birthdate": "refused",
    }
    assert event["event_state"] == "given"
    assert event["event_time"] == "2026-11-23T04:00:00Z"
    assert event["validity_until"] == "2027-02-21T04:00:00Z"
    assert said["consent"]["authentication_context"] == "urn:taipei-id:acr:1"
    assert said["pii_processing"]["withdrawal_method"] == ISSUER.withdraw_at
    assert set(said["pii_processing"]["privacy_rights"]) == set(receipts.RIGHTS)


def test_a_receipt_holds_the_exact_words_that_were_shown(session: Session) -> None:
    client, member_id, receipt_id = a_receipt(session, language="zh-Hant-TW")
    shown = texts.consent_text(
        client, client.purposes[0], {"sub", "name", "birthdate"}, language="zh-Hant-TW"
    )

    notice = the_document(receipts.get(session, receipt_id, member_id=member_id))["pii_processing"][
        "privacy_notice"
    ]

    assert notice["text"] == shown
    assert notice["language"] == "zh-Hant-TW"
    assert notice["version"] == 1


def decided(said: Json) -> dict[str, str]:
    (purpose,) = said["pii_processing"]["purposes"]
    return {each["pii_attribute_id"]: each["decision"] for each in purpose["pii_information"]}


def test_a_receipt_says_all_that_was_decided_whoever_read_the_words_first(session: Session) -> None:
    client = view_of(make.a_client(session))
    purpose = client.purposes[0]
    first, second = (make.a_member(session, login=login).id for login in ("first", "second"))
    less = Answer(given=SUB, refused=NONE, duration="90d", language="en", text="Words", acr="")
    more = replace(less, refused=frozenset({"name"}))

    ledger.record(session, client, purpose, less, member_id=first, now=make.NOON)
    receipt_id = ledger.record(session, client, purpose, more, member_id=second, now=make.NOON)

    said = the_document(receipts.get(session, receipt_id, member_id=second))
    assert decided(said) == {"sub": "given", "name": "refused"}


def test_a_text_kept_with_fewer_claims_leaves_none_out(session: Session) -> None:
    _, member_id, receipt_id = a_receipt(session)
    written = receipts.get(session, receipt_id, member_id=member_id)
    kept = written.text.facts
    written.text.facts = {**kept, "claims": [each for each in kept["claims"] if each["required"]]}
    written.consents[0].claim = "gone"  # it has left the catalogue since
    session.flush()

    said = the_document(written)

    assert decided(said) == {"sub": "given", "name": "given", "gone": "refused"}
    (purpose,) = said["pii_processing"]["purposes"]
    labels = {each["pii_attribute_id"]: each["label"] for each in purpose["pii_information"]}
    assert (labels["name"], labels["gone"]) == ("Full name", "gone")


def test_a_receipt_keeps_the_names_of_its_day(session: Session) -> None:
    _, member_id, receipt_id = a_receipt(session)
    written = receipts.get(session, receipt_id, member_id=member_id)
    written.client.name_en = "Renamed"
    written.client.organisation.name_en = "Renamed"
    session.flush()

    controller, _ = the_document(written)["party_identification"]

    assert (controller["party_name"], controller["party_service"]) == (
        "Taipei Public Library",
        "Library",
    )


def test_a_receipt_holds_names_of_claims_and_never_their_values(session: Session) -> None:
    _, member_id, receipt_id = a_receipt(session)

    said = str(the_document(receipts.get(session, receipt_id, member_id=member_id)))

    assert "name" in said
    assert not any(datum in said for datum in ("陳美玉", "1990-04-01", "mail.invalid"))
    assert str(member_id) not in said


@pytest.mark.clause("10(3)")
def test_a_withdrawal_stands_on_receipts_signed_after_it(session: Session) -> None:
    client, member_id, receipt_id = a_receipt(session)
    withdrawn_at = make.NOON + timedelta(hours=1)
    ledger.withdraw(
        session, member_id=member_id, purpose_id=client.purposes[0].id, now=withdrawn_at
    )

    said = the_document(receipts.get(session, receipt_id, member_id=member_id))

    assert said["consent"]["events"][1] == {
        "event_type": "end",
        "event_state": "withdrawn",
        "event_time": "2026-11-23T05:00:00Z",
        "pii_attribute_ids": ["birthdate", "name", "sub"],
    }
    receipts.require_sound(said, now=LATER)


def test_a_consent_that_ran_out_says_so_before_anybody_put_it_on_record(session: Session) -> None:
    _, member_id, receipt_id = a_receipt(session)
    written = receipts.get(session, receipt_id, member_id=member_id)

    said = the_document(written, now=make.NOON + timedelta(days=90))

    assert said["consent"]["events"][1]["event_state"] == "expired"
    assert said["consent"]["events"][1]["event_time"] == "2027-02-21T04:00:00Z"


def test_a_receipt_of_refusing_everything_says_refused(session: Session) -> None:
    nothing: frozenset[str] = frozenset()
    _, member_id, receipt_id = a_receipt(session, given=nothing, refused=frozenset({"name"}))

    said = the_document(receipts.get(session, receipt_id, member_id=member_id))

    assert said["consent"]["events"][0]["event_state"] == "refused"


@pytest.mark.refusal("receipt.not_found")
def test_somebody_else_s_receipt_is_not_there(session: Session) -> None:
    _, member_id, receipt_id = a_receipt(session)
    other = make.a_member(session, "another")

    for whose, which in ((other.id, receipt_id), (member_id, new_id())):
        with pytest.raises(NotFound, match=r"^receipt\.not_found$"):
            receipts.get(session, which, member_id=whose)


def test_the_newest_receipt_is_the_last_one_written(session: Session) -> None:
    _, member_id, receipt_id = a_receipt(session)
    other = make.a_member(session, "another")

    newest = receipts.newest(session, member_id=member_id)

    assert newest is not None
    assert newest.id == receipt_id
    assert receipts.newest(session, member_id=other.id) is None


@pytest.fixture
def sound(session: Session) -> Json:
    _, member_id, receipt_id = a_receipt(session)
    return the_document(receipts.get(session, receipt_id, member_id=member_id))


def test_a_sound_receipt_passes_years_later(sound: Json) -> None:
    receipts.require_sound(sound, now=make.NOON + timedelta(days=3650))


@pytest.mark.refusal("receipt.text_altered")
@given(data=st.data())
def test_no_character_of_the_words_can_be_changed(sound: Json, data: st.DataObject) -> None:
    altered = copy.deepcopy(sound)
    notice = altered["pii_processing"]["privacy_notice"]
    place = data.draw(st.integers(0, len(notice["text"]) - 1))
    put = data.draw(st.characters(codec="utf-8").filter(lambda c: c != notice["text"][place]))
    notice["text"] = notice["text"][:place] + put + notice["text"][place + 1 :]

    with pytest.raises(Refused, match=r"^receipt\.text_altered$"):
        receipts.require_sound(altered, now=LATER)


def issued_before_it_was_decided(claims: Json) -> None:
    claims["iat"] = int(make.NOON.timestamp()) - 1


def issued_tomorrow(claims: Json) -> None:
    claims["iat"] = int((LATER + timedelta(minutes=10)).timestamp())


def over_before_it_began(claims: Json) -> None:
    claims["consent"]["events"][0]["validity_until"] = "2026-11-22T04:00:00Z"


def ended_before_it_began(claims: Json) -> None:
    claims["consent"]["events"].append({"event_time": "2026-11-22T04:00:00Z"})


def ends_in_the_future(claims: Json) -> None:
    claims["consent"]["events"].append({"event_time": "2026-12-24T04:00:00Z"})


@pytest.mark.refusal("receipt.times_impossible")
@pytest.mark.parametrize(
    "change",
    [
        issued_before_it_was_decided,
        issued_tomorrow,
        over_before_it_began,
        ended_before_it_began,
        ends_in_the_future,
    ],
)
def test_times_that_cannot_be_are_refused(sound: Json, change: Callable[[Json], None]) -> None:
    change(sound)

    with pytest.raises(Refused, match=r"^receipt\.times_impossible$"):
        receipts.require_sound(sound, now=LATER)


@pytest.mark.refusal("receipt.malformed")
def test_a_moment_without_a_time_zone_is_refused(sound: Json) -> None:
    sound["consent"]["events"][0]["event_time"] = "2026-11-23T12:00:00"

    with pytest.raises(Refused, match=r"^receipt\.malformed$"):
        receipts.require_sound(sound, now=LATER)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
PATHS: list[tuple[Any, ...]] = [  # keys and places
    ("pii_processing",),
    ("pii_processing", "privacy_notice"),
    ("iat",),
    ("consent",),
    ("consent", "events"),
    ("consent", "events", 0),
    ("consent", "events", 0, "event_time"),
    ("consent", "events", 0, "validity_until"),
]


@pytest.mark.refusal("receipt.malformed")
@given(path=st.sampled_from(PATHS), junk=ANY_JSON)
def test_whatever_stands_in_a_receipt_it_is_refused_and_never_a_bug(
    sound: Json, path: tuple[Any, ...], junk: object
) -> None:
    altered = copy.deepcopy(sound)
    place = altered
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = junk

    with pytest.raises(Refused, match=r"^receipt\.(malformed|times_impossible|text_altered)$"):
        receipts.require_sound(altered, now=LATER)


@pytest.mark.refusal("receipt.malformed")
def test_an_empty_document_is_no_receipt() -> None:
    with pytest.raises(Refused, match=r"^receipt\.malformed$"):
        receipts.require_sound({}, now=LATER)
