"""Search what a client wrote to its log for the people who signed in; nothing of it is kept."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from clients.claims import BY_NAME, Sensitivity
from clients.models import ClientSecret
from idp.models import Grant, Token
from kernel.ids import digest
from kernel.keyring import Keyring
from members import register

SECRETS = re.compile(r"[A-Za-z0-9_-]{43}")  # as kernel.ids.new_secret makes them
SIGNED = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}")
SHORTEST = 2  # characters: a single one is found everywhere
MOST_SECRETS = 500
TOKENS, JWTS = "token", "jwt"


def found_in(
    text: str, session: Session, grants: Iterable[Grant], *, client_id: UUID, keyring: Keyring
) -> list[str]:
    """Name what of these sign-ins stands in `text`: claims by name, `token` and `jwt`."""
    plain = _plain(text)
    names = {
        name
        for member_id in {each.member_id for each in grants}
        for name, value in _told(session, member_id, keyring=keyring)
        if value in plain
    }
    if SIGNED.search(text):
        names.add(JWTS)
    if _is_secret(session, SECRETS.findall(text)[:MOST_SECRETS], client_id=client_id):
        names.add(TOKENS)
    return sorted(names)


def _told(session: Session, member_id: UUID, *, keyring: Keyring) -> Iterator[tuple[str, str]]:
    """Yield what tells who somebody is, by claim, as it is looked for."""
    claims = register.claims_of(register.read(session, member_id), keyring=keyring)
    for name, value in claims.items():
        if name in BY_NAME and BY_NAME[name].sensitivity is not Sensitivity.ANONYMOUS:
            yield from ((name, each) for each in _words(value))


def _words(value: Any) -> Iterator[str]:  # a claim is any JSON
    told = value.get("formatted", "") if isinstance(value, dict) else value
    plain = _plain(told) if isinstance(told, str) else ""
    if len(plain) >= SHORTEST:
        yield plain


def _plain(text: str) -> str:
    """Return text as it is compared: case, width and the ways to write it make no difference."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _is_secret(session: Session, words: list[str], *, client_id: UUID) -> bool:
    """Say whether one of these words is a token, a code or the client's secret."""
    if not words:
        return False
    hashes = [digest(each) for each in words]
    mine = Grant.client_id == client_id
    grants = select(Grant.id).outerjoin(Token, Token.grant_id == Grant.id)
    sent = or_(Token.token_hash.in_(hashes), Grant.code_hash.in_(hashes))
    if session.scalar(grants.where(mine, sent).limit(1)) is not None:
        return True
    kept = (ClientSecret.client_id == client_id, ClientSecret.secret_hash.in_(hashes))
    return session.scalar(select(ClientSecret.id).where(*kept).limit(1)) is not None
