"""Nothing anyone sends is a mistake of ours, and nothing leads to an address nobody registered."""

from collections.abc import Iterator
from urllib.parse import quote, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from clients import grant_types, registry
from clients.authentication import ASSERTION_TYPE
from clients.grant_types import CIBA, DEVICE, EXCHANGE, ITSELF
from idp.exchanging import ACCESS_TOKEN
from tests import make
from tests.flows.browser import Browser, authorization
from tests.flows.provider import CALLBACK, GOODBYE, ISSUER, VERIFIER, City, basic

# What SQLite takes, PostgreSQL may refuse: NUL, half a surrogate pair, what is too long.
the_stricter_database = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
FORM = "application/x-www-form-urlencoded"
ELSEWHERE = "https://attacker.invalid/"
DEEP = quote("[" * 2_000)
HOSTILE = [
    b"",
    b"%FF",
    b"%00",
    b"a%00b",
    b"%ED%A0%80",
    b"%C0%AE",
    b"%",
    b"%zz",
    b"\xe5\xb8\x82",
    b"\xff\x00",
    b"%0d%0aLocation:%20https://attacker.invalid",
    b"%E2%80%AE%F0%9F%92%A9",
    b"a" * 5_000,
    b"9" * 5_000,
    b"-1",
    b"1e309",
    b"NaN",
    b"null",
    b"%7B%7D",
    b"%7B%22userinfo%22%3A%7B%22%5Cud800%22%3A%7B%22value%22%3A%22%5Cu0000%22%7D%7D%7D",
    b"%7B%22id_token%22%3A%7B%22sub%22%3A%7B%22value%22%3A1e999%7D%7D%7D",
    DEEP.encode(),
    quote('{"id_token":' * 700).encode(),
    b"https%3A%2F%2Fattacker.invalid%2F",
    b"%2F%2Fattacker.invalid",
    b"%5C%5Cattacker.invalid",
    b"/%09/attacker.invalid",
    b"javascript%3Aalert(1)",
    b"'%20OR%201%3D1--",
    b"<script>alert(1)</script>",
    b"{{7*7}}%25s%25n",
    b"eyJhbGciOiJub25lIn0.e30.",
    b"eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
    b"W10.W10.W10",
    b"openid%20openid%20purpose:%20purpose:a",
    b"none%20login",
]
CLIENT = {"client_id": "library", "client_secret": "x"}
ASSERTED = {"client_assertion": "a.b.c", "client_assertion_type": ASSERTION_TYPE}
AUTHORIZE = {
    **authorization(),
    "prompt": "login",
    "max_age": "5",
    "claims": "{}",
    "login_hint": "mei",
    "ui_locales": "en",
    "claims_locales": "en",
    "acr_values": "x",
    "id_token_hint": "x",
    "display": "page",
    "response_mode": "query",
    "request": "x",
    "request_uri": "x",
    "authorization_details": "[]",
    "registration": "x",
    "anything": "x",
}
CODE = {
    "grant_type": "authorization_code",
    "code": "x",
    "redirect_uri": CALLBACK,
    "code_verifier": VERIFIER,
}
REFRESH = {"grant_type": "refresh_token", "refresh_token": "x", "scope": "openid"}
TOKEN = {"token": "x", "token_type_hint": "access_token"}
LOGOUT = {
    "id_token_hint": "x",
    "client_id": "library",
    "post_logout_redirect_uri": GOODBYE,
    "state": "s",
    "logout_hint": "mei",
    "ui_locales": "en",
}
PAGES = {
    "/language": {"language": "en", "next": "/help"},
    "/account/login": {"login_id": "mei.chen", "password": "x", "shared_computer": "yes"},
    "/account/password": {"current_password": "x", "new_password": "y", "repeat_password": "y"},
    "/logout": {**LOGOUT, "decision": "yes"},
}


def assert_answered(response: TestResponse) -> None:
    """Hold the answer to the two promises of this file."""
    assert response.status_code < 500, response.text
    location = response.headers.get("Location", "/")
    at_home = location.startswith("/") and not location.startswith(("//", "/\\"))
    registered = location.partition("?")[0] in {CALLBACK, GOODBYE, f"{ISSUER}/"}
    assert at_home or registered, location
    assert "attacker" not in (urlsplit(location).netloc or "")
    assert "Location: https://attacker" not in str(response.headers)


