"""The page a member holds up at a till: the code, then privately what was answered."""

import re
import xml.etree.ElementTree as ET

import pytest
from sqlalchemy import select

from consent import till_codes
from consent.models import TillCode
from kernel.ids import new_id
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web.tills import ask, decide_always
from web.account_show import picture

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CODE = re.compile(r'<p class="code" translate="no">([2-9A-Z]{4}) ([2-9A-Z]{4})</p>')
SHOW = "/account/show"


@pytest.fixture
def mei(shop: City) -> Browser:
    browser = Browser(shop)
    browser.sign_in()
    return browser


def code_on(page: str) -> str | None:
    found = CODE.search(page)
    return None if found is None else "".join(found.groups())


def renew(browser: Browser) -> str:
    response = browser.post(SHOW, hidden(browser.get(SHOW)))
    assert (response.status_code, response.location) == (303, SHOW + "#till")
    code = code_on(browser.get(SHOW).text)
    assert code
    return code


def state(browser: Browser) -> str:
    told: dict[str, str] = browser.get(SHOW + "/state").get_json()
    return told["state"]


@one_database
def test_a_stranger_has_no_code_to_show(shop: City) -> None:
    browser = Browser(shop)

    assert browser.get(SHOW).location == "/account/login"
    assert browser.get(SHOW + "/state").location == "/account/login"
    assert browser.post(SHOW).status_code == 403


@one_database
def test_looking_at_the_page_makes_no_code(mei: Browser) -> None:
    page = mei.get(SHOW).text

    assert code_on(page) is None
    assert "顯示條碼" in page
    assert state(mei) == "none"


@one_database
def test_the_same_code_stays_until_it_ends(mei: Browser) -> None:
    code = renew(mei)
    mei.city.wait(seconds=59)

    assert code_on(mei.get(SHOW).text) == code
    assert state(mei) == "waiting"
    mei.city.wait(seconds=1)
    assert code_on(mei.get(SHOW).text) is None
    assert state(mei) == "over"
    assert "這個條碼過期了" in mei.get(SHOW).text


@one_database
def test_a_new_code_ends_the_one_before(mei: Browser) -> None:
    before, code = renew(mei), renew(mei)

    assert before != code
    assert ask(mei.city, before).status_code == 422
    assert ask(mei.city, code).status_code == 200


@pytest.mark.clause("10(4)")
@one_database
def test_the_code_holds_nothing_of_the_member(mei: Browser) -> None:
    code = renew(mei)

    page = mei.get(SHOW).text
    region = page[page.index('id="till"') : page.index("till-renew")]
    assert till_codes.read(code) == code
    for datum in ("mei.chen", "美玉", "1990", str(mei.city.member_id())):
        assert datum not in region


@one_database
def test_the_number_appears_only_once_the_code_was_read(mei: Browser) -> None:
    code = renew(mei)
    assert 'class="number"' not in mei.get(SHOW).text

    told = ask(mei.city, code).get_json()

    page = mei.get(SHOW).text
    assert state(mei) == "read"
    assert f'<b translate="no">{told["number"]}</b>' in page
    for words in (told["receipt"], "好日子咖啡", "敬老九折", "可以享用"):
        assert words in page
    assert code_on(page) is None


@pytest.mark.clause("10(4)")
@one_database
def test_the_pages_for_yes_and_no_are_equally_long(mei: Browser) -> None:
    ask(mei.city, renew(mei))
    yes = mei.get(SHOW)
    decide_always(mei.city, says=False)
    ask(mei.city, renew(mei))

    no = mei.get(SHOW)

    assert yes.text != no.text
    assert len(no.data) == len(yes.data)


@pytest.mark.clause("10-II")
@one_database
def test_a_no_is_explained_to_the_member_and_takes_nothing_away(mei: Browser) -> None:
    decide_always(mei.city, says=False)
    ask(mei.city, renew(mei))

    page = mei.get(SHOW).text

    assert "這裡無法確認" in page
    assert "不代表您沒有資格" in page
    assert "不受影響" in page
    assert "1999" in page


@one_database
def test_an_answer_is_shown_for_a_few_minutes(mei: Browser) -> None:
    ask(mei.city, renew(mei))
    mei.city.wait(minutes=12)

    page = mei.get(SHOW).text

    assert "可以享用" not in page
    assert state(mei) == "none"


@one_database
def test_the_last_answer_stays_at_hand_beside_a_new_code(mei: Browser) -> None:
    told = ask(mei.city, renew(mei)).get_json()

    renew(mei)

    page = mei.get(SHOW).text
    assert code_on(page)
    assert told["receipt"] in page
    assert "剛才的答案" in page


@one_database
def test_an_answer_still_reads_after_its_shop_has_gone(mei: Browser) -> None:
    code = renew(mei)
    ask(mei.city, code)
    with mei.city.database() as session:
        row = session.scalars(select(TillCode)).one()
        row.client_id, row.purpose_id = new_id(), new_id()

    assert mei.get(SHOW).text.count("已不在名冊上的單位") == 2


@pytest.mark.clause("10(4)")
@one_database
def test_the_footprint_says_it_in_words(mei: Browser) -> None:
    told = ask(mei.city, renew(mei)).get_json()

    page = mei.get("/account/footprint", {"kind": "data"}).text

    for words in ("讀了您出示的條碼，我們答：可以享用", "特約商店", "敬老九折", told["receipt"]):
        assert words in page
    decide_always(mei.city, says=False)
    ask(mei.city, renew(mei))
    mei.post("/language", {**hidden(mei.get(SHOW)), "language": "en"})
    english = mei.get("/account/footprint").text
    assert "Read the code you showed; our answer was: it cannot be confirmed here" in english


def test_the_picture_is_black_on_white_and_carries_no_style() -> None:
    drawn = ET.fromstring(picture("7GK2M4QP"))  # noqa: S314  # our own

    white, black = list(drawn)
    side = 21 + 2 * 4  # the smallest code there is, with its margin
    assert drawn.attrib["viewBox"] == f"0 0 {side} {side}"
    assert white.attrib == {"fill": "#fff", "d": f"M0 0h{side}v{side}h-{side}z"}
    assert black.attrib["stroke"] == "#000"
    assert not any("style" in each.attrib for each in drawn.iter())
