"""Read a counter's weekly hours: `{"mon": ["09:00-12:00", "13:30-17:00"], …}`."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from kernel.clock import TAIPEI
from kernel.errors import Refused

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_SPANS = 3
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–~～]\s*([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, order=True)
class Span:
    """From when to when on one day; the last minute is not included."""

    opens: time
    closes: time

    def __str__(self) -> str:
        """Return the span as kept, `09:00-12:00`."""
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


@dataclass(frozen=True)
class Hours:
    """The spans of each weekday, Monday first."""

    week: tuple[tuple[Span, ...], ...]

    def on(self, day: date) -> tuple[Span, ...]:
        """Return the spans of the day's weekday."""
        return self.week[day.weekday()]

    def is_open_at(self, moment: datetime) -> bool:
        """Say whether the moment lies in one of the spans; holidays are not looked at."""
        local = moment.astimezone(TAIPEI)
        clock = local.time().replace(tzinfo=None)
        return any(span.opens <= clock < span.closes for span in self.on(local.date()))

    def has_closed_by(self, moment: datetime) -> bool:
        """Say whether the last span of the moment's day is over, or there is none."""
        local = moment.astimezone(TAIPEI)
        spans = self.on(local.date())
        return not spans or local.time().replace(tzinfo=None) >= spans[-1].closes

    def kept(self) -> dict[str, Any]:
        """Return the hours as the column holds them."""
        return {
            day: [str(span) for span in spans]
            for day, spans in zip(DAYS, self.week, strict=True)
            if spans
        }


def read(kept: Mapping[str, Sequence[str]]) -> Hours:
    """Return the hours that were kept, or typed: several spans are separated as in the list.

    Raises Refused `counter.hours_invalid` for an unknown day, spans that overlap or no span at all.
    """
    if not set(kept) <= set(DAYS):
        raise Refused("counter.hours_invalid")
    week = tuple(_spans(kept.get(day, ())) for day in DAYS)
    if not any(week):
        raise Refused("counter.hours_invalid")
    return Hours(week)


def _spans(texts: Sequence[str]) -> tuple[Span, ...]:
    spans = tuple(sorted(map(_span, texts)))
    for span, following in itertools.pairwise(spans):
        if span.closes > following.opens:
            raise Refused("counter.hours_invalid")
    if len(spans) > MOST_SPANS:
        raise Refused("counter.hours_invalid")
    return spans


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise Refused("counter.hours_invalid")
    opens_hour, opens_minute, closes_hour, closes_minute = map(int, found.groups())
    span = Span(time(opens_hour, opens_minute), time(closes_hour, closes_minute))
    if span.opens >= span.closes:
        raise Refused("counter.hours_invalid")
    return span
