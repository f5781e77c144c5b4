"""The pages of a sign-in: whatever the browser does, it ends in a page that works."""

import pytest
from sqlalchemy import select, update

from audit.models import LedgerLine
from clients.models import Client
from consent.models import Consent, ConsentText, Decision, Receipt
from idp.models import Grant
from tests import make
from tests.flows.browser import Browser, answer, is_at_client
from tests.flows.provider import CALLBACK, City

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def events(city: City) -> list[str]:
    with city.database() as session:
        return list(session.scalars(select(LedgerLine.kind).order_by(LedgerLine.id)))


def test_five_tabs_all_reach_the_client(city: City) -> None:
    browser = Browser(city)
    pages = [browser.authorize(state=str(number)) for number in range(5)]

    first = browser.consent(browser.log_in(pages[0]))
    others = [browser.follow(browser.get(page.request.path)) for page in pages[1:]]

    assert answer(first)["state"] == "0"
    assert [answer(each)["state"] for each in others] == ["1", "2", "3", "4"]


def test_a_login_page_left_open_in_another_tab_still_works(city: City) -> None:
    browser = Browser(city)
    one, other = browser.authorize(), browser.authorize(state="other")
    browser.consent(browser.log_in(one))

    late = browser.log_in(other)

    assert answer(late)["state"] == "other"


@pytest.mark.parametrize("step", ["", "/login", "/consent", "/account"])
@one_database
def test_the_back_button_after_the_end_shows_a_page_with_a_way_to_start_again(
    city: City, step: str
) -> None:
    browser = Browser(city)
    page = browser.authorize()
    browser.consent(browser.log_in(page))
    path = page.request.path.removesuffix("/login")

    back = browser.get(path + step)
    again = browser.get(back.text.split('class="button" href="', 1)[1].split('"')[0])

    assert back.status_code == 410
    assert "已經完成" in back.text
    assert again.status_code in {303, 400}


def restart_link(text: str) -> str:
    link = text.split('class="button" href="', 1)[1].split('"', maxsplit=1)[0]
    return link.replace("&amp;", "&")


