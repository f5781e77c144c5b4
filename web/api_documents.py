"""Write an interface for programs down in OpenAPI 3.1, from the shapes it is served with.

No page of anybody else's shows it: the documents are ours, and so are the pages for developers.
"""

import hashlib
import json
from functools import lru_cache

from flask import request
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.wrappers import Response

from kernel.db import Json
from kernel.refusals import refusal
from web import api_webhooks, paging, problems
from web.api_interfaces import Interface, Operation, Proof
from web.api_shapes import ProblemTold
from web.programs import JSON

PROBLEM = "application/problem+json"
SCHEMES = {Proof.CLIENT: "basic", Proof.KEY: "bearer"}
TEXT = "text/plain"
_REFERENCE = "7K2M9QPW"  # in examples
_OF_A_PAGE: tuple[Json, ...] = (
    {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": "How many at most.",
        "schema": {
            "type": "integer",
            "minimum": 1,
            "maximum": paging.MOST,
            "default": paging.USUAL,
        },
    },
    {
        "name": "cursor",
        "in": "query",
        "required": False,
        "description": "Where to go on: `next` of the part before, as it is.",
        "schema": {"type": "string"},
    },
)
_LINK: Json = {
    "description": 'The address of the next part, with rel="next" (RFC 8288).',
    "required": False,
    "schema": {"type": "string"},
}


@lru_cache(maxsize=8)
def document(interface: Interface, issuer: str) -> Json:
    """Return the whole document for the provider at `issuer`."""
    paths: Json = {}
    for row in interface.operations:
        paths.setdefault(row.path, {})[row.method] = _operation(row, interface.proof)
    whole: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": f"Taipei ID: {interface.title}",
            "version": interface.version,
            "description": interface.description,
        },
        "servers": [{"url": issuer + interface.server}],
        "paths": paths,
    }
    if interface.webhooks:
        whole["webhooks"] = api_webhooks.described(interface.webhooks, issuer)
    whole["components"] = {
        "schemas": _schemas(interface),
        "securitySchemes": _security(interface, issuer),
    }
    return whole


def _schemas(interface: Interface) -> Json:
    sent = [row.sent for row in interface.operations if row.sent is not None]
    shapes: set[type[BaseModel]] = {
        *sent,
        *(row.told for row in interface.operations if row.told is not None),
        *api_webhooks.shapes(interface.webhooks),
        ProblemTold,
    }
    _, schemas = models_json_schema(
        [(each, "validation") for each in sorted(shapes, key=lambda each: each.__name__)],
        ref_template="#/components/schemas/{model}",
    )
    found: Json = schemas["$defs"]
    return found


def _security(interface: Interface, issuer: str) -> Json:
    schemes: Json = {}
    if interface.scopes:
        scopes = {name: words.en for name, words in interface.scopes.items()}
        flow = {"tokenUrl": f"{issuer}/token", "scopes": scopes}
        schemes["token"] = {"type": "oauth2", "flows": {"clientCredentials": flow}}
    if not all(row.scope for row in interface.operations):
        schemes[interface.proof.value] = {"type": "http", "scheme": SCHEMES[interface.proof]}
    return schemes


def _operation(row: Operation, proof: Proof) -> Json:
    told: Json = {
        "operationId": row.operation_id,
        "summary": row.name.en,
        "security": [{"token": [row.scope]} if row.scope else {proof.value: []}],
        "parameters": [*row.parameters, *(_OF_A_PAGE if row.is_paged else ())],
        "responses": {str(row.status): _done(row), **_refusals(row.every_code)},
    }
    if row.takes_body:
        told["requestBody"] = {"required": True, "content": _body(row)}
    return told


def _body(row: Operation) -> Json:
    if row.sent is not None:
        return _content(row.sent, JSON, example=row.sent_example)
    schema = {"type": "string", "description": f"Of it the first {row.sent_bytes} bytes are read."}
    return {TEXT: {"schema": schema, "example": row.sent_example}}


def _done(row: Operation) -> Json:
    done: Json = {"description": "Done"}
    if row.told is not None:
        done["content"] = _content(row.told, JSON, example=row.told_example)
    if row.is_paged:
        done["headers"] = {"Link": _LINK}
    return done


def _refusals(codes: tuple[str, ...]) -> Json:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(refusal(code).status, []).append(code)
    return {str(status): _problem(each) for status, each in sorted(by_status.items())}


def _problem(codes: list[str]) -> Json:
    content = _content(ProblemTold, PROBLEM)
    content[PROBLEM]["examples"] = {code: {"value": problem_example(code)} for code in codes}
    return {"description": ", ".join(codes), "content": content}


def problem_example(code: str) -> Json:
    """Return the problem of a refusal, as a program that reads English is told it."""
    entry = refusal(code)
    told = {
        "type": problems.TYPE + code,
        "title": entry.title.en,
        "status": entry.status,
        "clause": entry.clause,
        "reference": _REFERENCE,
    }
    return {name: value for name, value in told.items() if value}


def _content(shape: type[BaseModel], kind: str, *, example: Json | None = None) -> Json:
    content: Json = {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}
    if example is not None:
        content["example"] = example
    return {kind: content}


def response(interface: Interface, issuer: str) -> Response:
    """Return the document, sent again only if it changed."""
    text = json.dumps(document(interface, issuer), ensure_ascii=False, indent=1)
    told = Response(text, mimetype=JSON)
    told.set_etag(hashlib.sha256(text.encode()).hexdigest()[:32])
    told.headers["Cache-Control"] = "public, max-age=300"
    return told.make_conditional(request.environ)
