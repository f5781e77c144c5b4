"""Say what an interface for programs is made of: its operations, and the events it pushes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from kernel.db import Json
from kernel.wording import Bilingual
from web import repeating

ALWAYS = ("program.token_invalid", "program.scope_missing", "program.too_many")
OF_A_PAGE = ("program.limit_invalid", "program.cursor_invalid")
OF_A_KEY = ("program.key_missing", "program.key_reused", "program.key_in_use")
OF_A_BODY = ("http.413",)


class Proof(StrEnum):
    """How who has no token for an interface proves who it is."""

    CLIENT = "client"  # as at /token
    KEY = "key"  # of a client in the sandbox


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing that can be done: how it is asked for, what is answered, which refusals come.

    Without a scope it is for who proves itself otherwise, and has no token. What is sent may be
    plain text, of so many bytes at the most.
    """

    method: str
    path: str
    scope: str
    name: Bilingual
    sent: type[BaseModel] | None = None
    sent_bytes: int = 0
    told: type[BaseModel] | None = None
    status: int = 200
    codes: tuple[str, ...] = ()
    parameters: tuple[Json, ...] = ()
    is_paged: bool = False
    sent_example: Any = None  # JSON, or text
    told_example: Any = None  # JSON

    @property
    def takes_body(self) -> bool:
        """Say whether something is sent."""
        return self.sent is not None or self.sent_bytes > 0

    @property
    def every_code(self) -> tuple[str, ...]:
        """Return the code of each refusal that may come."""
        parts = (
            (ALWAYS, bool(self.scope)),
            (OF_A_PAGE, self.is_paged),
            (OF_A_BODY, self.takes_body),
        )
        usual = (code for codes, is_so in parts if is_so for code in codes)
        return (*usual, *self.codes)

    @property
    def operation_id(self) -> str:
        """Return a name made of the method and the path."""
        return f"{self.method}{self.path.title()}".translate({ord(c): None for c in "/{}"})


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """One kind of event that clients are pushed: what its token says under the event's URI."""

    kind: str  # of the job that pushes it
    uri: str
    name: Bilingual
    told: type[BaseModel]
    told_example: Json
    about_member: bool = True

    @property
    def short_name(self) -> str:
        """Return the last part of the URI, by which documents call it."""
        return self.uri.rpartition(":")[2].rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class Interface:
    """Everything programs of one kind may do, under one address."""

    address: str
    title: str
    version: str  # its first figure grows when programs have to be changed
    description: str
    scopes: Mapping[str, Bilingual]
    operations: tuple[Operation, ...] = field(repr=False)
    proof: Proof = Proof.CLIENT  # where no scope is needed
    base: str = ""  # what the paths stand under, if not the address
    webhooks: tuple[Webhook, ...] = field(default=(), repr=False)

    @property
    def server(self) -> str:
        """Return what the paths stand under."""
        return self.base or self.address

    @property
    def codes(self) -> list[str]:
        """Return the code of each refusal that may come, in order."""
        return sorted({code for row in self.operations for code in row.every_code})

    def __hash__(self) -> int:
        """Hash by the address: no two interfaces have the same."""
        return hash(self.address)


def in_path(name: str, what: str, *, values: Iterable[str] = ()) -> Json:
    """Return the parameter that a part of the path is; one of `values`, if there are any."""
    known = list(values)
    schema: Json = {"type": "string", **({"enum": known} if known else {"minLength": 1})}
    return {"name": name, "in": "path", "required": True, "description": what, "schema": schema}


def key_header(what: str, *, required: bool) -> Json:
    """Return the header by which a repetition is known."""
    return {
        "name": repeating.HEADER,
        "in": "header",
        "required": required,
        "description": what,
        "schema": {"type": "string", "pattern": f"^{repeating.KEY}$"},
    }
