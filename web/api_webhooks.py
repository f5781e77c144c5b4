"""Describe the events that are pushed as OpenAPI 3.1 `webhooks`: their tokens, claim by claim.

A token is a string; `contentSchema` says what its parts hold once they are decoded (JSON Schema
2020-12, Validation 8.5 and 8.6, whose example is a JWT).
"""

from collections.abc import Iterable

from pydantic import BaseModel

from idp.client_notices import CONTENT_TYPE
from kernel.db import Json
from web.api_interfaces import Webhook
from web.event_shapes import TokenHeader, TokenTold

AT = 1795406400  # in examples: noon in Taipei, 23 November 2026
SIGNED_EXAMPLE = "eyJ0eXAiOiJzZWNldmVudCtqd3QifQ.eyJpc3Mi…"
SIGNED = "Compare the signature with the keys of /jwks.json, `aud` and `iss`, before anything else."
TAKEN = "Any 2xx: it is taken. Answer so for an event that came before, too: `jti` tells."
NOT_TAKEN = "It is tried again for at least a day; then it can be fetched."


def shapes(webhooks: Iterable[Webhook]) -> set[type[BaseModel]]:
    """Return the shapes of whatever the tokens hold; none without events."""
    told = {each.told for each in webhooks}
    return {*told, TokenHeader, TokenTold} if told else set()


def described(webhooks: Iterable[Webhook], issuer: str) -> Json:
    """Return each event by its short name, as it arrives."""
    return {each.short_name: {"post": _pushed(each, issuer)} for each in webhooks}


def _pushed(row: Webhook, issuer: str) -> Json:
    content = {"schema": _token(row, issuer), "example": SIGNED_EXAMPLE}
    return {
        "operationId": f"event-{row.short_name}",
        "summary": row.name.en,
        "description": f"{row.uri}. {SIGNED}",
        "security": [],
        "requestBody": {"required": True, "content": {CONTENT_TYPE: content}},
        "responses": {
            "2XX": {"description": TAKEN},
            "default": {"description": NOT_TAKEN},
        },
    }


def _token(row: Webhook, issuer: str) -> Json:
    return {
        "type": "string",
        "contentMediaType": "application/jwt",
        "contentSchema": {
            "type": "array",
            "minItems": 2,
            "prefixItems": [_reference(TokenHeader), _claims(row, issuer)],
        },
    }


def _claims(row: Webhook, issuer: str) -> Json:
    event = {
        "type": "object",
        "required": [row.uri],
        "properties": {row.uri: _reference(row.told)},
        "additionalProperties": False,
    }
    special: Json = {"properties": {"events": event}}
    if row.about_member:
        special["required"] = ["sub_id"]
    parts = [_reference(TokenTold), special]
    return {"allOf": parts, "examples": [example(row, issuer)]}


def _reference(shape: type[BaseModel]) -> Json:
    return {"$ref": f"#/components/schemas/{shape.__name__}"}


def example(row: Webhook, issuer: str) -> Json:
    """Return the claims of an event's token, as a client reads them."""
    about = {"sub_id": {"format": "iss_sub", "iss": issuer, "sub": "u3QmT0Vw"}}
    return {
        "iss": issuer,
        "aud": "library",
        "iat": AT,
        "jti": "b81d0c2f5e7a4d639c04e1f7a2b6d358",
        "toe": AT - 1,
        **(about if row.about_member else {}),
        "events": {row.uri: row.told_example},
    }
