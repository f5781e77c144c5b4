"""Register organisations, clients and secrets; each purpose begins with its first wording."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients import contracts, grant_types, purposes
from clients.forms import ClientForm, ClientMetadata
from clients.models import (
    AuthMethod,
    Client,
    ClientSecret,
    Organisation,
    PurposeVersion,
    Review,
    VersionState,
)
from kernel.errors import NotFound, Refused
from kernel.ids import digest, new_secret

OVERLAP = timedelta(hours=24)
LISTS = (
    *("redirect_uris", "post_logout_redirect_uris", "request_uris"),
    *("grant_types", "response_types"),
)
ENCRYPTIONS = ("id_token_encryption", "userinfo_encryption")
AS_THEY_ARE = (
    *(
        "home_uri",
        "contact",
        "notice_uri",
        "ping_uri",
        "profile",
        "auth_method",
        "jwks",
        "jwks_uri",
    ),
    *("certificate_bound", "backchannel_logout_uri", "frontchannel_logout_uri"),
    *("backchannel_logout_session_required", "frontchannel_logout_session_required"),
    *("sector", "sector_identifier_uri", "id_token_alg", "userinfo_alg", "request_object_alg"),
    *("logo_uri", "policy_uri", "tos_uri", "initiate_login_uri"),
    *("software_id", "software_version"),
)


def parse(form: dict[str, Any]) -> ClientForm:
    """Read a registration. Raises Refused `client.form_invalid` naming nothing but the code.

    Also `flow.purpose_mismatch` for a client without a purpose (regulation 1), and what
    `purposes.settled` raises: that, or `client.basis_not_offered`.
    """
    try:
        read = ClientForm.model_validate(form)
    except ValidationError as invalid:
        if [each["loc"] for each in invalid.errors()] == [("purposes",)]:
            raise Refused("flow.purpose_mismatch") from invalid
        raise Refused("client.form_invalid") from invalid
    settled = [purposes.settled(each, kind=read.kind, body=read.body) for each in read.purposes]
    return read.model_copy(update={"purposes": tuple(settled)})


def add(
    session: Session, form: ClientForm, *, now: datetime, secret: str | None = None
) -> str | None:
    """Register a client and return its secret, shown this once; None if it has no secret.

    `secret` fixes it beforehand, for the demonstration. Raises Refused `client.already_exists`,
    `client.contract_exists`.
    """
    if session.scalar(select(Client.id).where(Client.client_id == form.client_id)) is not None:
        raise Refused("client.already_exists")
    client = enter(session, form, _new_organisation(session, form, now=now), now=now)
    if not has_secret(client):
        return None
    return keep_secret(session, client, secret or new_secret(), now=now)


def _new_organisation(session: Session, form: ClientForm, *, now: datetime) -> Organisation:
    organisation = Organisation(
        kind=form.kind,
        body=form.body,
        name_zh=form.organisation.zh,
        name_en=form.organisation.en,
        created_at=now,
    )
    if form.contract is not None:
        contracts.require_new(session, form.contract.number)
        organisation.contracts.append(contracts.new(form.contract, now=now))
    return organisation


def enter(
    session: Session,
    form: ClientMetadata,
    organisation: Organisation,
    *,
    review: Review = Review.APPROVED,
    now: datetime,
) -> Client:
    """Put a client of an organisation on record, each purpose with its first wording."""
    client = Client(
        client_id=form.client_id,
        organisation=organisation,
        resource_server=form.resource_server,
        review=review,
        created_at=now,
        purposes=[
            purposes.new(each, is_default=index == 0, now=now)
            for index, each in enumerate(form.purposes)
        ],
    )
    write(client, form)
    session.add(client)
    session.flush()
    _keep_first_wordings(session, client, form, now)
    return client


def write(client: Client, form: ClientMetadata) -> None:
    """Let the row say what the form says; who it is of and its purposes stay."""
    client.name_zh, client.name_en = form.name
    client.certificate = None if form.certificate is None else form.certificate.told()
    for name in AS_THEY_ARE:
        setattr(client, name, getattr(form, name))
    for name in ENCRYPTIONS:
        how = getattr(form, name)
        setattr(client, name, None if how is None else how.model_dump())
    for name in LISTS:
        setattr(client, name, list(getattr(form, name)))


def _keep_first_wordings(
    session: Session, client: Client, form: ClientMetadata, now: datetime
) -> None:
    """Begin each purpose's history with the wording it was registered in."""
    by_code = {purpose.code: purpose for purpose in client.purposes}
    for each in form.purposes:
        session.add(
            PurposeVersion(
                client_id=client.id,
                purpose_id=by_code[each.code].id,
                code=each.code,
                content=each.model_dump(mode="json"),
                state=VersionState.APPROVED,
                text_version=1,
                drafted_at=now,
                submitted_at=now,
                decided_at=now,
            )
        )
    session.flush()


def rotate_secret(session: Session, client_id: str, *, now: datetime) -> str:
    """Return a new secret; the old ones stay valid for 24 hours so that nobody is locked out.

    Raises NotFound, or Refused `client.no_secret` for clients that prove themselves otherwise.
    """
    client = get(session, client_id)
    if not has_secret(client):
        raise Refused("client.no_secret")
    session.execute(
        update(ClientSecret)
        .where(ClientSecret.client_id == client.id, ClientSecret.expires_at.is_(None))
        .values(expires_at=now + OVERLAP)
    )
    return keep_secret(session, client, new_secret(), now=now)


def set_grant_types(session: Session, client_id: str, types: Sequence[str]) -> None:
    """Let a client come to tokens in these ways and no other, from now on.

    Raises NotFound, or Refused `client.form_invalid`.
    """
    client = get(session, client_id)
    try:
        grant_types.require_fitting(
            types,
            kind=client.organisation.kind,
            method=client.auth_method,
            redirect_uris=client.redirect_uris,
        )
    except ValueError as wrong:
        raise Refused("client.form_invalid") from wrong
    client.grant_types = list(types)
    session.flush()


def set_strength(
    session: Session, client_id: str, code: str, *, least_acr: str | None, login_seconds: int | None
) -> None:
    """Demand so strong and so new a login for a purpose, None for any (regulation 2(8)2).

    Which acr values there are is known to who calls. Raises NotFound.
    """
    client = get(session, client_id)
    purpose = next((each for each in client.purposes if each.code == code), None)
    if purpose is None:
        raise NotFound("client.purpose_not_found")
    purpose.least_acr, purpose.login_seconds = least_acr, login_seconds
    session.flush()


def get(session: Session, client_id: str) -> Client:
    """Return the client row. Raises NotFound."""
    client = session.scalar(select(Client).where(Client.client_id == client_id))
    if client is None:
        raise NotFound("client.not_found")
    return client


def has_secret(client: Client) -> bool:
    """Say whether the client proves itself by a secret."""
    return client.auth_method in {AuthMethod.BASIC, AuthMethod.POST}


def keep_secret(session: Session, client: Client, secret: str, *, now: datetime) -> str:
    """Keep a secret by its hash, and return it to be shown once."""
    session.add(ClientSecret(client_id=client.id, secret_hash=digest(secret), created_at=now))
    session.flush()
    return secret
