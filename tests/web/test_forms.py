"""Only our own forms change anything; pages carry headers that hold a browser to that."""

import re
from collections.abc import Callable

import pytest

from tests import make
from tests.flows.browser import Browser, authorization, hidden, is_at_client
from tests.flows.provider import ISSUER, City, the_settings
from web.app import create_app

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NOBODY = "00000000-0000-0000-0000-000000000000"
NOTHING = "NO-SUCH-REFERENCE"
LOGIN = {"login_id": "mei.chen", "password": make.PASSWORD}


def refused(browser: Browser, form: dict[str, str], **headers: str) -> bool:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    response = browser.post("/account/login", form, headers=names)
    assert response.status_code in {303, 403}
    return response.status_code == 403


@pytest.mark.refusal("form.not_ours")
@one_database
def test_a_form_without_our_token_changes_nothing(city: City) -> None:
    browser = Browser(city)
    token = hidden(browser.get("/account/login"))
    others = hidden(Browser(city).get("/account/login"))

    assert refused(browser, LOGIN)
    assert refused(browser, {**LOGIN, "csrf_token": ""})
    assert refused(browser, {**LOGIN, "csrf_token": "\u5e02"})
    assert refused(browser, {**LOGIN, **others})
    assert not refused(browser, {**LOGIN, **token})


@pytest.mark.refusal("form.not_ours")
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://attacker.invalid"},
        {"Origin": "null"},
        {"Origin": ISSUER + ".attacker.invalid"},
        {"Origin": ISSUER.replace("https", "http")},
        {"Sec_Fetch_Site": "same-origin", "Origin": "https://attacker.invalid"},
    ],
)
@one_database
def test_a_form_on_another_site_changes_nothing_whatever_it_knows(
    city: City, headers: dict[str, str]
) -> None:
    browser = Browser(city)
    token = hidden(browser.get("/account/login"))

    assert refused(browser, {**LOGIN, **token}, **headers)


@pytest.mark.parametrize(
    "headers", [{"Sec_Fetch_Site": "same-origin", "Origin": ISSUER}, {"Sec_Fetch_Site": "none"}]
)
@one_database
def test_a_form_on_our_own_page_passes(city: City, headers: dict[str, str]) -> None:
    browser = Browser(city)
    token = hidden(browser.get("/account/login"))

    assert not refused(browser, {**LOGIN, **token}, **headers)


