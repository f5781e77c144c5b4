from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.derived import AGES, DERIVED, NO_RELAY, ClientKey, Relay, derive, value_of
from members.facts import reached

TODAY = date(2026, 11, 23)
MEI, TING = UUID(int=1), UUID(int=2)
LIBRARY, ARCHIVE = UUID(int=11), UUID(int=12)
RELAY = Relay(b"a key of the installation", "relay.example.org")
KEY = RELAY.key_for(client_id=LIBRARY, member_id=MEI)
days = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31))
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)


def get(name: str, held: dict[str, Any], *, key: ClientKey = KEY, today: date = TODAY) -> Any:
    return derive(name, held, client_key=key, today=today)


def age(birthdate: object, years: int = 18, *, today: date = TODAY) -> Any:
    return get(f"age_over_{years}", {"birthdate": birthdate}, today=today)


def address(**parts: str) -> dict[str, Any]:
    return {"address": parts}


@pytest.mark.clause("2(8)1")
@pytest.mark.parametrize("years", AGES)
def test_an_age_is_reached_on_the_birthday_and_not_the_day_before(years: int) -> None:
    birthday = date(2000 + years, 11, 23)

    assert age("2000-11-23", years, today=birthday) is True
    assert age("2000-11-23", years, today=birthday - timedelta(days=1)) is False


@pytest.mark.clause("2(8)1")
@pytest.mark.parametrize(
    ("today", "is_seven"),
    [(date(2027, 2, 28), False), (date(2027, 3, 1), True)],
)
def test_who_is_born_on_a_leap_day_comes_of_age_on_the_first_of_march(
    today: date,
    is_seven: bool,  # noqa: FBT001  # a parameter of the table above
) -> None:
    assert age("2020-02-29", 7, today=today) is is_seven


def test_in_a_leap_year_the_birthday_of_a_leap_day_is_that_day() -> None:
    assert reached(date(2008, 2, 29), 12, today=date(2020, 2, 29))
    assert not reached(date(2008, 2, 29), 12, today=date(2020, 2, 28))


@given(days, days)
def test_nobody_grows_younger(born: date, today: date) -> None:
    ages = [reached(born, years, today=today) for years in sorted(AGES)]

    assert ages == sorted(ages, reverse=True)
    if ages[0]:
        assert reached(born, AGES[0], today=today + timedelta(days=1))


@pytest.mark.clause("10-II")
@pytest.mark.parametrize(
    "birthdate",
    [
        None,
        "",
        19880412,
        "1988-13-01",
        "1988-02-30",
        "0000-04-12",
        "88-04-12",
        "1988-00-12",
        "1988-04-12\n",
        "２０００-01-01",
        "2026-11-24",
        "2999",
    ],
)
def test_a_birth_date_that_is_not_known_gives_no_answer_rather_than_no(birthdate: object) -> None:
    assert age(birthdate) is None


def test_a_member_without_a_birth_date_has_no_age() -> None:
    assert get("age_over_18", {}) is None


@pytest.mark.clause("10-II")
@pytest.mark.parametrize(
    ("birthdate", "over"),
    [
        ("2008", None),  # of age on the first of January, or only at the end of the year
        ("2007", True),
        ("2009", False),
        ("2008-11-00", None),
        ("2008-10-00", True),
        ("2008-12-00", False),
        ("2007-12-00", True),
    ],
)
def test_half_a_birth_date_answers_only_what_is_certain(birthdate: str, over: object) -> None:
    assert age(birthdate) is over


@pytest.mark.parametrize(
    ("parts", "resident", "district"),
    [
        ({"region": "臺北市", "locality": "中正區"}, True, "中正區"),
        ({"region": "台北市", "locality": "中正區"}, True, "中正區"),
        ({"region": "Taipei City", "locality": "Demo Dist."}, True, "Demo Dist."),
        ({"locality": "臺北市"}, True, None),
        ({"region": "臺北市中正區"}, True, None),
        ({"region": "新北市", "locality": "板橋區"}, False, "板橋區"),
        ({"region": "New Taipei City"}, False, None),
        ({"locality": "花蓮縣"}, False, None),
        ({"locality": "中正區"}, None, "中正區"),
        ({"formatted": "臺北市中正區某路 1 號"}, None, None),
        ({}, None, None),
    ],
)
def test_an_address_says_city_and_district_or_nothing(
    parts: dict[str, str], resident: object, district: object
) -> None:
    assert get("resident_of_taipei", address(**parts)) is resident
    assert get("district", address(**parts)) == district


@pytest.mark.clause("10(3)")
def test_two_clients_get_addresses_of_one_member_that_nothing_joins() -> None:
    held = {"email": "mei.chen@mail.invalid"}
    library = get("relay_email", held)
    archive = get("relay_email", held, key=RELAY.key_for(client_id=ARCHIVE, member_id=MEI))
    another = get("relay_email", held, key=RELAY.key_for(client_id=LIBRARY, member_id=TING))

    assert len({library, archive, another}) == 3
    for found in (library, archive, another):
        local, _, domain = found.partition("@")
        assert domain == "relay.example.org"
        assert len(local) == 24
        assert "mei" not in local


def test_a_forwarding_address_stays_the_same_whatever_address_lies_behind_it() -> None:
    assert get("relay_email", {"email": "a@b.invalid"}) == get("relay_email", {"email": "c@d.tw"})


def test_without_an_address_or_a_relay_there_is_no_forwarding_address() -> None:
    nowhere = NO_RELAY.key_for(client_id=LIBRARY, member_id=MEI)

    assert get("relay_email", {}) is None
    assert get("relay_email", {"email": "a@b.invalid"}, key=nowhere) is None


def test_keys_stay_out_of_what_is_printed() -> None:
    assert "key of the installation" not in repr(RELAY)
    assert repr(KEY.secret) not in repr(KEY)


@given(st.sampled_from(sorted(DERIVED)), st.dictionaries(st.text(max_size=8), json, max_size=3))
def test_whatever_is_held_something_or_nothing_is_answered(name: str, held: dict[str, Any]) -> None:
    for data in (held, {"birthdate": held, "address": held, "email": None}, {"address": {**held}}):
        assert isinstance(get(name, data), bool | str | None)


def test_what_is_not_derived_is_read_as_it_is_held() -> None:
    held = {"name": "陳美玉", "age_over_18": "invented", "birthdate": "1990-04-01"}

    assert value_of("name", held, client_key=KEY, today=TODAY) == "陳美玉"
    assert value_of("nickname", held, client_key=KEY, today=TODAY) is None
    assert value_of("age_over_18", held, client_key=KEY, today=TODAY) is True
    assert get("name", held) is None
