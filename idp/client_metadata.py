"""Translate what clients say about themselves, and back (RFC 7591 2; OIDC Registration 2).

What we do not know is ignored, as both specifications demand. What we know and cannot do is
refused: a client that asked for encryption must not find out by reading plain text.
"""

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from clients import response_types
from clients.claims import NOTES
from clients.forms import LOOPBACK, ClientMetadata
from clients.grant_types import CODE, IMPLICIT, REFRESH
from clients.keys import is_usable
from clients.models import Client, Environment, OrganisationKind, Profile
from clients.profiles import rules_of
from consent.catalogue import SCOPES, claims_of_scopes, in_order
from idp.errors import ProtocolError
from kernel.db import Json
from kernel.wording import Bilingual

REDIRECTS = frozenset({"redirect_uris", "post_logout_redirect_uris"})
LONGEST_DESCRIPTION = 300
SANDBOX = "sandbox:"  # before the sectors there
PLAIN = (  # the same word for the same thing, there and here
    *("jwks", "jwks_uri", "sector_identifier_uri", "redirect_uris", "post_logout_redirect_uris"),
    *("grant_types", "response_types"),
    *("request_uris", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri"),
    *("software_id", "software_version", "backchannel_logout_uri", "frontchannel_logout_uri"),
    "notice_uri",  # where security events are pushed (RFC 8935)
    *("backchannel_logout_session_required", "frontchannel_logout_session_required"),
)
RENAMED = {
    "token_endpoint_auth_method": "auth_method",
    "id_token_signed_response_alg": "id_token_alg",
    "userinfo_signed_response_alg": "userinfo_alg",
    "request_object_signing_alg": "request_object_alg",
    "tls_client_certificate_bound_access_tokens": "certificate_bound",
}
GRANTS = (CODE, IMPLICIT, REFRESH)
TOLD_AS = {"name": "client_name", "home_uri": "client_uri", "contact": "contacts"}
DEFAULT_ALGORITHMS = ("RS256", "ES256")  # the first the profile allows (OIDC Registration 2)
CANNOT = ("request_object_encryption_alg", "request_object_encryption_enc")
ENCRYPTED = {  # two words of theirs are one of ours
    "id_token_encryption": "id_token_encrypted_response",
    "userinfo_encryption": "userinfo_encrypted_response",
}
ONLY: Mapping[str, tuple[object, ...]] = {
    "subject_type": ("pairwise",),
    "application_type": ("web", "native"),
}
TRYING = Bilingual("測試用：只為了試接登入", "For trying out: nothing but a test of signing in")
NOTHING_KEPT = Bilingual("測試結束就刪除", "Deleted when the test ends")
NO_EFFECT = Bilingual("沒有影響", "None")
NEEDED = Bilingual("測試會不會收到", "To test whether it arrives")


def invalid(description: str, *, error: str = "invalid_client_metadata") -> ProtocolError:
    """Return the refusal of a piece of metadata (RFC 7591 3.2.2)."""
    return ProtocolError(error, description[:LONGEST_DESCRIPTION])


def require_possible(metadata: Json, *, given: Collection[str] = ()) -> None:
    """Refuse what we know and cannot do. Raises ProtocolError `invalid_client_metadata`.

    `given` are the grant types the client has already: DoIT may have given others than we offer.
    """
    for name in CANNOT:
        if metadata.get(name) not in (None, ""):  # it may be of any shape
            raise invalid(f"{name}: encryption is not offered")
    for name, possible in ONLY.items():
        if metadata.get(name, possible[0]) not in possible:
            raise invalid(f"{name}: not offered")
    _require_answerable(metadata, given)
    _require_public(metadata.get("jwks"))


def _require_answerable(metadata: Json, given: Collection[str]) -> None:
    grant_types, possible = metadata.get("grant_types", [CODE]), (*GRANTS, *given)
    if not isinstance(grant_types, list) or not all(each in possible for each in grant_types):
        raise invalid("grant_types: not offered")
    if not {CODE, IMPLICIT} & set(grant_types) or not metadata.get("redirect_uris"):
        raise invalid("redirect_uris: what answers needs them", error="invalid_redirect_uri")
    if not known_types(metadata):
        raise invalid("response_types: not offered")


def known_types(metadata: Json) -> tuple[str, ...]:
    """Return the response types a client asks for, in their usual words; none if one is unknown."""
    asked = metadata.get("response_types", [response_types.CODE])
    if not isinstance(asked, list) or not all(isinstance(each, str) for each in asked):
        return ()
    found = [response_types.find(each) for each in asked]
    return () if None in found else tuple(each for each in found if each is not None)


def _require_public(jwks: object) -> None:
    if jwks is None:
        return
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not keys or not all(is_usable(key) for key in keys):
        raise invalid("jwks: it must hold public keys of kinds we know, and nothing else")


def form_of(
    metadata: Json,
    *,
    client_id: str,
    profile: Profile,
    sector: str,
    purposes: Any,
    given: Collection[str] = (),
) -> Any:
    """Return the form to parse; `purposes` are forms already, or JSON to be one.

    Who names no grant types keeps of `given` those that only DoIT gives.
    """
    needed = response_types.needed_grant_types(known_types(metadata))
    default = next(each for each in DEFAULT_ALGORITHMS if each in rules_of(profile).algorithms)
    usual = {
        "grant_types": [*needed, *(each for each in given if each not in GRANTS)],
        "id_token_signed_response_alg": default,
    }
    told = {**usual, **{name: value for name, value in metadata.items() if value is not None}}
    redirects = told.get("redirect_uris")
    first = redirects[0] if isinstance(redirects, list) and redirects else ""
    name = told.get("client_name", sector.removeprefix(SANDBOX))
    return {
        "client_id": client_id,
        "name": {
            "zh": told.get("client_name#zh-Hant-TW", told.get("client_name#zh-TW", name)),
            "en": told.get("client_name#en", name),
        },
        "home_uri": told.get("client_uri", first),
        "contact": _first(told.get("contacts")),
        "profile": profile,
        "sector": sector,
        "purposes": purposes,
        **{each: told[each] for each in PLAIN if each in told},
        **{ours: told[theirs] for theirs, ours in RENAMED.items() if theirs in told},
        **_encryptions(told),
    }


def _encryptions(told: Json) -> Json:
    """Return how a client wants to be written to; without a word of `enc` it is what we offer.

    Raises ProtocolError for an `enc` without `alg` (OIDC Registration 2).
    """
    found: Json = {}
    for ours, theirs in ENCRYPTED.items():
        alg, enc = told.get(f"{theirs}_alg"), told.get(f"{theirs}_enc")
        if alg is None and enc is not None:
            raise invalid(f"{theirs}_enc: it goes with {theirs}_alg")
        if alg is not None:
            found[ours] = {"alg": alg} if enc is None else {"alg": alg, "enc": enc}
    return found


def _first(contacts: object) -> object:
    return contacts[0] if isinstance(contacts, list) and contacts else None


def refusal_of(mistakes: ValidationError) -> ProtocolError:
    """Return the first mistake in a form in the words of RFC 7591, by the client's own names."""
    found = mistakes.errors(include_url=False, include_context=False, include_input=False)
    places = [str(each["loc"][0]) if each["loc"] else "metadata" for each in found]
    where, first = next(
        (pair for pair in zip(places, found, strict=True) if pair[0] in REDIRECTS),
        (places[0], found[0]),
    )
    names = {**TOLD_AS, **ENCRYPTED, **{ours: theirs for theirs, ours in RENAMED.items()}}
    error = "invalid_redirect_uri" if where in REDIRECTS else "invalid_client_metadata"
    return invalid(f"{names.get(where, where)}: {first['msg']}", error=error)


def sector_of(redirect_uris: object, client_id: str, environment: Environment) -> str:
    """Return the sector of a client that names none (OIDC Core 8.1).

    Programs on people's own machines share the host `localhost` with everybody: each is a sector
    of its own. In the sandbox nobody meets the names that members have outside.
    """
    if not isinstance(redirect_uris, list) or not all(isinstance(e, str) for e in redirect_uris):
        return client_id  # to be refused by the form
    try:
        hosts = {urlsplit(each).hostname or "" for each in redirect_uris}
    except ValueError:
        return client_id
    if len(hosts) > 1:
        raise invalid("redirect_uris of several hosts need a sector_identifier_uri")
    host = next(iter(hosts), "")
    return placed(client_id if host in {"", *LOOPBACK} else host, environment)


def placed(sector: str, environment: Environment) -> str:
    """Return the sector as it is called where the client is registered."""
    return sector if environment is Environment.PRODUCTION else f"{SANDBOX}{sector}"[:255]


def trial_purposes(scope: object, *, synthetic: bool, kind: OrganisationKind) -> list[Json]:
    """Return the one purpose of a client in the sandbox.

    Where every member is invented it may ask for what its `scope` bundles, and by name for what
    agencies noted; where members are people it learns a name of its own for them and nothing else
    (docs/decisions/0066).
    """
    wanted = scope.split() if isinstance(scope, str) else SCOPES
    may_ask = synthetic and kind is OrganisationKind.AGENCY
    names = claims_of_scopes(wanted) | NOTES if may_ask else ()
    return [
        {
            "code": "trial",
            "name": _said(TRYING),
            "text": _said(TRYING),
            "retention": _said(NOTHING_KEPT),
            "legal_basis": _said(TRYING),
            "refusal_effect": _said(NO_EFFECT),
            "claims": [
                {"name": claim.name, "necessity": _said(NEEDED)} for claim in in_order(names)
            ],
        }
    ]


def _said(words: Bilingual) -> dict[str, str]:
    return words._asdict()


def told(client: Client) -> Json:
    """Return everything that is registered of a client, as it may read it (RFC 7592 3)."""
    found: Json = {
        "client_id": client.client_id,
        "client_id_issued_at": int(client.created_at.timestamp()),
        "client_name": client.name_en,
        "client_name#zh-Hant-TW": client.name_zh,
        "client_uri": client.home_uri,
        "contacts": [client.contact] if client.contact else None,
        "subject_type": "pairwise",
        "review": client.review.value,
        "review_reason": client.review_reason,
        "software_statement": client.software_statement,
        **{name: getattr(client, name) for name in PLAIN},
        **{theirs: getattr(client, ours) for theirs, ours in RENAMED.items()},
        **{
            f"{theirs}_{part}": value
            for ours, theirs in ENCRYPTED.items()
            for part, value in (getattr(client, ours) or {}).items()
        },
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def same_but(form: ClientMetadata, client: Client) -> list[str]:
    """Name what a form would widen of what DoIT admitted; what narrows or rotates is nobody's."""
    widened = [
        name
        for name in (
            *("redirect_uris", "post_logout_redirect_uris", "request_uris"),
            *("grant_types", "response_types"),
        )
        if not set(getattr(form, name)) <= set(getattr(client, name) or ())
    ]
    fixed = (
        *("home_uri", "logo_uri", "initiate_login_uri", "sector"),
        *("backchannel_logout_uri", "frontchannel_logout_uri", "notice_uri"),
    )
    changed = [name for name in fixed if getattr(form, name) != getattr(client, name)]
    renamed = form.name != Bilingual(client.name_zh, client.name_en)
    return [*widened, *changed, *(["client_name"] if renamed else [])]
