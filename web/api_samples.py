"""Write out what a program sends and is answered, from the examples of the documents."""

import json
from http import HTTPStatus
from typing import Any

from kernel.refusals import CATALOGUE
from web import api_documents, api_webhooks, programs, repeating
from web.api_interfaces import Interface, Operation, Proof, Webhook

BY_TOKEN, KEY = "Bearer b4kR…", "0b3c1f6e-17"
OTHERWISE = {Proof.CLIENT: "Basic Y2FmZTo…", Proof.KEY: "Bearer 9mZt…"}


def shown(interface: Interface, issuer: str, *, document: str) -> dict[str, Any]:
    """Return what the page of an interface shows; `document` is the endpoint of its document."""
    return {
        "address": issuer + interface.address,
        "document": document,
        "operations": [(row, of(interface, row, issuer)) for row in interface.operations],
        "codes": [(code, CATALOGUE[code]) for code in interface.codes],
    }


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
        f"Authorization: {BY_TOKEN if row.scope else OTHERWISE[interface.proof]}",
    ]
    if any(each["name"] == repeating.HEADER for each in row.parameters):
        lines.append(f"{repeating.HEADER}: {KEY}")
    if row.takes_body:
        kind = api_documents.TEXT if row.sent is None else programs.JSON
        lines += [f"Content-Type: {kind}", "", _written(row.sent_example)]
    return "\n".join(lines)


def _answer(row: Operation) -> str:
    first = f"HTTP/1.1 {row.status} {HTTPStatus(row.status).phrase}"
    return first if row.told is None else f"{first}\n\n{_written(row.told_example)}"


def _written(example: Any) -> str:  # JSON, or text
    if isinstance(example, str):
        return example
    return json.dumps(example, ensure_ascii=False, indent=1)