def variants(form: dict[str, str]) -> Iterator[bytes]:
    """Yield the form with each parameter missing, repeated, and replaced by each hostile value."""
    yield b""
    for name, sound in form.items():
        rest = urlencode({key: value for key, value in form.items() if key != name}).encode()
        yield rest
        yield urlencode([*form.items(), (name, sound)]).encode()
        yield urlencode([*form.items(), (name, "another")]).encode()
        for value in HOSTILE:
            yield b"&".join([rest, name.encode() + b"=" + value])


@pytest.fixture
def signed_in(city: City) -> Browser:
    browser = Browser(city)
    browser.sign_in()
    return browser


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_authorization_endpoint_bears_every_parameter(
    city: City, signed_in: Browser, method: str
) -> None:
    for sent in variants(AUTHORIZE):
        if method == "GET":
            assert_answered(signed_in.get("/authorize", sent.decode("latin-1")))
        else:
            assert_answered(signed_in.post("/authorize", sent, content_type=FORM))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/token", {**CODE}),
        ("/token", {**REFRESH}),
        ("/token", {"grant_type": DEVICE, "device_code": "x"}),
        ("/token", {"grant_type": CIBA, "auth_req_id": "x"}),
        (
            "/token",
            {"grant_type": EXCHANGE, "subject_token": "x", "subject_token_type": ACCESS_TOKEN},
        ),
        ("/token", {"grant_type": ITSELF, "resource": "https://x.invalid/", "scope": "a.b"}),
        ("/device_authorization", {"scope": "openid", "terminal": "x", "claims": "{}"}),
        (
            "/bc-authorize",
            {
                "scope": "openid",
                "login_hint": "mei.chen",
                "binding_message": "x",
                "requested_expiry": "9",
                "request": "x",
                "authorization_details": "[]",
            },
        ),
        ("/token", {**CODE, **CLIENT}),
        ("/token", {**CODE, **ASSERTED}),
        ("/introspect", {**TOKEN}),
        ("/revoke", {**TOKEN, **CLIENT}),
        ("/userinfo", {"access_token": "x"}),
    ],
)
def test_the_back_end_endpoints_bear_every_parameter(
    city: City, path: str, form: dict[str, str]
) -> None:
    with city.database() as session:
        registry.set_grant_types(session, "library", grant_types.KNOWN)
    alone = "client_id" in form or "client_assertion" in form or path == "/userinfo"
    for sent in variants(form):
        response = city.call(path, sent, headers={} if alone else basic("library"))

        assert_answered(response)
        assert response.mimetype == "application/json" or response.text == ""


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_logout_bears_every_parameter(city: City, signed_in: Browser, method: str) -> None:
    for browser in (signed_in, Browser(city)):
        for sent in variants(LOGOUT):
            if method == "GET":
                assert_answered(browser.get("/logout", sent.decode("latin-1")))
            else:
                assert_answered(browser.post("/logout", sent, content_type=FORM))


@pytest.mark.slow
@the_stricter_database
@pytest.mark.parametrize("path", sorted(PAGES))
def test_our_own_forms_bear_every_field(city: City, signed_in: Browser, path: str) -> None:
    token = signed_in.get("/account").text.split('name="csrf_token" value="', 1)[1].split('"')[0]
    for sent in variants(PAGES[path]):
        city.wait(minutes=20)  # a lockout would hide what comes after it
        body = b"csrf_token=" + token.encode() + b"&" + sent
        assert_answered(signed_in.post(path, body, content_type=FORM))


@pytest.mark.slow
@the_stricter_database
@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("login", {"login_id": "mei.chen", "password": "x"}),
        ("account", {"choice": "continue"}),
        ("consent", {"decision": "allow", "duration": "90d", "claim.birthdate": "share"}),
        ("cancel", {"decision": "x"}),
    ],
)
def test_the_pages_of_a_sign_in_bear_every_field(
    city: City, step: str, fields: dict[str, str]
) -> None:
    browser = Browser(city)
    for sent in variants(fields):
        city.wait(minutes=20)
        page = browser.authorize(prompt="consent" if step == "consent" else None)
        if step == "consent" and page.request.path.endswith("/login"):
            page = browser.log_in(page)
        token = page.text.split('name="csrf_token" value="', 1)[1].split('"')[0]
        path = page.request.path.rsplit("/", 1)[0]
        body = b"csrf_token=" + token.encode() + b"&" + sent
        assert_answered(browser.post(f"{path}/{step}", body, content_type=FORM))


