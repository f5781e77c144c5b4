"""A whole run, friendly and hostile: of what people typed and were given, nothing is written down.

Not by the server, not by the worker, and not in what a collector of traces is sent.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests
from sqlalchemy import MetaData, select

from tests import make
from tests.conftest import DATABASES
from tests.flows.provider import VERIFIER
from tests.live.collector import Collector, collecting
from tests.live.lending import lent
from tests.live.programs import ROOT
from tests.live.server import Provider
from tests.live.test_serving import CALLBACK, request_to
from tests.live.visitor import Visitor
from tests.live.working import work_once
from tests.members.applying import NATIONAL
from tests.web.recovering import CODE, text_of
from web import till

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]

CLIENT, LOGIN = "canary-client", "canary.login"
# Each is unlike anything else in the database, and sealed there or hashed.
CLAIMS = {
    "name": "金絲雀鳴",
    "family_name": "金絲",
    "given_name": "雀鳴",
    "birthdate": "1987-11-29",
    "email": "canary.mail@mail.invalid",
    "phone_number": "+886900471147",
    "address": {"formatted": "臺北市金絲雀路 4711 號", "locality": "臺北市", "country": "TW"},
}
TYPED = {
    "kind": "national",
    "number": NATIONAL,
    "name": "試金絲雀",
    "birth_date": "民國76年11月28日",
}
CONTACT = {
    "email": "canary.applies@mail.invalid",
    "phone": "0900-471-148",
    "address": "金絲雀巷 4712 號",
}
NEW_MAIL = "canary.moved@mail.invalid"
SHOP = "canary-cafe"
SHOWN = re.compile(r'<p class="code" translate="no">([^<]+)</p>')
HOSTILE = "canary'\"><script>%00{{7*7}}"


@dataclass
class Run:
    """One run: what was used that nobody may find again, and what may stand in the database."""

    provider: Provider
    folder: Path
    secrets: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # by the client; a sign-in under way holds it
    visitor: Visitor = field(default_factory=lambda: Visitor(CALLBACK))
    logs: list[str] = field(default_factory=list)  # of workers

    def call(self, method: str, path: str, **more: object) -> requests.Response:
        with requests.Session() as http:
            http.trust_env = False
            url = self.provider.issuer + path
            return http.request(method, url, timeout=60, allow_redirects=False, **more)  # type: ignore[arg-type]  # requests' own options


def kept(visitor: Visitor) -> list[str]:
    """Return the secrets of a browser: a cookie with the name of a method is none."""
    return [value for value in visitor.cookies().values() if len(value) > 16]


def signs_in(run: Run) -> None:
    """Fail to sign in, sign in, agree, and let the client do everything it may with tokens."""
    provider, visitor = run.provider, run.visitor
    secret = provider.register(CLIENT, sector="canary.invalid")
    assert secret is not None
    person = provider.enrol(LOGIN, **CLAIMS)
    state, nonce = "canary-state-4711", "canary-nonce-4711"
    visitor.open(request_to(provider, CLIENT, state=state, nonce=nonce, login_hint=LOGIN))
    visitor.submit("submit_login", login_id=LOGIN, password="canary-wrong-password")
    visitor.log_in(person).consent("birthdate")
    answer = visitor.answer()
    run.secrets += [*kept(visitor), answer["code"], secret]
    run.said += [state, nonce, LOGIN]
    basic = {"Authorization": "Basic " + base64.b64encode(f"{CLIENT}:{secret}".encode()).decode()}
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    tokens = run.call("POST", "/token", data=form, headers=basic).json()
    run.secrets += [tokens["access_token"], tokens["refresh_token"], tokens["id_token"]]
    run.secrets += [basic["Authorization"][6:], make.PASSWORD, "canary-wrong-password", VERIFIER]
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert run.call("GET", "/userinfo", headers=bearer).json()["birthdate"] == CLAIMS["birthdate"]
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    fresh = run.call("POST", "/token", data=form, headers=basic).json()
    run.secrets += [fresh["access_token"], fresh["refresh_token"]]
    for path in ("/introspect", "/revoke"):
        run.call("POST", path, data={"token": fresh["access_token"]}, headers=basic)


def shows_a_code(run: Run) -> None:
    """Show a code at a till, which asks with it about an offer that nobody approved."""
    purpose = make.a_purpose_form("canary-offer", kind="offer", claims=[])
    secret = run.provider.register(
        SHOP, kind="merchant", sector="canary-cafe.invalid", purposes=[purpose]
    )
    visitor = run.visitor.open(f"{run.provider.issuer}/account/show").submit("till-new")
    (code,) = SHOWN.findall(visitor.page)
    plain = code.replace(" ", "")
    form = {"code": plain, "offer": "canary-offer"}
    told = run.call("POST", till.PATH, data=form, auth=(SHOP, str(secret)))
    assert told.status_code == requests.codes.forbidden, told.text
    run.secrets += [code, plain, str(secret)]


def moves(run: Run) -> None:
    """Name another mailbox, and type the code that a worker sent there."""
    visitor = run.visitor.open(f"{run.provider.issuer}/account/personal/contact")
    visitor.submit("submit_contact", email=NEW_MAIL)
    run.people.append(NEW_MAIL)
    works(run)
    (letter,) = (each for each in letters(run) if NEW_MAIL in str(each["To"]))
    (code,) = set(CODE.findall(text_of(letter)))  # in each language
    run.secrets += [code, code.replace(" ", "")]
    visitor.submit("submit_code", code=code)
    assert "done=mailbox" in visitor.url, visitor.page


def withdraws(run: Run) -> None:
    """Withdraw what the client was agreed to have."""
    visitor = run.visitor.open(f"{run.provider.issuer}/account/consents")
    link = visitor.page.split('/withdraw"')[0].rsplit('href="', 1)[1] + "/withdraw"
    visitor.open(run.provider.issuer + link).submit("withdraw_yes")
    assert "done=withdrawn" in visitor.url, visitor.page


def works(run: Run) -> None:
    """Let a worker send what is due into a folder."""
    log = run.folder / f"worker-{len(run.logs)}.log"
    run.logs.append(work_once(run.provider, log, MAIL__FOLDER=str(run.folder / "mail")))


def letters(run: Run) -> list[EmailMessage]:
    """Return what the worker sent to anybody."""
    return [
        message_from_bytes(each.read_bytes(), policy=policy.default)
        for each in (run.folder / "mail").glob("*.eml")
    ]


def applies(run: Run) -> None:
    """Fill in an application up to its review."""
    with Visitor() as visitor:
        for step, fields in (("who", TYPED), ("contact", CONTACT)):
            visitor.open(f"{run.provider.issuer}/apply/{step}")
            visitor.submit("submit_step", **fields)
        assert visitor.status == requests.codes.ok
        run.secrets += kept(visitor)
    run.people += [*TYPED.values(), *CONTACT.values()]
    run.people.remove("national")


def attacks(run: Run) -> None:
    """Send what nobody should, everywhere, with everything that must not be kept in it."""
    token, password = "canary.4711.bearer-token-value", "canary-typed-password-4711"
    poison = f"{LOGIN}/{CLAIMS['email']}/{token}"
    run.secrets += [token, password, HOSTILE]
    headers = {
        "Authorization": f"Bearer {token}",
        "User-Agent": poison,
        "Referer": f"https://evil.invalid/?code={token}",
        "Cookie": f"session={token}; __Host-session={token}",
        "DPoP": token,
        "traceparent": token,
        "X-Forwarded-For": token,
        "Accept-Language": token,
    }
    form = {
        "login_id": CLAIMS["email"],
        "password": password,
        "code": token,
        "grant_type": HOSTILE,
        "client_id": HOSTILE,
        "client_secret": password,
        "request": f"eyJhbGciOiJub25lIn0.{token}.",
        "csrf_token": token,
        "number": NATIONAL,
        "subject_token": token,
    }
    paths = (
        "/token /par /introspect /revoke /userinfo /register /authorize /account/login /apply/who "
        "/track /recover /api/agency/applications /device_authorization /bc-authorize /end_session "
        "/verify /metrics /certificate/present/x /lost /counter /doit /petition"
    ).split()
    for path in (*paths, f"/{token}", f"/account/{LOGIN}/%00%ff/{token}"):
        for method in ("GET", "POST"):
            sent = {"params" if method == "GET" else "data": form}
            run.call(method, path, headers=headers, **sent)
        run.call("POST", path, data=b"\xff\x00" + token.encode(), headers=headers)
        run.call("POST", path, json={**form, "client_name": HOSTILE}, headers=headers)
    run.call("POST", "/token", data={"code": "x" * 70_000 + token}, headers=headers)
    run.call("GET", f"/authorize?{token}" + "x" * 9_000)


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """Lend whoever gathers the traces of this module's servers."""
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module", params=DATABASES)
def traced(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, collector: Collector
) -> Iterator[Provider]:
    """Serve on each kind of database in turn, every request traced."""
    settings = {"TAIPEI_ID_TRACES": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    with lent(request, tmp_path_factory.mktemp("traced"), settings) as provider:
        yield provider


@pytest.fixture
def run(traced: Provider, tmp_path: Path) -> Iterator[Run]:
    run = Run(traced, tmp_path)
    run.people += [each for each in CLAIMS.values() if isinstance(each, str)]
    run.people += ["金絲雀路 4711", NATIONAL]
    with run.visitor:
        yield run


def stored(provider: Provider) -> str:
    """Return everything that stands in the database, as text."""
    tables = MetaData()
    tables.reflect(provider.engine)
    with provider.engine.connect() as connection:
        return "\n".join(
            f"{table.name}: {tuple(row)!r}"
            for table in tables.sorted_tables
            for row in connection.execute(select(table))
        )


@pytest.mark.clause("10-I(2)")
def test_no_value_of_a_whole_run_is_found_in_a_log_a_trace_or_unsealed_in_the_database(
    run: Run, collector: Collector
) -> None:
    for act in (signs_in, shows_a_code, moves, withdraws, applies, attacks, works):
        act(run)
    collector.wait_for(calls(run))

    log, rows = run.provider.log.read_text("utf-8"), stored(run.provider)
    values = (*run.secrets, *run.people, *run.said)

    assert [each for each in values if each in log] == []
    assert [each for each in values if each in "".join(run.logs)] == []
    assert [each for each in values if each.encode() in collector.taken()] == []
    assert [each for each in (*run.secrets, *run.people) if each in rows] == []


def calls(run: Run) -> list[str]:
    """Call what does not exist until both workers must have answered; return the references."""
    bearer = {"Authorization": "Bearer none"}
    path = "/api/agency/applications"
    return [run.call("GET", path, headers=bearer).json()["reference"] for _ in range(20)]


def test_the_proxy_writes_no_query_no_referrer_and_no_header_down() -> None:
    for conf in (Path(ROOT) / "deploy").glob("nginx*.conf"):
        text = conf.read_text("utf-8")
        for form in re.findall(r"log_format \S+ (.*?);", text, re.DOTALL):
            assert set(re.findall(r"\$(\w+)", form)) <= {
                "remote_addr",
                "time_iso8601",
                "request_method",
                "uri",
                "status",
                "body_bytes_sent",
                "request_time",
                "request_id",
                "upstream_status",
            }
        # nginx's own lines hold whole addresses: tests/test_pools.py provokes some.
        assert text.count("error_log /dev/null emerg;") == text.count("\nserver {")
        assert text.count("error_log") == text.count("\nserver {")
