"""The official website: public, cacheable, in both languages; it writes nothing (4-II, 6(4))."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from clients import registry
from kernel import calendar
from kernel.jobs import enqueue
from kernel.wording import Bilingual
from services import activations, content, offers, populations, publishing, working_days
from services.content import Text
from services.models import Offer
from services.publication_models import ContentKind, ContentVersion
from tests import make
from tests.counters import town
from tests.flows.browser import Browser
from tests.flows.provider import City, statements
from tests.make import NOON
from tests.services import city as offered
from tests.services import publishing_people as people

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ENGLISH = {"Accept-Language": "en"}
DAY = timedelta(days=1)
PATHS = [
    "/",
    "/help",
    "/privacy",
    "/accessibility",
    "/sitemap",
    "/counters",
    "/counters/daan",
    "/services",
    "/services/library_card",
    "/news",
    "/news/library-card",
    "/news/library-card?on=2026-11-23",
    "/forms",
    "/forms/library_card",
    "/offers",
    "/sunset",
    "/waivers",
    "/working-days",
    "/data-files",
    "/purposes",
    "/status",
    "/search",
    "/search?q=%E5%80%9F%E9%96%B1%E8%AD%89",
]
A_FILE = Bilingual("委託書", "Letter to sign")
HOSTILE = ["%00", "9999-99-99", "-1", "2026-11-23T00:00", "%F0%9F%98%80", "'", "a" * 500]


@pytest.fixture
def filled(city: City) -> City:
    """Return a city in which there is something to read on every page."""
    with city.database() as session:
        client = registry.get(session, "library")
        agency = client.organisation_id
        for code in ("library_card", "senior_card"):
            activations.open_service(
                session,
                agency,
                code,
                Bilingual("借閱證", "Library card"),
                sensitive=False,
                now=NOON,
            )
        working_days.set_days(session, "library_card", 5, organisation_id=agency)
        town.a_town(session, agency=client, services=frozenset({"library_card"}))
        service = activations.get_service(session, "library_card")
        people.confirmed(session, people.a_form(session, service))
        item = content.open_item(
            session,
            "library-card",
            ContentKind.SERVICE,
            organisation_id=agency,
            service_code="library_card",
            now=NOON,
        )
        people.confirmed(session, people.a_text_with_a_file(session, item, A_FILE))
        system = people.a_system(session, agency)
        people.confirmed(session, people.a_plan(session, system))
        people.granted(session, system)
        for condition, count in {populations.EVERYBODY: 9_000, '{"age_at_least":65}': 900}.items():
            offered.publish(session, condition, count)
        shop = make.a_shop(session, "good-day")
        rule = {"age_at_least": 65}
        offered.approved(session, shop, rule=rule, title=Bilingual("敬老九折", "Ten per cent off"))
    return city


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["zh-Hant-TW", "en"])
def test_a_page_is_everybodys_in_both_languages_and_leaves_no_trace(
    filled: City, path: str, language: str
) -> None:
    headers = {"Accept-Language": language}
    with statements(filled.sessions.kw["bind"]) as seen:
        response = filled.call(path, headers=headers)
    again = filled.call(path, headers=headers | {"If-None-Match": response.headers["ETag"]})

    assert response.status_code == 200
    assert f'<html lang="{language}">' in response.text
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == "public, no-cache"
    assert {"Accept-Language", "Cookie"} <= set(response.headers["Vary"].split(", "))
    assert (again.status_code, again.data) == (304, b"")
    assert all(each.startswith("SELECT") for each in seen)


def test_who_is_signed_in_reads_the_same_and_is_not_looked_up(filled: City) -> None:
    browser = Browser(filled)
    browser.sign_in()

    assert browser.get("/news").data == filled.call("/news").data


def test_the_language_is_chosen_without_a_token_and_kept(city: City) -> None:
    browser = Browser(city)

    chosen = browser.post("/language", {"language": "en", "next": "/news"})
    elsewhere = browser.post(
        "/language", {"language": "zh-Hant-TW"}, headers={"Origin": "https://attacker.invalid"}
    )

    assert (chosen.status_code, chosen.location) == (303, "/news")
    assert elsewhere.status_code == 403
    assert '<html lang="en">' in browser.get("/news").text


@pytest.mark.clause("6(4)")
def test_yesterdays_page_can_be_read_today(filled: City) -> None:
    before = filled.call("/news/library-card").text
    filled.now += DAY
    with filled.database() as session:
        item = content.public(session, "library-card", on=people.TODAY).item
        changed = Text(title=Bilingual("新", "New"), body=Bilingual("改了", "Changed"))
        row = people.a_text(session, item, changed, now=filled.now)
        publishing.approve(session, row, by=people.REVIEWER, now=filled.now)

    yesterday = filled.call("/news/library-card?on=2026-11-23").text

    assert "滿 7 歲就能辦。" in before
    assert "改了" in filled.call("/news/library-card").text
    assert "滿 7 歲就能辦。" in yesterday
    assert "改了" not in yesterday
    assert "這是 民國115年11月23日" in yesterday
    assert filled.call("/news/library-card?on=2026-11-22").status_code == 404


@pytest.mark.clause("6(4)")
def test_what_is_scheduled_is_not_read_before_its_day(filled: City) -> None:
    with filled.database() as session:
        agency = registry.get(session, "library").organisation_id
        item = people.an_item(session, agency, "later")
        later = Text(
            title=Bilingual("以後", "Later"),
            body=Bilingual("以後", "Later"),
            wanted_on=people.TODAY + DAY,
        )
        people.confirmed(session, people.a_text(session, item, later))

    assert filled.call("/news/later").status_code == 404
    assert filled.call("/news/later?on=2026-11-30").status_code == 404
    assert "以後" not in filled.call("/news?on=2999-01-01").text


@pytest.mark.clause("8(4)", "4-II")
def test_a_service_tells_days_documents_form_text_and_where(filled: City) -> None:
    page = filled.call("/services/library_card", headers=ENGLISH).text

    for fact in (
        "5 working days",
        "30 November 2026",
        "National identity card",
        "Household certificate",
        "Residence permit",
        "/forms/library_card",
        "/news/library-card",
        "/counters/daan",
    ):
        assert fact in page


@pytest.mark.clause("5(4)")
def test_a_form_says_of_each_field_why_it_is_asked(filled: City) -> None:
    page = filled.call("/forms/library_card").text

    for fact in ("持證姓名", "印在證上", "圖書館法第 9 條", "必填", "總館、稻香", people.NUMBER):
        assert fact in page


@pytest.mark.clause("6(4)", "2(8)4")
def test_only_offers_in_force_are_listed(filled: City) -> None:
    def listed(**changes: object) -> bool:
        with filled.database() as session:
            session.execute(update(Offer).values(approval_number="字第 2 號", **changes))
        return "敬老九折" in filled.call("/offers").text

    assert listed()
    assert not listed(halted_at=NOON)
    assert not listed(halted_at=None, valid_until=people.TODAY - DAY)
    with filled.database() as session:
        assert offers.in_force(session, on=people.TODAY + 1000 * DAY) == []


def test_the_files_of_personal_data_are_those_of_the_registry(filled: City) -> None:
    page = filled.call("/data-files").text

    for fact in ("臺北市立圖書館", "圖書館法", "辦理借閱證", "借閱證有效期間", "姓名"):
        assert fact in page
    assert "好日子咖啡" not in page  # merchants keep none by this law


@pytest.mark.clause("8(4)")
def test_a_typhoon_day_stands_on_the_page_at_once(filled: City) -> None:
    before = filled.call("/working-days").text
    with filled.database() as session:
        calendar.declare(session, people.TODAY, is_workday=False, note="颱風停班")
        calendar.declare(session, people.TODAY + 5 * DAY, is_workday=True, note="補班")
    after = filled.call("/working-days").text

    assert "今天是工作日" in before
    assert "今天不是工作日" in after
    assert "颱風停班" in after
    assert "補班" in after


def test_the_status_says_in_words_when_work_is_late(city: City) -> None:
    before = city.call("/status").text
    with city.database() as session:
        enqueue(session, "nobody.does", {}, now=NOON - timedelta(hours=1))

    assert "一切正常" in before
    assert "有部分延遲" in city.call("/status").text


# Search


def found(city: City, question: str, **headers: str) -> str:
    response = city.call("/search", query_string={"q": question}, headers=headers)
    assert response.status_code == 200
    return response.text.partition("<main")[2]


@pytest.mark.parametrize(
    ("question", "link"),
    [
        ("借閱證", "/services/library_card"),
        ("怎麼辦借閱證", "/services/library_card"),
        ("library CARD", "/services/library_card"),
        ("ｌｉｂｒａｒｙ", "/services/library_card"),
        ("台北市立圖書館", "/services/library_card"),
        ("滿 7 歲", "/news/library-card"),
        ("委託書", "/news/library-card#files"),
        ("letter to sign", "/news/library-card#files"),
        ("大安區", "/counters/daan"),
        ("敬老", "/offers"),
        ("附表", "/forms/library_card"),
        ("舊借閱證", "/sunset"),
        ("忘記密碼", "/recover"),
        ("lost card", "/lost"),
    ],
)
def test_what_is_public_is_found_in_either_language(filled: City, question: str, link: str) -> None:
    assert f'href="{link}"' in found(filled, question)


@pytest.mark.parametrize("question", ["", "   ", "\x00", "絕無此物", "zzzz", "%", "_", "' OR 1=1"])
def test_what_is_not_there_is_not_found(filled: City, question: str) -> None:
    assert 'href="/services/library_card"' not in found(filled, question)


@pytest.mark.parametrize("question", ["<script>", '"><b>', "a" * 5000, "😀"])
def test_a_question_is_only_words(filled: City, question: str) -> None:
    page = found(filled, question)

    assert "<script>" not in page
    assert "<b>" not in page


@pytest.mark.clause("6(4)")
def test_a_file_is_found_only_while_its_text_is_public(filled: City) -> None:
    with filled.database() as session:
        agency = registry.get(session, "library").organisation_id
        waiting = Bilingual("還沒公開的檔案", "Not yet public")
        people.a_text_with_a_file(session, people.an_item(session, agency, "later"), waiting)
    unknown = found(filled, "還沒公開的檔案")
    with filled.database() as session:
        last = people.TODAY
        approved = ContentVersion.effective_on.is_not(None)
        session.execute(update(ContentVersion).where(approved).values(valid_until=last))
    filled.wait(days=1)

    assert "#files" not in unknown
    assert "#files" not in found(filled, "委託書")


def test_what_names_it_comes_before_what_mentions_it(filled: City) -> None:
    page = found(filled, "借閱證")

    assert page.index("/services/library_card") < page.index(
        "/data-files" if "/data-files" in page else "</main"
    )


@pytest.mark.parametrize("value", HOSTILE)
def test_whatever_stands_in_the_address_is_never_our_mistake(filled: City, value: str) -> None:
    for path in (
        f"/news?on={value}",
        f"/news/{value}",
        f"/news/library-card?on={value}",
        f"/forms/{value}",
        f"/forms/library_card?on={value}",
        f"/services/{value}",
        f"/sunset?on={value}",
        f"/search?q={value}",
    ):
        assert filled.call(path).status_code in {200, 404}


def test_the_statements_do_not_grow_with_what_there_is(filled: City) -> None:
    def asked(path: str) -> int:
        with statements(filled.sessions.kw["bind"]) as seen:
            filled.call(path)
        return len(seen)

    paths = ("/news", "/forms", "/sunset", "/waivers", "/search?q=x", "/data-files", "/offers")
    asked(paths[0])  # what a process asks once in a while is asked
    before = [asked(path) for path in paths]
    with filled.database() as session:
        agency = registry.get(session, "library").organisation_id
        for number in range(3):
            item = people.an_item(session, agency, f"more-{number}")
            people.confirmed(session, people.a_text_with_a_file(session, item, A_FILE))
            system = people.a_system(session, agency)
            people.confirmed(session, people.a_plan(session, system))
            people.granted(session, system)
            code = f"service_{number}"
            activations.open_service(
                session, agency, code, Bilingual(code, code), sensitive=False, now=NOON
            )
            service = activations.get_service(session, code)
            people.confirmed(session, people.a_form(session, service))

    assert [asked(path) for path in paths] == before
