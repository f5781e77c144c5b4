"""The checker: everything that was promised is there, once, and the records agree with it."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import verifying
from audit.lines import Kind
from audit.models import LedgerLine
from clients.models import Client
from idp import checkpoints
from idp.keys import Keys
from idp.models import Grant
from kernel import clock
from kernel.db import sessions
from tests.faults.people import Promised, Somebody
from tests.live.server import KEYRING, Provider


def settle(provider: Provider, people: list[Somebody]) -> None:
    """Hold what people were told against what the provider has; raise AssertionError."""
    for each in people:
        _tokens_live(provider, each)
        _codes_are_spent(provider, each)
        with provider.database() as session:
            records_agree(session, each.client_id, each.promised)
    _ledger_verifies(provider)


def _tokens_live(provider: Provider, somebody: Somebody) -> None:
    for token in somebody.promised.tokens:
        assert provider.call("/userinfo", token=token).status_code == 200, "a token was lost"
        somebody.promised.claims_read += 1
        somebody.promised.attempts += 1


def _codes_are_spent(provider: Provider, somebody: Somebody) -> None:
    # The last one: a spent code shown again ends its grant, and each of the others is like it.
    for code in somebody.promised.codes_spent[-1:]:
        again = provider.call("/token", somebody.form(code))
        assert again.json()["error"] == "invalid_grant", "a code was good twice"


def records_agree(session: Session, client_id: str, promised: Promised) -> None:
    """Hold what a client's people were told against what is on record; raise AssertionError."""
    client = session.scalars(select(Client.id).where(Client.client_id == client_id)).one()
    used = session.scalar(
        select(func.count())
        .select_from(Grant)
        .where(Grant.client_id == client, Grant.code_used_at.is_not(None))
    )
    codes = session.scalar(
        select(func.count(func.distinct(Grant.code_hash))).where(Grant.client_id == client)
    )
    grants = session.scalar(
        select(func.count()).select_from(Grant).where(Grant.client_id == client)
    )
    lines = dict(
        session.execute(
            select(LedgerLine.kind, func.count())
            .where(LedgerLine.client_id == client)
            .group_by(LedgerLine.kind)
        ).all()
    )
    unknown = promised.unanswered
    assert codes == grants, "two grants share a code"
    assert lines[Kind.SIGNED_IN] == grants, "a sign-in without its line, or a line without it"
    assert len(promised.tokens) <= (used or 0) <= len(promised.tokens) + unknown
    assert promised.claims_read <= lines[Kind.RELEASED] <= promised.claims_read + unknown


def _ledger_verifies(provider: Provider) -> None:
    make, keys = sessions(provider.engine), Keys(KEYRING)
    checkpoints.seal(make, keys, issuer=provider.issuer, now=clock.now())
    with provider.database() as session:
        jwks = keys.signer(session, now=clock.now()).jwks

    assert list(verifying.verify(make, check=checkpoints.checking_with(jwks))) == []
    assert verifying.pending(make) == 0
