"""Every page of the provider and of the demo's sites, each with the way to get there."""

import base64
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TypeAlias
from uuid import UUID

from playwright.sync_api import Page, Route
from sqlalchemy import select, update

from carriers.models import Suspension
from clients import logos, officers, registry
from clients.models import Client, Review
from clients.officer_models import Role
from counters import card_orders, staff, training
from counters import register as counters
from counters.card_order_models import CardOrder, Delivery, Stage
from idp import acr, organisation_notices
from idp.models import Grant
from kernel import clock
from kernel.errors import Refused
from kernel.ids import new_id
from members import identity_checks, recovery, register
from members.models import CheckKind, Member
from tests import make
from tests.counters import town
from tests.journeys import (
    applying,
    desk_scenes,
    eligibility_scenes,
    import_scenes,
    orgs_scenes,
    publication_scenes,
    recovering,
    sandbox_scenes,
    staffing,
    watch_scenes,
)
from tests.journeys.chromium import LOCALES
from tests.journeys.city import CAFE, LIBRARY, City
from tests.journeys.staffing import AUDITOR, CHIEF, OFFICER
from tests.live.server import KEYRING
from web.models import BrowserSession

STRANGER, NEWCOMER, REGULAR = "stranger", "newcomer", "regular"
CHILD = "2016-05-05"
CARRYING, UNLUCKY = "carrying", "unlucky"  # have passkeys; had one
STRONGEST = json.dumps(
    {"id_token": {"acr": {"essential": True, "values": ["urn:taipei-id:acr:3"]}}}
)
# A square of one colour, as small as pictures get.
PICTURE = logos.Picture(
    "image/png",
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    ),
)
STRONG = json.dumps({"id_token": {"acr": {"essential": True, "values": ["urn:taipei-id:acr:2"]}}})


@dataclass(frozen=True)
class Scene:
    """A page in a certain state: who is there, and how they got there."""

    who: str
    enter: Callable[[Page, City], None]
    complains: bool = False  # the browser does, of what the scene provokes
    moves: bool = False  # it asks the server again and again by itself


Scenes: TypeAlias = dict[str, Scene]


