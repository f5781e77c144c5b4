"""Serve the sandbox's provider: the real application, as its settings say."""

from flask import Flask

from kernel import logs, settings
from web.app import create_app


def application() -> Flask:
    """Return the provider for a WSGI server."""
    logs.configure()
    return create_app(settings.load())