raw = st.binary(max_size=40) | st.sampled_from(HOSTILE)
pairs = st.lists(st.tuples(st.sampled_from(sorted({**AUTHORIZE, **LOGOUT})), raw), max_size=12)
PATHS = [
    "/authorize",
    "/par",
    "/device_authorization",
    "/bc-authorize",
    "/token",
    "/userinfo",
    "/introspect",
    "/revoke",
    "/logout",
    "/language",
]


@given(path=st.sampled_from(PATHS), sent=pairs, method=st.sampled_from(["GET", "POST", "HEAD"]))
@settings(max_examples=150)
def test_any_mixture_of_parameters_is_answered(
    city: City, path: str, sent: list[tuple[str, bytes]], method: str
) -> None:
    body = b"&".join(name.encode() + b"=" + value for name, value in sent)

    if method == "POST":
        assert_answered(city.call(path, body))
    else:
        assert_answered(city.call(path, method=method, query_string=body.decode("latin-1")))


header_text = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=60)
HEADERS = [
    "Authorization",
    "Cookie",
    "Content-Type",
    "Origin",
    "Referer",
    "Accept-Language",
    "If-None-Match",
    "User-Agent",
    "Sec-Fetch-Site",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "Forwarded",
    "Accept",
    "Range",
]
tokens = st.sampled_from(["Basic ", "Bearer ", "basic", "__Host-taipei-id-session=", "en;q=", ""])


@given(
    path=st.sampled_from([*PATHS, "/", "/account", "/account/login", "/jwks.json", "/nothing"]),
    headers=st.dictionaries(st.sampled_from(HEADERS), st.builds(str.__add__, tokens, header_text)),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS"]),
)
@settings(max_examples=150)
def test_any_headers_are_answered(
    city: City, path: str, headers: dict[str, str], method: str
) -> None:
    response = city.call(path, b"a=b" if method == "POST" else None, method=method, headers=headers)

    assert_answered(response)
    assert "attacker" not in response.headers.get("Location", "")


@given(st.text(max_size=40))
def test_any_host_name_leads_nowhere_else(city: City, query: str) -> None:
    response = city.call(
        "/account", headers={"Host": "attacker.invalid"}, query_string={"q": query}
    )

    assert response.location == "/account/login"


@pytest.mark.parametrize(
    "path",
    [
        "/interaction/x",
        "/interaction/00000000-0000-0000-0000-000000000000",
        "/interaction/00000000-0000-0000-0000-000000000000/login",
        "/account/consents/x/withdraw",
        "/static/../kernel/settings.py",
        "/static/%2e%2e/app.py",
        "/%00",
        "/\u5e02",
        "/.well-known/",
        "/dev/kit",
        "//attacker.invalid",
    ],
)
def test_addresses_that_are_nothing_are_a_page_that_says_so(city: City, path: str) -> None:
    response = city.call(path)

    assert response.status_code in {303, 308, 404}
    assert_answered(response)


@pytest.mark.parametrize("size", [64 * 1024 + 1, 2_000_000])
@pytest.mark.parametrize("path", ["/authorize", "/token", "/logout", "/account/login"])
def test_what_is_too_large_is_refused_without_being_read(city: City, path: str, size: int) -> None:
    response = city.call(path, b"a=" + b"x" * size)

    assert response.status_code == 413


@given(
    login=st.text(max_size=30) | st.sampled_from(["mei.chen", "\0", "\ud800", "x" * 2_000]),
    password=st.text(max_size=30) | st.sampled_from([make.PASSWORD + " ", "\0", "x" * 3_000]),
)
@settings(max_examples=30)
def test_any_account_name_and_password_are_answered_alike(
    city: City, login: str, password: str
) -> None:
    city.wait(minutes=20)
    browser = Browser(city)
    page = browser.get("/account/login")
    fields = {"login_id": login, "password": password}
    encoded = {
        name: value.encode("utf-8", "surrogatepass").decode("latin-1")
        for name, value in fields.items()
    }

    response = browser.submit(page, **encoded)

    assert response.status_code == 200
    assert "帳號或密碼不正確" in response.text
