"""Tell Prometheus the numbers of this machine and of the database: with a token, or not at all."""

import hmac
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, abort, request
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from audit import sealing, trail_sealing, verifying
from audit.models import LedgerCheckpoint, TrailCheckpoint
from kernel import heartbeats, jobs, metrics
from kernel.replica import Replica
from web import scope

bp = Blueprint("metrics", __name__)


@bp.get("/metrics")
def index() -> Response:
    """Tell the numbers to who knows the token; where none is set there is no such page."""
    token = scope.rooms().settings.metrics.token.get_secret_value()
    if not token:
        abort(HTTPStatus.NOT_FOUND)
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(shown.encode(), token.encode()):
        return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    text = metrics.told(_now(), folder=scope.rooms().settings.metrics.folder)
    return Response(text, content_type=metrics.FORM, headers={"Cache-Control": "no-store"})


def _now() -> list[GaugeMetricFamily]:
    """Return what the database says; where it cannot be asked, that it cannot."""
    reached = metrics.gauge("taipei_id_database_reached", "1 if the database answered just now.")
    try:
        found = list(_looked_up(scope.db(), now=scope.now()))
    except SQLAlchemyError:
        scope.abandon()
        found = []
    reached.add_metric((), float(bool(found)))
    return [reached, *found, *_replica(scope.rooms().replica)]


def _replica(replica: Replica | None) -> list[GaugeMetricFamily]:
    """Tell how the standby for pages is; without one nothing, and while it is away no lag."""
    reached = metrics.gauge("taipei_id_replica_reached", "1 if the standby answered just now.")
    lag = metrics.gauge("taipei_id_replica_lag_seconds", "How far behind the standby is.")
    if replica is not None:
        with suppress(SQLAlchemyError):
            lag.add_metric((), replica.lag())
        reached.add_metric((), float(bool(lag.samples)))
    return [reached, lag]


def _looked_up(session: Session, *, now: datetime) -> Iterator[GaugeMetricFamily]:
    yield from _outbox(session, now=now)
    yield _workers(session, now=now)
    yield _seals(session, now=now)
    yield _unsealed(session, now=now)
    yield from _verified(session, now=now)


def _outbox(session: Session, *, now: datetime) -> Iterator[GaugeMetricFamily]:
    kind = ("kind",)
    waiting = metrics.gauge("taipei_id_outbox_waiting", "Jobs not done yet.", kind)
    age = metrics.gauge(
        "taipei_id_outbox_age_seconds", "How long the oldest job has been due.", kind
    )
    failed = metrics.gauge("taipei_id_outbox_given_up", "Jobs given up, for an operator.", kind)
    for each in jobs.by_kind(session):
        label = (each.kind,)
        waiting.add_metric(label, each.waiting)
        age.add_metric(label, max(0.0, _age(each.oldest_at, now=now)))
        failed.add_metric(label, each.failed)
    yield from (waiting, age, failed)


def _age(moment: datetime | None, *, now: datetime) -> float:
    return 0.0 if moment is None else (now - moment).total_seconds()


def _workers(session: Session, *, now: datetime) -> GaugeMetricFamily:
    """Return when the last sign of life was; without any the number is absent, and that alarms."""
    beat = metrics.gauge(
        "taipei_id_worker_silence_seconds", "Since when no worker said that it is alive."
    )
    for latest in heartbeats.listed(session)[:1]:
        beat.add_metric((), _age(latest.at, now=now))
    return beat


def _seals(session: Session, *, now: datetime) -> GaugeMetricFamily:
    seals = metrics.gauge(
        "taipei_id_seal_age_seconds", "How old the newest seal of a ledger is.", ("ledger",)
    )
    newest: dict[str, LedgerCheckpoint | TrailCheckpoint | None] = {
        "footprint": sealing.newest(session),
        "trail": trail_sealing.newest(session),
    }
    for ledger, checkpoint in newest.items():
        if checkpoint is not None:
            seals.add_metric((ledger,), _age(checkpoint.at, now=now))
    return seals


def _unsealed(session: Session, *, now: datetime) -> GaugeMetricFamily:
    """Return how long what is sealed has waited for it, whatever it is about; 0 if nothing does."""
    waiting = metrics.gauge(
        "taipei_id_unsealed_age_seconds",
        "Since when the oldest line of a ledger waits for its seal.",
        ("ledger",),
    )
    oldest = {
        "footprint": sealing.waiting_since(session),
        "trail": trail_sealing.waiting_since(session),
    }
    for ledger, moment in oldest.items():
        waiting.add_metric((ledger,), max(0.0, _age(moment, now=now)))
    return waiting


def _verified(session: Session, *, now: datetime) -> Iterator[GaugeMetricFamily]:
    age = metrics.gauge("taipei_id_verified_age_seconds", "Since when nobody verified the ledger.")
    findings = metrics.gauge("taipei_id_verified_findings", "What did not verify the last time.")
    last = verifying.last(session)
    if last is not None:
        age.add_metric((), _age(last.at, now=now))
        findings.add_metric((), last.findings)
    yield from (age, findings)
