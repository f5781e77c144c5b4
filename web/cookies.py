"""Read and write our cookies: browser, session and its state, choices, papers.

Choices are the language, the method, and of staff the post and the seat. Papers are a draft or a
receipt of an application: a number, and the secret that opens it.
"""

from flask import current_app, g, request
from werkzeug.http import dump_cookie
from werkzeug.wrappers import Response

from kernel.ids import new_secret, typed_code

SECRET_LENGTH = 43
YEAR = 365 * 86400
CHOICES = {"language": YEAR, "method": YEAR, "post": None, "seat": None}  # seconds, or one visit
PAPERS = {"draft": 30 * 86400, "receipt": 1800, "petition": 1800}  # seconds
LONGEST_PAPER = 64


def _name(kind: str) -> str:
    return _named(kind, secure=_secure())


def _named(kind: str, *, secure: bool) -> str:
    # __Host-: only over https, only this host, only the whole site; nobody else can plant it.
    return f"__Host-taipei-id-{kind}" if secure else f"taipei-id-{kind}"


def _secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])


def _secret(kind: str) -> str | None:
    return _sound(request.cookies.get(_name(kind), ""))


def _sound(value: str) -> str | None:
    return value if len(value) == SECRET_LENGTH and value.isascii() else None


def find_in(header: str, kind: str, *, secure: bool) -> str | None:
    """Return the cookie `session` or `browser` in a Cookie header, if it is one of ours."""
    wanted = _named(kind, secure=secure)
    for pair in header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == wanted:
            return _sound(value)
    return None


def session() -> str | None:
    """Return the session cookie, or None if it is missing or not one of ours."""
    return _secret("session")


def browser() -> str:
    """Return the mark of this browser, inventing one that the response will set.

    Interactions and form tokens are bound to it; it says nothing about who is using it. It stays
    for a year, so that a member is told of a sign-in only where they never signed in before.
    """
    if "browser" not in g:
        known = _secret("browser")
        g.browser_is_new = known is None
        g.browser = known or new_secret()
    return str(g.browser)


def language() -> str:
    """Return the language the reader chose, unchecked."""
    return request.cookies.get(_name("language"), "")[:16]


def method() -> str:
    """Return how this browser signed in last, unchecked; no account says it, only this cookie."""
    return request.cookies.get(_name("method"), "")[:16]


def remember_method(name: str) -> None:
    """Let the response remember how this browser signed in."""
    g.method_cookie = name


def post() -> str:
    """Return the post that staff chose to act in, unchecked."""
    return request.cookies.get(_name("post"), "")[:36]


def choose_post(post_id: str) -> None:
    """Let the response remember the post, until the browser is closed."""
    g.post_cookie = post_id


def seat() -> str:
    """Return the post at a counter that a clerk chose, unchecked."""
    return request.cookies.get(_name("seat"), "")[:36]


def choose_seat(clerk_id: str) -> None:
    """Let the response remember where the clerk sits, until the browser is closed."""
    g.seat_cookie = clerk_id


def pair(kind: str) -> tuple[str, str] | None:
    """Return the number and the secret of a paper this browser holds, unchecked."""
    held = g.get("papers", {}).get(kind, request.cookies.get(_name(kind), ""))
    number, _, secret = held[:LONGEST_PAPER].partition(".")
    return (number, secret) if secret else None


def keep_pair(kind: str, number: str, secret: str) -> None:
    """Let the response remember a paper; on its next pages the number and secret are known."""
    papers = g.setdefault("papers", {})
    papers[kind] = f"{typed_code(number)}.{typed_code(secret)}"


def forget_pair(kind: str) -> None:
    """Let the response delete a paper."""
    g.setdefault("papers", {})[kind] = ""


def start_session(token: str, *, state: str) -> None:
    """Let the response set the session cookie, and the state that clients' pages ask about."""
    g.session_cookie = token
    g.state_cookie = state


def end_session() -> None:
    """Let the response delete the session cookie, and its state."""
    g.session_cookie = g.state_cookie = ""


def forget_state() -> None:
    """Let the response delete the state, unless it sets a new one."""
    g.setdefault("state_cookie", "")


def state_name() -> str:
    """Return the name of the cookie that our frame reads by script."""
    return _name("state")


def choose_language(language_tag: str) -> None:
    """Let the response remember the language."""
    g.language_cookie = language_tag


def write(response: Response) -> Response:
    """Set what this request decided."""
    if g.get("browser_is_new"):
        _set(response, "browser", g.browser, max_age=YEAR)
    if "session_cookie" in g:
        _set(response, "session", g.session_cookie, max_age=None if g.session_cookie else 0)
    if "state_cookie" in g:
        _write_state(response, g.state_cookie)
    for name, age in CHOICES.items():
        if f"{name}_cookie" in g:
            _set(response, name, g.get(f"{name}_cookie"), max_age=age)
    for kind, value in g.get("papers", {}).items():
        _set(response, kind, value, max_age=PAPERS[kind] if value else 0)
    return response


def _write_state(response: Response, value: str) -> None:
    """Set what our frame reads on clients' pages: by script, and from other sites."""
    secure = _secure()
    header = dump_cookie(
        _name("state"),
        value,
        max_age=None if value else 0,
        path="/",
        secure=secure,
        httponly=False,
        samesite="None" if secure else "Lax",  # browsers take None over https only
    )
    response.headers.add("Set-Cookie", header)


def marking(browser: str, *, secure: bool) -> str:
    """Return the header that gives a browser its mark, as `write` would, without Flask."""
    return _written("browser", browser, max_age=YEAR, secure=secure)


def _set(response: Response, kind: str, value: str, *, max_age: int | None) -> None:
    header = _written(kind, value, max_age=max_age, secure=_secure())
    response.headers.add("Set-Cookie", header)


def _written(kind: str, value: str, *, max_age: int | None, secure: bool) -> str:
    return dump_cookie(
        _named(kind, secure=secure),
        value,
        max_age=max_age,
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
    )
