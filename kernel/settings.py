"""Read the settings: once, from the environment and a TOML file, refusing what is unsafe."""

import os
import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)
from sqlalchemy.engine import make_url

from kernel.db import BY_TRANSACTION, POOLED, is_pooled
from kernel.keyring import Keyring

FILE_VARIABLE = "TAIPEI_ID_CONFIG"
POSTGRES = "postgresql+psycopg://"
ENGINES = ("sqlite+pysqlite:///", POSTGRES)
SECRET_LENGTH = 32  # characters the proxy shares with us, at least
DEMO_MASTER_KEY = "ZGVtby1vbmx5LW5ldmVyLWluLXByb2R1Y3Rpb24tISE"


class SettingsInvalid(Exception):
    """The settings cannot be used; the message says which one and what to do."""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _existing(value: Path | None) -> Path | None:
    if value is not None and not value.is_file():
        raise ValueError(f"{value} is not a file; correct the path or leave it out")
    return value


class ServiceName(_Group):
    """The public name of the service, set by the city government (regulation 2(7))."""

    zh: str = "臺北市單一識別服務"
    en: str = "Taipei ID"


class Mail(_Group):
    """Where notices are sent from."""

    host: str = ""
    port: int = 25
    sender: str = "no-reply@id.invalid"
    starttls: bool = False
    folder: Path | None = None


class Mtls(_Group):
    """Where clients show certificates, and the file of who vouches for them (RFC 8705)."""

    front: str = Field(default="", pattern=r"^(https://[a-z0-9.-]+(:\d+)?)?$")
    authorities: Path | None = None
    revocation_lists: Path | None = None  # in PEM; what they revoked

    @field_validator("authorities", "revocation_lists")
    @classmethod
    def _file_exists(cls, value: Path | None) -> Path | None:
        return _existing(value)


class Incidents(_Group):
    """How soon the law wants to hear of an incident, in hours; the numbers change with it."""

    report_hours: int = Field(default=1, ge=1, le=72)
    alarm_hours: int = Field(default=24, ge=1, le=240)
    notify_hours: int = Field(default=72, ge=1, le=240)


class Signing(_Group):
    """How long the provider's keys sign, and are published afterwards."""

    active_days: int = Field(default=90, ge=1, le=400)
    retiring_days: int = Field(default=2, ge=1, le=60)
    in_token: bool = False


class Token(_Group):
    """A PKCS#11 token: where keys are used that nobody can copy."""

    module: Path | None = None
    label: str = ""
    pin: SecretStr = SecretStr("")


class Metrics(_Group):
    """Who may read the numbers at `/metrics`, and where the processes of a machine gather them."""

    token: SecretStr = SecretStr("")
    folder: Path | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if bool(self.token) != bool(self.folder):
            raise ValueError("token and folder go together")
        if self.folder is not None and not self.folder.is_dir():
            raise ValueError(f"{self.folder} is not a folder; make it, or leave both out")
        if self.token and len(self.token) < SECRET_LENGTH:
            raise ValueError("token: at least 32 characters, as in Prometheus' configuration")
        return self


class Tls(_Group):
    """Lets the service speak TLS itself, where no proxy does: for a conformance suite."""

    certificate: Path | None = None
    key: Path | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        for path in (self.certificate, self.key):
            if path is not None and not path.is_file():
                raise ValueError(f"{path} is not a file; correct the path or leave it out")
        return self


class Lifetimes(_Group):
    """How long things live, in seconds unless the name says otherwise."""

    code: int = Field(default=60, ge=1, le=60)
    access_token: int = Field(default=900, ge=60, le=3600)
    refresh_token: int = Field(default=30 * 86400, ge=3600)
    refresh_grace: int = Field(default=30, ge=0, le=120)
    id_token: int = Field(default=600, ge=60, le=3600)
    interaction: int = Field(default=1800, ge=300)
    session: int = Field(default=12 * 3600, ge=600)
    session_idle: int = Field(default=2 * 3600, ge=600)
    session_shared_computer: int = Field(default=600, ge=60)
    deletion_wait: int = Field(default=7 * 86400, ge=0, le=30 * 86400)
    refused_approval: int = Field(default=7 * 86400, ge=0, le=90 * 86400)

    def of(self, name: str) -> timedelta:
        """Return the lifetime called `name` as a duration."""
        return timedelta(seconds=getattr(self, name))


Voice = Literal["alone", "guardian_approves", "guardian_decides"]
ByGuardian = Literal["guardian_approves", "guardian_decides"]


