"""Send a trace of each request to a collector (extra `otel`): names and codes, nothing else.

Whatever else puts something into a span, an operator's own instrumentation of the database for
instance, is cut down to the same few names before it leaves: no address, no header, no statement,
no text of an exception.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from web.measuring import ENDPOINTS, PAGES
from web.referring import NUMBER, TRACEPARENT

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
LEAVE = frozenset({"http.request.method", "http.response.status_code", "http.route", "reference"})
NAMES = frozenset(f"{method} {end}" for method in METHODS for end in (*ENDPOINTS.values(), PAGES))
OTHER = "other"


class Redacted(SpanExporter):
    """Passes spans on with what may leave, and without everything else."""

    def __init__(self, exporter: SpanExporter) -> None:
        """Stand in front of `exporter`."""
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Pass spans on."""
        return self._exporter.export([_redacted(span) for span in spans])

    def shutdown(self) -> None:
        """End."""
        self._exporter.shutdown()


def _redacted(span: ReadableSpan) -> ReadableSpan:
    attributes = span.attributes or {}
    return ReadableSpan(
        name=span.name if span.name in NAMES else OTHER,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in attributes.items() if name in LEAVE},
        kind=span.kind,
        status=Status(span.status.status_code),  # its description quotes the exception
        start_time=span.start_time,
        end_time=span.end_time,
    )


class Traced:
    """A WSGI application that makes a span of each request of another one."""

    def __init__(self, application: Any, tracer: Tracer, *, traced: bool) -> None:  # WSGI: untyped
        """Stand in front of `application`; `traced` if a proxy of ours wrote `traceparent`."""
        self._application = application
        self._tracer = tracer
        self._traced = traced

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (PEP 3333)."""
        method, end = environ["REQUEST_METHOD"], ENDPOINTS.get(environ["PATH_INFO"], PAGES)
        name = f"{method} {end}"
        sent = environ.get("HTTP_TRACEPARENT", "") if self._traced else ""
        parent = TraceContextTextMapPropagator().extract(
            {"traceparent": sent} if TRACEPARENT.fullmatch(sent) else {}
        )
        with self._tracer.start_as_current_span(
            name, context=parent, kind=SpanKind.SERVER, record_exception=False
        ) as span:
            span.set_attribute("http.route", end)
            span.set_attribute("http.request.method", method if method in METHODS else OTHER)
            span.set_attribute("reference", environ[NUMBER].reference)

            def saying(status: str, headers: Iterable[Any], exc_info: Any = None) -> Any:
                span.set_attribute("http.response.status_code", int(status[:3]))
                if status.startswith("5"):
                    span.set_status(StatusCode.ERROR)
                return start_response(status, headers, *([exc_info] if exc_info else []))

            return self._application(environ, saying)


def to_collector(application: Any, *, address: str, traced: bool) -> Traced:  # WSGI is untyped
    """Return `application` with a trace of each request, sent to the collector at `address`."""
    exporter = Redacted(OTLPSpanExporter(endpoint=address))
    return through(application, BatchSpanProcessor(exporter), traced=traced)


def through(application: Any, processor: SpanProcessor, *, traced: bool) -> Traced:  # WSGI: untyped
    """Return `application` with a trace of each request, handed to `processor`."""
    provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource({"service.name": "taipei-id"}))
    provider.add_span_processor(processor)
    return Traced(application, provider.get_tracer("taipei-id"), traced=traced)
