"""Serve the provider in demo mode: the real application, plus the page that explains the demo."""

from flask import Flask

from demo import startpage
from kernel import logs, settings
from web.app import create_app


def application() -> Flask:
    """Return the provider for a WSGI server, with `/demo` added."""
    logs.configure()
    app = create_app(settings.load())
    startpage.init(app)
    return app
