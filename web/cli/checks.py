"""What `taipei-id doctor` asks. A check returns what is well, or raises Unwell with the remedy."""

import difflib
import os
import smtplib
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import migrations
from adapters import loading
from adapters.smartcard.keys import Versions
from adapters.smartcard.masters import check_value
from adapters.smartcard.profiles import CardClass
from idp import keys as signing
from idp.models import KeyState
from idp.signing import ALGORITHMS
from kernel import calendar, clock
from kernel.db import sessions, transaction
from kernel.errors import Refused
from kernel.keyring import SealBroken
from kernel.settings import FILE_VARIABLE, Settings, SettingsInvalid
from members.models import Member
from web import token_keys
from web.cli.card_keys import adapter_of
from web.cli.opening import engine_of, keyring_of

PATIENCE_SECONDS = 5
PREFIX = "TAIPEI_ID_"
NOT_SETTINGS = (  # the tests', the demo's and the sandbox's own
    *("TAIPEI_ID_TEST_", "TAIPEI_ID_DEMO_"),
    *("TAIPEI_ID_SANDBOX_ADDRESS", "TAIPEI_ID_SANDBOX_DATA"),
)
CLOCK_TOLERANCE = timedelta(seconds=2)
CERTIFICATE_NOTICE = timedelta(days=14)
KEY_MAY_BE_LATE = timedelta(days=7)  # behind its calendar, before somebody has to look


class Unwell(Exception):
    """Something is wrong; the message says what to do."""


class Warned(Exception):
    """It works, but should not stay so; the message says what to do."""


class Skipped(Exception):
    """There is nothing to ask here; the message says why."""


@contextmanager
def opened_session(settings: Settings) -> Iterator[Session]:
    """Open the database for one check. Raises Unwell where it cannot be reached."""
    try:
        with engine_of(settings) as engine, transaction(sessions(engine)) as session:
            yield session
    except SQLAlchemyError as failed:
        reason = str(getattr(failed, "orig", None) or type(failed).__name__)
        raise Unwell(
            f"{reason.strip().splitlines()[0]}; look at database_url and the server's log"
        ) from None


def environment(settings: Settings) -> str:
    """See that every TAIPEI_ID_ variable is a setting; a misspelt one would be ignored."""
    known = {PREFIX + name.upper() for name in type(settings).model_fields} | {FILE_VARIABLE}
    given = sorted(name for name in os.environ if name.startswith(PREFIX))
    for name in given:
        if name.partition("__")[0] in known or name.startswith(NOT_SETTINGS):
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; is it {near[0]}?" if near else "; take it away"
        raise Unwell(f"{name} is not a setting{hint}")
    return f"{len(given)} variables, each one known"


def database(settings: Settings) -> str:
    """Reach the database and see that it keeps its promises (WAL and foreign keys; isolation)."""
    backend = make_url(settings.database_url).get_backend_name()
    with opened_session(settings) as session:
        if backend == "sqlite":
            wanted = {"journal_mode": "wal", "foreign_keys": "1"}
            ask = "PRAGMA {}"
        else:
            wanted = {"transaction_isolation": "read committed", "server_encoding": "UTF8"}
            ask = "SHOW {}"
        for name, value in wanted.items():
            found = str(session.execute(text(ask.format(name))).scalar())
            if found != value:
                raise Unwell(f"{name} is {found}, must be {value}; set it for this database")
    return f"{backend} answers, {', '.join(f'{name} {value}' for name, value in wanted.items())}"


def schema(settings: Settings) -> str:
    """Compare the tables' revision with the code's."""
    with opened_session(settings):
        stands, expected = migrations.current(settings.database_url), migrations.head()
    if stands is None:
        raise Unwell("never prepared; run 'taipei-id db upgrade'")
    if migrations.is_newer(stands):
        raise Warned(f"at {stands}, this version knows {expected}; replace it by the later one")
    if stands != expected:
        raise Unwell(f"at {stands}, this version wants {expected}; run 'taipei-id db upgrade'")
    return f"up to date ({expected})"


def signing_keys(settings: Settings) -> str:
    """See that each algorithm has a key that signs and one announced, none of them overdue."""
    now, active_days = clock.now(), timedelta(days=settings.signing.active_days)
    with opened_session(settings) as session:
        found = signing.listed(session)
    active = {key.alg: key for key in found if key.state is KeyState.ACTIVE}
    announced = {key.alg for key in found if key.state is KeyState.NEXT}
    for alg in ALGORITHMS:
        if alg not in active or alg not in announced:
            raise Unwell(f"{alg} lacks its active or its next key; run 'taipei-id keys rotate'")
        since = active[alg].activated_at or active[alg].created_at
        if now - since > active_days + KEY_MAY_BE_LATE:
            raise Unwell(
                f"{alg} has signed for {(now - since).days} days, signing.active_days is "
                f"{active_days.days}; see that 'taipei-id worker' runs, or run "
                f"'taipei-id keys rotate --alg {alg}'"
            )
    return f"{', '.join(ALGORITHMS)}: active and next present"


def signing_token(settings: Settings) -> str:
    """Let the token sign with each key that stays there."""
    token = token_keys.for_signing(settings)
    with opened_session(settings) as session:
        kept = [key for key in signing.listed(session) if key.private_sealed is None]
    if token is None:
        if kept:
            raise Unwell(f"{len(kept)} keys are in a token; set signing.in_token")
        raise Skipped("the keys are sealed in the database")
    try:
        for key in kept:
            token.sign(key.kid, key.alg, b"doctor")
    except SettingsInvalid as invalid:
        raise Unwell(str(invalid)) from None
    return f"{len(kept)} keys sign there"


