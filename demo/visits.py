"""Remember visitors: one SQLite file a site, holding what a cookie should not."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from authlib.common.security import generate_token

HOURS_KEPT = 12
TOKEN_LENGTH = 43

TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS visit (
    id_hash TEXT PRIMARY KEY,
    data TEXT NOT NULL,
    began_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS sign_in (
    id_hash TEXT PRIMARY KEY,
    sub TEXT NOT NULL,
    sid TEXT NOT NULL,
    began_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS event (
    number TEXT PRIMARY KEY,
    data TEXT NOT NULL,
    came_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M', 'now', '+8 hours'))
);
CREATE TABLE IF NOT EXISTS use (
    day TEXT PRIMARY KEY DEFAULT (date('now', '+8 hours')),
    times INTEGER NOT NULL
);
"""


class Visits:
    """Visits by a random number of which only the SHA-256 is kept; gone after twelve hours."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._open() as database:
            database.executescript(TABLES)

    def begin(self, data: dict[str, Any]) -> str:
        """Keep a new visit and return its number, for the cookie."""
        number = _random()
        with self._open() as database:
            database.execute(
                "DELETE FROM visit WHERE began_at < datetime('now', ?)", (f"-{HOURS_KEPT} hours",)
            )
            database.execute(
                "INSERT INTO visit (id_hash, data) VALUES (?, ?)", (_hash(number), json.dumps(data))
            )
        return number

    def know_as(self, number: str, *, sub: str, sid: str) -> None:
        """Remember what the provider calls a visit, so that it can end it."""
        with self._open() as database:
            database.execute(
                "DELETE FROM sign_in WHERE began_at < datetime('now', ?)",
                (f"-{HOURS_KEPT} hours",),
            )
            database.execute(
                "INSERT INTO sign_in (id_hash, sub, sid) VALUES (?, ?, ?)",
                (_hash(number), sub, sid),
            )

    def end_sign_ins(self, *, sub: str | None, sid: str | None) -> None:
        """End the visits of one session at the provider, or all of a reader (Back-Channel 2.7)."""
        where = "(? IS NULL OR sub = ?) AND (? IS NULL OR sid = ?)"
        with self._open() as database:
            for table in ("visit", "sign_in"):
                database.execute(
                    f"DELETE FROM {table} WHERE id_hash IN"  # noqa: S608  # two fixed names
                    f" (SELECT id_hash FROM sign_in WHERE {where})",
                    (sub, sub, sid, sid),
                )

    def find(self, number: str) -> dict[str, Any] | None:
        """Return what is known of the visit, or None if it ended."""
        with self._open() as database:
            row = database.execute(
                "SELECT data FROM visit WHERE id_hash = ?", (_hash(number),)
            ).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def change(self, number: str, data: dict[str, Any]) -> None:
        """Replace what is known of the visit."""
        with self._open() as database:
            database.execute(
                "UPDATE visit SET data = ? WHERE id_hash = ?", (json.dumps(data), _hash(number))
            )

    def end(self, number: str) -> None:
        """Forget the visit."""
        with self._open() as database:
            database.execute("DELETE FROM visit WHERE id_hash = ?", (_hash(number),))

    def keep_event(self, number: str, data: dict[str, Any]) -> None:
        """Keep an event; one that comes twice is kept once."""
        with self._open() as database:
            database.execute(
                "INSERT INTO event (number, data) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (number, json.dumps(data)),
            )

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the last fifty events with the time they came, the newest first."""
        with self._open() as database:
            rows = database.execute(
                "SELECT came_at, data FROM event ORDER BY rowid DESC LIMIT 50"
            ).fetchall()
        return [(came_at, dict(json.loads(data))) for came_at, data in rows]

    def count_use(self) -> None:
        """Count one use today; nobody's, only a number."""
        with self._open() as database:
            database.execute(
                "INSERT INTO use (times) VALUES (1) ON CONFLICT DO UPDATE SET times = times + 1"
            )

    def uses_today(self) -> int:
        """Return today's number of uses, by the day in Taipei."""
        with self._open() as database:
            row = database.execute(
                "SELECT times FROM use WHERE day = date('now', '+8 hours')"
            ).fetchone()
        return 0 if row is None else int(row[0])

    def clock(self) -> str:
        """Return the time of day in Taipei, as the database tells it."""
        with self._open() as database:
            return str(
                database.execute("SELECT strftime('%H:%M', 'now', '+8 hours')").fetchone()[0]
            )

    def cookie_key(self) -> str:
        """Return the key that signs this site's cookies, the same after every start."""
        with self._open() as database:
            database.execute(
                "INSERT INTO setting VALUES ('cookie_key', ?) ON CONFLICT DO NOTHING", (_random(),)
            )
            found = database.execute("SELECT value FROM setting WHERE name = 'cookie_key'")
            return str(found.fetchone()[0])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._file, timeout=10)
        try:
            with database:
                yield database
        finally:
            database.close()


def _random() -> str:
    return str(generate_token(TOKEN_LENGTH))


def _hash(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()