POSTS = (
    "/account/login",
    "/account/logout",
    "/account/login/passkey",
    "/account/login/certificate",
    "/account/login/card",
    "/account/confirm/card",
    "/account/carriers/card",
    "/card/read",
    "/card/answer",
    "/account/carriers/new",
    f"/account/card-orders/{NOBODY}/activate",
    "/account/carriers/certificate",
    "/account/carriers/chip-card",
    "/account/login/chip-card",
    "/account/confirm/chip-card",
    "/chip-card/options",
    "/account/carriers/device",
    f"/account/carriers/{NOBODY}/certify",
    "/account/carriers/options",
    f"/account/carriers/{NOBODY}/found",
    f"/account/carriers/{NOBODY}/lost",
    f"/account/carriers/{NOBODY}/remove",
    f"/account/carriers/{NOBODY}/rename",
    f"/account/services/{NOTHING}/wrong",
    f"/account/guardians/{NOBODY}",
    f"/account/guardians/powers/{NOBODY}/end",
    f"/account/guardians/for/{NOBODY}/consents/{NOBODY}",
    f"/account/guardians/for/{NOBODY}/footprint",
    f"/account/guardians/for/{NOBODY}/password",
    f"/account/guardians/for/{NOBODY}/requests",
    f"/account/guardians/for/{NOBODY}/requests/{NOTHING}/answer",
    "/counter/find",
    "/counter/petitions",
    "/counter/petitions/lost",
    f"/agency/inventory/{NOBODY}/milestones",
    f"/agency/inventory/{NOBODY}/milestones/{NOBODY}/take-back",
    f"/agency/content/{NOTHING}/files",
    f"/agency/content/{NOTHING}/files/<digest>/remove",
    f"/counter/online-queue/{NOBODY}/confirm",
    f"/counter/online-queue/{NOBODY}/send-back",
    "/counter/intake",
    "/counter/next-person",
    *(f"/counter/cases/{NOTHING}/law/{step}" for step in ("declare", "lift", "guardian")),
    f"/counter/cases/{NOTHING}/code",
    f"/counter/cases/{NOTHING}/mirror",
    f"/account/guardians/letters/{NOBODY}/end",
    "/counter/person/card",
    "/counter/person/chip-card",
    "/counter/person/certificate",
    f"/counter/cases/{NOTHING}/face",
    f"/counter/cases/{NOTHING}/bind/card",
    f"/counter/cases/{NOTHING}/bind/chip-card",
    f"/counter/cases/{NOTHING}/bind/certificate",
    *(
        f"/counter/cases/{NOTHING}/{step}"
        for step in "accept not-accept wait go-on finish refuse close stop".split()
    ),
    *(f"/counter/cases/{NOTHING}/carriers/{NOBODY}/{step}" for step in ("mark", "remove", "lost")),
    "/not-me",
    *(f"/apply/{step}" for step in ("who", "guardian", "contact", "services", "terms")),
    "/apply/review",
    "/apply/resume",
    "/apply/discard",
    "/track",
    "/track/invite",
    "/track/correct",
    "/track/withdraw",
    "/track/leave",
    "/activate",
    f"/account/applying/{NOBODY}",
    "/account/confirm/passkey",
    "/account/confirm/certificate",
    "/account/password",
    "/account/sessions/end",
    f"/account/sessions/{NOBODY}/end",
    f"/account/consents/{NOBODY}/withdraw",
    f"/account/consents/{NOBODY}/marketing/stop",
    "/account/confirm",
    "/account/show",
    "/account/messages/read",
    f"/account/messages/{NOBODY}",
    f"/account/messages/{NOBODY}/not-me",
    f"/account/asked/{NOBODY}",
    "/account/requests",
    f"/account/requests/{NOTHING}/withdraw",
    f"/account/requests/{NOTHING}/answer",
    "/account/download",
    f"/account/download/{NOBODY}/discard",
    "/account/pause",
    "/account/delete/confirm",
    "/account/delete/cancel",
    "/resume",
    f"/agency/eligibility/services/{NOTHING}/rules",
    f"/agency/eligibility/services/{NOTHING}/runs",
    *(
        f"/agency/eligibility/runs/{NOTHING}/{verb}"
        for verb in "start holders.csv letters.csv findings decide release close".split()
    ),
    f"/doit/eligibility/{NOTHING}/release",
    f"/agency/events/{NOBODY}/again",
    f"/merchant/events/{NOBODY}/again",
    "/agency/petitions",
    *(
        f"/agency/petitions/{NOTHING}/{verb}"
        for verb in "accept investigate decide refer turn-away".split()
    ),
    f"/account/petitions/about/{NOTHING}",
    "/petition",
    "/petition/letter",
    "/petition/leave",
    f"/account/petitions/sanctions/{NOTHING}",
    *(f"/{house}/sanctions" for house in ("agency", "doit")),
    *(
        f"/{house}/sanctions/{NOTHING}/{verb}"
        for house in ("agency", "doit")
        for verb in ("determine", "end")
    ),
    f"/doit/sanctions/reports/{NOTHING}/close",
    "/console/post",
    f"/counter/cases/{NOTHING}/new-card",
    *(f"/counter/cards/{NOBODY}/{step}" for step in ("produce", "ready", "hand-over", "destroy")),
    "/clerk/seat",
    *(f"/agency/forms/{NOTHING}/{step}" for step in ("draft", "field", "move", "submit", "retire")),
    "/agency/content/new",
    *(f"/agency/content/{NOTHING}/{step}" for step in ("draft", "submit", "retire")),
    f"/doit/forms/{NOBODY}",
    f"/doit/content/{NOBODY}",
    f"/doit/plans/{NOBODY}",
    "/agency/inventory/new",
    *(f"/agency/inventory/{NOBODY}/{step}" for step in ("status", "waiver", "plan", "plan/submit")),
    f"/doit/inventory/{NOBODY}/deadline",
    f"/doit/waivers/{NOBODY}",
    "/agency/counters/new",
    "/agency/counters/service-days",
    f"/agency/counters/{NOTHING}/edit",
    "/agency/imports",
    "/agency/imports/streams",
    f"/agency/imports/{NOTHING}/confirm",
    f"/agency/imports/{NOTHING}/cancel",
    f"/agency/imports/{NOTHING}/roll-back",
    f"/agency/conflicts/{NOTHING}",
    f"/doit/imports/{NOBODY}",
    f"/agency/counters/{NOTHING}/open",
    f"/agency/counters/{NOTHING}/close",
    f"/agency/counters/{NOTHING}/end",
    f"/agency/counters/{NOTHING}/delegations/new",
    f"/agency/counters/{NOTHING}/delegations/{NOBODY}/sign",
    f"/agency/counters/{NOTHING}/delegations/{NOBODY}/publish",
    f"/agency/counters/{NOTHING}/delegations/{NOBODY}/extend",
    f"/agency/counters/{NOTHING}/delegations/{NOBODY}/revoke",
    f"/agency/counters/{NOTHING}/add/desk",
    f"/agency/counters/{NOTHING}/add/clerk",
    f"/agency/counters/{NOTHING}/add/training",
    f"/agency/counters/{NOTHING}/add/reader",
    f"/agency/counters/{NOTHING}/add/day",
    f"/agency/counters/{NOTHING}/remove/desk/{NOBODY}",
    f"/agency/counters/{NOTHING}/remove/clerk/{NOBODY}",
    f"/agency/counters/{NOTHING}/remove/reader/{NOBODY}",
    f"/agency/counters/{NOTHING}/remove-day",
    "/clerk/reader",
    "/clerk/reader/heard",
    f"/clerk/reader/{NOBODY}/broken",
    f"/clerk/reader/{NOBODY}/works",
    "/doit/incidents",
    *(
        f"/doit/incidents/{NOTHING}/{step}"
        for step in "level report contain authority find word tell publish close".split()
    ),
    f"/doit/operations/jobs/{NOBODY}/retry",
    "/audit/new",
    *(
        f"/audit/{NOTHING}/{step}"
        for step in (
            *("announce", "draw", "conclude", "report", "close", "ask", "find"),
            f"requests/{NOTHING}/time",
            f"findings/{NOTHING}/verify",
            f"findings/{NOTHING}/send-back",
        )
    ),
    f"/agency/audits/{NOTHING}/requests/{NOTHING}",
    f"/agency/audits/{NOTHING}/findings/{NOTHING}",
    "/console/officers",
    f"/console/officers/{NOBODY}/dismiss",
    f"/doit/reviews/{NOTHING}/approve",
    f"/doit/changes/{NOTHING}",
    "/clerk/changes",
    f"/clerk/changes/{NOTHING}",
    "/clerk/passwords",
    f"/doit/reviews/{NOTHING}/return",
    f"/doit/reviews/{NOTHING}/reject",
    "/doit/organisations/new",
    f"/doit/services/{NOBODY}",
    "/doit/branding",
    f"/doit/branding/{NOBODY}/approve",
    f"/doit/branding/{NOBODY}/refuse",
    f"/doit/clients/{NOBODY}",
    f"/doit/clients/changes/{NOBODY}",
    f"/agency/clients/<client_id>/{NOTHING}/edit",
    f"/agency/clients/<client_id>/{NOTHING}/submit",
    "/doit/merchants/new",
    f"/doit/merchants/{NOBODY}/contract",
    f"/doit/merchants/{NOBODY}/shorten",
    f"/doit/merchants/{NOBODY}/offers/{NOBODY}/approve",
    f"/doit/merchants/{NOBODY}/offers/{NOBODY}/end",
    "/merchant/offers/new",
    f"/merchant/offers/{NOBODY}/end",
    f"/merchant/offers/drafts/{NOBODY}",
    f"/merchant/offers/drafts/{NOBODY}/discard",
    f"/merchant/tills/{NOBODY}/key",
    "/agency/services/new",
    f"/agency/services/{NOTHING}/edit",
    f"/agency/services/{NOTHING}/submit",
    f"/agency/services/{NOTHING}/open",
    f"/agency/services/{NOTHING}/end",
    f"/agency/activations/{NOTHING}/take",
    f"/agency/activations/{NOTHING}/approve",
    f"/agency/activations/{NOTHING}/refuse",
    f"/agency/activations/disputes/{NOTHING}",
    f"/account/services/{NOTHING}/open",
    f"/account/services/{NOTHING}/end",
    f"/account/services/applications/{NOTHING}/withdraw",
    f"/doit/organisations/{NOBODY}/rename",
    f"/doit/organisations/{NOBODY}/move",
    f"/doit/organisations/{NOBODY}/end",
    "/doit/standing",
    f"/doit/quality/{NOBODY}",
    "/doit/rules",
    "/doit/rules/end",
    f"/doit/rules/{NOBODY}/adopt",
    f"/doit/rules/{NOBODY}/drop",
    f"/doit/standing/{NOTHING}/confirm",
    f"/doit/standing/{NOTHING}/end",
    "/account/footprint/export",
    f"/account/footprint/{NOBODY}/not-me",
    "/developers/debugger",
    "/lost",
    "/recover/account",
    "/recover/password",
    "/recover/slip",
    f"/recover/code/{NOBODY}",
    f"/recover/password/{NOBODY}",
    "/account/password/new",
    "/account/personal/contact",
    "/account/personal/contact/again",
    f"/account/personal/contact/{NOBODY}",
    "/account/personal/change",
    f"/account/personal/change/{NOTHING}/withdraw",
    "/passkey/options",
    "/certificate/options",
    "/certificate/start",
    "/phone",
    "/device",
    f"/interaction/{NOBODY}/login",
    f"/interaction/{NOBODY}/by/{NOTHING}",
    f"/interaction/{NOBODY}/guardian",
    f"/interaction/{NOBODY}/chip-card",
    f"/interaction/{NOBODY}/passkey",
    f"/interaction/{NOBODY}/certificate",
    f"/interaction/{NOBODY}/card",
    f"/interaction/{NOBODY}/phone",
    f"/interaction/{NOBODY}/phone/continue",
    f"/interaction/{NOBODY}/step-up",
    f"/interaction/{NOBODY}/step-up/leave",
    f"/interaction/{NOBODY}/account",
    f"/interaction/{NOBODY}/consent",
    f"/interaction/{NOBODY}/cancel",
    f"/interaction/{NOBODY}/refused",
)
FOR_CLIENTS = {
    "/authorize", "/par", "/token", "/userinfo", "/introspect", "/revoke",
    "/api/till/answers", "/api/verify", "/api/verify/list", "/api/events",
    "/device_authorization",
    "/register", "/register/<client_id>/secret",
    "/bc-authorize",
    "/api/agency/applications", f"/api/agency/services/{NOTHING}/notes",
}  # fmt: skip


