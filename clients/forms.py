"""The forms a client is registered with: shapes and addresses checked, rules left to `registry`."""

import re
from datetime import date
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from clients import business_numbers, grant_types, response_types
from clients.certificate_names import CertificateName
from clients.claims import MARKETING, lesser
from clients.encryption import Encryption, find_key
from clients.models import AuthMethod, Body, OrganisationKind, Profile, PurposeKind
from clients.origins import origin
from clients.profiles import rules_of
from kernel.wording import Bilingual

WITH_KEYS = {AuthMethod.PRIVATE_KEY_JWT, AuthMethod.SELF_SIGNED_TLS}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MOST_ADDRESSES = 50
LONGEST_NAME = 200
OUR_ALGORITHMS = "^(ES256|RS256|PS256|EdDSA)$"
LONGEST_REQUEST_URI = 512  # OIDC Core 6.2
Address: Any = Field(default=None, max_length=2000)  # pydantic's own type for what a field is
CONTACT = re.compile(r"[^\s@<>\"]+@[A-Za-z0-9.-]+|https://[^\s@<>\"]+")


def _short(name: Bilingual) -> Bilingual:
    if any(len(each) > LONGEST_NAME for each in name):
        raise ValueError("a name has at most 200 characters")
    return name


Name = Annotated[Bilingual, AfterValidator(_short)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClaimForm(_Form):
    """A claim asked for, with its necessity."""

    name: str = Field(min_length=1, max_length=63)  # in the catalogue, or refused by `parse`
    required: bool = False
    necessity: Bilingual


class PurposeForm(_Form):
    """A purpose as submitted for registration; every text is shown to members."""

    code: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    kind: PurposeKind = PurposeKind.SERVICE
    name: Name
    text: Bilingual
    retention: Bilingual
    retention_days: int | None = Field(default=None, ge=0, le=100_000)
    basis: str | None = Field(default=None, max_length=32)  # of clients.bases; None is consent
    legal_basis: Bilingual
    refusal_effect: Bilingual
    max_days: int = Field(default=365, ge=1, le=3650)
    claims: tuple[ClaimForm, ...] = ()

    @property
    def asked(self) -> frozenset[str]:
        """Return the names of the claims asked for."""
        return frozenset(claim.name for claim in self.claims)

    @model_validator(mode="after")
    def _claims_are_needed(self) -> "PurposeForm":
        if len(self.asked) < len(self.claims):
            raise ValueError("a claim is asked for twice")
        for claim in self.claims:
            if claim.required and lesser(claim.name, self.asked):
                raise ValueError(f"{claim.name} cannot be required if less would do")
            if claim.required and claim.name == MARKETING:
                raise ValueError("a yes to marketing cannot be required (PDPA 20)")
        return self


class ContractForm(_Form):
    """A merchant's contract with the city, by its number, for days in Taipei (2(8)4)."""

    number: str = Field(pattern=r"^[^\s\x00-\x1f](.{0,62}[^\s\x00-\x1f])?$")
    business_number: str
    starts_on: date
    ends_on: date = Field(lt=date(2900, 1, 1))

    @field_validator("business_number")
    @classmethod
    def _number_adds_up(cls, value: str) -> str:
        if not business_numbers.is_valid(value):
            raise ValueError("not a business number: eight digits that add up")
        return value

    @model_validator(mode="after")
    def _days_in_order(self) -> "ContractForm":
        if self.ends_on < self.starts_on:
            raise ValueError("a contract cannot end before it starts")
        return self


class ClientMetadata(_Form):
    """A client as its developers describe it. The first purpose is the default one."""

    client_id: str = Field(pattern=r"^[A-Za-z0-9._~-]{3,128}$")
    name: Name
    home_uri: str = Field(max_length=2000)
    contact: str | None = Field(default=None, max_length=320)
    notice_uri: str | None = Address
    ping_uri: str | None = Address
    profile: Profile = Profile.BASIC
    auth_method: AuthMethod = AuthMethod.BASIC
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = Address
    certificate: CertificateName | None = None
    certificate_bound: bool = False
    sector: str = Field(min_length=1, max_length=255)
    sector_identifier_uri: str | None = Address
    redirect_uris: tuple[str, ...] = Field(default=(), max_length=MOST_ADDRESSES)
    post_logout_redirect_uris: tuple[str, ...] = Field(default=(), max_length=MOST_ADDRESSES)
    backchannel_logout_uri: str | None = Address
    frontchannel_logout_uri: str | None = Address
    backchannel_logout_session_required: bool = False
    frontchannel_logout_session_required: bool = False
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    response_types: tuple[str, ...] = (response_types.CODE,)
    id_token_alg: str = Field(default="ES256", pattern=OUR_ALGORITHMS)
    userinfo_alg: str | None = Field(default=None, pattern=OUR_ALGORITHMS)
    id_token_encryption: Encryption | None = None
    userinfo_encryption: Encryption | None = None
    request_uris: tuple[str, ...] = Field(default=(), max_length=MOST_ADDRESSES)
    request_object_alg: str | None = Field(default=None, pattern=OUR_ALGORITHMS)
    resource_server: bool = False
    logo_uri: str | None = Address
    policy_uri: str | None = Address
    tos_uri: str | None = Address
    initiate_login_uri: str | None = Address
    software_id: str | None = Field(default=None, max_length=128)
    software_version: str | None = Field(default=None, max_length=64)
    purposes: tuple[PurposeForm, ...] = Field(min_length=1)  # AT1(b): no client without a purpose

    @field_validator("redirect_uris", "post_logout_redirect_uris")
    @classmethod
    def _addresses_are_safe(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            _require_address(value)
        return values

    @field_validator("home_uri")
    @classmethod
    def _home_is_safe(cls, value: str) -> str:
        _require_address(value)
        return value

    @field_validator("contact")
    @classmethod
    def _contact_can_be_reached(cls, value: str | None) -> str | None:
        if value is not None and not CONTACT.fullmatch(value):
            raise ValueError(f"{value}: must be an e-mail address or an https address")
        return value

    @field_validator(
        *(
            "notice_uri",
            "ping_uri",
            "jwks_uri",
            "sector_identifier_uri",
            "logo_uri",
            "policy_uri",
            "tos_uri",
        ),
        *("initiate_login_uri", "backchannel_logout_uri", "frontchannel_logout_uri"),
    )
    @classmethod
    def _it_is_on_the_web(cls, value: str | None) -> str | None:
        if value is not None:
            _require_site(value)
        return value

    @field_validator("initiate_login_uri")
    @classmethod
    def _logins_begin_over_tls(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("https://"):
            raise ValueError(f"{value}: must be https (OIDC Core 4)")
        return value

    @field_validator("request_uris")
    @classmethod
    def _requests_are_on_the_web(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:  # a fragment is the hash of what stands there (OIDC Core 6.2)
            _require_site(value.partition("#")[0])
            if len(value) > LONGEST_REQUEST_URI:
                raise ValueError("a request_uri has at most 512 characters")
        return values

    @field_validator("response_types")
    @classmethod
    def _responses_are_known(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        found = [response_types.find(value) for value in values]
        if not found or None in found:
            raise ValueError("not response types of this provider")
        return tuple(dict.fromkeys(each for each in found if each is not None))

    @model_validator(mode="after")
    def _responses_fit(self) -> Self:
        """Let tokens come through the browser only where the profile says so (RFC 9700 2.1.2)."""
        needed = set(response_types.needed_grant_types(self.response_types))
        through_browser = grant_types.IMPLICIT in needed
        if through_browser and not rules_of(self.profile).browser:
            raise ValueError(f"{self.profile.value} gets nothing but codes through the browser")
        if through_browser != (grant_types.IMPLICIT in self.grant_types):
            raise ValueError("implicit goes with response types of tokens (RFC 7591 2.1)")
        if through_browser and not needed <= set(self.grant_types):
            raise ValueError("response types of codes need authorization_code (RFC 7591 2.1)")
        if self.certificate_bound and any(
            response_types.brings(kind, "token") for kind in self.response_types
        ):
            raise ValueError("a token that comes through the browser is held to no certificate")
        return self

    @model_validator(mode="after")
    def _method_fits_the_profile(self) -> Self:
        rules = rules_of(self.profile)
        if self.auth_method not in rules.proofs:
            raise ValueError(f"{self.profile.value} has other ways to authenticate")
        if not {self.id_token_alg, self.userinfo_alg} - {None} <= set(rules.algorithms):
            raise ValueError(f"{self.profile.value} signs with other algorithms")
        return self

    @model_validator(mode="after")
    def _frames_are_the_clients_own(self) -> Self:
        """Let browsers load only what stands where the client itself does (Front-Channel 2)."""
        framed = self.frontchannel_logout_uri
        if framed is not None and origin(framed) not in map(origin, self.redirect_uris):
            raise ValueError(f"{framed}: must have the origin of a redirect URI")
        return self

    @model_validator(mode="after")
    def _keys_fit_the_method(self) -> Self:
        if self.jwks is not None and self.jwks_uri is not None:
            raise ValueError("jwks or jwks_uri, not both (RFC 7591 2)")
        has = self.jwks is not None or self.jwks_uri is not None
        encrypted = self._keys_to_encrypt_for()
        needs = self.auth_method in WITH_KEYS or rules_of(self.profile).signed or encrypted
        if needs and not has:
            raise ValueError("jwks or jwks_uri is needed for what this client signs, or shows")
        if has and not (needs or self.auth_method is AuthMethod.TLS):
            raise ValueError("jwks goes with keys; this client proves itself otherwise")
        if self.auth_method is AuthMethod.SELF_SIGNED_TLS and self.jwks is None:
            raise ValueError("a certificate of its own is registered in jwks")
        if (self.auth_method is AuthMethod.TLS) != (self.certificate is not None):
            raise ValueError("certificate goes with tls_client_auth, which needs it")
        return self

    def _keys_to_encrypt_for(self) -> bool:
        """Say whether there must be such keys. Raises ValueError if there are none."""
        wanted = [how for how in (self.id_token_encryption, self.userinfo_encryption) if how]
        published = self.jwks_uri is not None  # looked at when something is encrypted
        if not published and any(find_key(self.jwks, how.alg) is None for how in wanted):
            raise ValueError("jwks hold no key that fits the encryption asked for")
        return bool(wanted)

    @model_validator(mode="after")
    def _requests_fit_the_profile(self) -> Self:
        if self.request_uris and rules_of(self.profile).pushed:
            raise ValueError(f"requests of {self.profile.value} are pushed, never fetched")
        return self


class ClientForm(ClientMetadata):
    """A client as an operator registers it, together with its organisation."""

    kind: OrganisationKind
    body: Body = Body.DEPARTMENT
    organisation: Bilingual
    contract: ContractForm | None = None

    @model_validator(mode="before")
    @classmethod
    def _merchants_are_merchants(cls, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("kind") == OrganisationKind.MERCHANT:
            return {"body": Body.MERCHANT.value, **values}
        return values

    @model_validator(mode="after")
    def _body_fits_the_kind(self) -> Self:
        if (self.body is Body.MERCHANT) != (self.kind is OrganisationKind.MERCHANT):
            raise ValueError("a merchant's body is merchant, and nobody else's")
        return self

    @model_validator(mode="after")
    def _merchants_have_contracts(self) -> Self:
        if (self.contract is not None) != (self.kind is OrganisationKind.MERCHANT):
            raise ValueError("a merchant is registered with its contract, and nobody else is")
        if self.resource_server and self.kind is OrganisationKind.MERCHANT:
            raise ValueError("a merchant's client cannot judge the tokens of others")
        return self

    @model_validator(mode="after")
    def _grant_types_fit(self) -> Self:
        grant_types.require_fitting(
            self.grant_types,
            kind=self.kind,
            method=self.auth_method,
            redirect_uris=self.redirect_uris,
        )
        return self


def _require_site(value: str) -> None:
    _require_address(value)
    if urlsplit(value).scheme not in {"https", "http"}:
        raise ValueError(f"{value}: must be https, or http on loopback")


def _require_address(value: str) -> None:
    parts = urlsplit(value)  # a ValueError of its own says that it is no address
    if parts.fragment or "#" in value or "*" in value or any(c.isspace() for c in value):
        raise ValueError(f"{value}: no fragment, wildcard or space is allowed")
    if not value.isascii() or "\\" in value:
        raise ValueError(f"{value}: only plain ASCII URLs are allowed")
    if parts.scheme == "https" and parts.netloc and "@" not in parts.netloc:
        return
    if parts.scheme == "http" and (parts.hostname or "") in LOOPBACK:
        return
    if "." in parts.scheme and not parts.netloc:  # RFC 8252 7.1: an app's reversed domain name
        return
    raise ValueError(f"{value}: must be https, http on loopback, or an app's own scheme")
