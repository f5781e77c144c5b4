"""Write out what a program sends and is answered, from the examples of the documents."""

import json
from http import HTTPStatus

from kernel.db import Json
from web import api_webhooks, programs, repeating
from web.api_interfaces import Interface, Operation, Webhook

BY_TOKEN, BY_SECRET = "Bearer b4kR…", "Basic Y2FmZTo…"
KEY = "0b3c1f6e-17"


def of(interface: Interface, row: Operation, issuer: str) -> str:
    """Return one operation as it goes over the line."""
    return f"{_request(interface, row, issuer)}\n\n{_answer(row)}"


def event(row: Webhook, issuer: str) -> str:
    """Return the claims of an event's token, decoded."""
    return _written(api_webhooks.example(row, issuer))


def token(sample: str, interface: Interface) -> str:
    """Return how a token for the interface is asked for."""
    scopes = " ".join(interface.scopes)
    return sample.replace("{{ address }}", interface.address).replace("{{ scopes }}", scopes)


def _request(interface: Interface, row: Operation, issuer: str) -> str:
    lines = [
        f"{row.method.upper()} {issuer}{interface.server}{row.path}",
        f"Authorization: {BY_TOKEN if row.scope else BY_SECRET}",
    ]
    if any(each["name"] == repeating.HEADER for each in row.parameters):
        lines.append(f"{repeating.HEADER}: {KEY}")
    if row.sent_example is not None:
        lines += [f"Content-Type: {programs.JSON}", "", _written(row.sent_example)]
    return "\n".join(lines)


def _answer(row: Operation) -> str:
    return f"HTTP/1.1 {row.status} {HTTPStatus(row.status).phrase}\n\n{_written(row.told_example)}"


def _written(example: Json) -> str:
    return json.dumps(example, ensure_ascii=False, indent=1)