@one_database
def test_every_address_that_changes_something_asks_for_the_token(city: City) -> None:
    browser = Browser(city)
    browser.sign_in()

    assert {path: browser.post(path).status_code for path in POSTS} == dict.fromkeys(POSTS, 403)
    assert browser.post("/logout", {"decision": "yes"}).status_code == 403


@one_database
def test_the_list_of_such_addresses_is_complete(city: City) -> None:
    rules = city.app.url_map.iter_rules()
    changing = {str(rule) for rule in rules if "POST" in (rule.methods or ())}

    kinds = {each for rule in changing for each in _with_each_kind(rule)}
    named = {re.sub(r"<uuid:\w+>", NOBODY, each) for each in kinds}
    listed = {re.sub("<(reference|code|slug|method|number)>", NOTHING, each) for each in named}

    assert listed == {*POSTS, *FOR_CLIENTS, "/logout", "/language"}


def _with_each_kind(rule: str) -> list[str]:
    choice = re.search(r"<any\((.*)\):\w+>", rule)
    kinds = re.findall(r"[\w-]+", choice[1]) if choice else []
    return [rule.replace(choice[0], each) for each in kinds] if choice else [rule]


# Headers


def a_login_page(browser: Browser) -> str:
    return browser.authorize().request.path


def a_consent_page(browser: Browser) -> str:
    return browser.log_in(browser.authorize()).request.path


