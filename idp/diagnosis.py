"""Look at an authorization request for its developer: every check and its verdict, and no effect.

The checks are those of `authorize`, run one by one, so that all mistakes are told at once. Nothing
is opened that counts how often it was opened, nothing is fetched, nothing is written.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from idp import authorize, claims_parameter, details, narrowing, pushed, request_objects
from idp.client_authentication import require_in_force
from idp.errors import ProtocolError
from idp.parameters import Parameters
from idp.provider import Provider

T = TypeVar("T")


class Verdict(StrEnum):
    """What one check found."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """One check of a request; `error` and `description` are what its client would be told."""

    check: str
    verdict: Verdict
    error: str = ""
    description: str = ""


def diagnose(
    provider: Provider, session: Session, parameters: Parameters, *, now: datetime
) -> tuple[Finding, ...]:
    """Return what each check says of a request; without a known client there is nothing more."""
    form = _tried("form", parameters.require_sound)
    try:
        client = authorize.known_client(provider, session, parameters, now=now)
    except ProtocolError as error:
        return form, _failed("client", error)
    known = Finding("client", Verdict.PASSED)
    if form.verdict is Verdict.FAILED:
        return form, known
    values = parameters.single()
    if pushed.is_reference(values.get("request_uri", "")):
        return form, known, Finding("pushed", Verdict.SKIPPED)  # it is the client's, and secret
    signed, asked = _opened(provider, client, values, now=now)
    if asked is None:
        return form, known, signed
    rest = _checks(provider, session, client, asked, now=now)
    return form, known, *([signed] if "request" in values else []), *rest


def _opened(
    provider: Provider, client: RegisteredClient, values: dict[str, str], *, now: datetime
) -> tuple[Finding, dict[str, str] | None]:
    """Return what was signed; None if it cannot be opened, or only with keys fetched elsewhere."""
    if client.request_uris and "request_uri" in values:
        return Finding("signed", Verdict.SKIPPED), None
    if "request" not in values or not client.signs:
        return Finding("signed", Verdict.SKIPPED), values
    if client.jwks is None:
        return Finding("signed", Verdict.SKIPPED), None
    try:
        asked = request_objects.opened(
            values["request"], client=client, keys=client.jwks, issuer=provider.issuer, now=now
        )
    except ProtocolError as error:
        return _failed("signed", error), None
    return Finding("signed", Verdict.PASSED), asked


def _checks(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    values: dict[str, str],
    *,
    now: datetime,
) -> Iterator[Finding]:
    yield _tried(
        "redirect_uri", lambda: authorize.require_registered(client, values.get("redirect_uri"))
    )
    yield _tried("contract", lambda: require_in_force(client, now=now))
    for check in authorize.CHECKS:
        yield _tried(check.__name__.strip("_"), partial(check, values, client))
    told, claims = _read("claims", lambda: claims_parameter.read(values.get("claims")))
    yield told
    told, more = _read(
        "details", lambda: details.read(session, client, values.get(narrowing.DETAILS))
    )
    yield told
    yield _tried(
        "resource",
        lambda: narrowing.require_usable(
            session, client, values.get(narrowing.RESOURCE), issuer=provider.issuer
        ),
    )
    yield from _purposes(client, tuple(values.get("scope", "").split()), more)
    if claims is None:  # whom it names cannot be said
        yield Finding("hint", Verdict.SKIPPED)
        return
    yield _tried(
        "hint",
        lambda: authorize.meant_subject(provider, session, client, values, claims, now=now),
    )


def _purposes(
    client: RegisteredClient, scopes: tuple[str, ...], more: tuple[details.Detail, ...] | None
) -> Iterator[Finding]:
    if more is None:  # it may be theirs
        yield Finding("purpose", Verdict.SKIPPED)
        yield Finding("scopes", Verdict.SKIPPED)
        return
    yield _tried("purpose", lambda: authorize.purpose_of(client, scopes, more))
    yield _tried(
        "scopes",
        lambda: authorize.require_scopes_approved(
            scopes, authorize.purpose_of(client, scopes, more)
        ),
    )


def _tried(name: str, check: Callable[[], object]) -> Finding:
    return _read(name, check)[0]


def _read(name: str, check: Callable[[], T]) -> tuple[Finding, T | None]:
    """Return the verdict of a check, and what it read unless it failed."""
    try:
        read = check()
    except ProtocolError as error:
        return _failed(name, error), None
    return Finding(name, Verdict.PASSED), read


def _failed(name: str, error: ProtocolError) -> Finding:
    return Finding(name, Verdict.FAILED, error.error, error.description)
