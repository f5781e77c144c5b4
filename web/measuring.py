"""Count every answer and how long it took, in front of everything that answers."""

from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Any

from kernel import clock, metrics

# What is promised for (docs/slo.md); all other pages are one.
ENDPOINTS = MappingProxyType(
    {
        "/authorize": "authorize",
        "/par": "par",
        "/token": "token",
        "/userinfo": "userinfo",
        "/introspect": "introspect",
        "/jwks.json": "keys",
        "/.well-known/openid-configuration": "metadata",
        "/health/live": "health",
        "/health/ready": "health",
        "/metrics": "metrics",
    }
)
PAGES = "pages"
BROKEN = "500"  # it broke before anything was said: gunicorn answers


class Measured:
    """A WSGI application that counts what another one answers."""

    def __init__(self, application: Any) -> None:  # WSGI is untyped
        """Stand in front of `application`."""
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (PEP 3333)."""
        began, said = clock.seconds(), [BROKEN]

        def saying(status: str, headers: Iterable[Any], exc_info: Any = None) -> Any:
            said[0] = status
            return start_response(status, headers, *([exc_info] if exc_info else []))

        try:
            return self._application(environ, saying)
        finally:
            endpoint = ENDPOINTS.get(environ["PATH_INFO"], PAGES)
            responses, times = metrics.of_answers(endpoint, f"{said[0][0]}xx")
            responses.inc()
            times.observe(clock.seconds() - began)
