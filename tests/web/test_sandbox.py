"""The sandbox: people to be, clients of one's own, faults to meet, and checks that notice."""

import json
import re
from base64 import urlsafe_b64decode
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from hypothesis import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from clients import registry
from clients.grant_types import CIBA, DEVICE
from clients.models import Review
from demo.sandbox.people import people
from kernel.clock import now as now_outside
from kernel.clock import taipei_day
from kernel.db import Sessions
from tests import make
from tests.flows.browser import Browser, answer, authorization, hidden
from tests.flows.provider import CALLBACK, ISSUER, City, basic, the_settings
from tests.web.sandbox_parties import Careless, Party, Sound
from tests.web.test_api_documents import as_bearer, described, names, try_out
from web.app import create_app
from web.sandbox_faults import BY_CODE, CHECKS, CONTROL, FAULTS, LOG, Told, Where
from web.sandbox_ways import BEGUN_AT, MET, Way

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SANDBOX = {
    "demo": True,
    "sandbox": {"enabled": True, "issuer": ISSUER, "slow_seconds": 0},
}


@pytest.fixture(scope="module")
def application() -> Flask:
    """Build the application as a sandbox."""
    return create_app(the_settings(**SANDBOX), database=Sessions())


@pytest.fixture(scope="module")
def people_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("people") / "people.json"
    everybody = [each.shown() for each in people(today=taipei_day(make.NOON))]
    file.write_text(json.dumps(everybody), "utf-8")
    return file


@pytest.fixture
def sandbox(city: City, people_file: Path) -> City:
    city.configure(**SANDBOX, personas=people_file)
    return city


class Made(NamedTuple):
    client_id: str
    client_secret: str
    key: str


def make_client(browser: Browser, **form: str) -> TestResponse:
    token = hidden(browser.get("/sandbox"))
    usual = {"name": "測試", "addresses": CALLBACK, "profile": "basic"}
    return browser.post("/sandbox/clients", {**token, **usual, **form})


def shown(page: TestResponse, name: str) -> str:
    found = re.search(rf'<pre class="sample" id="{name}"[^>]*>([^<]*)</pre>', page.text)
    assert found, page.text
    return unescape(found[1])


def made(browser: Browser) -> Made:
    page = make_client(browser)
    assert page.status_code == 201, page.text
    assert page.headers["Cache-Control"] == "no-store"
    return Made(*(shown(page, name) for name in Made._fields))


def api(city: City, mine: Made, method: str, path: str, **more: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {mine.key}"}
    return city.call(f"/api/sandbox{path}", method=method, headers=headers, **more)


def walk(browser: Browser, url: str) -> str:
    """Sign in as a willing member; return where the browser ends."""
    page = browser.follow(browser.get(url))
    if page.request.path.endswith("/login"):
        page = browser.log_in(page)
    page = browser.consents(page, "name", "birthdate")
    assert page.status_code == 303, page.text
    return str(page.location)


def met(sandbox: City, browser: Browser, mine: Made, fault: str) -> dict[str, str]:
    """Arm a fault and sign in; return what the client is told."""
    assert api(sandbox, mine, "PUT", f"/fault/{fault}").status_code == 204
    return answer(browser.sign_in(mine.client_id))


# Clients


def test_a_client_made_here_signs_people_in_at_once(sandbox: City) -> None:
    browser = Browser(sandbox)
    mine = made(browser)

    told = answer(browser.sign_in(mine.client_id, share=("name",)))
    tokens = exchange(sandbox, mine, told["code"]).json or {}

    assert sandbox.userinfo(tokens["access_token"]).json["name"] == "陳美玉"  # type: ignore[index]
    with sandbox.database() as session:
        assert registry.get(session, mine.client_id).review is Review.SANDBOX


def exchange(sandbox: City, mine: Made, code: str) -> TestResponse:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": "a-code-verifier-of-forty-three-characters-ok",
    }
    return sandbox.call("/token", form, headers=basic(mine.client_id, mine.client_secret))


