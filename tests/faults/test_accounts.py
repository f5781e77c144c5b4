"""The checker itself: an honest run agrees, and whatever is lost or doubled in it is noticed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import ColumnElement, inspect, select, update
from sqlalchemy.orm import Session

from audit.lines import Kind
from audit.models import LedgerLine
from consent.models import Consent, EndReason, Receipt
from idp.models import Grant, Token, TokenKind
from kernel.db import Base
from kernel.ids import new_id
from tests.audit.tampering import drop_triggers
from tests.faults import records
from tests.faults.accounts import settle
from tests.faults.minds import WITHDRAW
from tests.faults.people import EACH, Somebody
from tests.faults.promises import Promised
from tests.flows.browser import Browser, answer
from tests.flows.provider import City
from tests.live.server import Provider

CLIENT = "archive"
Harm = Callable[[Session], object]


@pytest.fixture
def promised(city: City) -> Promised:
    """Let a member sign in twice, withdraw, agree anew and sign in; return what they were told."""
    browser, told = Browser(city), Promised(agreed=2, withdrawn=1)
    for _ in range(2):
        _sign_in(browser, told)
    listed = browser.get("/account/consents")
    (link,) = re.findall(WITHDRAW, listed.text)
    assert browser.submit(browser.get(link)).status_code == 303
    told.ended = len(told.tokens)
    _sign_in(browser, told)
    return told


def _sign_in(browser: Browser, told: Promised) -> None:
    code = answer(browser.sign_in(CLIENT))["code"]
    token = browser.city.exchange(code, CLIENT).get_json()["access_token"]
    assert browser.city.is_alive(token)
    told.codes_spent.append(code)
    told.tokens.append(token)
    told.claims_read += 1


def one(session: Session, table: type[Base], *which: ColumnElement[bool]) -> Any:  # of any table
    found = session.scalars(select(table).where(*which)).first()
    assert found is not None
    return found


def lost(table: type[Base], *which: ColumnElement[bool]) -> Harm:
    def lose(session: Session) -> None:
        session.delete(one(session, table, *which))

    return lose


def doubled(table: type[Base], *which: ColumnElement[bool], **changes: object) -> Harm:
    def double(session: Session) -> None:
        row = one(session, table, *which)
        values = {each.key: getattr(row, each.key) for each in inspect(table).column_attrs}
        session.add(table(**{**values, **changes}))

    return double


def changed(table: type[Base], *which: ColumnElement[bool], **values: object) -> Harm:
    return lambda session: session.execute(update(table).where(*which).values(values))


LINES = (Kind.SIGNED_IN, Kind.RELEASED, Kind.CONSENT_GIVEN, Kind.CONSENT_WITHDRAWN)
HARMS: Mapping[str, Harm] = {
    **{f"{kind} lost": lost(LedgerLine, LedgerLine.kind == kind) for kind in LINES},
    **{
        f"{kind} doubled": doubled(LedgerLine, LedgerLine.kind == kind, id=new_id())
        for kind in LINES
    },
    **{f"{kind} token lost": lost(Token, Token.kind == kind) for kind in TokenKind},
    **{
        f"{kind} token doubled": doubled(Token, Token.kind == kind, token_hash=bytes(32))
        for kind in TokenKind
    },
    "token under another grant": lambda session: session.execute(
        update(Token).values(grant_id=one(session, Grant).id)
    ),
    "code unspent": changed(Grant, code_used_at=None),
    "grant lost": lost(Grant),
    "grant doubled": doubled(Grant, id=new_id(), code_hash=bytes(32)),
    "grant alive again": changed(Grant, ended_at=None),
    "consent lost": lost(Consent, Consent.ended_at.is_(None)),
    "ended consent lost": lost(Consent, Consent.ended_at.is_not(None)),
    "consent doubled": doubled(Consent, Consent.ended_at.is_not(None), id=new_id()),
    "consents ended": changed(
        Consent, Consent.ended_at.is_(None), ended_at=Consent.given_at, end_reason=EndReason.EXPIRED
    ),
    "consents withdrawn": changed(
        Consent,
        Consent.ended_at.is_(None),
        ended_at=Consent.given_at,
        end_reason=EndReason.WITHDRAWN,
    ),
    "receipt lost": lost(Receipt),
    "receipt doubled": doubled(Receipt, id=new_id()),
}


def noticed(session: Session, promised: Promised, harm: Harm) -> bool:
    trial = session.begin_nested()
    harm(session)
    session.flush()
    try:
        records.agree(session, CLIENT, promised)
    except AssertionError:
        return True
    finally:
        trial.rollback()
        session.expire_all()
    return False


def test_whatever_is_lost_or_doubled_on_record_is_noticed(city: City, promised: Promised) -> None:
    with city.sessions() as session:  # which is never committed
        drop_triggers(session.connection())
        unharmed = noticed(session, promised, lambda _: None)
        missed = [name for name, harm in HARMS.items() if not noticed(session, promised, harm)]

    assert not unharmed
    assert missed == []


def test_whatever_was_told_and_is_not_on_record_is_noticed(city: City, promised: Promised) -> None:
    told = promised.tokens
    lies = [
        replace(promised, agreed=3),
        replace(promised, agreed=1),
        replace(promised, withdrawn=0),
        replace(promised, withdrawn=2),
        replace(promised, ended=3),
        replace(promised, claims_read=4),
        replace(promised, tokens=[*told[:2], "another"]),
        replace(promised, tokens=told[:2], codes_spent=promised.codes_spent[:2]),
    ]

    with city.database() as session:
        assert [each for each in lies if not noticed(session, each, lambda _: None)] == []


@pytest.mark.slow
@pytest.mark.parametrize("running_provider", ["sqlite"], indirect=True)  # either has the same rows
def test_a_consent_that_was_lost_is_noticed_though_the_member_agrees_again(
    provider: Provider,
) -> None:
    somebody = Somebody(provider, "forgotten")
    for _ in range(2 * EACH):
        somebody.sign_in()
    settle(provider, [somebody])
    told = somebody.promised.agreed, somebody.promised.withdrawn, somebody.promised.unanswered

    with provider.database() as session:
        newest = select(Receipt).order_by(Receipt.id.desc()).limit(1)
        session.delete(session.scalars(newest).one())
    for _ in range(2):
        somebody.sign_in()

    assert told == (3, 2, 0)
    assert somebody.promised.agreed == 4
    with pytest.raises(AssertionError):
        settle(provider, [somebody])
