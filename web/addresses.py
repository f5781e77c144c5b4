"""Read names out of addresses: one that no database could keep is nobody's, and is not found."""

from flask import Flask
from werkzeug.routing import UnicodeConverter, ValidationError


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
