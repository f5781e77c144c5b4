"""What an address says: who asks there, and names that no database could keep are nobody's."""

from flask import Flask
from werkzeug.routing import UnicodeConverter, ValidationError

# Whoever asks here is a client's program, and is told no in OAuth's JSON.
FOR_CLIENTS = (
    "/par",
    "/device_authorization",
    "/bc-authorize",
    "/token",
    "/userinfo",
    "/introspect",
    "/revoke",
    "/register",
    "/jwks.json",
    "/.well-known/",
)
FOR_PROGRAMS = "/api/"  # whoever calls these is a program of ours, and gets a problem, not a page


class NameConverter(UnicodeConverter):
    """A part of a path. PostgreSQL fails at a NUL where SQLite only finds nothing."""

    def to_python(self, value: str) -> str:
        """Return the name. Raises ValidationError: no address of ours fits."""
        if "\0" in value:
            raise ValidationError
        return value


def init(app: Flask) -> None:
    """Let every name in an address be read so, before there are any."""
    app.url_map.converters |= {"default": NameConverter, "string": NameConverter}
