"""Describe the agencies' interface in OpenAPI 3.1, from the shapes it is served with.

No page of anybody else's shows it: the document is ours, and so are the pages for developers.
"""

import hashlib
import json
from functools import lru_cache
from typing import NamedTuple

from flask import request
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.wrappers import Response

from kernel.db import Json
from kernel.refusals import refusal
from kernel.wording import Bilingual
from web import agency_forms as forms

ADDRESS = "/api/agency"
SUBMIT, READ, NOTE = "applications.submit", "applications.read", "services.note"
SCOPES = {
    SUBMIT: Bilingual("送出申請", "Hand in applications"),
    READ: Bilingual("查自己送出的申請的進度", "Follow the applications one handed in"),
    NOTE: Bilingual("寫自己服務的開通註記", "Note who has one's own services"),
}
KEY = r"[\x21-\x7e]{8,64}"
CODE = r"[a-z][a-z0-9_]{0,63}"
ALWAYS = ("program.token_invalid", "program.scope_missing", "program.too_many")
OF_A_FORM = (
    *("program.key_missing", "program.key_reused", "program.body_invalid"),
    *("idno.format", "idno.checksum", "idno.kind_not_allowed", "idno.sunset", "name.format"),
    *("member.birthdate_impossible", "member.under_age_7", "member.guardian_required"),
    "member.capacity_representative_required",
    *("application.already_open", "residency.not_national_or_arc", "residency.permit_expired"),
    *("case.terms_not_accepted", "case.terms_version_changed", "mail.format", "phone.format"),
)
OF_A_NOTE = (
    *("program.body_invalid", "update.channel_not_approved", "service.not_yours"),
    *("service.not_found", "member.not_found", "service.note_unfounded", "service.note_older"),
    "service.closed",
)
_KEY_HEADER: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "New for each application, the same when it is sent again within a day.",
    "schema": {"type": "string", "pattern": f"^{KEY}$"},
}


class Operation(NamedTuple):
    """One thing that can be done: how it is asked for, what is answered, which refusals come."""

    method: str
    path: str
    scope: str
    name: Bilingual
    sent: type[BaseModel] | None
    told: type[BaseModel]
    status: int
    codes: tuple[str, ...]
    parameters: tuple[Json, ...] = ()


def _in_path(name: str, what: str) -> Json:
    schema = {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "description": what, "schema": schema}


OPERATIONS = (
    Operation(
        "get",
        "/terms",
        SUBMIT,
        Bilingual("現行的申辦規定", "The terms in force"),
        None,
        forms.TermsTold,
        200,
        (),
    ),
    Operation(
        "post",
        "/applications",
        SUBMIT,
        Bilingual("替申請人送出申請", "Hand in an application"),
        forms.ApplicationSent,
        forms.ReceiptTold,
        201,
        OF_A_FORM,
        (_KEY_HEADER,),
    ),
    Operation(
        "get",
        "/applications/{number}",
        READ,
        Bilingual("查申請的進度", "Follow an application"),
        None,
        forms.ProgressTold,
        200,
        ("application.not_found",),
        (_in_path("number", "The number on the receipt."),),
    ),
    Operation(
        "post",
        "/services/{code}/notes",
        NOTE,
        Bilingual("寫下案件的結果", "Note the outcome of a case"),
        forms.NoteSent,
        forms.NoteTold,
        200,
        OF_A_NOTE,
        (_in_path("code", "The service's code."),),
    ),
)


@lru_cache(maxsize=2)
def document(issuer: str) -> Json:
    """Return the whole document for the provider at `issuer`."""
    sent = [row.sent for row in OPERATIONS if row.sent is not None]
    shapes: set[type[BaseModel]] = {*sent, *(row.told for row in OPERATIONS), forms.ProblemTold}
    ordered = sorted(shapes, key=lambda each: each.__name__)
    _, schemas = models_json_schema(
        [(each, "validation") for each in ordered],
        ref_template="#/components/schemas/{model}",
    )
    paths: Json = {}
    for row in OPERATIONS:
        paths.setdefault(row.path, {})[row.method] = _operation(row)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Taipei ID: interface for agencies",
            "version": "1",
            "description": "Applications from agencies' websites, and the outcomes of their cases.",
        },
        "servers": [{"url": issuer + ADDRESS}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": _security(issuer)},
        },
    }


def _security(issuer: str) -> Json:
    scopes = {name: words.en for name, words in SCOPES.items()}
    flow = {"tokenUrl": f"{issuer}/token", "scopes": scopes}
    return {"type": "oauth2", "flows": {"clientCredentials": flow}}


def _operation(row: Operation) -> Json:
    told: Json = {
        "operationId": f"{row.method}{row.path.title()}".translate({ord(c): None for c in "/{}"}),
        "summary": row.name.en,
        "security": [{"token": [row.scope]}],
        "parameters": list(row.parameters),
        "responses": {str(row.status): _answer(row.told, "Done"), **_refusals(row.codes)},
    }
    if row.sent is not None:
        told["requestBody"] = {"required": True, "content": _content(row.sent)}
    return told


def _refusals(codes: tuple[str, ...]) -> Json:
    by_status: dict[int, list[str]] = {}
    for code in (*ALWAYS, *codes):
        by_status.setdefault(refusal(code).status, []).append(code)
    return {
        str(status): _answer(forms.ProblemTold, ", ".join(each), kind="application/problem+json")
        for status, each in sorted(by_status.items())
    }


def _answer(shape: type[BaseModel], words: str, *, kind: str = "application/json") -> Json:
    return {"description": words, "content": _content(shape, kind)}


def _content(shape: type[BaseModel], kind: str = "application/json") -> Json:
    return {kind: {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}}


def response(issuer: str) -> Response:
    """Return the document, sent again only if it changed."""
    text = json.dumps(document(issuer), ensure_ascii=False, indent=1)
    told = Response(text, mimetype="application/json")
    told.set_etag(hashlib.sha256(text.encode()).hexdigest()[:32])
    told.headers["Cache-Control"] = "public, max-age=300"
    return told.make_conditional(request.environ)
