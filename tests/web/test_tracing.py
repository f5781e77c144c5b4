"""Of a request a trace tells names and codes; whoever puts more into a span, it does not leave."""

import json
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, get_current_span

from kernel.settings import Settings, SettingsInvalid
from tests.flows.provider import the_settings
from web import app, tracing
from web.referring import Referred

TRACE = "0af7651916cd43dd8448eb211c80319c"
SECRET = "mei.chen-4711"


def traced(environ: dict[str, Any], *, status: str, proxy: bool = True) -> dict[str, Any]:
    """Answer one request, in which somebody says too much, and return the span that left."""
    kept = InMemorySpanExporter()

    def application(_environ: object, start_response: Any) -> list[bytes]:
        span = get_current_span()
        span.set_attribute("db.statement", f"SELECT '{SECRET}'")
        span.add_event("exception", {"exception.message": SECRET})
        span.update_name(f"{environ['REQUEST_METHOD']} token" if status < "3" else SECRET)
        start_response(status, [])
        return []

    processor = SimpleSpanProcessor(tracing.Redacted(kept))
    served = Referred(tracing.through(application, processor, traced=proxy), traced=proxy)
    served(environ, lambda *_: None)
    (span,) = kept.get_finished_spans()
    told: dict[str, Any] = json.loads(span.to_json())
    return told


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
def test_what_says_more_than_names_and_codes_does_not_leave(status: str) -> None:
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/token",
        "QUERY_STRING": f"code={SECRET}",
        "HTTP_AUTHORIZATION": f"Bearer {SECRET}",
        "HTTP_TRACEPARENT": f"00-{TRACE}-b7ad6b7169203331-00",
    }

    span = traced(environ, status=status)

    assert SECRET not in json.dumps(span)
    assert set(span["attributes"]) == tracing.LEAVE
    assert span["attributes"]["http.response.status_code"] == int(status[:3])
    assert span["name"] == ("POST token" if status < "3" else "other")
    assert span["context"]["trace_id"] == f"0x{TRACE}"
    assert (span["status"]["status_code"] == StatusCode.ERROR.name) == (status > "3")


def test_a_strangers_trace_and_path_and_method_name_nothing() -> None:
    environ = {
        "REQUEST_METHOD": SECRET,
        "PATH_INFO": f"/{SECRET}",
        "HTTP_TRACEPARENT": f"00-{TRACE}-b7ad6b7169203331-01",
    }

    span = traced(environ, status="404 Not Found", proxy=False)

    assert SECRET not in json.dumps(span)
    assert span["context"]["trace_id"] != f"0x{TRACE}"


def test_without_the_extra_the_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_name: str) -> None:
        raise ImportError

    monkeypatch.setattr(app, "import_module", fail)
    settings: Settings = the_settings(traces="http://127.0.0.1:4318/v1/traces")

    with pytest.raises(SettingsInvalid, match=r"taipei-id\[otel\]"):
        app.with_traces(lambda *_: None, settings)
