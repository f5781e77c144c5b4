import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from kernel import logs

TOKEN = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.root
    before = (
        root.handlers,
        root.level,
        {name: logging.getLogger(name).level for name in logs.TALKATIVE},
    )
    stream = io.StringIO()
    logs.configure(level=logging.DEBUG, readable=False, stream=stream)
    yield stream
    root.handlers, root.level = before[0], before[1]
    for name, level in before[2].items():
        logging.getLogger(name).setLevel(level)
    structlog.reset_defaults()


def last_line(written: io.StringIO) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(written.getvalue().splitlines()[-1])
    return line


def test_a_line_is_one_json_object(written: io.StringIO) -> None:
    structlog.get_logger("web").info("login.refused", client="library")

    line = last_line(written)
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "login.refused",
        "client": "library",
        "level": "info",
        "logger": "web",
    }


@pytest.mark.pyop_row(17)
@pytest.mark.parametrize("name", ["pyop", "oic", "pyop.provider", "oic.oic.message", "jwkest"])
def test_the_protocol_library_says_nothing_at_debug(written: io.StringIO, name: str) -> None:
    logging.getLogger(name).debug("issued token %s", TOKEN)

    assert logging.root.level == logging.DEBUG
    assert written.getvalue() == ""


@pytest.mark.pyop_row(17)
def test_the_protocol_library_still_warns(written: io.StringIO) -> None:
    logging.getLogger("pyop.provider").warning("something is odd")

    assert last_line(written)["event"] == "something is odd"


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "access_token",
        "refresh_token",
        "id_token_hint",
        "code",
        "auth_code",
        "code_verifier",
        "password",
        "new_password",
        "client_secret",
        "client_assertion",
        "Authorization",
        "cookie",
        "Set-Cookie",
        "nonce",
        "state",
        "csrf_token",
        "master_key",
        "login",
        "login_hint",
        "name",
        "email",
        "birthdate",
        "pin",
    ],
)
def test_a_field_that_may_hold_a_secret_is_hidden(written: io.StringIO, name: str) -> None:
    structlog.get_logger("web").info("something", **{name: TOKEN})

    assert TOKEN not in written.getvalue()
    assert last_line(written)[name] == logs.HIDDEN


@pytest.mark.parametrize(
    "name", ["client", "member", "status_code", "sqlstate", "token_type", "path", "count"]
)
def test_identifiers_and_codes_stay_readable(written: io.StringIO, name: str) -> None:
    structlog.get_logger("web").info("something", **{name: "abc"})

    assert last_line(written)[name] == "abc"


def test_a_secret_is_hidden_at_any_depth(written: io.StringIO) -> None:
    structlog.get_logger("web").info("asked", request={"headers": [{"authorization": TOKEN}]})

    assert TOKEN not in written.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        f"GET /authorize?code={TOKEN}&x=1",
        f"Authorization: Bearer {TOKEN}",
        f"authorization basic {TOKEN}",
        f"got eyJhbGciOiJFUzI1NiJ9.{TOKEN}.{TOKEN}",
        f"(psycopg) failed\n[SQL: INSERT]\n[parameters: ('{TOKEN}',)]\n(Background on this)",
        f"duplicate key\nDETAIL:  Key (login)=({TOKEN}) already exists.",
    ],
)
def test_a_secret_inside_a_library_s_text_is_hidden(written: io.StringIO, text: str) -> None:
    logging.getLogger("gunicorn.error").warning(text)

    assert TOKEN not in written.getvalue()
    assert logs.HIDDEN in last_line(written)["event"]


def test_a_secret_inside_a_traceback_is_hidden(written: io.StringIO) -> None:
    try:
        int(f"client_secret={TOKEN}")
    except ValueError:
        structlog.get_logger("web").exception("request.broke")

    assert "Traceback" in last_line(written)["exception"]
    assert TOKEN not in written.getvalue()


def test_every_line_of_a_request_carries_its_reference(written: io.StringIO) -> None:
    before = logs.ABOUT.set(lambda: {"reference": "ABCD2345"})
    logging.getLogger("sqlalchemy.pool").warning("slow")
    inside = last_line(written)
    logs.ABOUT.reset(before)
    structlog.get_logger("web").info("afterwards")

    assert inside["reference"] == "ABCD2345"
    assert "reference" not in last_line(written)


def test_a_terminal_gets_text(written: io.StringIO) -> None:
    logs.configure(readable=True, stream=written)

    structlog.get_logger("web").info("login.refused")

    assert "login.refused" in written.getvalue()
    assert not written.getvalue().startswith("{")
