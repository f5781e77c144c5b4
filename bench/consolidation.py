"""Measure a batch of consolidation: dry run, apply, apply again, roll back; and memory.

`python -m bench --consolidation 100000`. One process reads and applies, as the worker does; the
members are entered past the rooms, for a hundred thousand approvals are not what is measured.
"""

import csv
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from bench import cpu, crowd, numbered, stores
from clients import registry
from kernel import clock
from kernel.db import Sessions, sessions, transaction
from kernel.ids import new_id
from kernel.keyring import Keyring
from kernel.settings import DEMO_MASTER_KEY
from kernel.wording import Bilingual
from services import activations
from services import consolidation_batches as batches
from services import consolidation_schema as schema
from services.consolidation_models import Batch, Footing
from services.consolidation_schema import Field, Proposal
from services.consolidation_work import work
from services.models import Channel

SERVICE = "bench_card"
KEYRING = Keyring(DEMO_MASTER_KEY)
KNOWN = 0.95  # of the rows; the others are strangers'
HEADINGS = ("number", "state", "since", "as_of")
WORDS = {"zh": "測試", "en": "bench"}
FORM = {
    "client_id": "bench-consolidation",
    "kind": "agency",
    "organisation": WORDS,
    "name": WORDS,
    "home_uri": "http://localhost:8601/",
    "sector": "consolidation.invalid",
    "redirect_uris": ["http://localhost:8601/callback"],
    "purposes": [
        {
            "code": "bench",
            **dict.fromkeys(("name", "text", "retention", "legal_basis", "refusal_effect"), WORDS),
            "claims": [{"name": "name", "required": True, "necessity": WORDS}],
        }
    ],
}


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one batch took."""

    engine: str
    rows: int
    seconds: dict[str, float]
    cpu_seconds: dict[str, float]  # of this process and PostgreSQL
    megabytes: int  # of this process at its largest
    counts: dict[str, int]


def measure(engine_name: str, rows: int, tell: Callable[[str], None]) -> Measured:
    """Measure one batch of so many rows on an engine."""
    with stores.opened(engine_name) as (store, engine):
        make = sessions(engine)
        tell("seeding")
        organisation_id = _open_stream(make)
        numbered.enter(engine, KEYRING, int(rows * KNOWN), now=clock.now())
        crowd.settle(engine)
        path = store.folder / "batch.csv"
        _write(path, rows)
        timed = Timed(store.pid, tell)
        counts = _steps(make, organisation_id, path, timed)
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Measured(
        engine=engine_name,
        rows=rows,
        seconds=timed.seconds,
        cpu_seconds=timed.cpu_seconds,
        megabytes=largest,
        counts=counts,
    )


@dataclass
class Timed:
    """What each step took, by the clock and by the processors."""

    store_pid: int | None
    tell: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)

    def __call__(self, name: str, do: Callable[[], Any]) -> Any:  # whatever it returns
        """Do a step and remember what it took."""
        self.tell(name)
        began, spent = time.monotonic(), self._spent()
        done = do()
        self.seconds[name] = time.monotonic() - began
        self.cpu_seconds[name] = self._spent() - spent
        return done

    def _spent(self) -> float:
        there = 0.0 if self.store_pid is None else cpu.spent(self.store_pid)
        return time.process_time() + there


def _steps(make: Sessions, organisation_id: UUID, path: Path, timed: Timed) -> dict[str, int]:
    uploader, confirmer = new_id(), new_id()
    batch_id = timed("upload", lambda: _upload(make, organisation_id, path, uploader))
    timed("dry run", lambda: _go_on(make, batch_id))
    with transaction(make) as session:
        batch = session.get_one(Batch, batch_id)
        counts = {key.value: count for key, count in batches.counts(session, batch).items()}
        batches.confirm(session, batch, officer=confirmer, now=clock.now())
    timed("apply", lambda: _go_on(make, batch_id))
    again = _upload(make, organisation_id, path, uploader)
    timed("dry run again", lambda: _go_on(make, again))
    with transaction(make) as session:
        batch = session.get_one(Batch, batch_id)
        batches.roll_back(session, batch, officer=confirmer, now=clock.now())
    timed("roll back", lambda: _go_on(make, batch_id))
    return counts


def _upload(make: Sessions, organisation_id: UUID, path: Path, officer: UUID) -> UUID:
    with path.open("rb") as file, transaction(make) as session:
        stream = schema.in_force(session, SERVICE, organisation_id=organisation_id)
        return batches.receive(
            session,
            stream,
            file,
            encoding=None,
            officer=officer,
            keyring=KEYRING,
            now=clock.now(),
        ).id


def _go_on(make: Sessions, batch_id: UUID) -> None:
    for _ in work(make, batch_id, KEYRING, most_chunks=10**9, now=clock.now()):
        pass


def _write(path: Path, rows: int) -> None:
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(HEADINGS)
        for place in range(rows):
            yes = place % 4
            state, since = ("activated", "2020-01-01") if yes else ("not_activated", "")
            lines.writerow((numbered.number(place), state, since, "2026-11-01"))


def _open_stream(make: Sessions) -> UUID:
    """Enter an agency with a stream; return the agency's id."""
    now, officer, reviewer = clock.now(), new_id(), new_id()
    with transaction(make) as session:
        registry.add(session, registry.parse(FORM), now=now)
        organisation_id = registry.get(session, "bench-consolidation").organisation_id
        words = Bilingual("測試", "bench")
        activations.open_service(session, organisation_id, SERVICE, words, sensitive=False, now=now)
        proposal = Proposal(
            columns=frozenset({Field.NUMBER, Field.STATE, Field.SINCE, Field.AS_OF}),
            basis="pdpa-15-1",
            provision="bench",
            footing=Footing.NOTICE,
            channel=Channel.INTERFACE,
        )
        stream = schema.propose(
            session, SERVICE, proposal, organisation_id=organisation_id, officer=officer, now=now
        )
        schema.decide(session, stream.id, approves=True, reviewer=reviewer, now=now)
    return organisation_id