def master_key(settings: Settings) -> str:
    """Open the signing keys and one member's data key with the configured master key."""
    try:
        keyring = keyring_of(settings)
        with opened_session(settings) as session:
            for key in signing.listed(session):
                if key.private_sealed is None:
                    continue  # in the token
                keyring.unseal(key.private_sealed, place=f"signing_key/{key.kid}")
            member = session.execute(select(Member.id, Member.data_key_sealed).limit(1)).first()
        if member is not None:
            keyring.unseal(member.data_key_sealed, place=f"member.data_key/{member.id}")
    except SealBroken as broken:
        raise Unwell(
            f"does not open {broken}; put back the master_key this database was made with"
        ) from None
    return "opens what is sealed in the database"


def clock_(settings: Settings) -> str:
    """Compare this machine's clock with the database's."""
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        raise Skipped("SQLite has no clock of its own; see that timedatectl says synchronized")
    with opened_session(settings) as session:
        theirs = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    apart = abs(clock.now() - theirs.astimezone(UTC))
    if apart > CLOCK_TOLERANCE:
        raise Unwell(f"{apart.total_seconds():.1f} s from the database's; let NTP set both")
    return f"{apart.total_seconds():.2f} s from the database's"


def adapters(settings: Settings) -> str:
    """Load the adapters named in the settings."""
    try:
        derive = keyring_of(settings).derive
        loaded = loading.load(settings.adapters, settings.model_dump(), derive=derive)
    except SettingsInvalid as invalid:
        raise Unwell(str(invalid)) from None
    return ", ".join(loaded) + " loaded"


def card_keys(settings: Settings) -> str:
    """Open the master keys of every kind of card that has keys."""
    if "smartcard" not in settings.adapters:
        raise Skipped("no cards are read")
    try:
        adapter = adapter_of(settings)
    except SettingsInvalid as invalid:
        raise Unwell(str(invalid)) from None
    without = []
    with opened_session(settings) as session:
        for name, kind in adapter.reading.kinds.by_name.items():
            if kind.kind is CardClass.SYMMETRIC:
                versions = adapter.reading.masters.of_kind(session, name)
                _require_open(name, versions)
                without += [] if versions.numbers else [name]
    if without:
        raise Skipped(
            f"{', '.join(without)} not read: no master key; 'taipei-id card-keys make' makes one"
        )
    return "every kind of card with keys can be read"


def _require_open(name: str, versions: Versions) -> None:
    try:
        for number in versions.numbers:
            check_value(versions.of(number))
    except (SealBroken, SettingsInvalid, Refused) as failed:
        raise Unwell(f"a master key of {name} does not open: {failed}") from None


def paths(settings: Settings) -> str:
    """See that the folders written to are writable and the files read are readable."""
    folders = [Path(tempfile.gettempdir())]
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}:
        folders.append(Path(str(url.database)).absolute().parent)
    for folder in folders:
        if not os.access(folder, os.W_OK | os.X_OK):
            raise Unwell(f"{folder} is not writable; give it to the service's user")
    if settings.breach_list is not None and not os.access(settings.breach_list, os.R_OK):
        raise Unwell(f"breach_list {settings.breach_list} is not readable; look at its rights")
    return ", ".join(str(folder) for folder in folders)


def tls(settings: Settings) -> str:
    """Reach the issuer as a browser would and look at how long its certificate lasts."""
    parts = urlsplit(settings.issuer)
    if settings.demo or parts.scheme != "https" or parts.hostname is None:
        raise Skipped("no TLS in demo mode")
    try:
        ends_at = _certificate_ends_at(parts.hostname, parts.port or 443)
    except (OSError, ssl.SSLError) as failed:
        raise Unwell(
            f"{parts.netloc} does not answer with a trusted certificate ({failed}); "
            "look at the proxy, DNS and the certificate chain"
        ) from None
    left = ends_at - clock.now()
    if left < CERTIFICATE_NOTICE:
        raise Unwell(f"the certificate ends in {left.days} days; renew it now")
    return f"the certificate is trusted for {left.days} more days"


def _certificate_ends_at(host: str, port: int) -> datetime:
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=PATIENCE_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        certificate = secure.getpeercert() or {}
    seconds = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    return datetime.fromtimestamp(seconds, UTC)


def holidays(settings: Settings) -> str:
    """See that somebody compared the days off that terms are counted by with what is published."""
    if settings.demo:
        raise Skipped("the demo's terms bind nobody")
    with opened_session(settings) as session:
        missing = calendar.unconfirmed(session, now=clock.now())
    if missing:
        raise Unwell(
            f"nobody checked the days off of {missing[0]}; compare 'taipei-id calendar list' with "
            f"the Executive Yuan's calendar, then run 'taipei-id calendar confirm {missing[0]}'"
        )
    return "the days off that terms reach into were checked"


def mail(settings: Settings) -> str:
    """Reach the mail server and greet it; nothing is sent."""
    host, port = settings.mail.host, settings.mail.port
    if not host and settings.demo:
        raise Skipped("no mail in demo mode")
    if not host:
        raise Unwell("no server is set, so members get no notices; set mail.host")
    try:
        with smtplib.SMTP(host, port, timeout=PATIENCE_SECONDS) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as failed:
        raise Unwell(
            f"{host}:{port} does not answer ({failed}); look at mail.host and the firewall"
        ) from None
    return f"{host}:{port} answers"
