"""The frame that clients' pages ask whether the session is still theirs (Session Management 1.0).

It is the one page of ours that others may frame. It shows nothing, knows nobody, and is the same
for everyone, so it may be kept.
"""

from html import escape

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from web import cookies

bp = Blueprint("session_frame", __name__)
POLICY = "default-src 'none'; base-uri 'none'; script-src 'self'; frame-ancestors http: https:"
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>check_session_iframe</title>
<script src="{script}" data-cookie="{cookie}"></script>
</html>
"""


@bp.get("/session-state")
def frame() -> Response:
    """Send the frame; it listens, and reads one cookie."""
    script = url_for("static", filename="check_session.js")
    body = PAGE.format(script=escape(script), cookie=escape(cookies.state_name()))
    sent = Response(body, mimetype="text/html")
    sent.headers["Content-Security-Policy"] = POLICY
    sent.headers["Cache-Control"] = "public, max-age=3600"
    sent.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return sent