@one_database
def test_outside_a_sandbox_nobody_serves_it_whatever_the_database_holds(sandbox: City) -> None:
    mine = made(Browser(sandbox))

    sandbox.configure(demo=True)

    page = sandbox.call("/authorize", method="GET", query_string=authorization(mine.client_id))
    assert page.status_code == 400
    assert exchange(sandbox, mine, "a-code").status_code == 401


@one_database
def test_its_addresses_are_held_to_the_rules_of_every_registration(sandbox: City) -> None:
    browser = Browser(sandbox)

    for wrong in ("", "http://elsewhere.invalid/", "https://a.invalid/*", "x" * 9000, "\u5e02"):
        assert make_client(browser, addresses=wrong).status_code == 400

    fapi = make_client(browser, profile="fapi2")
    key = json.loads(shown(fapi, "private_jwk"))
    with sandbox.database() as session:
        client = registry.get(session, shown(fapi, "client_id"))
    assert client.profile == "fapi2"
    assert client.jwks is not None
    assert client.jwks["keys"][0]["kid"] == key["kid"]
    assert "d" not in client.jwks["keys"][0]


@one_database
def test_it_is_shown_to_its_own_browser_or_for_its_key(sandbox: City) -> None:
    mine, other = made(Browser(sandbox)), Browser(sandbox)
    page, token = f"/sandbox/clients/{mine.client_id}", hidden(other.get("/sandbox"))

    assert other.get(page).status_code == 404
    assert other.post("/sandbox/open", {**token, "key": "wrong"}).status_code == 404
    assert other.post("/sandbox/open", {**token, "key": mine.key}).status_code == 303
    assert other.get(page).status_code == 200
    assert sandbox.call("/api/sandbox/checks").status_code == 401
    wrong = Made(mine.client_id, mine.client_secret, "wrong")
    assert api(sandbox, wrong, "GET", "/checks").status_code == 401


# People


@one_database
def test_two_hundred_people_are_listed_by_page_and_by_state(sandbox: City) -> None:
    browser = Browser(sandbox)

    first, last = browser.get("/sandbox/people"), browser.get("/sandbox/people?page=999999")
    lost = browser.get("/sandbox/people?state=lost-card")

    assert "200" in first.text
    assert first.text.count('<th scope="row"') == last.text.count('<th scope="row"') == 20
    assert 0 < lost.text.count('<th scope="row"') < 20
    assert "lost-card." in lost.text
    assert "&lt;b&gt;" in browser.get("/sandbox/people?state=apostrophe").text
    assert browser.get("/sandbox/people?state=nobody&page=x").status_code == 200


# Faults


@one_database
def test_every_fault_is_met_once_as_it_is_described(sandbox: City) -> None:
    browser = Browser(sandbox)
    mine = made(browser)
    answer(browser.sign_in(mine.client_id))

    for fault in FAULTS:
        if fault.where is Where.REQUEST:
            told = met(sandbox, browser, mine, fault.code)
            assert (told["error"], told["state"], told["iss"]) == (fault.code, "the-state", ISSUER)
    assert met(sandbox, browser, mine, "wrong_state")["state"] != "the-state"
    assert met(sandbox, browser, mine, "wrong_iss")["iss"] != ISSUER
    assert "iss" not in met(sandbox, browser, mine, "no_iss")
    sound = answer(browser.sign_in(mine.client_id))
    assert (sound["state"], sound["iss"]) == ("the-state", ISSUER)


MODES = ("fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt")


def told_by(city: City, page: TestResponse) -> dict[str, Any]:
    """Return what a client is told, whichever way it travels; a signed answer opened."""
    told = dict(parse_qsl("".join(urlsplit(page.headers.get("Location", ""))[3:])))
    if page.status_code == 200:
        fields = re.findall(r'name="([^"]+)" value="([^"]*)"', page.text)
        told = {name: unescape(value) for name, value in fields}
    if "response" not in told:
        return dict(told)
    keys = KeySet.import_key_set(city.call("/jwks.json").get_json())
    return dict(jwt.decode(told["response"], keys, algorithms=["RS256", "ES256"]).claims)


