"""What anybody may read of counters and services: the same rows that a clerk's duty rests on."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from clients import registry
from counters import duty, readers, register
from counters.models import District, Reader
from kernel.wording import Bilingual
from services import activations, working_days
from tests.counters import town
from tests.flows.browser import Browser
from tests.flows.provider import City, statements
from tests.make import NOON

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def opened(city: City) -> City:
    """Return a city whose library has an open counter and a service of five working days."""
    with city.database() as session:
        agency = registry.get(session, "library")
        name = Bilingual("借閱證", "Library card")
        activations.open_service(
            session, agency.organisation_id, "library_card", name, sensitive=False, now=NOON
        )
        working_days.set_days(session, "library_card", 5, organisation_id=agency.organisation_id)
        town.a_town(session, agency=agency, services=frozenset({"library_card"}))
    return city


@pytest.mark.parametrize("path", ["/counters", "/counters/daan", "/services"])
@pytest.mark.parametrize("language", ["zh-Hant-TW", "en"])
def test_every_page_speaks_both_languages(opened: City, path: str, language: str) -> None:
    response = opened.call(path, headers={"Accept-Language": language})

    assert response.status_code == 200
    assert f'<html lang="{language}">' in response.text


@pytest.mark.parametrize("path", ["/counters", "/counters/daan", "/services"])
def test_who_has_a_page_is_not_sent_it_again_and_nothing_is_written(
    opened: City, path: str
) -> None:
    browser = Browser(opened)
    browser.get(path)  # it is given the cookie that its forms are bound to
    first = browser.get(path)

    with statements(opened.sessions.kw["bind"]) as seen:
        again = browser.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert all(each.startswith("SELECT") for each in seen)


@pytest.mark.clause("4-II")
def test_the_page_shows_the_counters_that_clerks_work_at(opened: City) -> None:
    page = opened.call("/counters").text
    with opened.database() as session:
        at_work = duty.open_counters(session, now=opened.now)

    assert [each.counter.name_zh for each in at_work] == ["大安測試窗口"]
    assert "大安測試窗口" in page
    assert "現在不是開放時間" in page  # it is noon
    opened.now += timedelta(hours=2)
    assert "現在開放中" in opened.call("/counters").text


@pytest.mark.clause("4-II")
def test_a_counter_says_where_when_what_and_on_which_ground(opened: City) -> None:
    page = opened.call("/counters/daan", headers=ENGLISH).text

    for fact in (
        "1 Test Rd., Daan Dist., Taipei",
        "Monday",
        "09:00–12:00",
        "Check identity, take applications",
        "Library card",
        "5 working days",
        "30 November 2026",
        "臺北市政府公報 115 年秋字第 1 期",
    ):
        assert fact in page


@pytest.mark.clause("5(2)", "5(3)")
def test_when_its_last_clerk_lapses_or_it_is_closed_the_page_says_so_at_once(opened: City) -> None:
    with opened.database() as session:
        counter = register.get(session, "daan")
        town.a_course(session, 2, refresh_by=town.TODAY)
    before = opened.call("/counters/daan").text

    opened.now += timedelta(hours=12)  # past midnight in Taipei
    after = opened.call("/counters/daan").text

    assert "目前不開放" not in before
    assert "目前不開放" in after
    opened.now = NOON
    with opened.database() as session:
        register.close(session, session.merge(counter))
    assert "目前不開放" in opened.call("/counters").text


@pytest.mark.clause("5(1)")
def test_with_a_broken_reader_it_says_that_applications_are_taken(opened: City) -> None:
    with opened.database() as session:
        readers.tested(session, session.scalars(select(Reader)).one(), passed=False, now=NOON)

    assert "讀卡機故障，只收件" in opened.call("/counters").text


def test_one_district_can_be_chosen_and_a_strange_one_is_none(opened: City) -> None:
    with opened.database() as session:
        agency = registry.get(session, "library")
        elsewhere = town.a_counter(session, agency, "xinyi", district=District.XINYI)
        town.delegated(session, elsewhere)

    assert opened.call("/counters?district=daan").text.count('href="/counters/') == 1
    assert opened.call("/counters?district=%00").text.count('href="/counters/') == 2
    assert opened.call("/counters?district=beitou").text.count('href="/counters/') == 0


@pytest.mark.parametrize("code", ["nowhere", "DAAN", "%00", "%E5%A4%A7%E5%AE%89", "a" * 500])
@pytest.mark.refusal("counter.not_found")
def test_a_counter_that_is_none_is_not_found(opened: City, code: str) -> None:
    assert opened.call(f"/counters/{code}").status_code == 404


@pytest.mark.clause("8(4)")
def test_the_services_tell_their_days_or_that_nobody_set_them(opened: City) -> None:
    with opened.database() as session:
        agency = registry.get(session, "library").organisation_id
        name = Bilingual("展覽", "Exhibitions")
        activations.open_service(session, agency, "shows", name, sensitive=False, now=NOON)
    page = opened.call("/services", headers=ENGLISH).text

    assert "5 working days" in page
    assert "30 November 2026" in page
    assert "Two months" in page


def test_the_statements_do_not_grow_with_the_counters(opened: City) -> None:
    def asked(path: str) -> int:
        with statements(opened.sessions.kw["bind"]) as seen:
            opened.call(path)
        return len(seen)

    asked("/counters")  # what a process asks once in a while is asked
    before = asked("/counters")
    with opened.database() as session:
        agency = registry.get(session, "library")
        for number in range(3):
            town.delegated(session, town.a_counter(session, agency, f"more-{number}"))

    assert asked("/counters") == before


@pytest.mark.clause("8(4)")
def test_what_is_done_at_the_counter_has_its_days_there_too(opened: City) -> None:
    page = opened.call("/counters/daan", headers=ENGLISH).text

    assert "Bind a card or another carrier" in page
    assert "1 working day" in page
    assert "24 November 2026" in page
