"""What the contract suite needs to know of an adapter, and every adapter it is run on.

A new adapter joins `CASES` with a function that makes its adapter and knows how to enrol.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy.orm import Session

from adapters.contract import Adapter, Challenge
from adapters.password.adapter import PasswordAdapter
from adapters.password.models import PasswordCredential
from adapters.password.passwords import set_password
from kernel.db import Base
from members.models import Member
from tests import make
from tests.contract.fake_adapter import FakeAdapter, mac

Answer: TypeAlias = dict[str, object]
Answering: TypeAlias = Callable[[Challenge], Answer]


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """How a member answers: rightly, wrongly in ways that have names; and what stays secret."""

    right: Answering
    wrong: Mapping[str, Answering]
    secrets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One adapter, how a member gets its credential, and the tables it may write to."""

    adapter: Adapter
    enrol: Callable[[Session, Member], Enrolled]
    own_tables: tuple[type[Base], ...] = field(default=())


def password_case() -> Case:
    def enrol(session: Session, member: Member) -> Enrolled:
        set_password(
            session,
            member.id,
            make.PASSWORD,
            hasher=make.HASHER,
            breaches=make.NO_BREACHES,
            now=make.NOON,
        )
        right: Answer = {"login": member.login, "password": make.PASSWORD}

        def but(**changes: object) -> Answering:
            return lambda _: {**right, **changes}

        return Enrolled(
            right=lambda _: right,
            wrong={
                "wrong password": but(password="rain on the Keelung 2026"),
                "other case": but(password=make.PASSWORD.upper()),
                "beginning of the password": but(password=make.PASSWORD[:-1]),
                "more than the password": but(password=make.PASSWORD + "\0"),
                "no password": but(password=""),
                "over-long password": but(password="a" * 1025),
                "unknown login": but(login="nobody"),
                "no login": but(login=""),
                "over-long login": but(login=member.login + " " * 1000),
                "half a character": but(password="\ud800", login="\udfff"),
                "only a login": lambda _: {"login": member.login},
            },
            secrets=(make.PASSWORD,),
        )

    adapter = PasswordAdapter(hasher=make.HASHER, breaches=make.NO_BREACHES)
    return Case(adapter=adapter, enrol=enrol, own_tables=(PasswordCredential,))


def fake_case() -> Case:
    adapter = FakeAdapter()

    def enrol(session: Session, member: Member) -> Enrolled:
        key = adapter.issue("card-1", member.id)
        return Enrolled(
            right=lambda challenge: {"card": "card-1", "mac": mac(key, challenge.nonce)},
            wrong={
                "answer to another challenge": lambda _: {"card": "card-1", "mac": mac(key, "")},
                "another key": lambda challenge: {
                    "card": "card-1",
                    "mac": mac(b"guess", challenge.nonce),
                },
                "unknown card": lambda challenge: {
                    "card": "card-2",
                    "mac": mac(key, challenge.nonce),
                },
            },
            secrets=(key.hex(), repr(key)),
        )

    return Case(adapter=adapter, enrol=enrol)


CASES: Mapping[str, Callable[[], Case]] = {"password": password_case, "fake": fake_case}