@one_database
@pytest.mark.parametrize("mode", MODES)
def test_a_fault_is_met_whichever_way_the_answer_travels(sandbox: City, mode: str) -> None:
    browser = Browser(sandbox)
    mine = made(browser)

    def told(fault: str) -> dict[str, Any]:
        assert api(sandbox, mine, "PUT", f"/fault/{fault}").status_code == 204
        return told_by(sandbox, browser.sign_in(mine.client_id, response_mode=mode))

    assert told("plain")["state"] == "the-state"
    assert told("wrong_state")["state"] not in ("", "the-state")
    assert told("wrong_iss")["iss"] != ISSUER
    assert {"code", "state"} <= told("no_iss").keys() - {"iss"}
    assert "iss" not in told("no_iss")
    assert told("access_denied")["error"] == "access_denied"
    token = (exchange(sandbox, mine, told("wrong_audience")["code"]).json or {})["id_token"]
    assert claims_of(token)["aud"] == "another-client"


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


@one_database
def test_who_signs_in_without_a_browser_meets_what_the_table_says(sandbox: City) -> None:
    browser = Browser(sandbox)
    mine = made(browser)
    by = basic(mine.client_id, mine.client_secret)
    answer(browser.sign_in(mine.client_id))

    def begin(fault: str, path: str = "/device_authorization") -> TestResponse:
        assert api(sandbox, mine, "PUT", f"/fault/{fault}").status_code == 204
        form = {"scope": "openid profile", "login_hint": "mei.chen"}
        return sandbox.call(path, form, headers=by)

    def poll(told: Any, *, agree: bool) -> TestResponse:
        if agree:
            page = browser.get("/device", {"code": told["user_code"]})
            browser.consents(browser.follow(browser.submit(page, decision="continue")), "name")
        form = {"grant_type": DEVICE, "device_code": told["device_code"]}
        return sandbox.call("/token", form, headers=by)

    away = [begin("server_error", path) for path in BEGUN_AT]
    denied = poll(begin("access_denied").json, agree=False)
    waits = begin("wrong_audience").json
    pending = poll(waits, agree=False)
    sandbox.wait(seconds=6)
    wrong = poll(waits, agree=True)
    sound = poll(begin("wrong_state").json, agree=True)

    assert [(each.status_code, each.get_json()["error"]) for each in away] == [
        (503, "server_error"),
        (503, "server_error"),
    ]
    assert denied.get_json()["error"] == "access_denied"
    assert pending.get_json()["error"] == "authorization_pending"
    assert claims_of(wrong.get_json()["id_token"])["aud"] == "another-client"
    assert claims_of(sound.get_json()["id_token"])["aud"] == mine.client_id
    assert answer(browser.sign_in(mine.client_id))["state"] != "the-state"  # it was kept


class Counter:
    """A sandbox client that asks members by CIBA, and Mei with her phone."""

    def __init__(self, sandbox: City) -> None:
        self.city, self.phone = sandbox, Browser(sandbox)
        self.mine = made(self.phone)
        answer(self.phone.sign_in(self.mine.client_id, share=("name",)))

    def arm(self, fault: str, *, kind: str = "fault") -> None:
        assert api(self.city, self.mine, "PUT", f"/{kind}/{fault}").status_code == 204

    def ask(self) -> TestResponse:
        form = {"scope": "openid profile", "login_hint": "mei.chen"}
        return self.city.call("/bc-authorize", form, headers=self._by())

    def begin(self, fault: str, *, kind: str = "fault") -> dict[str, Any]:
        self.arm(fault, kind=kind)
        told: dict[str, Any] = self.ask().get_json()
        return told

    def poll(self, told: dict[str, Any]) -> TestResponse:
        self.city.wait(seconds=6)
        form = {"grant_type": CIBA, "auth_req_id": told["auth_req_id"]}
        return self.city.call("/token", form, headers=self._by())

    def _by(self) -> dict[str, str]:
        return basic(self.mine.client_id, self.mine.client_secret)

    def waits(self) -> bool:
        return "/account/asked/" in self.phone.get("/account").text

    def agree(self, told: dict[str, Any]) -> None:
        key = self.phone.get("/account").text.partition("/account/asked/")[2].partition('"')[0]
        page = self.phone.get(f"/account/asked/{key}")
        form = {"number": told["binding_number"], "decision": "approve"}
        self.phone.consents(self.phone.follow(self.phone.submit(page, **form)), "name")

    def agreed(self, fault: str, *, kind: str = "fault") -> dict[str, Any]:
        told = self.begin(fault, kind=kind)
        self.agree(told)
        return told

    def verdict(self, check: str) -> str:
        told: Any = api(self.city, self.mine, "GET", "/checks").json
        return str(next(each["verdict"] for each in told if each["check"] == check))