class Sandbox(_Group):
    """Where developers try their clients out on invented members, and on our mistakes."""

    enabled: bool = False
    issuer: str = ""  # over https: the issuer once more, so that nobody copies `enabled` along
    slow_seconds: float = Field(default=8.0, ge=0, le=20)  # how slow a slow answer is


class UnderAge(_Group):
    """Whose word counts for a member under age; a merchant knows none without a guardian."""

    agency: Voice = "alone"
    agency_identified: Voice = "alone"
    merchant: Voice = "alone"
    merchant_identified: ByGuardian = "guardian_approves"


class Assisted(UnderAge):
    """Whose word counts for an adult under assistance (Civil Code 15-2)."""

    merchant_identified: Voice = "guardian_approves"  # type: ignore[assignment]  # may be weaker


class Guarded(_Group):
    """Whose word counts for an adult under guardianship where nothing identifies them."""

    agency: Voice = "alone"
    merchant: Voice = "alone"


class Representation(_Group):
    """Whose word counts when data are given, by who the member is (`consent.representation`)."""

    child: UnderAge = UnderAge()
    youth: UnderAge = UnderAge()
    unknown: UnderAge = UnderAge()
    assisted: Assisted = Assisted()
    guarded: Guarded = Guarded()


class Settings(BaseSettings):
    """Everything an operator may decide. Environment variables begin with `TAIPEI_ID_`."""

    model_config = SettingsConfigDict(
        env_prefix="TAIPEI_ID_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    demo: bool = False
    debug: bool = False
    issuer: str = "https://id.invalid"
    master_key: SecretStr = SecretStr("")
    database_url: str = "sqlite+pysqlite:///taipei-id.sqlite3"
    replica_url: str = ""  # a standby for pages that only read (kernel.replica)
    adapters: Annotated[tuple[str, ...], NoDecode] = ("password", "passkey", "smartcard")
    service_name: ServiceName = ServiceName()
    mail: Mail = Mail()
    relay_domain: str = Field(default="", pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)+)?$")
    incidents: Incidents = Incidents()
    lifetimes: Lifetimes = Lifetimes()
    representation: Representation = Representation()
    sandbox: Sandbox = Sandbox()
    private_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    authorities: Path | None = None  # certificates of clients' servers believed as well
    # Where the card program of a visitor's own computer may listen.
    card_programs: Annotated[tuple[str, ...], NoDecode] = tuple(
        f"http://127.0.0.1:{port}" for port in (8603, 8604, 8605)
    )
    trusted_proxies: int = Field(default=0, ge=0, le=4)
    breach_list: Path | None = None
    card_kinds: Path | None = None  # a folder of more kinds of card (adapters.smartcard)
    certificates: Path | None = None  # the file that pins issuers (adapters.certificate)
    software_issuers: Path | None = None  # whose statements count (idp.software_statements)
    personas: Path | None = None  # invented members, shown to developers
    page_signed: bool = False  # believe card programs that take text and PIN from the page
    page_signer: str = Field(
        default="http://localhost:61161", pattern=r"^http://(127\.0\.0\.1|localhost):\d{1,5}$"
    )  # where such a program listens: HiPKI LocalSignServer's own address
    token: Token = Token()
    metrics: Metrics = Metrics()
    traces: str = Field(default="", pattern=r"^(https?://\S+)?$")  # a collector (OTLP over HTTP)
    tls: Tls = Tls()
    certificate_front: str = Field(default="", pattern=r"^(https://(\*\.)?[a-z0-9.-]+(:\d+)?)?$")
    certificate_front_secret: SecretStr = SecretStr("")
    dpop_nonces: bool = False
    hybrid: bool = False  # let clients of that profile get tokens through the browser
    mtls: Mtls = Mtls()
    signing: Signing = Signing()
    argon2_parallel: int = Field(default=2, ge=1, le=64)
    longest_line: int = Field(default=100, ge=1)  # at a node's port, before who begins comes later
    smallest_population: int = Field(default=50, ge=1)  # that an offer may tell apart (10(4))

    @field_validator("adapters", "private_hosts", "card_programs", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("issuer")
    @classmethod
    def _issuer_is_plain(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ValueError("must be a URL such as https://id.example.taipei")
        if parts.path or parts.query or parts.fragment:
            raise ValueError("must end after the host and port: no path, no slash at the end")
        return value

    @field_validator("card_programs")
    @classmethod
    def _card_programs_are_here(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(
            re.fullmatch(r"http://(127\.0\.0\.1|localhost):\d{1,5}", each) for each in value
        ):
            raise ValueError(
                "must be addresses of the visitor's own computer: http://127.0.0.1:8603"
            )
        return value

    @field_validator("master_key")
    @classmethod
    def _master_key_fits(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            try:
                Keyring(value.get_secret_value())
            except ValueError as unfit:
                raise ValueError(f"{unfit}; make one with 'taipei-id keys master'") from None
        return value

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, value: str) -> str:
        if not value.startswith(ENGINES):
            raise ValueError(f"must begin with {' or '.join(ENGINES)}")
        if POOLED in make_url(value).query and not is_pooled(make_url(value)):
            raise ValueError(
                f"{POOLED} can only be {BY_TRANSACTION}; leave it out without a pooler"
            )
        return value

    @field_validator("replica_url")
    @classmethod
    def _replica_is_known(cls, value: str) -> str:
        if value and not value.startswith(POSTGRES):
            raise ValueError(f"must begin with {POSTGRES}; leave it out without a standby")
        return value

    @field_validator("breach_list", "certificates", "authorities", "personas", "software_issuers")
    @classmethod
    def _file_exists(cls, value: Path | None) -> Path | None:
        return _existing(value)

    @field_validator("card_kinds")
    @classmethod
    def _folder_exists(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError(f"{value} is not a folder; correct the path or leave it out")
        return value

    @model_validator(mode="after")
    def _secure_outside_demo(self) -> Self:
        if self.demo:
            return self
        key = self.master_key.get_secret_value()
        if not self.issuer.startswith("https://") or self.issuer == "https://id.invalid":
            raise ValueError("issuer: outside demo mode it must be the https address members see")
        fronts = self.certificate_front or self.mtls.front
        if fronts and len(self.certificate_front_secret) < SECRET_LENGTH:
            raise ValueError("certificate_front_secret: at least 32 characters, as in the proxy's")
        if not key or key == DEMO_MASTER_KEY:
            raise ValueError("master_key: none set; make one with 'taipei-id keys master'")
        if self.mail.folder is not None:
            raise ValueError("mail.folder: only the demo keeps mail in a folder; set mail.host")
        if self.personas is not None:
            raise ValueError("personas: passwords are shown in a demo only; leave it out")
        if self.debug:
            raise ValueError("debug: must be off outside demo mode")
        return self

    @model_validator(mode="after")
    def _sandbox_stands_apart(self) -> Self:
        if not self.sandbox.enabled:
            return self
        if not self.demo:
            raise ValueError("sandbox.enabled: only with demo, where every member is invented")
        if self.secure_cookies and self.sandbox.issuer != self.issuer:
            raise ValueError("sandbox.issuer: over https it must repeat the issuer")
        return self

    @model_validator(mode="after")
    def _replica_is_a_copy(self) -> Self:
        if self.replica_url and not self.database_url.startswith(POSTGRES):
            raise ValueError("replica_url: only PostgreSQL has standbys; leave it out")
        return self

    @model_validator(mode="after")
    def _token_is_known(self) -> Self:
        if self.signing.in_token and self.token.module is None:
            raise ValueError("signing.in_token: set token.module, too, and its label and PIN")
        return self

    @property
    def secure_cookies(self) -> bool:
        """Say whether cookies carry Secure and the `__Host-` prefix."""
        return self.issuer.startswith("https://")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # fixed signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the TOML file named by TAIPEI_ID_CONFIG."""
        file = os.environ.get(FILE_VARIABLE)
        toml = (TomlConfigSettingsSource(settings_cls, Path(file)),) if file else ()
        return (init_settings, env_settings, *toml)


def load() -> Settings:
    """Return the settings. Raises SettingsInvalid with one line per mistake, saying what to do."""
    file = os.environ.get(FILE_VARIABLE)
    if file and not Path(file).is_file():
        raise SettingsInvalid(f"{FILE_VARIABLE} names {file}, which is not a file")
    try:
        return Settings()
    except ValidationError as invalid:
        raise SettingsInvalid("\n".join(_explain(invalid))) from None
    except tomllib.TOMLDecodeError as broken:
        raise SettingsInvalid(f"{file} is not TOML: {broken}") from None
    except SettingsError as broken:  # a group given as text that is not JSON
        raise SettingsInvalid(f"{broken}; set its parts singly, as TAIPEI_ID_MAIL__HOST") from None


def _explain(invalid: ValidationError) -> list[str]:
    lines = []
    for error in invalid.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in error["loc"])
        message = error["msg"].removeprefix("Value error, ")
        if error["type"] == "extra_forbidden":
            message = "there is no such setting; docs/configuration.md lists them"
        lines.append(f"{name}: {message}" if name else message)
    return lines