@pytest.mark.parametrize("path", ["/", "/help", "/account/login", "/nothing", "/authorize"])
@one_database
def test_every_page_is_hardened(city: City, path: str) -> None:
    headers = Browser(city).get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"].startswith("max-age=63072000")
    cached = "public, no-cache" if path in {"/", "/help"} else "no-store"  # nobody stands on them
    assert headers["Cache-Control"] == cached
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; ")
    assert "form-action 'self';" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("page", [a_login_page, a_consent_page])
@one_database
def test_a_sign_in_may_send_its_form_to_the_registered_origin_and_nowhere_else(
    city: City, page: Callable[[Browser], str]
) -> None:
    browser = Browser(city)

    headers = browser.get(page(browser)).headers

    assert "form-action 'self' https://library.invalid;" in headers["Content-Security-Policy"]


@one_database
def test_an_app_is_named_by_its_scheme(city: City) -> None:
    address = "tw.taipei.app:/callback"
    city.register("app", auth_method="none", redirect_uris=[address])
    browser = Browser(city)

    page = browser.authorize("app", redirect_uri=address)

    assert "form-action 'self' tw.taipei.app:;" in page.headers["Content-Security-Policy"]


@one_database
def test_scripts_carry_a_nonce_that_is_never_the_same(city: City) -> None:
    pages = [Browser(city).get("/account/login") for _ in range(2)]

    nonces = [re.findall(r'nonce="([^"]+)"', page.text) for page in pages]
    policies = [page.headers["Content-Security-Policy"] for page in pages]
    for own, policy in zip(nonces, policies, strict=True):
        assert own
        assert all(f"'nonce-{each}' 'strict-dynamic'" in policy for each in own)
    assert nonces[0] != nonces[1]
    assert "style=" not in pages[0].text


