"""A running provider for tests: the whole application on a clean database, with a clock to move."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, event, insert, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from adapters.password.adapter import PasswordAdapter
from idp import keys
from idp.keys import Keys
from idp.models import PublishedKey, SigningKey
from kernel import clock
from kernel.db import Sessions, transaction
from kernel.settings import Settings
from members.models import Member, Standing
from tests import make
from web.app import build_rooms, create_app

ISSUER = "https://id.example.invalid"
MASTER_KEY = "dGVzdHMtb25seS1uZXZlci1pbi1wcm9kdWN0aW9uLSE"  # the one make.KEYRING is made of
VERIFIER = "a-code-verifier-of-forty-three-characters-ok"
CALLBACK = "https://library.invalid/callback"
GOODBYE = "https://library.invalid/goodbye"


def challenge(verifier: str = VERIFIER) -> str:
    hashed = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()


def quick_passwords(settings: Mapping[str, object]) -> PasswordAdapter:
    """Make the password adapter with a hash that costs nothing: the settings name this factory."""
    return PasswordAdapter(hasher=make.HASHER, breaches=make.NO_BREACHES)


def the_settings(**changes: Any) -> Settings:  # settings are of many types
    values: dict[str, Any] = {
        "issuer": ISSUER,
        "master_key": SecretStr(MASTER_KEY),
        "adapters": f"{__name__}:quick_passwords,passkey",
    }
    return Settings(**{**values, **changes})


def basic(client_id: str, secret: str = make.SECRET) -> dict[str, str]:
    """Return the header of client_secret_basic."""
    text = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {text}"}


class City:
    """One installation: the application, its database, its clients and members, and its time."""

    def __init__(self, app: Flask, sessions: Sessions) -> None:
        self.app = app
        self.sessions = sessions
        self.now = make.NOON

    def configure(self, **changes: Any) -> None:  # settings are of many types
        """Let other settings hold from now on."""
        rooms = build_rooms(the_settings(**changes), self.sessions)
        rooms.provider.keys = self.app.extensions["taipei_id"].provider.keys
        self.app.extensions["taipei_id"] = rooms

    def wait(self, **duration: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**duration)
        return self.now

    @contextmanager
    def database(self) -> Iterator[Session]:
        """Open a transaction beside the application's own."""
        with transaction(self.sessions) as session:
            yield session

    def register(self, client_id: str, **form: Any) -> None:  # forms are JSON of several shapes
        with self.database() as session:
            make.a_client(session, client_id, now=self.now, **form)

    def enrol(self, login: str, **changes: Any) -> UUID:  # claims are JSON of several shapes
        with self.database() as session:
            return make.a_member(session, login, password=make.PASSWORD, **changes).id

    def member_id(self, login: str = "mei.chen") -> UUID:
        with self.database() as session:
            return session.scalars(select(Member.id).where(Member.login == login)).one()

    def set_standing(self, standing: Standing, login: str = "mei.chen") -> None:
        with self.database() as session:
            session.scalars(select(Member).where(Member.login == login)).one().standing = standing

    def call(
        self,
        path: str,
        form: Mapping[str, Any] | bytes | None = None,
        *,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,  # werkzeug's own options
    ) -> TestResponse:
        """Call an endpoint as a client's back end does: without cookies."""
        method = method or ("GET" if form is None else "POST")
        if isinstance(form, bytes):
            more.setdefault("content_type", "application/x-www-form-urlencoded")
        return self.app.test_client(use_cookies=False).open(
            path, base_url=ISSUER, method=method, data=form, headers=Headers(headers or {}), **more
        )

    def token(self, client_id: str = "library", **form: Any) -> TestResponse:
        return self.call("/token", form, headers=basic(client_id))

    def exchange(self, code: str, client_id: str = "library", **changes: Any) -> TestResponse:
        """Exchange a code the way a well-behaved client does, but for `changes`."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return self.token(client_id, **{**form, **changes})

    def refresh(self, token: str, client_id: str = "library", **more: str) -> TestResponse:
        return self.token(client_id, grant_type="refresh_token", refresh_token=token, **more)

    def userinfo(self, access_token: str) -> TestResponse:
        return self.call("/userinfo", headers={"Authorization": f"Bearer {access_token}"})

    def introspect(self, token: str, client_id: str = "library") -> TestResponse:
        return self.call("/introspect", {"token": token}, headers=basic(client_id))

    def revoke(self, token: str, client_id: str = "library") -> TestResponse:
        return self.call("/revoke", {"token": token}, headers=basic(client_id))

    def opened(self, token: str) -> dict[str, Any]:  # claims are JSON of several shapes
        """Return the claims of a token of ours, its signature verified."""
        rooms = self.app.extensions["taipei_id"]
        with self.database() as session:
            signer = rooms.provider.keys.signer(session, now=self.now)
            claims: dict[str, Any] = signer.verify(token)
        return claims

    def is_alive(self, access_token: str) -> bool:
        return self.userinfo(access_token).status_code == 200


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Collect the SQL statements the application runs."""
    seen: list[str] = []

    def remember(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", remember)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", remember)


@pytest.fixture(scope="session")
def key_rows() -> list[dict[str, Any]]:
    """Make the provider's keys once: an RSA key takes longer than a test."""
    engine = create_engine("sqlite://")
    tables = SigningKey.metadata.tables
    for model in (SigningKey, PublishedKey):
        tables[model.__tablename__].create(engine)
    with Session(engine) as session:
        keys.ensure(session, make.KEYRING, now=make.NOON)
        rows = keys.listed(session)
        names = [column.name for column in SigningKey.__table__.columns]
        return [{name: getattr(row, name) for name in names} for row in rows]


@pytest.fixture(scope="session")
def application() -> Flask:
    """Build the application once; each test gives it rooms of its own."""
    return create_app(the_settings(), database=Sessions())


@pytest.fixture(scope="session")
def opened_keys() -> Keys:
    """Keep the keys opened between tests: they are always the same."""
    return Keys(make.KEYRING)


@pytest.fixture
def city(
    application: Flask,
    sessions: Sessions,
    key_rows: list[dict[str, Any]],
    opened_keys: Keys,
    monkeypatch: pytest.MonkeyPatch,
) -> City:
    """Lend a provider with two clients, `library` and `archive`, and the member `mei.chen`."""
    rooms = build_rooms(the_settings(), sessions)
    rooms.provider.keys = opened_keys
    application.extensions["taipei_id"] = rooms
    city = City(application, sessions)
    monkeypatch.setattr(clock, "now", lambda: city.now)
    with city.database() as session:
        session.execute(insert(SigningKey), key_rows)
        published = [column.name for column in PublishedKey.__table__.columns]
        rows = [{name: row[name] for name in published} for row in key_rows]
        session.execute(insert(PublishedKey), rows)
    names = ("birthdate", "email", "address")
    claims = [make.a_claim_form("name", required=True), *map(make.a_claim_form, names)]
    purpose = make.a_purpose_form(claims=claims)
    city.register("library", purposes=[purpose, make.a_purpose_form("reading-room", claims=[])])
    city.register("archive", sector="archive.invalid")
    city.enrol("mei.chen")
    return city
