"""Look clients up quickly: read-only views, kept in process for at most one second."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from clients import bases, contracts, response_types
from clients.contracts import Span
from clients.models import (
    AuthMethod,
    Client,
    ClientSecret,
    Contract,
    Organisation,
    OrganisationKind,
    Profile,
    Purpose,
    PurposeClaim,
    PurposeKind,
    Review,
)
from kernel.prebuilt import Prebuilt, Row
from kernel.wording import Bilingual

SANDBOX_ONLY = "sandbox-only-"  # how clients are called that nothing but a sandbox serves
FRESH = timedelta(seconds=1)
CODE_ONLY = frozenset({response_types.CODE})
MOST = 10_000
# One flat statement for each table: a client that is asked for less than once a second is read
# for every request, and through the ORM that would take ten times as long.
_CLIENT = Prebuilt(
    select(*Client.__table__.columns).where(
        Client.client_id == bindparam("client_id"),
        Client.disabled_at.is_(None),
        or_(Client.review == Review.APPROVED, Client.review == Review.SANDBOX),
    )
)
_ORGANISATION = Prebuilt(
    select(*Organisation.__table__.columns).where(Organisation.id == bindparam("key"))
)
_CONTRACTS = Prebuilt(
    select(*Contract.__table__.columns)
    .where(Contract.organisation_id == bindparam("key"))
    .order_by(Contract.starts_on)
)
_SECRETS = Prebuilt(
    select(*ClientSecret.__table__.columns)
    .where(ClientSecret.client_id == bindparam("key"))
    .order_by(ClientSecret.created_at)
)
_PURPOSES = Prebuilt(
    select(*Purpose.__table__.columns)
    .where(Purpose.client_id == bindparam("key"))
    .order_by(Purpose.code)
)
_CLAIMS = Prebuilt(
    select(*PurposeClaim.__table__.columns)
    .join(Purpose, Purpose.id == PurposeClaim.purpose_id)
    .where(Purpose.client_id == bindparam("key"))
    .order_by(PurposeClaim.claim)
)
_CALLED = Prebuilt(select(Client.client_id).where(Client.id == bindparam("key")))


@dataclass(frozen=True)
class ApprovedClaim:
    """A claim this purpose may ask for, and why."""

    name: str
    required: bool
    necessity: Bilingual
    since_version: int = 1  # the text version this claim was last widened in


@dataclass(frozen=True, kw_only=True)
class RegisteredPurpose:
    """A service or offer with the text members read and the claims it may ask for.

    `text_version` counts every widening; `terms_version` is the one in which the purpose itself
    was last told differently, rather than a single claim.
    """

    id: UUID
    code: str
    kind: PurposeKind
    is_default: bool
    text_version: int
    terms_version: int = 1
    name: Bilingual
    text: Bilingual
    retention: Bilingual
    legal_basis: Bilingual
    refusal_effect: Bilingual
    max_days: int
    least_acr: str | None = None
    login_seconds: int | None = None
    claims: tuple[ApprovedClaim, ...]

    @property
    def approved(self) -> frozenset[str]:
        """Return the names of the approved claims."""
        return frozenset(claim.name for claim in self.claims)


@dataclass(frozen=True)
class HashedSecret:
    """A stored client secret."""

    secret_hash: bytes
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class RegisteredClient:
    """A client as the protocol needs it."""

    id: UUID
    client_id: str
    kind: OrganisationKind
    name: Bilingual
    organisation: Bilingual
    home_uri: str
    profile: Profile
    auth_method: AuthMethod
    jwks: dict[str, Any] | None
    sector: str
    redirect_uris: frozenset[str]
    post_logout_redirect_uris: frozenset[str]
    grant_types: frozenset[str]
    id_token_alg: str
    resource_server: bool
    secrets: tuple[HashedSecret, ...]
    purposes: tuple[RegisteredPurpose, ...]
    jwks_uri: str | None = None
    request_uris: frozenset[str] = frozenset()
    request_object_alg: str | None = None
    userinfo_alg: str | None = None
    review: Review = Review.APPROVED
    logo: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    contact: str | None = None
    notice_uri: str | None = None
    ping_uri: str | None = None
    organisation_id: UUID | None = None
    backchannel_logout_uri: str | None = None
    frontchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    initiate_login_uri: str | None = None
    response_types: frozenset[str] = CODE_ONLY
    contracts: tuple[Span, ...] = ()  # a merchant's; an agency needs none
    certificate: dict[str, str] | None = None  # its name on one
    id_token_encryption: dict[str, str] | None = None
    userinfo_encryption: dict[str, str] | None = None
    certificate_bound: bool = False  # are its tokens held to the one it shows

    @property
    def hears_of_logouts(self) -> bool:
        """Say whether the client is told where a sign-in ends, and so needs a name for it."""
        return bool(self.backchannel_logout_uri or self.frontchannel_logout_uri)

    @property
    def signs(self) -> bool:
        """Say whether the client has keys to sign with."""
        return self.jwks is not None or self.jwks_uri is not None

    def is_in_force(self, *, now: datetime) -> bool:
        """Say whether the client may be served at `now`: a merchant within a contract (2(8)4)."""
        return self.kind is OrganisationKind.AGENCY or any(
            span.covers(now) for span in self.contracts
        )

    def find_purpose(self, code: str | None) -> RegisteredPurpose | None:
        """Return the purpose with this code; without a code, the default one."""
        for purpose in self.purposes:
            if purpose.code == code or (code is None and purpose.is_default):
                return purpose
        return None

    def find_purpose_by_id(self, purpose_id: UUID) -> RegisteredPurpose | None:
        """Return the purpose with this id."""
        return next((each for each in self.purposes if each.id == purpose_id), None)


class Directory:
    """The clients of this process; a change in the database is seen within one second."""

    def __init__(
        self,
        *,
        fresh: timedelta = FRESH,
        most: int = MOST,
        hybrid: bool = False,
        sandbox: bool = False,
    ) -> None:
        """Keep at most `most` clients, each no longer than `fresh`.

        Unless `hybrid`, none of them gets anything but codes through the browser. Outside a
        `sandbox` those made in one are unknown, wherever their rows were copied from.
        """
        self._fresh = fresh
        self._sandbox = sandbox
        self._hybrid = hybrid
        self._most = most
        self._known: OrderedDict[str, tuple[datetime, RegisteredClient]] = OrderedDict()
        self._names: dict[UUID, str] = {}
        self._lock = Lock()

    def find(self, session: Session, client_id: str, *, now: datetime) -> RegisteredClient | None:
        """Return the client under this `client_id` if it may be served, or None.

        A merchant's contract may be over: ask `is_in_force` before anything is served.
        """
        if not (client_id.isascii() and client_id.isprintable()):
            return None  # no database can look for NUL or half a surrogate pair
        if client_id.startswith(SANDBOX_ONLY) and not self._sandbox:
            return None
        known = self._known.get(client_id)
        if known is not None and timedelta(0) <= now - known[0] < self._fresh:
            return known[1]
        view = _load(session, client_id)
        if view is not None and not self._hybrid:
            view = replace(view, response_types=view.response_types & CODE_ONLY)
        with self._lock:
            self._known.pop(client_id, None)
            if view is not None:
                self._known[client_id] = (now, view)
                self._names[view.id] = client_id
                self._forget_oldest()
        return view

    def find_by_id(self, session: Session, key: UUID, *, now: datetime) -> RegisteredClient | None:
        """Return the client in force with this primary key, or None."""
        client_id = self._names.get(key)
        if client_id is None:
            session.flush()
            row = _CALLED.one_or_none(session, {"key": key})
            client_id = None if row is None else row.client_id
        return None if client_id is None else self.find(session, client_id, now=now)

    def _forget_oldest(self) -> None:
        while len(self._known) > self._most:
            _, (_, oldest) = self._known.popitem(last=False)
            self._names.pop(oldest.id, None)


def _load(session: Session, client_id: str) -> RegisteredClient | None:
    session.flush()  # the statements see what the ORM has written, not what it still holds
    row = _CLIENT.one_or_none(session, {"client_id": client_id})
    if row is None:
        return None
    key = {"key": row.id}
    organisation = _ORGANISATION.one_or_none(session, {"key": row.organisation_id})
    secrets, claims = _SECRETS.all(session, key), _CLAIMS.all(session, key)
    purposes = [
        _purpose(each, [claim for claim in claims if claim.purpose_id == each.id])
        for each in _PURPOSES.all(session, key)
    ]
    agreed = _contracts(session, organisation)
    return _view(row, organisation, agreed, secrets, purposes)


def _contracts(session: Session, organisation: Row) -> Sequence[Row]:
    """Return the contracts of a merchant; an agency has none, and is not asked for them."""
    if organisation.kind is OrganisationKind.AGENCY:
        return ()
    return _CONTRACTS.all(session, {"key": organisation.id})


def view_of(row: Client) -> RegisteredClient:
    """Return the read-only view of a client."""
    purposes = [view_of_purpose(each) for each in row.purposes]
    organisation = row.organisation
    return _view(row, organisation, organisation.contracts, row.secrets, purposes)


def view_of_purpose(row: Purpose) -> RegisteredPurpose:
    """Return the read-only view of one purpose."""
    return _purpose(row, row.claims)


# A row is an entity or a prebuilt statement's: both have the columns' names.
def _view(
    row: Row,
    organisation: Row,
    agreed: Iterable[Row],
    secrets: Iterable[Row],
    purposes: Iterable[RegisteredPurpose],
) -> RegisteredClient:
    return RegisteredClient(
        id=row.id,
        client_id=row.client_id,
        kind=organisation.kind,
        name=Bilingual(row.name_zh, row.name_en),
        organisation=Bilingual(organisation.name_zh, organisation.name_en),
        home_uri=row.home_uri,
        profile=row.profile,
        auth_method=row.auth_method,
        jwks=row.jwks,
        jwks_uri=row.jwks_uri,
        request_uris=frozenset(row.request_uris or ()),
        request_object_alg=row.request_object_alg,
        userinfo_alg=row.userinfo_alg,
        review=row.review,
        logo=row.logo,
        policy_uri=row.policy_uri,
        tos_uri=row.tos_uri,
        sector=row.sector,
        redirect_uris=frozenset(row.redirect_uris),
        post_logout_redirect_uris=frozenset(row.post_logout_redirect_uris),
        grant_types=frozenset(row.grant_types),
        response_types=frozenset(row.response_types),
        id_token_alg=row.id_token_alg,
        resource_server=row.resource_server,
        secrets=tuple(HashedSecret(each.secret_hash, each.expires_at) for each in secrets),
        purposes=tuple(purposes),
        contact=row.contact,
        notice_uri=row.notice_uri,
        ping_uri=row.ping_uri,
        organisation_id=row.organisation_id,
        backchannel_logout_uri=row.backchannel_logout_uri,
        frontchannel_logout_uri=row.frontchannel_logout_uri,
        backchannel_logout_session_required=row.backchannel_logout_session_required,
        initiate_login_uri=row.initiate_login_uri,
        contracts=tuple(contracts.span_of(each) for each in agreed),
        certificate=row.certificate,
        certificate_bound=row.certificate_bound,
        id_token_encryption=row.id_token_encryption,
        userinfo_encryption=row.userinfo_encryption,
    )


def _purpose(row: Row, claims: Iterable[Row]) -> RegisteredPurpose:
    return RegisteredPurpose(
        id=row.id,
        code=row.code,
        kind=row.kind,
        is_default=row.is_default,
        text_version=row.text_version,
        terms_version=row.terms_version,
        name=Bilingual(row.name_zh, row.name_en),
        text=Bilingual(row.text_zh, row.text_en),
        retention=Bilingual(row.retention_zh, row.retention_en),
        legal_basis=bases.in_words(row.basis, Bilingual(row.legal_basis_zh, row.legal_basis_en)),
        refusal_effect=Bilingual(row.refusal_effect_zh, row.refusal_effect_en),
        max_days=row.max_days,
        least_acr=row.least_acr,
        login_seconds=row.login_seconds,
        claims=tuple(
            ApprovedClaim(
                claim.claim,
                claim.required,
                Bilingual(claim.necessity_zh, claim.necessity_en),
                claim.since_version,
            )
            for claim in claims
        ),
    )