def error_of(response: TestResponse) -> tuple[int, str]:
    return response.status_code, str((response.json or {}).get("error"))


@one_database
@pytest.mark.parametrize("fault", ["server_error", "temporarily_unavailable"])
def test_where_asking_failed_no_member_is_asked_and_the_next_time_they_are(
    sandbox: City, fault: str
) -> None:
    counter = Counter(sandbox)
    counter.arm(fault)

    failed = counter.ask()
    is_asked = counter.waits()
    again = counter.ask()

    assert error_of(failed) == (503, fault)
    assert not is_asked
    assert again.status_code == 200
    assert counter.waits()


@one_database
@pytest.mark.parametrize("has_agreed", [False, True])
def test_who_polled_and_was_denied_is_denied_for_good(sandbox: City, *, has_agreed: bool) -> None:
    counter = Counter(sandbox)
    told = counter.agreed("access_denied") if has_agreed else counter.begin("access_denied")

    first, second = counter.poll(told), counter.poll(told)

    assert error_of(first) == error_of(second) == (400, "access_denied")
    assert not counter.waits()
    sound = counter.agreed("plain")
    assert counter.poll(sound).status_code == 200


@one_database
def test_a_fault_of_the_token_waits_until_the_member_agreed(sandbox: City) -> None:
    counter = Counter(sandbox)
    told = counter.begin("unavailable")
    pending = counter.poll(told)
    counter.agree(told)
    away, back, late = counter.poll(told), counter.poll(told), counter.poll(told)

    assert error_of(pending) == (400, "authorization_pending")
    assert error_of(away) == (503, "temporarily_unavailable")
    assert away.headers["Retry-After"] == "2"
    assert back.status_code == 200
    assert error_of(late) == (400, "invalid_grant")  # a handle is good once


@one_database
def test_a_handle_that_is_no_good_stays_so_and_a_slow_answer_comes(sandbox: City) -> None:
    counter = Counter(sandbox)
    told = counter.agreed("invalid_grant")
    refused = [counter.poll(told), counter.poll(told)]
    slow = counter.poll(counter.agreed("slow"))

    assert [error_of(each) for each in refused] == [(400, "invalid_grant")] * 2
    assert slow.status_code == 200


@one_database
def test_what_a_poll_brings_is_wrong_in_what_was_asked_for(sandbox: City) -> None:
    keys = KeySet.import_key_set(sandbox.call("/jwks.json").get_json())
    counter, found = Counter(sandbox), {}
    for fault in MET[Way.CIBA] & {each.code for each in FAULTS if each.where is Where.ID_TOKEN}:
        token = (counter.poll(counter.agreed(fault)).json or {})["id_token"]
        try:
            found[fault] = dict(jwt.decode(token, keys, algorithms=["RS256", "ES256"]).claims)
        except (JoseError, ValueError):
            found[fault] = {}

    assert {fault for fault, claims in found.items() if not claims} == {
        "bad_signature",
        "unknown_key",
    }
    assert found["wrong_issuer"]["iss"] != ISSUER
    assert found["wrong_audience"]["aud"] != counter.mine.client_id
    assert found["expired"]["exp"] < sandbox.now.timestamp()


@one_database
def test_what_a_client_does_with_what_a_poll_brought_decides_its_check(sandbox: City) -> None:
    counter = Counter(sandbox)

    def polled(check: str) -> str:
        response = counter.poll(counter.agreed(check, kind="checks"))
        return str((response.json or {})["access_token"])

    sandbox.userinfo(polled("plain"))
    polled("wrong_audience")
    sandbox.wait(seconds=11)
    quiet = counter.verdict("wrong_audience")
    sandbox.userinfo(polled("expired"))
    claims = sandbox.userinfo(polled("wrong_subject"))

    assert (counter.verdict("plain"), quiet, counter.verdict("expired")) == (
        "passed",
        "passed",
        "failed",
    )
    assert claims.status_code == 200
    assert counter.verdict("wrong_subject") == "open"


