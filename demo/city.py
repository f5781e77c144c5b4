"""Read the synthetic city: who lives in it and who asks for their data."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict

from demo.addresses import Addresses

HERE = Path(__file__).parent
PERSONAS = HERE / "personas.json"
CLIENTS = HERE / "clients.json"

Json: TypeAlias = dict[str, Any]  # a record as it stands in the file


class Words(BaseModel):
    """One text in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str
    en: str


class Persona(BaseModel):
    """A member that nobody is: made up to be signed in as."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    login_id: str
    password: str
    special: Words
    standing: str
    claims: Json
    cards: tuple[str, ...] = ()  # kinds of card they carry (demo.wallet)
    guardians: dict[str, str] = {}  # account names, and what they are to a minor
    proxies: dict[str, list[str]] = {}  # account names, and the matters of their letters
    checked: list[str] = []  # claims that a counter held against an identity card


@lru_cache(maxsize=1)
def personas() -> tuple[Persona, ...]:
    """Return the personas in the order of the file: the one to begin with comes first."""
    records = json.loads(PERSONAS.read_text(encoding="utf-8"))
    return tuple(Persona.model_validate(record) for record in records)


def clients(addresses: Addresses) -> list[Json]:
    """Return the client records, moved to the addresses in use."""
    records: list[Json] = json.loads(addresses.place(CLIENTS.read_text(encoding="utf-8")))
    return records


def client(client_id: str, addresses: Addresses) -> Json:
    """Return one client record. Raises KeyError."""
    by_id: dict[str, Json] = {record["client_id"]: record for record in clients(addresses)}
    return by_id[client_id]


def registration(record: Json) -> Json:
    """Return the form with which this client is registered: the record without its secrets."""
    same = (
        "client_id",
        "kind",
        "profile",
        "auth_method",
        "redirect_uris",
        "post_logout_redirect_uris",
        "id_token_alg",
    )
    form: Json = {name: record[name] for name in same} | record["registration"]
    if private := record.get("private_jwk"):
        form["jwks"] = {"keys": [{name: private[name] for name in private if name != "d"}]}
    return form
