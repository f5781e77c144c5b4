"""Describe an interface for programs in OpenAPI 3.1, from the shapes it is served with.

No page of anybody else's shows it: the documents are ours, and so are the pages for developers.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from flask import request
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.wrappers import Response

from kernel.db import Json
from kernel.refusals import refusal
from kernel.wording import Bilingual
from web import paging, problems, repeating
from web.api_shapes import ProblemTold
from web.programs import JSON

PROBLEM = "application/problem+json"
ALWAYS = ("program.token_invalid", "program.scope_missing", "program.too_many")
OF_A_PAGE = ("program.limit_invalid", "program.cursor_invalid")
OF_A_KEY = ("program.key_missing", "program.key_reused", "program.key_in_use")
_REFERENCE = "7K2M9QPW"  # in examples


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing that can be done: how it is asked for, what is answered, which refusals come.

    Without a scope it is for who proves itself as at /token, and has no token.
    """

    method: str
    path: str
    scope: str
    name: Bilingual
    sent: type[BaseModel] | None = None
    told: type[BaseModel]
    status: int = 200
    codes: tuple[str, ...] = ()
    parameters: tuple[Json, ...] = ()
    is_paged: bool = False
    sent_example: Json | None = None
    told_example: Json

    @property
    def every_code(self) -> tuple[str, ...]:
        """Return the code of each refusal that may come."""
        always = ALWAYS if self.scope else ()
        return (*always, *(OF_A_PAGE if self.is_paged else ()), *self.codes)

    @property
    def operation_id(self) -> str:
        """Return a name made of the method and the path."""
        return f"{self.method}{self.path.title()}".translate({ord(c): None for c in "/{}"})


@dataclass(frozen=True, kw_only=True)
class Interface:
    """Everything programs of one kind may do, under one address."""

    address: str
    title: str
    version: str  # its first figure grows when programs have to be changed
    description: str
    scopes: Mapping[str, Bilingual]
    operations: tuple[Operation, ...] = field(repr=False)
    base: str = ""  # what the paths stand under, if not the address

    @property
    def server(self) -> str:
        """Return what the paths stand under."""
        return self.base or self.address

    @property
    def codes(self) -> list[str]:
        """Return the code of each refusal that may come, in order."""
        return sorted({code for row in self.operations for code in row.every_code})

    def __hash__(self) -> int:
        """Hash by the address: no two interfaces have the same."""
        return hash(self.address)


def in_path(name: str, what: str, *, pattern: str = "") -> Json:
    """Return the parameter that a part of the path is."""
    schema: Json = {"type": "string", "minLength": 1}
    if pattern:
        schema["pattern"] = f"^{pattern}$"
    return {"name": name, "in": "path", "required": True, "description": what, "schema": schema}


def key_header(what: str, *, required: bool) -> Json:
    """Return the header by which a repetition is known."""
    return {
        "name": repeating.HEADER,
        "in": "header",
        "required": required,
        "description": what,
        "schema": {"type": "string", "pattern": f"^{repeating.KEY}$"},
    }


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
        paths.setdefault(row.path, {})[row.method] = _operation(row)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Taipei ID: {interface.title}",
            "version": interface.version,
            "description": interface.description,
        },
        "servers": [{"url": issuer + interface.server}],
        "paths": paths,
        "components": {
            "schemas": _schemas(interface),
            "securitySchemes": _security(interface, issuer),
        },
    }


def _schemas(interface: Interface) -> Json:
    sent = [row.sent for row in interface.operations if row.sent is not None]
    shapes: set[type[BaseModel]] = {
        *sent,
        *(row.told for row in interface.operations),
        ProblemTold,
    }
    _, schemas = models_json_schema(
        [(each, "validation") for each in sorted(shapes, key=lambda each: each.__name__)],
        ref_template="#/components/schemas/{model}",
    )
    found: Json = schemas["$defs"]
    return found


def _security(interface: Interface, issuer: str) -> Json:
    scopes = {name: words.en for name, words in interface.scopes.items()}
    flow = {"tokenUrl": f"{issuer}/token", "scopes": scopes}
    schemes: Json = {"token": {"type": "oauth2", "flows": {"clientCredentials": flow}}}
    if not all(row.scope for row in interface.operations):
        schemes["client"] = {"type": "http", "scheme": "basic"}
    return schemes


def _operation(row: Operation) -> Json:
    told: Json = {
        "operationId": row.operation_id,
        "summary": row.name.en,
        "security": [{"token": [row.scope]} if row.scope else {"client": []}],
        "parameters": [*row.parameters, *(_OF_A_PAGE if row.is_paged else ())],
        "responses": {str(row.status): _done(row), **_refusals(row.every_code)},
    }
    if row.sent is not None:
        content = _content(row.sent, JSON, example=row.sent_example)
        told["requestBody"] = {"required": True, "content": content}
    return told


def _done(row: Operation) -> Json:
    done: Json = {
        "description": "Done",
        "content": _content(row.told, JSON, example=row.told_example),
    }
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
