"""Send the security headers, and a content policy that fits this very response (UI 2.3)."""

from collections.abc import Container, Iterable
from urllib.parse import urlsplit

from flask import Flask, g, request
from werkzeug.wrappers import Response

from kernel.ids import new_secret
from web import cookies

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# A client may have opened the sign-in in a popup and wait for it to come back (`display=popup`).
_EVERYWHERE = tuple((name.lower(), (name, value)) for name, value in HEADERS.items())
MAY_BE_A_POPUP = ("/authorize", "/interaction/", "/logout")
FRAMED_BY_CLIENTS = "/session-state"
OPENER = "Cross-Origin-Opener-Policy"
HTTPS_ONLY = "max-age=63072000; includeSubDomains"


def nonce() -> str:
    """Return the nonce scripts of this page carry."""
    if "nonce" not in g:
        g.nonce = new_secret()
    return str(g.nonce)


def allow_form_target(address: str) -> None:
    """Let this page's form be answered by a redirect to `address`, a *registered* one.

    Browsers apply form-action to the redirects after a form as well, so without it Chromium
    would stop the way back to the client.
    """
    parts = urlsplit(address)
    source = f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
    g.setdefault("form_targets", set()).add(source)


def allow_programs(origins: Iterable[str]) -> None:
    """Let this page's script speak to programs on the visitor's own computer, and their windows."""
    g.setdefault("programs", []).extend(origins)


def allow_frames(addresses: Iterable[str]) -> None:
    """Let this page load *registered* addresses in frames."""
    parts = map(urlsplit, addresses)
    g.setdefault("frames", set()).update(f"{each.scheme}://{each.netloc}" for each in parts)


def _policy() -> str:
    targets = " ".join(["'self'", *sorted(g.get("form_targets", ()))])
    scripts = f"'nonce-{g.nonce}' 'strict-dynamic'" if "nonce" in g else "'none'"
    connections = " ".join(["'self'", *g.get("programs", ())])
    frames = f"; frame-src {' '.join(sorted(g.frames))}" if "frames" in g else ""
    return (
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {targets}; style-src 'self'; script-src {scripts}; "
        f"img-src 'self'; font-src 'self'; connect-src {connections}{frames}"
    )


def missing(path: str, present: Container[str]) -> list[tuple[str, str]]:
    """Return the headers every response has, except those that are present (in lower case)."""
    found = [pair for name, pair in _EVERYWHERE if name not in present]
    if path == FRAMED_BY_CLIENTS:
        found = [pair for pair in found if pair[0] != "X-Frame-Options"]
    if not path.startswith(MAY_BE_A_POPUP):
        found.append((OPENER, "same-origin"))
    return found


def over_https(*, secure: bool) -> list[tuple[str, str]]:
    """Return the headers that only make sense over https."""
    return [("Strict-Transport-Security", HTTPS_ONLY)] if secure else []


def init(app: Flask) -> None:
    """Add the headers to every response, and the cookies this request decided on."""
    https = bool(app.config["SESSION_COOKIE_SECURE"])

    @app.after_request
    def add(response: Response) -> Response:
        cookies.write(response)
        if "programs" in g and not request.path.startswith(MAY_BE_A_POPUP):
            response.headers[OPENER] = "same-origin-allow-popups"
        present = {name.lower() for name, _ in response.headers}
        response.headers.extend(missing(request.path, present))
        if response.mimetype == "text/html":
            if "content-security-policy" not in present:
                response.headers["Content-Security-Policy"] = _policy()
            response.headers.setdefault("Cache-Control", "no-store")
        response.headers.extend(over_https(secure=https))
        return response