@one_database
def test_a_page_without_scripts_allows_none(city: City) -> None:
    assert "script-src 'none'" in Browser(city).get("/help").headers["Content-Security-Policy"]


@one_database
def test_cookies_are_for_this_host_over_https_out_of_reach_of_scripts(city: City) -> None:
    browser = Browser(city)
    page = browser.get("/account/login")
    done = browser.submit(page, **LOGIN)

    for response, kind in ((page, "browser"), (done, "session")):
        cookie = next(each for each in response.headers.getlist("Set-Cookie") if kind in each)
        name, *rest = cookie.split("; ")
        assert name.startswith(f"__Host-taipei-id-{kind}=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(rest)
        assert not any(each.startswith("Domain") for each in rest)


def test_without_https_the_demonstration_has_plain_cookies(city: City) -> None:
    settings = the_settings(demo=True, issuer="http://localhost")
    app = create_app(settings, database=city.sessions)

    response = app.test_client().get("/account/login")

    assert response.headers["Set-Cookie"].startswith("taipei-id-browser=")
    assert "Secure" not in response.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in response.headers
    assert app.test_client().get("/dev/kit").status_code == 200


# Language


@pytest.mark.parametrize(
    ("sent", "location"),
    [
        ("/help?a=b", "/help?a=b"),
        ("https://attacker.invalid/", "/"),
        ("//attacker.invalid", "/"),
        ("/\\attacker.invalid", "/"),
        ("\\\\attacker.invalid", "/"),
        ("/\t/attacker.invalid", "/"),
        ("/\n/attacker.invalid", "/"),
        ("javascript:alert(1)", "/"),
        ("attacker.invalid", "/"),
        ("", "/"),
        ("/help\r\nSet-Cookie: a=b", "/"),
        ("/\u5e02", "/%E5%B8%82"),
    ],
)
@one_database
def test_choosing_a_language_returns_to_our_own_pages_only(
    city: City, sent: str, location: str
) -> None:
    browser = Browser(city)
    token = hidden(browser.get("/nothing"))

    response = browser.post("/language", {**token, "language": "en", "next": sent})

    assert (response.status_code, response.location) == (303, location)
    assert '<html lang="en">' in browser.get("/help").text


@one_database
def test_a_language_we_do_not_speak_changes_nothing(city: City) -> None:
    browser = Browser(city)
    token = hidden(browser.get("/nothing"))

    browser.post("/language", {**token, "language": "xx", "next": "/help"})

    assert '<html lang="zh-Hant-TW">' in browser.get("/help").text


@one_database
def test_nothing_a_client_sends_is_markup(city: City) -> None:
    evil = "</title><script>alert(1)</script>"
    browser = Browser(city)

    page = browser.authorize(state=evil, login_hint=evil, nonce=evil, ui_locales=evil)
    error = browser.get("/authorize", authorization(client_id=evil))

    for each in (page, error):
        assert "<script>alert" not in each.text
        assert not is_at_client(each)