def _check_a_request(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/developers/debugger")
    page.locator("#request").fill(city.request(scope="profile", max_age="soon"))
    page.locator("#check").click()
    page.locator("#verdicts").wait_for()


def _log_in_to_what_is_tried_out(page: Page, city: City) -> None:
    client_id, address = f"trial-{next(_NUMBERS)}", f"{city.library}/callback"
    site = "https://museum.invalid"
    city.provider.register(
        client_id, redirect_uris=[address], policy_uri=f"{site}/policy", tos_uri=f"{site}/terms"
    )
    with city.provider.database() as session:
        client = registry.get(session, client_id)
        client.review, client.logo = Review.SANDBOX, logos.keep(session, PICTURE)
    _go(page, city.request(client_id, scope="openid"))


def _at(path: str) -> Callable[[Page, City], None]:
    return lambda page, city: _go(page, city.provider.issuer + path)


def _go(page: Page, url: str) -> None:
    page.goto(url)


def log_in(page: Page, login: str, password: str = make.PASSWORD) -> None:
    page.locator("#login_id").fill(login)
    page.locator("#password").fill(password)
    page.locator("#submit_login").click()


def _fail_to_log_in(page: Page, city: City) -> None:
    _go(page, city.request())
    log_in(page, "nobody.at.all", "wrong")
    page.locator("#login_id-error").wait_for()


def _be_locked_out(page: Page, city: City) -> None:
    _go(page, city.request())
    city.provider.lock("locked.out")
    log_in(page, "locked.out", "wrong")
    page.locator("#login_id-error").wait_for()


def _consent_without_a_duration(page: Page, city: City) -> None:
    _go(page, city.request())
    page.locator("input[name=duration]").first.evaluate("first => first.value = 'for ever'")
    page.locator("input[name=duration]").first.check()
    page.locator("#consent_allow").click()
    page.locator("[aria-invalid], .error, [role=alert]").first.wait_for()


def _consent_to_more(page: Page, city: City) -> None:
    _go(page, city.request(scope="openid profile"))
    if page.locator("#consent_allow").count():
        page.locator("#consent_allow").click()
        page.wait_for_url(f"{city.library}/**")
    _go(page, city.request())


def _answered_by_a_form(page: Page, city: City) -> None:
    """See the page that a script would send on at once."""
    page.route(
        "**/form_post.js",
        lambda route: route.fulfill(content_type="text/javascript", body=""),
    )
    _go(page, city.request(response_mode="form_post", prompt="none", scope="profile"))
    page.locator("#form_post_continue").wait_for()


def _come_back_too_late(page: Page, city: City) -> None:
    _go(page, city.request())
    city.provider.expire_interactions()
    page.reload()


def _come_back_after_the_end(page: Page, city: City) -> None:
    _go(page, city.request())
    waiting = page.url
    page.locator("#cancel_login").click()
    page.wait_for_url(f"{city.library}/**")
    _go(page, waiting)


def _report_without_a_date(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/lost")
    page.locator("#login_id").fill("somebody")
    page.locator("#submit_lost").click()
    page.locator("#birthdate-error").wait_for()


def _recover_a_wrong_number(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/recover/account")
    page.locator("#number").fill("A123456780")
    page.locator("#submit_recover").click()
    page.locator("#number-error").wait_for()


def _see_the_account(page: Page, city: City) -> None:
    _enrol(city, "forgetful", name="陳美玉")
    recovering.see_the_account(page, city, "forgetful")


def _choose_a_password(page: Page, city: City) -> None:
    if _enrol(city, "forgetful.carrier", name="陳美玉"):
        city.provider.bind("forgetful.carrier", "我的手機")
    recovering.prove(page, city, "forgetful.carrier")


def _come_by_mail_alone(page: Page, city: City) -> None:
    """See what is refused to a password that a mailbox alone gave."""
    login = f"mailed.{next(_NUMBERS)}"
    _enrol(city, login, name="陳美玉")
    with city.provider.database() as session:
        until = clock.now() + recovery.RESTRICTED_FOR
        session.execute(update(Member).where(Member.login == login).values(restricted_until=until))
    _log_in_to_the_account(page, city, login)
    _go(page, f"{city.provider.issuer}/account/carriers/new")


def _help_a_ward(page: Page, city: City) -> None:
    guardian, ward = f"helping.{next(_NUMBERS)}", f"helped.{next(_NUMBERS)}"
    _enrol(city, guardian, name="陳美玉")
    _enrol(city, ward, name="陳小明", birthdate=CHILD)
    city.provider.link(ward, guardian, birthdate=CHILD)
    _log_in_to_the_account(page, city, guardian)
    _go(page, f"{city.provider.issuer}/account/guardians")
    page.locator("a[href^='/account/guardians/for/']").click()
    page.locator("main .links a[href$='/password']").click()
    page.locator("#give_slip").click()
    page.locator("#slip").wait_for()


def _mistype_a_phone(page: Page, city: City) -> None:
    _confirmed("/account/personal/contact")(page, city)
    page.locator("#phone_number").fill("call me")
    page.locator("#submit_contact").click()
    page.locator("#phone_number-error").wait_for()


def _give_a_new_mailbox(page: Page, city: City) -> None:
    _confirmed("/account/personal/contact")(page, city)
    page.locator("#email").fill("mei@new.invalid")
    page.locator("#submit_contact").click()
    page.locator("#code").fill("2345 6789")
    page.locator("#submit_code").click()
    page.locator("#code-error").wait_for()


def _ask_for_a_name(page: Page, city: City) -> None:
    _confirmed("/account/personal/change")(page, city)
    if not page.locator("#asked-1").count():
        page.locator("#field").check()
        page.locator("#wanted").fill("陳美美")
        page.locator("#submit_change").click()
    page.locator("#asked-1").wait_for()


def _see_what_was_before(page: Page, city: City) -> None:
    _confirmed("/account/personal/contact")(page, city)
    page.locator("#phone_number").fill(f"09{next(_NUMBERS):08}")
    page.locator("#submit_contact").click()
    page.wait_for_url("**/account/personal?done=saved")
    _confirmed("/account/personal/history")(page, city)


def _mistype_the_new_password(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/account/password")
    page.locator("#current_password").fill(make.PASSWORD)
    page.locator("#new_password").fill("one new password")
    page.locator("#repeat_password").fill("another new password")
    page.locator("#submit_password").click()
    page.locator("#repeat_password-error").wait_for()


def _about_to_withdraw(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/account/consents")
    page.locator("a[href$='/withdraw']").first.click()
    page.locator("#withdraw_yes").wait_for()


def _leaving_at_once(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/account/close")
    if page.locator("#cancel_deletion").count():
        return
    _go(page, f"{city.provider.issuer}/account/delete/confirm")
    _confirm(page)
    page.locator("#typed").fill("DELETE")
    page.locator("#delete_yes").click()
    page.locator("#cancel_deletion").wait_for()


def _leaving_without_the_word(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/account/delete/confirm")
    _confirm(page)
    page.locator("#delete_yes").click()
    page.locator("#typed-error").wait_for()


def _confirm(page: Page) -> None:
    """Give the password again, if the page asks for it."""
    if page.locator("#submit_confirm").count():
        page.locator("#password").fill(make.PASSWORD)
        page.locator("#submit_confirm").click()


def _then_at(path: str, first: Callable[[Page, City], None]) -> Callable[[Page, City], None]:
    def enter(page: Page, city: City) -> None:
        first(page, city)
        _go(page, f"{city.provider.issuer}{path}")

    return enter


def _looking_up_a_deletion(page: Page, city: City) -> None:
    _leaving_at_once(page, city)
    page.locator("a[href^='/deletions/']").click()
    page.locator("h1").wait_for()


def _waiting_for_a_download(page: Page, city: City) -> None:
    _confirmed("/account/download")(page, city)
    if page.locator("#submit_download").count():
        page.locator("#submit_download").click()
    page.locator("#archive-1").wait_for()


def _resume_wrongly(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/resume")
    page.locator("#login_id").fill("nobody.at.all")
    page.locator("#password").fill("wrong")
    page.locator("#submit_resume").click()
    page.locator("#login_id-error").wait_for()


def _asking_without_words(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/account/requests/new?kind=petition")
    page.locator("#submit_request").click()
    page.locator("#words-error").wait_for()


def _asking_about_a_line(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/account/footprint")
    page.locator("a[href*='kind=delete']").first.click()
    page.locator("#submit_request").wait_for()


def _following_a_request(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/account/requests")
    if not page.locator("code").count():
        _go(page, f"{city.provider.issuer}/account/requests/new?kind=inquire")
        page.locator("#submit_request").click()
    else:
        page.locator("ul.rows a:has-text('')").first.click()
    page.locator("#withdraw_request").wait_for()


def _confirmed(path: str) -> Callable[[Page, City], None]:
    """Go to a page that asks first who is there, and say so by password."""

    def confirm(page: Page, city: City) -> None:
        _go(page, f"{city.provider.issuer}{path}")
        if page.locator("#submit_confirm").count():
            page.locator("#password").fill(make.PASSWORD)
            page.locator("#submit_confirm").click()
            page.wait_for_url(f"**{path}")

    return confirm


def _about_to_remove_a_carrier(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/account/carriers")
    path = page.locator(".carrier a[href$='/remove']").first.get_attribute("href")
    _confirmed(str(path))(page, city)


def _to_the_card(page: Page, city: City, kind: str = "card", claims: str = STRONG) -> None:
    _go(page, city.request(claims=claims))
    page.locator(f"a[href$='/{kind}']").click()
    page.locator("#submit_card").wait_for()


def _program_says(page: Page, city: City, **answers: object) -> None:
    """Press the button beside a program that pairs, and then answers like this."""
    said = {"pair": {"key": "k", "prompt": "window"}, **answers}

    def answer(route: Route) -> None:
        found = said.get(route.request.url.rpartition("/")[2])
        if found is not None:  # else it keeps the page waiting
            route.fulfill(json=found, headers={"Access-Control-Allow-Origin": "*"})

    page.route(f"http://127.0.0.1:{city.card_program}/v1/*", answer)
    _go(page, f"{city.provider.issuer}/account/login/chip-card")
    page.locator("#submit_card").click()


ONE_CARD = {"readers": [{"name": "Reader", "state": "card", "atr": ""}], "mark": "m"}
NO_CARD = {"readers": [{"name": "Reader", "state": "empty", "atr": ""}], "mark": "m"}
TWO_CARDS = {"readers": [{"name": f"Reader {n}", "state": "card"} for n in (1, 2)], "mark": "m"}


def _mistype_the_pin(page: Page, city: City, *, left: int) -> None:
    wrong = {"error": "pin_incorrect", "tries_left": left}
    _program_says(page, city, status=ONE_CARD, authenticate=wrong)
    page.locator("[data-trouble=pin_incorrect]").wait_for()


def _asked_for_the_pin(page: Page, city: City) -> None:
    _program_says(page, city, status=ONE_CARD)
    page.locator("[data-state=working]").wait_for()


def _without_a_card(page: Page, city: City) -> None:
    _program_says(page, city, status=NO_CARD)
    page.locator("[data-state=no_card]").wait_for()


def _with_a_new_card(page: Page, city: City) -> None:
    """Let the member who is signed in have collected a card."""
    _go(page, f"{city.provider.issuer}/account/carriers")
    language = page.locator("html").get_attribute("lang") or ""
    with city.provider.database() as session:
        member = register.find_by_login(session, f"{REGULAR}.{LOCALES[language]}")
        agency = session.scalars(select(Client).order_by(Client.id)).first()
        assert member
        assert agency
        if not card_orders.open_of(session, member.id):
            counter = town.a_counter(session, agency, code=f"cards-{LOCALES[language].lower()}")
            session.add(_collected(member.id, counter.id))
    _go(page, f"{city.provider.issuer}/account/card-orders")


def _collected(member_id: UUID, counter_id: UUID) -> CardOrder:
    return CardOrder(
        id=new_id(),
        member_id=member_id,
        counter_id=counter_id,
        kind="taipei-card",
        delivery=Delivery.COUNTER,
        stage=Stage.COLLECTED,
        ordered_at=clock.now(),
        ordered_by=new_id(),
        moved_at=clock.now(),
        tries_left=5,
    )


def _without_a_reader(page: Page, city: City) -> None:
    _program_says(page, city, status={"readers": [], "mark": "m"})
    page.locator("[data-state=no_reader]").wait_for()


def _without_a_card_service(page: Page, city: City) -> None:
    _program_says(page, city, status={"error": "pcsc_unavailable"})
    page.locator("[data-trouble=pcsc_unavailable]").wait_for()


def _signing_by_the_page(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/account/login/certificate")
    page.locator("summary", has_text="HiPKI").click()
    page.locator("#page_signs").click()
    page.locator("[data-trouble=pin_wanted]").wait_for()


def _with_two_cards(page: Page, city: City) -> None:
    _program_says(page, city, status=TWO_CARDS)
    page.locator("[data-trouble=several_cards]").wait_for()


def _without_a_card_program(page: Page, city: City) -> None:
    page.route(re.compile(r"^http://127\.0\.0\.1:\d+/v1/"), lambda route: route.abort())
    _go(page, f"{city.provider.issuer}/account/login/chip-card")
    page.locator("#submit_card").click()
    page.locator("[data-trouble=no_program]").wait_for()


def _remembered_by_passkey(page: Page, city: City) -> None:
    page.context.add_cookies(
        [{"name": "taipei-id-method", "value": "passkey", "url": city.provider.issuer}]
    )
    _go(page, city.request())


def _asked_to_leave_by_the_library(page: Page, city: City) -> None:
    _go(page, f"{city.library}/card")
    page.locator("form[action='/logout'] button").click()
    page.locator("#logout_yes").wait_for()


def _leaving_services(page: Page, city: City) -> None:
    """See the page that tells services in frames; it would go on by itself."""
    with suppress(Refused):
        city.provider.register(
            "framed",
            sector="framed.invalid",
            redirect_uris=[f"{city.library}/callback"],
            frontchannel_logout_uri=f"{city.library}/framed",
        )
    _enrol(city, "framed.member", name="陳美玉")
    page.route("**/leaving_services.js", lambda route: route.fulfill(body=""))
    page.route(f"{city.library}/framed*", lambda route: route.fulfill(body=""))
    page.route(f"{city.library}/callback*", lambda route: route.fulfill(body="arrived"))
    _go(page, city.request("framed", prompt="consent", scope="openid profile"))
    log_in(page, "framed.member")
    page.locator("#consent_allow").click()
    page.wait_for_url(f"{city.library}/**")
    with city.provider.database() as session:  # the service has fetched its tokens
        session.execute(update(Grant).values(code_used_at=clock.now()))
    _go(page, f"{city.provider.issuer}/logout")
    page.locator("#logout_yes").click()
    page.locator("#logout_continue").wait_for()


def _be_checked(city: City) -> None:
    """Let a counter have held somebody's data against an identity card."""
    if not _enrol(city, "checked.member", name="陳美玉", birthdate="1990-04-01"):
        return
    with city.provider.database() as session:
        member = register.find_by_login(session, "checked.member")
        if member is not None:
            identity_checks.record(
                session,
                member.id,
                kind=CheckKind.DOCUMENT,
                of_type="idcard",
                method="vpip",
                office="示範區公所",
                names=["name", "birthdate"],
                held=register.claims_of(member, keyring=KEYRING),
                keyring=KEYRING,
                now=clock.now(),
            )


def _see_how_data_were_checked(page: Page, city: City) -> None:
    _be_checked(city)
    _log_in_to_the_account(page, city, "checked.member")
    _go(page, f"{city.provider.issuer}/account/personal")


def _consent_to_verified_claims(page: Page, city: City) -> None:
    _be_checked(city)
    wanted = {"verification": {"trust_framework": None}, "claims": {"name": None}}
    _go(
        page,
        city.request(
            "taipei-sports",
            redirect_uri=f"{city.library}/sports/callback",
            scope="openid",
            claims=json.dumps({"userinfo": {"verified_claims": wanted}}),
        ),
    )
    log_in(page, "checked.member")
    page.locator("#consent_allow").wait_for()


def _show_a_code(page: Page, city: City) -> None:
    _go(page, f"{city.provider.issuer}/account/show")
    page.locator("#till-new").click()
    page.locator(".paper svg").wait_for()


def _told(page: Page, city: City, *, eligible: bool) -> None:
    _show_a_code(page, city)
    city.provider.answer_codes(eligible=eligible)
    page.locator(".verdict").wait_for()


def _let_a_code_end(page: Page, city: City) -> None:
    _show_a_code(page, city)
    page.route("**/account/show/state", lambda route: route.abort())
    city.provider.end_codes()
    page.reload()
    page.locator("[data-state=over]").wait_for()


def _scan_a_wrong_code(page: Page, city: City) -> None:
    _go(page, f"{city.cafe}/till")
    page.locator("#code").fill("7gk2 m4qp")
    page.keyboard.press("Enter")
    page.locator(".result.again").wait_for()


def _refuse_at(site: str) -> Callable[[Page, City], None]:
    def refuse(page: Page, city: City) -> None:
        _go(page, f"{getattr(city, site)}/login")
        page.locator("#cancel_login").click()
        page.wait_for_url(f"{getattr(city, site)}/callback*")

    return refuse


def _asked_who_they_are(page: Page, city: City) -> None:
    """Answer a merchant's first page, and ask to see the second."""
    asking = json.dumps({"userinfo": {"offer_eligible": None, "marketing_allowed": None}})
    _go(page, city.request(CAFE, prompt="consent", claims=asking))
    see_the_second_page(page)


def see_the_second_page(page: Page) -> None:
    """Agree to a merchant's first page, and go to the one about what identifies."""
    page.locator("#consent_allow").wait_for()
    if page.locator("input[name=part][value=identified]").count():
        return  # the first was answered in an earlier scene
    if page.locator("#more-yes").count():
        page.locator("#more-yes").check()
    page.locator("#consent_allow").click()
    page.locator("input[name=part][value=identified]").wait_for(state="attached")


def _asked_for_marketing(page: Page, city: City) -> None:
    _asked_who_they_are(page, city)
    share_the_name(page)
    page.locator("#consent_allow").click()
    page.locator("input[name=part][value=marketing]").wait_for(state="attached")


def _allowed_marketing(page: Page, city: City) -> None:
    _asked_for_marketing(page, city)
    page.locator("#consent_allow").click()
    page.wait_for_url(f"{city.cafe}/**")
    _go(page, f"{city.provider.issuer}/account/consents")


def _ask_a_guardian(page: Page, city: City) -> None:
    """Be a child with a parent, and ask to give the café name and mail address."""
    _family(city)
    _go(page, city.request(CAFE, prompt="login"))
    log_in(page, "scene.child")
    page.locator("#consent_allow, #check_again").first.wait_for()
    if page.locator("#consent_allow").count():
        see_the_second_page(page)
        share_the_name(page)
        page.locator("#consent_allow").click()
    page.locator("#check_again").wait_for()


def share_the_name(page: Page) -> None:
    """Choose on the consent page to give the name."""
    page.locator("input[name='claim.name'][value=share]").check()


def _answer_a_child(page: Page, city: City) -> None:
    _ask_a_guardian(page, city)
    page.context.clear_cookies()
    _go(page, f"{city.provider.issuer}/account/login")
    log_in(page, "scene.parent")
    page.wait_for_url("**/account")
    _go(page, f"{city.provider.issuer}/account/guardians")
    page.locator("main a[href*='/account/guardians/']").first.click()
    page.locator("#guardian_allow").wait_for()


def _keep_a_receipt_with_two_names(page: Page, city: City) -> None:
    """Be a child whose parent agreed, and read the receipt."""
    name = f"receipt{next(_NUMBERS)}"
    _family(city, name)
    _go(page, city.request(CAFE, prompt="login"))
    log_in(page, f"{name}.child")
    page.wait_for_url("**/interaction/**")
    see_the_second_page(page)
    share_the_name(page)
    page.locator("#consent_allow").click()
    page.locator("#check_again").wait_for()
    _agree_as(page, city, f"{name}.parent")
    _go(page, f"{city.provider.issuer}/account/consents")
    page.locator("a[href*='/receipts/']").first.click()
    page.locator("#download_receipt").wait_for()


def _agree_as(page: Page, city: City, login: str) -> None:
    """Let a parent say yes in a browser of their own."""
    parent = page.context.browser.new_page() if page.context.browser else page
    _log_in_to_the_account(parent, city, login)
    parent.locator("main a[href*='/account/guardians/']").first.click()
    share_the_name(parent)
    parent.locator("#guardian_allow").click()
    parent.wait_for_url("**/account/guardians?*")
    parent.close()


def _show_a_phone_code(page: Page, city: City) -> None:
    _go(page, city.request(prompt="login"))
    page.locator("form[action$='/phone'] button").click()
    page.locator("#phone_number").wait_for()


def _answered_by_phone(page: Page, city: City, *, approved: bool) -> None:
    _show_a_phone_code(page, city)
    city.provider.answer_phone_codes(approved=approved)
    page.locator("#phone_go_on" if approved else "#phone .notice.bad").wait_for()


def _let_a_phone_code_end(page: Page, city: City) -> None:
    _show_a_phone_code(page, city)
    city.provider.end_phone_codes()
    page.reload()
    page.locator("[data-state=over]").wait_for()


def _scan_with_a_phone(page: Page, city: City, *, wanted: str = "") -> None:
    _confirmed("/phone")(page, city)
    code = city.provider.show_phone_code(wanted=wanted)
    _go(page, f"{city.provider.issuer}/phone?code={code}")
    page.locator("#phone_stop").wait_for()


def _take_a_kiosk_code(page: Page, city: City) -> str:
    _go(page, f"{city.library}/kiosk")
    page.locator("#kiosk_begin").click()
    page.locator(".qr svg").wait_for()
    return page.locator("#kiosk_code").inner_text()


def _show_a_kiosk_code(page: Page, city: City) -> None:
    _take_a_kiosk_code(page, city)


def _ask_a_kiosk_too_early(page: Page, city: City) -> None:
    _take_a_kiosk_code(page, city)
    page.locator("#kiosk_look").click()
    page.locator("[role=status]").wait_for()


def _scan_at_a_kiosk(page: Page, city: City) -> None:
    code = _take_a_kiosk_code(page, city)
    _go(page, f"{city.provider.issuer}/device?code={code.replace('-', '')}")
    page.locator("#device_continue").wait_for()


def _asked_at_a_counter(page: Page, city: City) -> None:
    login = f"counter.{next(_NUMBERS)}"
    city.provider.enrol(login, name="陳美玉")
    _log_in_to_the_account(page, city, login)
    city.provider.ask_at_counter(login, client_id=LIBRARY)
    page.reload()
    page.locator("main a[href*='/account/asked/']").wait_for()


def _looking_at_what_a_counter_asks(page: Page, city: City) -> None:
    _asked_at_a_counter(page, city)
    page.locator("main a[href*='/account/asked/']").click()
    page.locator("#asked_approve").wait_for()


def _consent_for_a_kiosk(page: Page, city: City) -> None:
    _scan_at_a_kiosk(page, city)
    page.locator("#device_continue").click()
    page.locator("#consent_allow").wait_for()


def _family(city: City, name: str = "scene") -> None:
    try:
        city.provider.enrol(f"{name}.child", name="陳安安", birthdate=CHILD)
        city.provider.enrol(f"{name}.parent", name="陳美玉")
        city.provider.link(f"{name}.child", f"{name}.parent", birthdate=CHILD)
    except Refused:
        pass  # an earlier scene put them on record


def _no_of_a_parent(page: Page, city: City) -> None:
    """Ask, be told no, and see it."""
    _family(city, "refused")
    _go(page, city.request(CAFE, prompt="login"))
    log_in(page, "refused.child")
    page.wait_for_url("**/interaction/**")
    see_the_second_page(page)
    share_the_name(page)
    page.locator("#consent_allow").click()
    page.locator("#check_again, #give_less").first.wait_for()
    if not page.locator("#check_again").count():
        page.locator("#give_less").wait_for()
        return  # it was told no in an earlier scene
    waiting = page.url
    parent = page.context.browser.new_page() if page.context.browser else page
    _go(parent, f"{city.provider.issuer}/account/login")
    log_in(parent, "refused.parent")
    parent.wait_for_url("**/account")
    parent.locator("main a[href*='/account/guardians/']").first.click()
    parent.locator("#guardian_deny").click()
    parent.wait_for_url("**/account/guardians?*")
    parent.close()
    _go(page, waiting)
    page.locator("#give_less").wait_for()


def _ask_nobody(page: Page, city: City) -> None:
    """Be a child without a guardian, at the café."""
    _enrol(city, "lonely.child", name="陳安安", birthdate=CHILD)
    _share_at_the_cafe(page, city, "lonely.child")


def _be_of_unknown_age(page: Page, city: City) -> None:
    _enrol(city, "unknown.age", name="陳不知", birthdate=None)
    _share_at_the_cafe(page, city, "unknown.age")


def _share_at_the_cafe(page: Page, city: City, login: str) -> None:
    _go(page, city.request(CAFE, prompt="login"))
    log_in(page, login)
    page.wait_for_url("**/interaction/**")
    see_the_second_page(page)
    share_the_name(page)
    page.locator("#consent_allow").click()
    page.locator("#leave").wait_for()


def _be_under_guardianship(page: Page, city: City) -> None:
    if _enrol(city, "guarded.member", name="鄭阿媽"):
        city.provider.declare("guarded.member")
    _go(page, city.request(prompt="login"))
    log_in(page, "guarded.member")
    page.locator("#ask_guardian").wait_for()


def _enrol(city: City, login: str, **claims: str | None) -> bool:
    """Put somebody on record; False if an earlier scene did."""
    try:
        city.provider.enrol(login, **claims)
    except Refused:
        return False
    return True


def _let_a_proxy_in(city: City, name: str) -> UUID | None:
    """Put a grandmother and her proxy on record; None if an earlier scene did."""
    if not _enrol(city, f"{name}.elder", name="鄭阿媽"):
        return None
    city.provider.enrol(f"{name}.proxy", name="王大明")
    return city.provider.empower(f"{name}.elder", f"{name}.proxy")


def _consent_with_a_proxy(page: Page, city: City, name: str = "helped") -> None:
    _let_a_proxy_in(city, name)
    _go(page, city.request(CAFE, prompt="login"))
    log_in(page, f"{name}.elder")
    page.locator("#ask_proxy, #stop_waiting").wait_for()


def _decide_for_an_elder(page: Page, city: City) -> None:
    _consent_with_a_proxy(page, city, "asking")
    if page.locator("#ask_proxy").count():  # no earlier scene asked
        page.locator("#ask_proxy").click()
        page.locator("#stop_waiting").wait_for()
    page.context.clear_cookies()
    _log_in_to_the_account(page, city, "asking.proxy")
    page.locator("main a[href*='/account/guardians/']").first.click()
    page.locator("#guardian_allow").wait_for()


def _log_in_to_the_account(page: Page, city: City, login: str) -> None:
    _go(page, f"{city.provider.issuer}/account/login")
    log_in(page, login)
    page.wait_for_url("**/account")


def _act_for_an_elder(page: Page, city: City) -> None:
    if _let_a_proxy_in(city, "acted"):
        _go(page, city.request(prompt="login"))
        log_in(page, "acted.elder")
        page.locator("#consent_allow").click()
        page.wait_for_url(f"{city.library}/**")
        page.context.clear_cookies()
    _log_in_to_the_account(page, city, "acted.proxy")
    _go(page, f"{city.provider.issuer}/account/guardians")
    page.locator("main a[href*='/guardians/for/']").first.click()
    page.locator("a[href*='/consents/']").first.wait_for()


def _withdraw_for_an_elder(page: Page, city: City) -> None:
    _act_for_an_elder(page, city)
    page.locator("a[href*='/consents/']").first.click()
    page.locator("#withdraw_yes").wait_for()


def _ask_for_an_elder(page: Page, city: City) -> None:
    _act_for_an_elder(page, city)
    page.locator("a[href$='/requests'].button").click()
    page.locator("a[href*='/requests/new']").first.wait_for()


def _ask_for_an_elder_in_words(page: Page, city: City) -> None:
    _ask_for_an_elder(page, city)
    page.locator("a[href*='kind=petition']").click()
    page.locator("#submit_request").wait_for()


def _follow_an_elders_request(page: Page, city: City) -> None:
    _ask_for_an_elder(page, city)
    if page.locator("code").count():
        page.locator("section[aria-labelledby=made] a").first.click()
    else:
        page.locator("a[href*='kind=inquire']").click()
        page.locator("#submit_request").click()
    page.locator("dl code").wait_for()


def _about_to_read_an_elders_footprint(page: Page, city: City) -> None:
    _act_for_an_elder(page, city)
    page.locator("a[href$='/footprint'].button").click()
    page.locator("#read_yes").wait_for()


def _read_an_elders_footprint(page: Page, city: City) -> None:
    _about_to_read_an_elders_footprint(page, city)
    page.locator("#read_yes").click()
    page.locator("ul.rows").first.wait_for()


def _with_a_proxy(page: Page, city: City) -> None:
    _let_a_proxy_in(city, "listed")
    _log_in_to_the_account(page, city, "listed.elder")
    _go(page, f"{city.provider.issuer}/account/guardians")


def _not_me(page: Page, city: City) -> None:
    power_id = _let_a_proxy_in(city, f"disowned{next(_NUMBERS)}")
    assert power_id is not None
    _go(page, city.provider.issuer + city.provider.warn(power_id))
    page.locator("#not_me").wait_for()


def _disown(page: Page, city: City) -> None:
    _not_me(page, city)
    page.locator("#not_me").click()
    page.locator("#not_me").wait_for(state="detached")


_NUMBERS = count(1)


def _as_merchant(page: Page, city: City) -> None:
    work_for(page, city, CAFE, Role.MERCHANT)
    _go(page, f"{city.provider.issuer}/merchant")


def _drafting(page: Page, city: City) -> None:
    """Go on with an offer that is not finished."""
    _as_merchant(page, city)
    draft = page.locator("a[href*='/merchant/offers/drafts/']").first
    if not draft.is_visible():  # the same again, in the other language
        _go(page, f"{city.provider.issuer}/merchant/offers/new")
        page.locator("#title_en").fill("Ten per cent")
        page.locator("#save_offer").click()
    draft.click()
    page.locator("#submit_offer").wait_for()


def _see_what_a_merchant_was_sent(page: Page, city: City) -> None:
    work_for(page, city, CAFE, Role.MERCHANT)
    _go(page, f"{city.provider.issuer}/merchant/events")


def _reviewing_an_activation(page: Page, city: City) -> None:
    number = orgs_scenes.application(city)
    _as_officer(f"/agency/activations/{number}")(page, city)


def _as_officer(path: str) -> Callable[[Page, City], None]:
    """Work for the library, which has a counter and a clerk."""

    def enter(page: Page, city: City) -> None:
        work_for(page, city, LIBRARY)
        _go(page, f"{city.provider.issuer}{path}")

    return enter


def work_for(page: Page, city: City, client_id: str, role: Role = Role.OFFICER) -> None:
    """Sign in as an officer of the agency, as if by a card."""
    login = f"officer{next(_NUMBERS)}"
    city.provider.enrol(login)
    now = clock.now()
    with city.provider.database() as session:
        member = register.find_by_login(session, login)
        assert member is not None
        officers.appoint(
            session,
            member_id=member.id,
            organisation_id=registry.get(session, client_id).organisation_id,
            role=role,
            by=None,
            until=now + timedelta(days=30),
            now=now,
        )
    _enter_strongly(page, city, login)


def _enter_strongly(page: Page, city: City, login: str) -> None:
    _log_in_to_the_account(page, city, login)
    with city.provider.database() as session:
        member = register.find_by_login(session, login)
        assert member is not None
        session.execute(
            update(BrowserSession)
            .where(BrowserSession.member_id == member.id)
            .values(acr=acr.ACR[1])
        )


def _see_what_was_sent(page: Page, city: City) -> None:
    """Let somebody have applied to the library, and look at what its client was told."""
    _enrol(city, "applied.once")
    with city.provider.database() as session:
        member = register.find_by_login(session, "applied.once")
        assert member is not None
        organisation_notices.enqueue(
            session,
            registry.get(session, LIBRARY).organisation_id,
            organisation_notices.APPLIED,
            member_id=member.id,
            now=clock.now(),
        )
    _as_officer("/agency/events")(page, city)


def _at_a_counter(page: Page, city: City) -> None:
    """Sit at the library's counter as a trained clerk, with thirty days left."""
    login = f"clerk{next(_NUMBERS)}"
    city.provider.enrol(login)
    now = clock.now()
    with city.provider.database() as session:
        member = register.find_by_login(session, login)
        assert member is not None
        staff.appoint(session, counters.get(session, "main-library"), member.id, now=now)
        course, today = training.get_course(session, 1), clock.taipei_day(now)
        training.passed(
            session,
            course,
            member_id=member.id,
            on=today - timedelta(days=course.valid_days + course.grace_days - 9),
            score=90,
            now=now,
        )
    _enter_strongly(page, city, login)
    _go(page, f"{city.provider.issuer}/clerk")


def _at_a_delegation(page: Page, city: City) -> None:
    _as_officer("/agency/counters/main-library")(page, city)
    page.locator("#delegations + ul a").first.click()
    page.locator("#content").wait_for()


PROVIDER: Scenes = {
    "home": Scene(STRANGER, _at("/")),
    "home of a member": Scene(REGULAR, _at("/")),
    "help": Scene(STRANGER, _at("/help")),
    "privacy": Scene(STRANGER, _at("/privacy")),
    "accessibility": Scene(STRANGER, _at("/accessibility")),
    "developers": Scene(STRANGER, _at("/developers")),
    "developers quick start": Scene(STRANGER, _at("/developers/quick-start")),
    "developers people": Scene(STRANGER, _at("/developers/people")),
    "developers answers": Scene(STRANGER, _at("/developers/answers")),
    "developers claims": Scene(STRANGER, _at("/developers/claims")),
    "developers registration": Scene(STRANGER, _at("/developers/registration")),
    "developers agencies": Scene(STRANGER, _at("/developers/agencies")),
    "developers counters": Scene(STRANGER, _at("/developers/counters")),
    "developers merchants": Scene(STRANGER, _at("/developers/merchants")),
    "developers events": Scene(STRANGER, _at("/developers/events")),
    "developers errors": Scene(STRANGER, _at("/developers/errors")),
    "developers debugger": Scene(STRANGER, _at("/developers/debugger")),
    "developers debugger answers": Scene(STRANGER, _check_a_request),
    "an agency's events": Scene(STRANGER, _see_what_was_sent),
    "a merchant's events": Scene(STRANGER, _see_what_a_merchant_was_sent),
    "sandbox, an address refused": Scene(STRANGER, sandbox_scenes.index, complains=True),
    "sandbox interface": Scene(STRANGER, _at("/sandbox/interface")),
    "sandbox people": Scene(STRANGER, sandbox_scenes.people),
    "sandbox client made": Scene(STRANGER, sandbox_scenes.made),
    "sandbox client": Scene(STRANGER, sandbox_scenes.client),
    "sandbox checks": Scene(STRANGER, sandbox_scenes.checks),
    "login to what is tried out": Scene(STRANGER, _log_in_to_what_is_tried_out),
    "counters": Scene(STRANGER, _at("/counters")),
    "a counter": Scene(STRANGER, _at("/counters/village-chief")),
    "services and their days": Scene(STRANGER, _at("/services")),
    "an agency's counters": Scene(STRANGER, _as_officer("/agency/counters")),
    "an agency's counter": Scene(STRANGER, _as_officer("/agency/counters/main-library")),
    "registering a counter": Scene(STRANGER, _as_officer("/agency/counters/new")),
    "entering a delegation": Scene(
        STRANGER, _as_officer("/agency/counters/village-chief/delegations/new")
    ),
    "a change of a purpose": Scene(
        STRANGER, _as_officer(f"/agency/clients/{LIBRARY}/library-card/edit")
    ),
    "a merchant's console": Scene(STRANGER, _as_merchant),
    "a merchant's draft": Scene(STRANGER, _drafting),
    "a new service": Scene(STRANGER, _as_officer("/agency/services/new")),
    "an activation": Scene(STRANGER, _reviewing_an_activation),
    "applying for a service": Scene(REGULAR, orgs_scenes.applying),
    "applying with a form": Scene(REGULAR, orgs_scenes.filling_in),
    "an agency's working days": Scene(STRANGER, _as_officer("/agency/counters/service-days")),
    "a delegation": Scene(STRANGER, _at_a_delegation),
    "a clerk's counter": Scene(STRANGER, _at_a_counter),
    "sitemap": Scene(STRANGER, _at("/sitemap")),
    "applying": Scene(STRANGER, _at("/apply")),
    "applying: who": Scene(STRANGER, _at("/apply/who")),
    "applying: mistyped": Scene(STRANGER, applying.mistyped),
    "applying: a guardian": Scene(STRANGER, applying.as_a_child),
    "applying: contact": Scene(STRANGER, applying.begin),
    "applying: services": Scene(STRANGER, applying.to_the_services),
    "applying: terms": Scene(STRANGER, applying.to_the_terms),
    "applying: terms not agreed to": Scene(STRANGER, applying.without_agreeing),
    "applying: review": Scene(STRANGER, applying.to_the_review),
    "applying: receipt": Scene(STRANGER, applying.apply),
    "applying: turned away": Scene(STRANGER, applying.too_young),
    "applying: again": Scene(STRANGER, _at("/apply/resume")),
    "tracking": Scene(STRANGER, _at("/track")),
    "tracking: wrong": Scene(STRANGER, applying.wrong_receipt),
    "tracking: waiting": Scene(STRANGER, applying.applied),
    "tracking: returned": Scene(STRANGER, applying.returned),
    "tracking: approved": Scene(STRANGER, applying.approved),
    "tracking: rejected": Scene(STRANGER, applying.rejected),
    "tracking: withdrawing": Scene(STRANGER, applying.about_to_withdraw),
    "choosing name and password": Scene(STRANGER, applying.to_the_choice),
    "a child applies": Scene(REGULAR, _at("/account/applying")),
    "reporting a loss": Scene(STRANGER, _at("/lost")),
    "reporting without a date": Scene(STRANGER, _report_without_a_date),
    "a loss was reported": Scene(STRANGER, _at("/lost?done=yes")),
    "kit": Scene(STRANGER, _at("/dev/kit")),
    "start of the demo": Scene(STRANGER, _at("/demo")),
    "not found": Scene(STRANGER, _at("/nothing/here")),
    "unknown client": Scene(STRANGER, _at("/authorize?client_id=nobody")),
    "login": Scene(STRANGER, lambda page, city: _go(page, city.request(prompt="login"))),
    "login of the account": Scene(STRANGER, _at("/account/login")),
    "login with an error": Scene(STRANGER, _fail_to_log_in),
    "login when locked": Scene(STRANGER, _be_locked_out),
    "login asked for again": Scene(
        REGULAR, lambda page, city: _go(page, city.request(prompt="login"))
    ),
    "consent": Scene(NEWCOMER, lambda page, city: _go(page, city.request())),
    "consent with an error": Scene(NEWCOMER, _consent_without_a_duration),
    "consent without claims": Scene(
        NEWCOMER, lambda page, city: _go(page, city.request(scope="openid"))
    ),
    "consent to a shop": Scene(NEWCOMER, lambda page, city: _go(page, city.request(CAFE))),
    "consent to be known by a shop": Scene("shopper", _asked_who_they_are),
    "consent to marketing": Scene("shopper", _asked_for_marketing),
    "consents with marketing": Scene("advertised", _allowed_marketing),
    "consent to more": Scene("halfway", _consent_to_more),
    "choosing an account": Scene(
        REGULAR, lambda page, city: _go(page, city.request(prompt="select_account"))
    ),
    "answered by a form": Scene(STRANGER, _answered_by_a_form),
    "too late": Scene(STRANGER, _come_back_too_late),
    "a phone's code": Scene(STRANGER, _show_a_phone_code),
    "a phone agreed": Scene(
        STRANGER, lambda page, city: _answered_by_phone(page, city, approved=True)
    ),
    "a phone stopped it": Scene(
        STRANGER, lambda page, city: _answered_by_phone(page, city, approved=False)
    ),
    "a phone's code that ended": Scene(STRANGER, _let_a_phone_code_end),
    "on the phone: which code": Scene(REGULAR, _confirmed("/phone")),
    "on the phone: a wrong code": Scene(
        REGULAR, _then_at("/phone?code=7GK2M4QP", _confirmed("/phone"))
    ),
    "on the phone": Scene(REGULAR, _scan_with_a_phone),
    "on a phone too weak": Scene(
        REGULAR, lambda page, city: _scan_with_a_phone(page, city, wanted="urn:taipei-id:acr:2")
    ),
    "on the phone: agreed": Scene(REGULAR, _at("/phone/answered?state=approved")),
    "on the phone: wrong": Scene(REGULAR, _at("/phone/answered?state=wrong")),
    "on the phone: stopped": Scene(REGULAR, _at("/phone/answered?state=stopped")),
    "on the phone: over": Scene(REGULAR, _at("/phone/answered")),
    "for a kiosk: which code": Scene(REGULAR, _at("/device")),
    "for a kiosk: a wrong code": Scene(REGULAR, _at("/device?code=7GK2M4QP")),
    "for a kiosk": Scene(REGULAR, _scan_at_a_kiosk),
    "for a kiosk: consent": Scene(NEWCOMER, _consent_for_a_kiosk),
    "for a kiosk: agreed": Scene(REGULAR, _at("/device/answered?state=approved")),
    "for a kiosk: stopped": Scene(REGULAR, _at("/device/answered?state=stopped")),
    "for a counter: a wrong number": Scene(REGULAR, _at("/device/answered?state=wrong")),
    "for a counter: the account": Scene(STRANGER, _asked_at_a_counter),
    "for a counter": Scene(STRANGER, _looking_at_what_a_counter_asks),
    "for a kiosk: over": Scene(REGULAR, _at("/device/answered")),
    "already finished": Scene(STRANGER, _come_back_after_the_end),
    "logout": Scene(REGULAR, _at("/logout")),
    "leaving services": Scene(STRANGER, _leaving_services),
    "website, front": Scene(STRANGER, publication_scenes.at("/")),
    "website, service": Scene(STRANGER, publication_scenes.at("/services/reading_room")),
    "website, article": Scene(STRANGER, publication_scenes.at("/news/reading-room")),
    "website, form": Scene(STRANGER, publication_scenes.at("/forms/reading_room")),
    "website, sunset": Scene(STRANGER, publication_scenes.at("/sunset")),
    "website, found": Scene(STRANGER, publication_scenes.at("/search?q=card")),
    "agency, a form": Scene(
        STRANGER, publication_scenes.at_the_agency("/agency/forms/reading_room")
    ),
    "agency, a text": Scene(
        STRANGER, publication_scenes.at_the_agency("/agency/content/reading-room")
    ),
    "agency, a system": Scene(STRANGER, publication_scenes.one_system),
    "a version beside what is in force": Scene(STRANGER, publication_scenes.reviewing),
    "inventory": Scene(STRANGER, publication_scenes.at_the_bureau("/doit/inventory")),
    "a waiver": Scene(STRANGER, publication_scenes.a_waiver),
    "consolidation": Scene(STRANGER, import_scenes.nothing_yet),
    "consolidation, tried": Scene(STRANGER, import_scenes.tried),
    "consolidation, conflict": Scene(STRANGER, import_scenes.in_conflict),
    "consolidation, for DoIT": Scene(STRANGER, import_scenes.to_confirm),
    "desk": Scene(STRANGER, desk_scenes.home),
    "desk without cases": Scene(STRANGER, desk_scenes.nothing_yet),
    "desk, intake": Scene(STRANGER, desk_scenes.intake),
    "desk, a child by proxy": Scene(STRANGER, desk_scenes.child),
    "desk, mistyped": Scene(STRANGER, desk_scenes.mistyped),
    "desk, an annex form": Scene(STRANGER, desk_scenes.annex),
    "desk, slip of refusal": Scene(STRANGER, desk_scenes.refused),
    "desk, receipt": Scene(STRANGER, desk_scenes.slip),
    "desk, case": Scene(STRANGER, desk_scenes.case),
    "desk, not closed": Scene(STRANGER, desk_scenes.not_closed),
    "desk, a new card": Scene(STRANGER, desk_scenes.new_card),
    "desk, new cards": Scene(STRANGER, desk_scenes.new_cards),
    "desk, by card": Scene(STRANGER, desk_scenes.at_the_reader),
    "desk, the citizen's screen": Scene(STRANGER, desk_scenes.mirror, moves=True),
    "desk, online queue": Scene(STRANGER, desk_scenes.online),
    "desk, no such change": Scene(STRANGER, desk_scenes.changes),
    "desk, a petition": Scene(STRANGER, desk_scenes.petition, complains=True),
    "desk, a petition read back": Scene(STRANGER, desk_scenes.petition_record, complains=True),
    "desk, the letter is gone": Scene(STRANGER, desk_scenes.petition_lost, complains=True),
    "desk, a code to reset": Scene(STRANGER, desk_scenes.passwords),
    "tracking: a case": Scene(STRANGER, desk_scenes.followed),
    "eligibility": Scene(STRANGER, eligibility_scenes.services),
    "eligibility, a rule": Scene(STRANGER, eligibility_scenes.rule, complains=True),
    "eligibility, a check": Scene(STRANGER, eligibility_scenes.check),
    "eligibility, a decision": Scene(STRANGER, eligibility_scenes.decision),
    "eligibility, decisions": Scene(STRANGER, eligibility_scenes.decisions),
    "eligibility, a petition": Scene(STRANGER, eligibility_scenes.petition),
    "eligibility, by letter": Scene(STRANGER, eligibility_scenes.letter, complains=True),
    "misuse": Scene(STRANGER, eligibility_scenes.misuse),
    "misuse, a sanction": Scene(STRANGER, eligibility_scenes.sanction),
    "misuse, a hearing": Scene(STRANGER, eligibility_scenes.hearing),
    "desk, face": Scene(STRANGER, desk_scenes.face),
    "desk, another face": Scene(STRANGER, desk_scenes.other_face),
    "desk, binding": Scene(STRANGER, desk_scenes.binding),
    "logged out": Scene(STRANGER, _at("/logout")),
    "account": Scene(REGULAR, _at("/account")),
    "account messages": Scene(REGULAR, _at("/account/messages?state=unread")),
    "showing no code yet": Scene(NEWCOMER, _at("/account/show")),
    "showing a code": Scene(REGULAR, _show_a_code),
    "a code that ended": Scene(REGULAR, _let_a_code_end),
    "the till was told yes": Scene(REGULAR, lambda page, city: _told(page, city, eligible=True)),
    "the till was told no": Scene(REGULAR, lambda page, city: _told(page, city, eligible=False)),
    "footprint": Scene(REGULAR, _at("/account/footprint")),
    "consents": Scene(REGULAR, _at("/account/consents")),
    "no consents": Scene(NEWCOMER, _at("/account/consents")),
    "recovery": Scene(STRANGER, _at("/recover")),
    "recovery, restricted": Scene(STRANGER, _come_by_mail_alone, complains=True),
    "recovery for a ward": Scene(STRANGER, _help_a_ward),
    "changing contact data": Scene(NEWCOMER, _mistype_a_phone),
    "changing contact data, code": Scene(NEWCOMER, _give_a_new_mailbox),
    "changing a name": Scene(NEWCOMER, _ask_for_a_name),
    "changes of data": Scene(NEWCOMER, _see_what_was_before),
    "recovery of a password": Scene(STRANGER, _at("/recover/password")),
    "recovery of an account": Scene(STRANGER, _recover_a_wrong_number),
    "recovery by slip": Scene(STRANGER, recovering.mistype_a_slip),
    "recovery code": Scene(STRANGER, recovering.type_wrongly),
    "recovery of an account, done": Scene(STRANGER, _see_the_account),
    "recovery, a new password": Scene(STRANGER, _choose_a_password),
    "carriers": Scene(CARRYING, _at("/account/carriers")),
    "no carriers": Scene(NEWCOMER, _at("/account/carriers")),
    "no new card": Scene(NEWCOMER, _at("/account/card-orders")),
    "a new card": Scene(REGULAR, _with_a_new_card),
    "login by card": Scene(STRANGER, _at("/account/login/card")),
    "login to a service by card": Scene(STRANGER, _to_the_card),
    "login by chip card": Scene(STRANGER, _at("/account/login/chip-card")),
    "login to a service by chip card": Scene(
        STRANGER, lambda page, city: _to_the_card(page, city, "chip-card")
    ),
    "login to a service by certificate": Scene(
        STRANGER, lambda page, city: _to_the_card(page, city, "certificate", STRONGEST)
    ),
    "asked for the PIN": Scene(STRANGER, _asked_for_the_pin),
    "a wrong PIN": Scene(STRANGER, lambda page, city: _mistype_the_pin(page, city, left=2)),
    "the last try but one": Scene(
        STRANGER, lambda page, city: _mistype_the_pin(page, city, left=1)
    ),
    "no card in the reader": Scene(STRANGER, _without_a_card),
    "no reader": Scene(STRANGER, _without_a_reader),
    "no card service": Scene(STRANGER, _without_a_card_service),
    "signing by the page": Scene(STRANGER, _signing_by_the_page),
    "two cards": Scene(STRANGER, _with_two_cards),
    "no card program": Scene(STRANGER, _without_a_card_program, complains=True),
    "step-up by card": Scene(CARRYING, _to_the_card),
    "adding a card": Scene(NEWCOMER, _confirmed("/account/carriers/card")),
    "adding a chip card": Scene(NEWCOMER, _confirmed("/account/carriers/chip-card")),
    "adding a chip card after a loss": Scene(UNLUCKY, _confirmed("/account/carriers/chip-card")),
    "adding a card after a loss": Scene(UNLUCKY, _confirmed("/account/carriers/card")),
    "confirming with a card": Scene(CARRYING, _at("/account/confirm/card")),
    "confirming with a chip card": Scene(REGULAR, _at("/account/confirm/chip-card")),
    "confirming with a certificate": Scene(REGULAR, _at("/account/confirm/certificate")),
    "removing a carrier": Scene(UNLUCKY, _about_to_remove_a_carrier),
    "adding a carrier": Scene(NEWCOMER, _confirmed("/account/carriers/new")),
    "adding after a loss": Scene(UNLUCKY, _confirmed("/account/carriers/new")),
    "reported lost": Scene(UNLUCKY, _at("/account/carriers?done=lost")),
    "signed out by a loss": Scene(STRANGER, _at("/account/login?done=lost")),
    "confirming": Scene(NEWCOMER, _at("/account/confirm?next=/account/carriers/new")),
    "confirming by either": Scene(CARRYING, _at("/account/confirm")),
    "confirming by passkey": Scene(CARRYING, _at("/account/confirm?need=passkey")),
    "login after a passkey": Scene(STRANGER, _remembered_by_passkey),
    "login to something strong": Scene(
        STRANGER, lambda page, city: _go(page, city.request(claims=STRONG))
    ),
    "step-up": Scene(CARRYING, lambda page, city: _go(page, city.request(claims=STRONG))),
    "step-up without a passkey": Scene(
        NEWCOMER, lambda page, city: _go(page, city.request(claims=STRONG))
    ),
    "step-up without a certificate": Scene(
        NEWCOMER, lambda page, city: _go(page, city.request(claims=STRONGEST))
    ),
    "certificate": Scene(STRANGER, _at("/account/login/certificate")),
    "no certificate came": Scene(STRANGER, _at("/account/login/certificate?n=x")),
    "a certificate came": Scene(STRANGER, _at("/account/login/certificate?n=x&t=y")),
    "binding a certificate": Scene(NEWCOMER, _confirmed("/account/carriers/certificate")),
    "registering a device": Scene(NEWCOMER, _confirmed("/account/carriers/device")),
    "binding what came": Scene(NEWCOMER, _confirmed("/account/carriers/certificate?n=x&t=y")),
    "sessions": Scene(REGULAR, _at("/account/sessions")),
    "withdrawing": Scene(REGULAR, _about_to_withdraw),
    "withdrawn": Scene(REGULAR, _at("/account/consents?done=withdrawn")),
    "guardians": Scene(REGULAR, _at("/account/guardians")),
    "waiting for a guardian": Scene(STRANGER, _ask_a_guardian),
    "answering a child": Scene(STRANGER, _answer_a_child),
    "receipt with two names": Scene(STRANGER, _keep_a_receipt_with_two_names),
    "no of a parent": Scene(STRANGER, _no_of_a_parent),
    "nobody to ask": Scene(STRANGER, _ask_nobody),
    "of unknown age": Scene(STRANGER, _be_of_unknown_age),
    "under guardianship": Scene(STRANGER, _be_under_guardianship),
    "consent with a proxy": Scene(STRANGER, _consent_with_a_proxy),
    "deciding for an elder": Scene(STRANGER, _decide_for_an_elder),
    "acting for an elder": Scene(STRANGER, _act_for_an_elder),
    "withdrawing for an elder": Scene(STRANGER, _withdraw_for_an_elder),
    "asking for an elder": Scene(STRANGER, _ask_for_an_elder),
    "writing for an elder": Scene(STRANGER, _ask_for_an_elder_in_words),
    "following for an elder": Scene(STRANGER, _follow_an_elders_request),
    "about to read a footprint": Scene(STRANGER, _about_to_read_an_elders_footprint),
    "reading a footprint": Scene(STRANGER, _read_an_elders_footprint),
    "having a proxy": Scene(STRANGER, _with_a_proxy),
    "not me": Scene(STRANGER, _not_me),
    "not me any more": Scene(STRANGER, _disown),
    "requests": Scene(REGULAR, _at("/account/requests")),
    "asking": Scene(REGULAR, _at("/account/requests/new?kind=delete")),
    "asking without words": Scene(REGULAR, _asking_without_words),
    "asking about a line": Scene(REGULAR, _asking_about_a_line),
    "following a request": Scene(REGULAR, _following_a_request),
    "services": Scene(REGULAR, _at("/account/services")),
    "personal data that were checked": Scene(STRANGER, _see_how_data_were_checked),
    "consent to verified claims": Scene(STRANGER, _consent_to_verified_claims),
    "personal data": Scene(REGULAR, _at("/account/personal")),
    "closing": Scene(REGULAR, _at("/account/close")),
    "pausing": Scene(REGULAR, _confirmed("/account/pause")),
    "resuming": Scene(STRANGER, _at("/resume")),
    "resuming with an error": Scene(STRANGER, _resume_wrongly),
    "leaving: what is lost": Scene(REGULAR, _at("/account/delete")),
    "leaving: what stays": Scene(REGULAR, _at("/account/delete/kept")),
    "leaving: the last page": Scene(REGULAR, _confirmed("/account/delete/confirm")),
    "leaving without the word": Scene(REGULAR, _leaving_without_the_word),
    "leaving": Scene("leaver", _leaving_at_once),
    "account of who leaves": Scene("late.leaver", _then_at("/account", _leaving_at_once)),
    "a deletion": Scene("sure.leaver", _looking_up_a_deletion),
    "download": Scene(REGULAR, _confirmed("/account/download")),
    "download being made": Scene("taker", _waiting_for_a_download),
    "console": Scene(OFFICER, staffing.at_work("/console")),
    "console, not for you": Scene("idler", _at("/console"), complains=True),
    "reviews": Scene(OFFICER, staffing.at_work("/doit/reviews")),
    "an application": Scene(OFFICER, staffing.reviewing),
    "an application turned down without a reason": Scene(
        OFFICER, staffing.reviewing_without_a_reason, complains=True
    ),
    "standing": Scene(OFFICER, staffing.at_work("/doit/standing")),
    "approval rules": Scene(OFFICER, staffing.at_work("/doit/rules")),
    "data quality": Scene(OFFICER, staffing.see_a_finding),
    "standing of nobody": Scene(OFFICER, staffing.suspending_nobody, complains=True),
    "the service's name": Scene(OFFICER, staffing.at_work("/doit/branding")),
    "a merchant in the register": Scene(OFFICER, orgs_scenes.merchant),
    "clients that wait": Scene(OFFICER, staffing.at_work("/doit/clients")),
    "an agency in the register": Scene(OFFICER, orgs_scenes.organisation),
    "a new agency": Scene(OFFICER, orgs_scenes.new_organisation),
    "terms of a service": Scene(OFFICER, orgs_scenes.terms),
    "an order": Scene(OFFICER, staffing.awaiting_a_second),
    "looks at records": Scene(AUDITOR, staffing.at_work("/audit/exceptions")),
    "an audit planned empty": Scene(STRANGER, watch_scenes.planning, complains=True),
    "an audit": Scene(STRANGER, watch_scenes.asking),
    "an incident": Scene(OFFICER, watch_scenes.incident),
    "changes that wait": Scene(OFFICER, staffing.at_work("/doit/changes")),
    "terms of requests": Scene(OFFICER, staffing.at_work("/doit/terms")),
    "controls": Scene(OFFICER, staffing.at_work("/doit/controls")),
    "checks that halted": Scene(OFFICER, staffing.at_work("/doit/eligibility")),
    "misuse, at the bureau": Scene(OFFICER, staffing.at_work("/doit/sanctions")),
    "agencies": Scene(OFFICER, staffing.at_work("/doit/organisations")),
    "services that wait": Scene(OFFICER, staffing.at_work("/doit/services")),
    "incidents told": Scene(STRANGER, _at("/incidents")),
    "the bureau": Scene(OFFICER, staffing.at_work("/doit")),
    "operations": Scene(OFFICER, staffing.at_work("/doit/operations")),
    "statistics": Scene(OFFICER, watch_scenes.statistics),
    "posts": Scene(CHIEF, staffing.at_work("/console/officers")),
    "password": Scene(REGULAR, _at("/account/password")),
    "password with an error": Scene(REGULAR, _mistype_the_new_password),
}
SITES: Scenes = {
    "library": Scene(STRANGER, lambda page, city: _go(page, f"{city.library}/")),
    "library kiosk": Scene(STRANGER, lambda page, city: _go(page, f"{city.library}/kiosk")),
    "library kiosk with a code": Scene(STRANGER, _show_a_kiosk_code),
    "library kiosk too early": Scene(STRANGER, _ask_a_kiosk_too_early),
    "library card": Scene(REGULAR, lambda page, city: _go(page, f"{city.library}/card")),
    "library notices": Scene(STRANGER, lambda page, city: _go(page, f"{city.library}/notices")),
    "library refused": Scene(STRANGER, _refuse_at("library")),
    "library out of date": Scene(
        STRANGER, lambda page, city: _go(page, f"{city.library}/callback?state=old")
    ),
    "library signing out": Scene(REGULAR, _asked_to_leave_by_the_library),
    "till": Scene(STRANGER, lambda page, city: _go(page, f"{city.cafe}/")),
    "till with its scanner": Scene(STRANGER, lambda page, city: _go(page, f"{city.cafe}/till")),
    "till with a wrong code": Scene(STRANGER, _scan_a_wrong_code),
    "receipt": Scene(REGULAR, lambda page, city: _go(page, f"{city.cafe}/receipt")),
    "till refused": Scene(STRANGER, _refuse_at("cafe")),
}
SCENES: Scenes = {**PROVIDER, **SITES}


def carry(who: str, login: str, city: City) -> None:
    """Tie to a member what their kind carries."""
    if who == CARRYING:
        city.provider.bind_card(login, "My Taipei ID card")
        city.provider.bind(login, "我的手機")
        city.provider.bind(login, "Old phone", Suspension.LOST)
        city.provider.bind(login, "", Suspension.COPIED)
    if who in staffing.ROLES:
        staffing.employ(city, login, staffing.ROLES[who])
    if who == UNLUCKY:
        city.provider.bind(login, "Chrome, Windows", Suspension.LOST)


def settle(page: Page, city: City) -> None:
    """Give a regular something on every page: a live consent, an ended one, both sites open."""
    for site, is_withdrawn in ((city.cafe, True), (city.library, False)):
        _go(page, f"{site}/login")
        page.locator("#consent_allow").click()
        page.wait_for_url(f"{site}/**")
        if is_withdrawn:
            _about_to_withdraw(page, city)
            page.locator("#withdraw_yes").click()
            page.wait_for_url("**/account/consents*")
