"""Say in rows what is registered of a client: everything but its secrets."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from clients.models import Client, ClientSecret, Purpose

NOTHING = "–"
Rows = Iterator[tuple[str, str]]
LISTS = (
    *("redirect_uris", "post_logout_redirect_uris", "request_uris"),
    *("grant_types", "response_types"),
)
FLAGS = (
    *("certificate_bound", "resource_server"),
    *("backchannel_logout_session_required", "frontchannel_logout_session_required"),
)
ENCRYPTED = ("certificate", "id_token_encryption", "userinfo_encryption")
PLAIN = (
    *("home_uri", "contact", "sector", "sector_identifier_uri", "jwks_uri"),
    *("id_token_alg", "userinfo_alg", "request_object_alg"),
    *("backchannel_logout_uri", "frontchannel_logout_uri", "notice_uri", "ping_uri"),
    *("logo_uri", "logo", "policy_uri", "tos_uri", "initiate_login_uri"),
    *("software_id", "software_version", "review_reason"),
)


def of(row: Client, *, now: datetime) -> Rows:
    """Give each thing registered of a client, with its name."""
    yield "client_id", row.client_id
    yield "organisation", f"{row.organisation.name_zh} / {row.organisation.name_en}"
    yield "kind", row.organisation.kind.value
    yield "name", f"{row.name_zh} / {row.name_en}"
    yield "profile", row.profile.value
    yield "review", row.review.value
    yield "auth_method", row.auth_method.value
    for name in PLAIN:
        yield name, getattr(row, name) or NOTHING
    for name in LISTS:
        yield name, " ".join(getattr(row, name) or ()) or NOTHING
    for name in FLAGS:
        yield name, "yes" if getattr(row, name) else "no"
    for name in ENCRYPTED:
        yield name, _pairs(getattr(row, name))
    yield "jwks", _keys(row)
    yield "software_statement", "yes" if row.software_statement else "no"
    yield "registers itself", "yes" if row.registration_hash else "no"
    yield "secrets", _secrets(row.secrets, now=now)
    yield "created", row.created_at.isoformat()
    yield "disabled", row.disabled_at.isoformat() if row.disabled_at else "no"
    for purpose in row.purposes:
        yield from _purpose(purpose)


def _purpose(purpose: Purpose) -> Rows:
    name = f"purpose {purpose.code}"
    yield name, " ".join(claim.claim for claim in purpose.claims) or NOTHING
    age = f", at most {purpose.login_seconds} s old" if purpose.login_seconds else ""
    yield f"{name}: login", f"{purpose.least_acr or 'any'}{age}"
    yield f"{name}: consent", f"at most {purpose.max_days} days, text {purpose.text_version}"


def _keys(row: Client) -> str:
    keys = (row.jwks or {}).get("keys", [])
    return " ".join(str(key.get("kid", key.get("kty", "?"))) for key in keys) or NOTHING


def _secrets(secrets: list[ClientSecret], *, now: datetime) -> str:
    live = [each for each in secrets if each.expires_at is None or each.expires_at > now]
    ending = [each.expires_at.isoformat() for each in live if each.expires_at is not None]
    return f"{len(live)}{''.join(f', one until {moment}' for moment in ending)}"


def _pairs(told: Mapping[str, str] | None) -> str:
    return " ".join(f"{name}={value}" for name, value in (told or {}).items()) or NOTHING
