"""Seed a database: members who are signed in and have consented, and newcomers with a password.

Everything is written by the rooms themselves. All newcomers share one hash, so that thousands of
them cost one Argon2id; verifying it costs each login the same as any other.
"""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from adapters.password.hashing import Hasher
from adapters.password.models import PasswordCredential
from audit import footprint
from audit.lines import Kind
from bench import desks, signing
from bench.city import AGENCY, CLIENT, PASSWORD, REDIRECT_URI, City
from clients import registry
from clients.directory import Directory, RegisteredClient
from consent import ledger, texts
from consent.ledger import Answer
from demo.crowd import people
from idp import acr, keys
from idp.acr import Assurance
from kernel.db import Sessions, transaction
from kernel.keyring import Keyring
from kernel.settings import Settings
from members import register
from members.models import Member
from members.profile import Profile
from web import sessions

FAR = 611_953  # a prime: no crowd below ten million is a multiple of it
BATCH = 500  # members a transaction: nothing grows with the size of the city
LANGUAGE = "zh-Hant-TW"
WORDS = {"zh": "辦理借閱證", "en": "To issue a library card"}
PURPOSE = {
    "code": "library-card",
    "name": WORDS,
    "text": WORDS,
    "retention": WORDS,
    "legal_basis": WORDS,
    "refusal_effect": WORDS,
    "claims": [
        {"name": "name", "required": True, "necessity": WORDS},
        {"name": "birthdate", "necessity": WORDS},
        {"name": "email", "necessity": WORDS},
    ],
}
FORM = {
    "client_id": CLIENT,
    "kind": "agency",
    "organisation": WORDS,
    "name": WORDS,
    "home_uri": "http://localhost:8601/",
    "sector": "library.invalid",
    "redirect_uris": [REDIRECT_URI],
    "id_token_alg": "ES256",
    "purposes": [PURPOSE],
}
FAPI_FORM = {
    **FORM,
    "client_id": AGENCY,
    "profile": "fapi2",
    "auth_method": "private_key_jwt",
    "jwks": {"keys": [signing.KEY.as_dict(private=False)]},
    "sector": "agency.invalid",
}
SHARED = frozenset({"sub", "name", "birthdate", "email"})


def seed(
    database: Sessions,
    settings: Settings,
    keyring: Keyring,
    *,
    members: int,
    newcomers: int,
    places: range = range(0),
    now: datetime,
) -> City:
    """Fill a database that is empty but for a crowd; who signs in has one of `places` in it."""
    with transaction(database) as session:
        keys.ensure(session, keyring, now=now)
        secret = registry.add(session, registry.parse(FORM), now=now)
        registry.add(session, registry.parse(FAPI_FORM), now=now)
        found = [Directory().find(session, each, now=now) for each in (CLIENT, AGENCY)]
        readers = desks.readers(session, now=now)
    clients = [client for client in found if client is not None]
    if secret is None or not clients:
        raise RuntimeError("the clients were not registered")
    cookies, cards, numbers = list[str](), list[str](), desks.numbers_of(keyring)
    for first in range(0, members, BATCH):
        with transaction(database) as session:
            for number in range(first, min(first + BATCH, members)):
                if places:
                    member = _of_crowd(session, number, places)
                else:
                    member = _member(session, f"member-{number}", keyring, now=now)
                cookies.append(_settled(session, member, clients, settings, now=now))
                cards.append(desks.card(session, member.id, number, numbers, now=now))
    names = _newcomers(database, keyring, newcomers, now=now)
    return City(secret, tuple(cookies), names, readers, tuple(cards))


def _member(session: Session, login: str, keyring: Keyring, *, now: datetime) -> Member:
    profile = Profile(
        name="陳美玉",
        birthdate="1990-04-01",
        email="mei.chen@mail.invalid",
        email_verified=True,
        phone_number="+886900000000",
        address={"formatted": "臺北市某區某路 1 號", "locality": "臺北市", "country": "TW"},
    )
    return register.add(session, login, profile, keyring=keyring, now=now)


def _of_crowd(session: Session, number: int, places: range) -> Member:
    """Return one of the crowd: those of following numbers stand far from one another."""
    place = places[number * FAR % len(places)]
    found = register.find_by_login(session, people.login_of(place))
    if found is None:
        raise LookupError("the crowd is smaller than it was said to be")
    return found


def _settled(
    session: Session,
    member: Member,
    clients: list[RegisteredClient],
    settings: Settings,
    *,
    now: datetime,
) -> str:
    """Let the member consent for a year and sign in; return the session's cookie."""
    for client in clients:
        purpose = client.purposes[0]
        answer = Answer(
            given=SHARED,
            refused=frozenset(),
            duration="1y",
            language=LANGUAGE,
            text=texts.consent_text(client, purpose, SHARED, language=LANGUAGE),
            acr=acr.ACR[0],
        )
        receipt = ledger.record(session, client, purpose, answer, member_id=member.id, now=now)
        footprint.record(
            session,
            Kind.CONSENT_GIVEN,
            member_id=member.id,
            client_id=client.id,
            purpose_id=purpose.id,
            claims=answer.given,
            basis=[str(receipt)],
            now=now,
        )
    opened = sessions.start(
        session,
        member_id=member.id,
        assurance=Assurance(acr.ACR[0], ("pwd",)),
        browser="Firefox, Linux",
        carrier_id=None,
        authenticated_at=now,
        lifetime=settings.lifetimes.of("session"),
        now=now,
    )
    return opened.cookie


def _newcomers(
    database: Sessions, keyring: Keyring, count: int, *, now: datetime
) -> tuple[str, ...]:
    names = tuple(f"newcomer-{number}" for number in range(count))
    kept = Hasher(parallel=1).hash(PASSWORD)
    for first in range(0, count, BATCH):
        with transaction(database) as session:
            ids = [_member(session, each, keyring, now=now).id for each in names[first:][:BATCH]]
            rows = [{"member_id": each, "hash": kept, "changed_at": now} for each in ids]
            session.execute(insert(PasswordCredential), rows)
    return names
