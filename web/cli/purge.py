"""`taipei-id purge`: delete what is past its time, in small batches.

Run it hourly (deploy/taipei-id-purge.timer). Ledgers, receipts and consents are not on its list:
they are kept as long as the law says, not as long as they are useful (`purge_closed`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import click
from sqlalchemy import (
    ColumnElement,
    Select,
    delete,
    exists,
    inspect,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from adapters.certificate.models import OF_NOBODY, DeviceCertificate
from adapters.smartcard.models import CardTalk
from clients.models import ClientSecret, SpentAssertion
from clients.repeat_models import KeptAnswer
from consent import seen_cards
from consent.models import SeenCard, TillCode
from counters.case_models import IntakeRefusal
from idp import client_events
from idp.event_models import ClientEvent
from idp.models import (
    AwaitedRequest,
    ClientToken,
    Grant,
    Interaction,
    PushedRequest,
    SigningKey,
    SpentProof,
    Token,
)
from kernel import clock
from kernel import settings as configuration
from kernel.db import Base, Sessions, sessions, transaction
from kernel.jobs import Job
from kernel.throttle import Throttle
from members import drafts, inbox, refusal_slips
from members.application_models import (
    FRUITLESS,
    Application,
    ApplicationDraft,
    Invitation,
    RefusalSlip,
)
from members.change_models import ContactCheck
from members.inbox_models import InboxMessage
from members.proxy_models import ProxyNotice
from members.recovery_models import Recovery, RecoverySlip
from web.cli import purge_closed
from web.cli.console import Advance, progress, show_table
from web.cli.opening import engine_of, require_current
from web.models import (
    BrowserSession,
    Handover,
    KnownBrowser,
    OpenChallenge,
    PresentedCertificate,
)

BATCH = 500
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Stale:
    """Rows of one table that no longer serve anybody, `keep` after their time ran out."""

    model: type[Base]
    ended: ColumnElement[datetime] | Any  # an instrumented attribute
    keep: timedelta
    only: str = ""  # the condition of a partial index by `ended`, word for word
    unless: ColumnElement[bool] | None = None  # what each row has to be asked


def _newest_confirmed() -> ColumnElement[bool]:
    """Return which check says since when the mailbox of a member is known to be theirs."""
    other = aliased(ContactCheck)
    later = exists().where(
        other.member_id == ContactCheck.member_id, other.confirmed_at > ContactCheck.confirmed_at
    )
    return ContactCheck.confirmed_at.is_not(None) & ~later


STALE = (
    Stale(Interaction, Interaction.expires_at, DAY),
    Stale(PushedRequest, PushedRequest.expires_at, DAY),
    Stale(AwaitedRequest, AwaitedRequest.expires_at, DAY),
    Stale(Token, Token.expires_at, DAY),
    Stale(ClientToken, ClientToken.expires_at, DAY),
    Stale(  # after its tokens; thirty days in which a replayed code is still recognised
        Grant, Grant.code_expires_at, 30 * DAY, unless=exists().where(Token.grant_id == Grant.id)
    ),
    Stale(Throttle, Throttle.window_ends_at, DAY),  # every lock is far shorter than a day
    Stale(OpenChallenge, OpenChallenge.expires_at, DAY),
    Stale(PresentedCertificate, PresentedCertificate.expires_at, timedelta()),
    Stale(Handover, Handover.expires_at, HOUR),
    Stale(CardTalk, CardTalk.expires_at, HOUR),
    Stale(BrowserSession, BrowserSession.expires_at, DAY),
    Stale(SpentAssertion, SpentAssertion.expires_at, DAY),
    Stale(SpentProof, SpentProof.expires_at, DAY),
    Stale(KeptAnswer, KeptAnswer.expires_at, timedelta()),
    Stale(ClientSecret, ClientSecret.expires_at, DAY),
    Stale(SigningKey, SigningKey.retires_at, DAY),  # its public half stays: `PublishedKey`
    Stale(  # of accounts that are gone; the others' outlive the list, for the member to see
        DeviceCertificate, DeviceCertificate.ends_at, DAY, only=OF_NOBODY
    ),
    Stale(SeenCard, SeenCard.seen_at, seen_cards.KEPT),  # who stayed away is on no list any more
    Stale(TillCode, TillCode.expires_at, HOUR),  # a member shown the answer has read it
    Stale(ProxyNotice, ProxyNotice.expires_at, 30 * DAY),  # until then its link says it is old
    Stale(Recovery, Recovery.expires_at, 30 * DAY),  # who asked for what is on the footprint
    Stale(RecoverySlip, RecoverySlip.expires_at, 30 * DAY),
    Stale(ContactCheck, ContactCheck.expires_at, 30 * DAY, unless=_newest_confirmed()),
    Stale(ApplicationDraft, ApplicationDraft.touched_at, drafts.KEPT),
    Stale(RefusalSlip, RefusalSlip.refused_at, refusal_slips.KEPT),
    Stale(  # of those who did not become members, with everything they filled in
        Application, Application.closed_at, 30 * DAY, only=FRUITLESS
    ),
    Stale(Invitation, Invitation.expires_at, 30 * DAY),
    Stale(IntakeRefusal, IntakeRefusal.refused_at, 30 * DAY),  # time to come again
    Stale(InboxMessage, InboxMessage.sent_at, inbox.KEPT),  # what happened is on the footprint
    Stale(ClientEvent, ClientEvent.at, client_events.KEPT),
    Stale(Job, Job.done_at, 7 * DAY),
    Stale(Job, Job.failed_at, 90 * DAY),
    Stale(KnownBrowser, KnownBrowser.seen_at, 400 * DAY),
)


@click.command()
@click.option("--batch", default=BATCH, show_default=True, type=click.IntRange(1, 10_000))
def purge(batch: int) -> None:
    """Delete what has expired: interactions, tokens, grants, sessions, secrets, keys, codes."""
    settings = configuration.load()
    require_current(settings)
    with engine_of(settings) as engine, progress("deleting") as advance:
        counts = run(sessions(engine), now=clock.now(), batch=batch, advance=advance)
    show_table(("table", "deleted"), [(name, str(count)) for name, count in counts.items()])


def run(
    make: Sessions, *, now: datetime, batch: int = BATCH, advance: Advance = lambda _done: None
) -> dict[str, int]:
    """Delete everything stale, each batch in its own transaction; return the counts by table."""
    counts: dict[str, int] = {}
    for stale in STALE:
        name = stale.model.__tablename__
        count = sum(_batches(make, stale, now=now, batch=batch, advance=advance))
        counts[name] = counts.get(name, 0) + count
    return counts | purge_closed.run(make, now=now, batch=batch, advance=advance)


def _batches(
    make: Sessions, stale: Stale, *, now: datetime, batch: int, advance: Advance
) -> Iterator[int]:
    """Yield how many rows each batch deleted; what was kept is not looked at again."""
    last: tuple[Any, ...] = ()
    while True:
        with transaction(make) as session:
            rows = session.execute(_looked_at(stale, last, now=now, batch=batch)).all()
            done = _delete(session, stale, [row[1:] for row in rows], now=now)
        if done:
            advance(done)
        yield done
        if len(rows) < batch:
            return
        last = tuple(rows[-1])


def _looked_at(
    stale: Stale, last: tuple[Any, ...], *, now: datetime, batch: int
) -> Select[tuple[Any, ...]]:
    order = (stale.ended, *inspect(stale.model).primary_key)
    chosen = select(*order).where(stale.ended < now - stale.keep).order_by(*order).limit(batch)
    if stale.only:
        chosen = chosen.where(literal_column(stale.only))
    return chosen.where(tuple_(*order) > last) if last else chosen


def _delete(session: Session, stale: Stale, keys: Sequence[Sequence[Any]], *, now: datetime) -> int:
    if not keys:
        return 0
    # A counter that began anew since it was looked at has a new end.
    is_over = stale.ended < now - stale.keep
    key = tuple_(*inspect(stale.model).primary_key)
    statement = delete(stale.model).where(key.in_(keys), is_over)
    if stale.unless is not None:
        statement = statement.where(~stale.unless)
    return session.connection().execute(statement).rowcount