@one_database
def test_the_way_to_start_again_leads_back_to_the_client(city: City) -> None:
    browser = Browser(city)
    page = browser.authorize()
    browser.consent(browser.log_in(page))

    expired = browser.get(page.request.path)

    assert answer(browser.follow(browser.get(restart_link(expired.text))))["code"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_after_half_an_hour_a_page_says_so_and_helps_on(city: City, method: str) -> None:
    browser = Browser(city)
    page = browser.authorize()
    city.wait(minutes=30)

    late = browser.get(page.request.path) if method == "GET" else browser.log_in(page)

    assert late.status_code == 410
    assert "30 分鐘" in late.text
    assert browser.sign_in().location.startswith(CALLBACK)


def test_another_browser_with_the_address_finds_nothing(city: City) -> None:
    page = Browser(city).authorize()

    response = Browser(city).get(page.request.path)

    assert response.status_code == 404


@pytest.mark.clause("10(3)")
def test_a_page_one_member_read_is_not_answered_by_the_next_in_the_browser(city: City) -> None:
    city.enrol("lin", name="林大同")
    browser = Browser(city)
    page = browser.log_in(browser.authorize())  # mei reads it
    other = browser.follow(browser.submit(browser.authorize(prompt="select_account"), choice="x"))
    browser.log_in(other, "lin")

    answered = browser.consent(page)

    assert answered.status_code == 422
    assert "林○同" in answered.text
    with city.database() as session:
        assert session.scalars(select(Consent)).all() == []


def test_the_answer_goes_to_the_client_at_once(city: City) -> None:
    browser = Browser(city)
    page = browser.log_in(browser.authorize())

    sent = browser.submit(page, decision="allow", duration="90d")

    assert answer(sent)["code"]


def test_who_needs_no_consent_page_is_led_on_from_it(city: City) -> None:
    browser, again = Browser(city), Browser(city)
    browser.sign_in()

    sent = again.submit(again.authorize(), login_id="mei.chen", password=make.PASSWORD)

    assert sent.location.endswith("/consent")
    assert answer(again.get(sent.location))["code"]


def test_cancelling_returns_to_the_client_and_gives_nothing(city: City) -> None:
    browser = Browser(city)
    page = browser.authorize()

    response = browser.post(
        page.request.path.replace("/login", "/cancel"), {"csrf_token": csrf(page.text)}
    )

    assert answer(response)["error"] == "access_denied"
    again = browser.get(page.request.path)
    assert again.status_code == 410


def csrf(text: str) -> str:
    return text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


@pytest.mark.clause("10(3)")
def test_refusing_consent_returns_to_the_client_and_records_no_consent(city: City) -> None:
    browser = Browser(city)
    page = browser.log_in(browser.authorize())

    other_way = browser.consent(page, decision="deny")
    told = answer(browser.follow(browser.submit(other_way)))

    assert (told["error"], told["state"]) == ("access_denied", "the-state")
    with city.database() as session:
        assert session.scalars(select(Consent)).all() == []
        assert session.scalars(select(Grant)).all() == []
    assert "consent.refused" in events(city)


@pytest.mark.clause("10(3)")
@pytest.mark.parametrize("decision", ["", "yes", "ALLOW", "deny "])
@one_database
def test_only_the_word_allow_is_consent(city: City, decision: str) -> None:
    browser = Browser(city)
    page = browser.log_in(browser.authorize())

    response = browser.consent(page, decision=decision)

    assert not is_at_client(response)
    with city.database() as session:
        assert session.scalars(select(Consent)).all() == []


@pytest.mark.clause("10(3)")
def test_consent_is_recorded_claim_by_claim_with_the_words_that_were_shown(city: City) -> None:
    browser = Browser(city)
    page = browser.log_in(browser.authorize())

    browser.consent(page, "birthdate")

    with city.database() as session:
        decided = {each.claim: each.decision for each in session.scalars(select(Consent))}
        receipt = session.scalars(select(Receipt)).one()
        text = session.scalars(select(ConsentText.body)).one()
    assert decided == dict.fromkeys(("sub", "name", "birthdate"), Decision.GIVEN)
    assert (receipt.language, receipt.acr) == ("zh-Hant-TW", "urn:taipei-id:acr:1")
    assert "借閱證" in text
    assert "圖書館法" in text
    assert "陳美玉" not in text


def test_what_was_not_chosen_is_refused_and_not_asked_again(city: City) -> None:
    browser = Browser(city)
    browser.sign_in(share=())
    again = browser.authorize()

    with city.database() as session:
        refused = select(Consent.claim).where(Consent.decision == Decision.REFUSED)
        assert session.scalars(refused).all() == ["birthdate"]
    assert answer(again)["code"]


@one_database
def test_only_what_is_new_is_asked_and_what_was_agreed_is_shown(city: City) -> None:
    browser = Browser(city)
    browser.sign_in(share=("birthdate",))

    page = browser.authorize(scope="openid profile email")

    assert 'name="claim.email"' in page.text
    assert 'name="claim.birthdate"' not in page.text
    assert "先前的選擇照舊" in page.text


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"duration": ""}, "請選擇同意多久"),
        ({"duration": "10y"}, "請選擇同意多久"),
        ({"claim.birthdate": "maybe"}, "請選擇提供或不提供"),
    ],
)
@one_database
def test_a_form_filled_in_badly_is_shown_again(
    city: City, form: dict[str, str], complaint: str
) -> None:
    browser = Browser(city)
    page = browser.log_in(browser.authorize())

    response = browser.submit(page, **{"decision": "allow", "duration": "90d", **form})

    assert response.status_code == 422
    assert complaint in response.text


@pytest.mark.clause("10(3)")
@one_database
def test_a_claim_nobody_asked_about_cannot_be_slipped_in(city: City) -> None:
    browser = Browser(city)
    page = browser.log_in(browser.authorize())

    browser.consent(page, "email", "national_id")

    with city.database() as session:
        claims = set(session.scalars(select(Consent.claim)))
    assert claims == {"sub", "name", "birthdate"}


@one_database
def test_a_consent_for_this_time_only_is_asked_again_next_time(city: City) -> None:
    browser = Browser(city)
    assert is_at_client(browser.sign_in(duration="once"))

    page = browser.authorize()

    assert page.request.path.endswith("/consent")


@one_database
def test_steps_out_of_order_lead_to_the_step_that_is_due(city: City) -> None:
    browser = Browser(city)
    page = browser.authorize()
    path = page.request.path.removesuffix("/login")
    token = {"csrf_token": csrf(page.text)}

    early = browser.follow(browser.get(f"{path}/consent"))
    posted = browser.follow(browser.post(f"{path}/consent", {**token, "decision": "allow"}))
    browser.log_in(page)
    login_again = browser.follow(browser.submit(page, login_id="x", password="y"))

    assert early.request.path == posted.request.path == f"{path}/login"
    assert login_again.request.path == f"{path}/consent"


@one_database
def test_a_merchant_is_announced_as_one(city: City) -> None:
    offer = make.a_purpose_form(claims=[make.a_claim_form("name")])
    city.register("till", kind="merchant", sector="till.invalid", purposes=[offer])
    browser = Browser(city)

    page = browser.log_in(browser.authorize("till"))

    assert "這家店不是機關" in page.text


@one_database
def test_a_client_closed_meanwhile_is_a_page(city: City) -> None:
    browser = Browser(city)
    page = browser.authorize()
    with city.database() as session:
        session.execute(update(Client).values(disabled_at=city.now))
    city.wait(seconds=1)

    response = browser.get(page.request.path)

    assert (response.status_code, response.mimetype) == (400, "text/html")