@one_database
def test_the_page_says_in_which_way_a_fault_is_met(sandbox: City) -> None:
    browser = Browser(sandbox)
    mine = made(browser)

    page = browser.get(f"/sandbox/clients/{mine.client_id}").text

    assert "wrong_nonce" in MET[Way.BROWSER]
    assert not {"wrong_nonce", "wrong_state", "login_required"} & (MET[Way.DEVICE] | MET[Way.CIBA])
    for fault in (each for each in FAULTS if each.where is not Where.REPORT):
        row = re.search(rf"<code>{fault.code}</code></th>(.*?)</tr>", page, re.DOTALL)
        assert row is not None, fault.code
        assert row[1].count("會") == sum(fault.code in MET[way] for way in Way)


@one_database
def test_the_token_endpoint_errs_as_asked(sandbox: City) -> None:
    browser = Browser(sandbox)
    mine = made(browser)

    code = met(sandbox, browser, mine, "invalid_grant")["code"]
    refused = exchange(sandbox, mine, code)
    code = met(sandbox, browser, mine, "unavailable")["code"]
    away, back = exchange(sandbox, mine, code), exchange(sandbox, mine, code)
    code = met(sandbox, browser, mine, "slow")["code"]
    slow = exchange(sandbox, mine, code)
    code = met(sandbox, browser, mine, "invalid_token")["code"]
    access = (exchange(sandbox, mine, code).json or {})["access_token"]

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")  # type: ignore[index]
    assert (away.status_code, away.headers["Retry-After"]) == (503, "2")
    assert (back.status_code, slow.status_code) == (200, 200)
    used = sandbox.userinfo(access)
    assert (used.status_code, "invalid_token" in used.headers["WWW-Authenticate"]) == (401, True)


@one_database
def test_an_id_token_is_wrong_in_one_thing_only(sandbox: City) -> None:
    browser, published = Browser(sandbox), sandbox.call("/jwks.json").get_json()
    keys = KeySet.import_key_set(published)
    mine = made(browser)
    wrong: dict[str, dict[str, Any]] = {}
    for fault in (each for each in FAULTS if each.where is Where.ID_TOKEN):
        code = met(sandbox, browser, mine, fault.code)["code"]
        token = (exchange(sandbox, mine, code).json or {})["id_token"]
        try:
            wrong[fault.code] = dict(jwt.decode(token, keys, algorithms=["RS256"]).claims)
        except (JoseError, ValueError):
            wrong[fault.code] = {}

    assert {code for code, claims in wrong.items() if not claims} == {
        "bad_signature",
        "unknown_key",
    }
    assert wrong["wrong_nonce"]["nonce"] != "the-nonce"
    assert wrong["wrong_issuer"]["iss"] != ISSUER
    assert wrong["wrong_audience"]["aud"] != mine.client_id
    assert wrong["expired"]["exp"] < sandbox.now.timestamp()
    assert wrong["expired"]["nonce"] == "the-nonce"
    assert wrong["expired"]["aud"] == mine.client_id


@one_database
@pytest.mark.refusal("sandbox.no_such_fault")
def test_what_is_not_on_the_list_is_not_simulated(sandbox: City) -> None:
    browser = Browser(sandbox)
    mine = made(browser)
    token, page = hidden(browser.get("/sandbox")), f"/sandbox/clients/{mine.client_id}"

    for code in ("nothing", "log", "\u5e02", "'"):
        assert api(sandbox, mine, "PUT", f"/fault/{code}").status_code == 404
        assert browser.post(f"{page}/fault", {**token, "fault": code}).status_code == 404
        assert browser.post(f"{page}/checks", {**token, "check": code}).status_code == 404
    for sent in (b"", b"[]", b'{"told": 1}', b'{"told": "clean"}', b'{"told": "refused"}'):
        path = "/checks/wrong_state/outcome"
        told = api(sandbox, mine, "POST", path, form=sent, content_type="application/json")
        assert told.status_code == 404


