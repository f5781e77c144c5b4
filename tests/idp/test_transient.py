"""A merchant without identified consent meets a stranger each time (regulation 10(4))."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from idp.models import Subject
from idp.subjects import Subjects
from tests import make
from tests.flows.browser import Browser, answer, authorization, is_about_marketing
from tests.flows.provider import City, statements

pytestmark = pytest.mark.clause("10(4)")
ours = Subjects(b"k" * 32)
MEI, VISIT = UUID(int=1), UUID(int=2)


@pytest.fixture
def shop(city: City) -> City:
    claims = [make.a_claim_form("name"), make.a_claim_form("age_over_65")]
    offers = [make.a_purpose_form("senior", kind="offer", claims=claims)]
    for name in ("cafe", "bakery"):
        contract = make.a_contract_form(f"TP-{name}", ends_on="2027-12-31")
        form = make.a_shop_form(sector=f"{name}.invalid", purposes=offers, contract=contract)
        city.register(name, **form)
    return city


def silent(browser: Browser, client_id: str = "cafe", **changes: str) -> dict[str, str]:
    asking = authorization(client_id, prompt="none", **changes)
    return answer(browser.get("/authorize", asking))


def sub_of(city: City, tokens: dict[str, Any]) -> str:
    return str(city.opened(tokens["id_token"])["sub"])


@given(st.text(max_size=60))
def test_no_text_passes_for_a_name_of_a_visit(text: str) -> None:
    assert not ours.is_transient_of(text, MEI, "cafe", session_id=VISIT)


@given(st.uuids(), st.uuids())
def test_a_name_fits_only_its_member_sector_and_session(member: UUID, visit: UUID) -> None:
    name = ours.new_transient(member, "cafe", session_id=visit)

    assert len(name) == len(ours.of(member, "cafe"))
    assert ours.is_transient_of(name, member, "cafe", session_id=visit)
    assert not ours.is_transient_of(name, member, "bakery", session_id=visit)
    assert not ours.is_transient_of(name, MEI, "cafe", session_id=UUID(int=member.int ^ 1))
    assert not ours.is_transient_of(name, UUID(int=member.int ^ 1), "cafe", session_id=visit)


def test_every_grant_has_a_name_of_its_own_and_keeps_it(shop: City) -> None:
    browser = Browser(shop)
    first = browser.tokens("cafe", share=())
    second = shop.exchange(silent(browser)["code"], "cafe").get_json()
    other = browser.tokens("bakery", share=())

    assert len({sub_of(shop, each) for each in (first, second, other)}) == 3
    for tokens, client in ((first, "cafe"), (other, "bakery")):
        name = sub_of(shop, tokens)
        renewed = shop.refresh(tokens["refresh_token"], client).get_json()["access_token"]
        assert shop.userinfo(tokens["access_token"]).get_json() == {"sub": name}
        assert shop.userinfo(renewed).get_json()["sub"] == name
        assert shop.introspect(renewed, client).get_json()["sub"] == name


def test_a_yes_or_no_names_nobody(shop: City) -> None:
    browser = Browser(shop)
    first = browser.tokens("cafe", share=("age_over_65",))

    again = shop.exchange(silent(browser)["code"], "cafe").get_json()

    assert sub_of(shop, first) != sub_of(shop, again)
    assert names(shop) == []


def test_who_shares_a_name_is_known_again_at_this_merchant_only(shop: City) -> None:
    browser = Browser(shop)
    first = browser.tokens("cafe", share=("name",))
    again = shop.exchange(silent(browser)["code"], "cafe").get_json()
    other = browser.tokens("bakery", share=("name",))

    assert sub_of(shop, first) == sub_of(shop, again) != sub_of(shop, other)


@pytest.mark.clause("10(3)")
def test_who_gave_a_name_on_a_page_they_left_has_left_the_way_back_once_it_is_told(
    city: City,
) -> None:
    claims = [make.a_claim_form("name"), make.a_claim_form("marketing_allowed")]
    offers = [make.a_purpose_form("senior", kind="offer", claims=claims)]
    city.register("cafe", **make.a_shop_form(sector="cafe.invalid", purposes=offers))
    wish = {"claims": json.dumps({"userinfo": {"marketing_allowed": None}})}
    browser = Browser(city)
    page = browser.log_in(browser.authorize("cafe", **wish))
    page = browser.consent(browser.consent(page, "name"), "name")
    assert is_about_marketing(page)
    before = names(city)

    tokens = city.exchange(silent(browser)["code"], "cafe").get_json()

    assert before == []  # nobody was told a name: a notice must not be the first to bring it
    assert names(city) == [sub_of(city, tokens)]


def names(city: City) -> list[str]:
    """Return the names from which a way leads back to a member."""
    with city.database() as session:
        return list(session.scalars(select(Subject.sub)))


def test_a_name_from_this_visit_is_understood_as_a_hint(shop: City) -> None:
    browser = Browser(shop)
    tokens = browser.tokens("cafe", share=())

    assert "code" in silent(browser, id_token_hint=tokens["id_token"])


def test_a_name_from_another_visit_fits_nobody_not_even_the_same_member(shop: City) -> None:
    old = Browser(shop).tokens("cafe", share=())
    same, other = Browser(shop), Browser(shop)
    shop.enrol("lin")
    same.tokens("cafe", share=())
    other.tokens("cafe", share=(), login="lin")

    told = [silent(each, id_token_hint=old["id_token"]) for each in (same, other)]

    assert told[0]["error"] == "login_required"
    assert told[0] == told[1]


def test_a_stable_name_fits_nobody_once_the_consent_has_run_out(shop: City) -> None:
    browser = Browser(shop)
    tokens = browser.tokens("cafe", share=("name",), duration="90d")
    assert "code" in silent(browser, id_token_hint=tokens["id_token"])
    shop.wait(days=91)
    browser = Browser(shop)
    browser.tokens("cafe", share=())

    assert silent(browser, id_token_hint=tokens["id_token"])["error"] == "login_required"


def test_the_moment_of_the_login_is_told_only_to_who_asks(city: City) -> None:
    browser = Browser(city)
    quiet = browser.tokens()
    asking = city.exchange(silent(browser, "library", max_age="600")["code"]).get_json()

    assert "auth_time" not in city.opened(quiet["id_token"])
    assert "auth_time" not in city.introspect(quiet["access_token"]).get_json()
    assert city.opened(asking["id_token"])["auth_time"] == int(city.now.timestamp())
    assert "auth_time" in city.introspect(asking["access_token"]).get_json()


def test_a_stranger_costs_no_statement_more(shop: City, database: Any) -> None:
    browser = Browser(shop)
    browser.tokens("cafe", share=())
    browser.tokens("library")
    costs = []
    for client in ("cafe", "library"):
        silent(browser, client)
        with statements(database) as seen:
            silent(browser, client)
        costs.append(len(seen))

    assert costs[0] == costs[1]  # a name that stays was noted before
