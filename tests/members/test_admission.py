"""Who can apply, through which channel, with which documents (2(8)1, 7(1), 8(1))."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refused
from members import admission, facts, numbers
from members.admission import DocumentsMissing
from members.application_forms import Declaration, Form, Guardian, Permit, Seen
from members.application_models import Channel, Document, PersonKind
from members.models import Capacity, Relation
from tests.members.applying import (
    ID_CARD,
    NATIONAL,
    OTHER_NATIONAL,
    PARENT,
    UI_NEW,
    UI_OLD,
    a_form,
    a_resident,
)

TODAY = date(2026, 11, 23)
RESIDENTS = [kind for kind in PersonKind if kind is not PersonKind.NATIONAL]
ONLINE = [Channel.SITE, Channel.AGENCY]
GUARDED = Declaration(
    capacity=Capacity.GUARDED, decree="測試監宣字第 1 號", declared_on=date(2025, 3, 1)
)
ASSISTED = Declaration(
    capacity=Capacity.ASSISTED, decree="測試輔宣字第 1 號", declared_on=date(2025, 3, 1)
)


def examine(form: Form, channel: Channel = Channel.SITE, *, today: date = TODAY) -> None:
    admission.examine(form, channel=channel, today=today)


def refusal_of(form: Form, channel: Channel = Channel.SITE, *, today: date = TODAY) -> str:
    with pytest.raises(Refused) as refused:
        examine(form, channel, today=today)
    return refused.value.code


def a_child(birth_date: str = "2019-11-23") -> Form:
    return a_form(birth_date=birth_date, guardian=PARENT)


# Age (AT2.8.1a, b)


@pytest.mark.clause("2(8)1")
def test_a_child_may_apply_on_the_seventh_birthday() -> None:
    examine(a_child("2019-11-23"))


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("member.under_age_7")
def test_a_child_may_not_apply_the_day_before_the_seventh_birthday() -> None:
    assert refusal_of(a_child("2019-11-24")) == "member.under_age_7"


@pytest.mark.clause("2(8)1")
def test_who_is_born_on_a_leap_day_is_seven_on_the_first_of_march() -> None:
    leapling = a_child("2020-02-29")

    assert refusal_of(leapling, today=date(2027, 2, 28)) == "member.under_age_7"
    examine(leapling, today=date(2027, 3, 1))


@pytest.mark.clause("2(8)1")
def test_of_a_partial_birth_date_the_latest_day_counts() -> None:
    assert refusal_of(a_child("2019")) == "member.under_age_7"
    assert refusal_of(a_child("2019-11-00")) == "member.under_age_7"
    examine(a_child("2019-10-00"))


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 11, 23)))
def test_exactly_those_younger_than_seven_are_refused(born: date) -> None:
    child = a_child(born.isoformat())

    if facts.reached(born, 7, today=TODAY):
        examine(child)
    else:
        assert refusal_of(child) == "member.under_age_7"


@pytest.mark.refusal("member.birthdate_impossible")
def test_a_birth_date_that_cannot_be_read_is_refused() -> None:
    assert refusal_of(a_form(birth_date="2020-02-30")) == "member.birthdate_impossible"


# Kinds of people and numbers, by channel (AT8.1)


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.clause("8(1)")
def test_a_national_may_apply_through_every_channel(channel: Channel) -> None:
    examine(a_form(documents=(ID_CARD,)), channel)


@pytest.mark.parametrize("number", [UI_NEW, UI_OLD])
@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("kind", RESIDENTS)
@pytest.mark.clause("8(1)")
def test_every_kind_of_resident_may_apply_through_every_channel(
    kind: PersonKind, channel: Channel, number: str
) -> None:
    seen = tuple(Seen(document=each) for each in (Document.RESIDENCE_PERMIT, Document.PASSPORT))

    examine(a_resident(kind, number=number, documents=seen), channel)


@pytest.mark.parametrize("kind", RESIDENTS)
@pytest.mark.clause("8(1)")
@pytest.mark.refusal("idno.kind_not_allowed")
def test_a_number_must_be_of_the_kind_the_person_is(kind: PersonKind) -> None:
    assert refusal_of(a_resident(kind, number=NATIONAL)) == "idno.kind_not_allowed"
    assert refusal_of(a_form(number=UI_NEW)) == "idno.kind_not_allowed"


@pytest.mark.refusal("idno.sunset")
def test_an_old_number_is_taken_until_it_is_void() -> None:
    resident = a_resident(number=UI_OLD, permit=Permit(until=None))

    examine(resident, today=date(2030, 12, 31))
    assert refusal_of(resident, today=date(2031, 1, 1)) == "idno.sunset"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("A100000002", "idno.checksum"),
        ("A10000000", "idno.format"),
        ("", "idno.format"),
        ("A100000001\n9", "idno.format"),
    ],
)
@pytest.mark.refusal("idno.format")
@pytest.mark.refusal("idno.checksum")
def test_a_number_that_is_none_is_refused(number: str, code: str) -> None:
    assert refusal_of(a_form(number=number)) == code


def test_a_number_may_be_typed_in_any_width_and_case() -> None:
    examine(a_form(number=" ａ１０００００００１\n"))


@pytest.mark.parametrize("channel", ONLINE)
@pytest.mark.clause("8(1)")
@pytest.mark.refusal("residency.not_national_or_arc")
def test_online_a_resident_needs_a_permit(channel: Channel) -> None:
    assert refusal_of(a_resident(permit=None), channel) == "residency.not_national_or_arc"


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.clause("8(1)")
@pytest.mark.refusal("residency.permit_expired")
def test_a_permit_that_expired_yesterday_is_refused_and_one_of_today_is_good(
    channel: Channel,
) -> None:
    seen = (Seen(document=Document.RESIDENCE_PERMIT, number=UI_NEW),)
    yesterday, today = (Permit(until=day) for day in (TODAY - timedelta(days=1), TODAY))

    assert refusal_of(a_resident(permit=yesterday), channel) == "residency.permit_expired"
    examine(a_resident(permit=today, documents=seen), channel)


# Who acts for whom


@pytest.mark.parametrize("birth_date", ["2019-11-23", "2011-11-01", "2008-11-24"])
@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("member.guardian_required")
def test_from_seven_to_seventeen_a_guardian_is_named(birth_date: str) -> None:
    assert refusal_of(a_form(birth_date=birth_date)) == "member.guardian_required"
    examine(a_form(birth_date=birth_date, guardian=PARENT))


def test_who_is_eighteen_needs_no_guardian() -> None:
    examine(a_form(birth_date="2008-11-23"))


@pytest.mark.refusal("member.guardian_required")
def test_nobody_is_their_own_guardian_and_no_proxy_is_one() -> None:
    own = Guardian(number=NATIONAL.lower(), name="測試一號", relation=Relation.PARENT)
    proxy = Guardian(number=OTHER_NATIONAL, name="測試", relation=Relation.PROXY)

    for each in (own, proxy):
        assert refusal_of(a_form(birth_date="2012-01-01", guardian=each)) == (
            "member.guardian_required"
        )


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("member.capacity_representative_required")
def test_for_an_adult_under_guardianship_the_guardian_applies() -> None:
    guardian = Guardian(number=OTHER_NATIONAL, name="測試監護人", relation=Relation.GUARDIAN)
    alone = "member.capacity_representative_required"

    assert refusal_of(a_form(declared=GUARDED)) == alone
    assert refusal_of(a_form(declared=GUARDED, guardian=PARENT)) == alone
    examine(a_form(declared=GUARDED, guardian=guardian))


def test_an_assisted_adult_applies_alone() -> None:
    examine(a_form(declared=ASSISTED))


# Documents


def missing(form: Form, *seen: Document, has_guardians_yes: bool = False) -> tuple[Document, ...]:
    with pytest.raises(DocumentsMissing) as refused:
        show(form, *seen, has_guardians_yes=has_guardians_yes)
    return refused.value.missing


def show(form: Form, *seen: Document, has_guardians_yes: bool = False) -> None:
    admission.require_documents(
        form,
        [Seen(document=each) for each in seen],
        number=numbers.recognise(form.number),
        has_guardians_yes=has_guardians_yes,
        today=TODAY,
    )


@pytest.mark.clause("7(1)")
@pytest.mark.refusal("case.documents_missing")
def test_from_fourteen_a_national_shows_the_identity_card() -> None:
    adult, young = a_form(), a_form(birth_date="2012-11-23", guardian=PARENT)

    assert missing(adult) == (Document.ID_CARD,)
    assert missing(adult, Document.HEALTH_CARD, Document.HOUSEHOLD_CERTIFICATE) == (
        Document.ID_CARD,
    )
    assert missing(young, has_guardians_yes=True) == (Document.ID_CARD,)
    show(adult, Document.ID_CARD)


@pytest.mark.clause("7(1)")
def test_a_child_without_identity_card_shows_household_certificate_and_health_card() -> None:
    child = a_child()

    show(child, Document.HOUSEHOLD_CERTIFICATE, Document.HEALTH_CARD, has_guardians_yes=True)
    show(child, Document.ID_CARD, has_guardians_yes=True)
    assert missing(child, Document.HOUSEHOLD_CERTIFICATE, has_guardians_yes=True) == (
        Document.HEALTH_CARD,
    )


@pytest.mark.clause("7(1)")
def test_without_an_online_yes_the_guardian_comes_along() -> None:
    assert missing(a_child(), Document.HOUSEHOLD_CERTIFICATE, Document.HEALTH_CARD) == (
        Document.GUARDIAN_ID,
        Document.GUARDIAN_CONSENT,
    )


@pytest.mark.clause("7(1)")
def test_residents_show_their_permit_and_unregistered_nationals_a_passport_too() -> None:
    assert missing(a_resident()) == (Document.RESIDENCE_PERMIT,)
    assert missing(a_resident(PersonKind.UNREGISTERED)) == (
        Document.PASSPORT,
        Document.RESIDENCE_PERMIT,
    )


@pytest.mark.clause("7(1)")
def test_a_guardian_of_an_adult_shows_the_courts_decision() -> None:
    assert missing(a_form(declared=GUARDED), Document.ID_CARD) == (
        Document.COURT_DECISION,
        Document.GUARDIAN_ID,
    )


@pytest.mark.clause("2(8)1")
@pytest.mark.clause("7(1)")
def test_an_assisted_adult_shows_the_courts_decision_and_nobody_elses_paper() -> None:
    assisted = a_form(declared=ASSISTED)

    assert missing(assisted, Document.ID_CARD) == (Document.COURT_DECISION,)
    show(assisted, Document.ID_CARD, Document.COURT_DECISION)


@pytest.mark.clause("7(1)")
@pytest.mark.refusal("idno.document_mismatch")
def test_a_document_with_another_number_is_refused() -> None:
    other = Seen(document=Document.ID_CARD, number=OTHER_NATIONAL)

    assert refusal_of(a_form(documents=(other,)), Channel.COUNTER) == "idno.document_mismatch"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (Document.RESIDENCE_PERMIT, "residency.permit_expired"),
        (Document.PASSPORT, "case.documents_missing"),
    ],
)
@pytest.mark.clause("7(1)")
def test_an_expired_document_is_as_good_as_none(document: Document, code: str) -> None:
    both = (Document.PASSPORT, Document.RESIDENCE_PERMIT)
    seen = tuple(
        Seen(document=each, expires_on=TODAY - timedelta(days=each is document)) for each in both
    )

    unregistered = a_resident(PersonKind.UNREGISTERED, documents=seen)
    assert refusal_of(unregistered, Channel.COUNTER) == code