# The interface


@one_database
def test_a_clients_tests_are_answered_as_the_document_says(sandbox: City) -> None:
    mine = made(Browser(sandbox))

    for name in names("sandbox"):
        operation = described(sandbox, "sandbox", name)
        try_out(sandbox, operation, as_bearer(mine.key), settings(max_examples=2))

    assert "/api/sandbox/openapi.json" in Browser(sandbox).get("/sandbox/interface").text


# Checks


def verdicts(sandbox: City, mine: Made) -> dict[str, str]:
    found: Any = api(sandbox, mine, "GET", "/checks").json
    return {each["check"]: each["verdict"] for each in found}


def run(sandbox: City, mine: Made, party: Party) -> dict[str, str]:
    browser = Browser(sandbox)
    for fault in CHECKS:
        if fault.code == LOG.code:
            continue
        assert api(sandbox, mine, "PUT", f"/checks/{fault.code}").status_code == 204
        told = party.finish(walk(browser, party.start()))
        if fault.code in {"wrong_subject", "unknown_note", "access_denied"}:
            sent = json.dumps({"told": told}).encode()
            path = f"/checks/{fault.code}/outcome"
            api(sandbox, mine, "POST", path, form=sent, content_type="application/json")
    api(sandbox, mine, "POST", "/log", form=party.log.encode(), content_type="text/plain")
    sandbox.wait(seconds=11)
    return verdicts(sandbox, mine)


@pytest.mark.clause("10-II")
@pytest.mark.parametrize(("party", "verdict"), [(Sound, "passed"), (Careless, "failed")])
def test_a_sound_client_passes_every_check_and_a_careless_one_none(
    sandbox: City, party: type[Sound | Careless], verdict: str
) -> None:
    sandbox.now = now_outside()  # Authlib has a clock of its own
    mine = made(Browser(sandbox))

    found = run(sandbox, mine, party(sandbox, mine.client_id, mine.client_secret))

    assert found == {each.code: verdict for each in CHECKS} | {CONTROL.code: "passed"}


@one_database
def test_a_client_that_does_nothing_passes_nothing(sandbox: City) -> None:
    browser = Browser(sandbox)
    mine = made(browser)
    before = verdicts(sandbox, mine)
    for code in ("plain", "wrong_nonce"):
        api(sandbox, mine, "PUT", f"/checks/{code}")
        answer(browser.sign_in(mine.client_id))

    sandbox.wait(seconds=11)

    assert set(before.values()) == {"waiting"}
    after = verdicts(sandbox, mine)
    assert (after["plain"], after["wrong_nonce"]) == ("open", "open")


@one_database
def test_the_page_shows_what_the_developer_says_and_keeps_no_log(sandbox: City) -> None:
    browser = Browser(sandbox)
    mine = made(browser)
    token, page = hidden(browser.get("/sandbox")), f"/sandbox/clients/{mine.client_id}"
    browser.post(f"{page}/checks", {**token, "check": "access_denied"})
    asked = browser.get(f"{page}/checks").text
    met_it = browser.get("/authorize", authorization(mine.client_id))
    browser.post(f"{page}/told", {**token, "check": "access_denied", "told": "refused"})
    answer(browser.sign_in(mine.client_id))
    searched = browser.post(f"{page}/log", {**token, "log": "user ＭＥＩ.chen@mail.invalid in"})
    clean = browser.post(f"{page}/log", {**token, "log": "user 4711 in"})

    assert "access_denied" in asked
    assert dict(parse_qsl(urlsplit(met_it.location).query))["error"] == "access_denied"
    assert "<code>email</code>" in searched.text
    assert verdicts(sandbox, mine) | {"access_denied": "passed", "log": "passed"} == verdicts(
        sandbox, mine
    )
    assert "沒有找到" in clean.text
    with sandbox.database() as session:
        rows = session.connection().exec_driver_sql("SELECT * FROM sandbox_trial").all()
    assert "mail.invalid" not in str(rows)


def test_the_list_of_faults_is_one_list() -> None:
    assert len(BY_CODE) == len(FAULTS)
    assert {each.good for each in CHECKS} < set(Told)
