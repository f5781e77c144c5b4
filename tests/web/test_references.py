"""The number on an error page is the number on every log line of that request."""

import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from idp import userinfo
from kernel import logs
from tests.flows.provider import City
from web import health
from web.referring import Referred

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def written() -> Iterator[StringIO]:
    before, stream = (logging.root.handlers, logging.root.level), StringIO()
    logs.configure(readable=False, stream=stream)
    yield stream
    logging.root.handlers, logging.root.level = before
    structlog.reset_defaults()


def test_every_line_of_a_request_has_the_number_its_page_shows(
    city: City, written: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(health, "_tables", fail)
    monkeypatch.setattr(userinfo, "userinfo", fail)

    page = city.call("/health/ready").text
    told = city.call("/userinfo").get_json()

    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["bug", "express.failed", "bug"]
    first, second, third = (line["reference"] for line in lines)
    assert first in page
    assert second == third != first
    assert told["error_description"] == f"reference {second}"


@pytest.mark.parametrize(
    ("traced", "sent", "trace"),
    [
        (True, f"00-{TRACE}-b7ad6b7169203331-01", TRACE),
        (False, f"00-{TRACE}-b7ad6b7169203331-01", None),
        (True, f"00-{'0' * 32}-b7ad6b7169203331-01", None),
        (True, f"00-{TRACE.upper()}-b7ad6b7169203331-01", None),
        (True, f"00-{TRACE}-b7ad6b7169203331-01\n", None),
        (True, "A123456789", None),
    ],
)
def test_a_trace_counts_if_a_proxy_of_ours_wrote_it(
    *, traced: bool, sent: str, trace: str | None
) -> None:
    seen: list[dict[str, str]] = []

    def application(_environ: object, _start: object) -> list[bytes]:
        seen.append(dict(logs.tell_about(None, "info", {})))
        return []

    Referred(application, traced=traced)({"HTTP_TRACEPARENT": sent}, None)

    assert seen[0].get("trace") == trace
    assert seen[0]["reference"]
    assert logs.ABOUT.get() is None
