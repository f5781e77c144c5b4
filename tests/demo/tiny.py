"""Sites small enough to start a supervisor with: one works, one breaks, one hangs."""

import time

from flask import Flask


def application() -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/", "home", lambda: "hello")
    return app


def broken() -> Flask:
    raise RuntimeError("a broken site")


def sleeping() -> Flask:
    time.sleep(60)
    return application()
