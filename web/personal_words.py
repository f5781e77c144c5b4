"""Say each datum the city holds about a member in words, and where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from consent.catalogue import BY_NAME, CLAIMS
from kernel.clock import taipei_day
from kernel.wording import CHINESE, ENGLISH, Bilingual
from members.changes import Change
from web import change_words, dates, datum_words

STATED = Bilingual("您申請會員時填寫", "You stated it when you applied")
CHECKED = Bilingual("我們確認過", "We checked it")
SYSTEM = Bilingual("系統記錄", "Kept by the system")
DOCUMENT = Bilingual("申辦窗口照證件登錄", "A counter entered it from the document")
NUMBER = Bilingual("證號", "Identity number")
FORMER_NUMBER = Bilingual("以前的證號", "Former identity number")
NONE: Mapping[str, Change] = {}
YES, NO = Bilingual("是", "Yes"), Bilingual("否", "No")
WORDS: Mapping[tuple[str, str], Bilingual] = {
    ("gender", "female"): Bilingual("女", "Female"),
    ("gender", "male"): Bilingual("男", "Male"),
    ("locale", CHINESE): Bilingual("中文（臺灣）", "Chinese (Taiwan)"),
    ("locale", ENGLISH): Bilingual("英文", "English"),
    ("zoneinfo", "Asia/Taipei"): Bilingual("臺北時間", "Taipei time"),
}
SOURCES: Mapping[str, Bilingual] = {
    "email_verified": CHECKED,
    "phone_number_verified": CHECKED,
    "updated_at": SYSTEM,
}
FIXED = frozenset({"updated_at", "email_verified", "phone_number_verified"})  # not a matter of fact


@dataclass(frozen=True, kw_only=True)
class Datum:
    """One datum, in words."""

    claim: str
    label: str
    value: str
    source: str
    may_be_wrong: bool


def data(
    claims: Mapping[str, Any],  # claims are JSON
    language: str,
    changes: Mapping[str, Change] = NONE,
) -> list[Datum]:
    """Return everything that is held, in the catalogue's order, then the rest.

    `changes` are the newest of each, which say where the present value came from.
    """
    known = [claim.name for claim in CLAIMS if claim.name in claims]
    rest = sorted(set(claims) - set(known))
    return [_datum(name, claims[name], language, changes.get(name)) for name in (*known, *rest)]


def _datum(name: str, value: object, language: str, change: Change | None) -> Datum:
    label = datum_words.label(name, language)
    return Datum(
        claim=name,
        label=label,
        value=words(name, value, language),
        source=_source(name, change, language),
        may_be_wrong=name in BY_NAME and name not in FIXED,
    )


def _source(name: str, change: Change | None, language: str) -> str:
    """Return where a value came from, and when: a change since, or the application."""
    if change is None:
        return SOURCES.get(name, STATED).text(language)
    on = dates.roc_date(taipei_day(change.at), language)
    said = f"{change_words.CHANNELS[change.source.channel].text(language)} · {on}"
    return f"{said} · {change.source.case_reference}" if change.source.case_reference else said


def words(name: str, value: object, language: str) -> str:
    """Return a value as people read it."""
    if isinstance(value, bool):
        return (YES if value else NO).text(language)
    if isinstance(value, Mapping):
        return str(value.get("formatted") or " ".join(map(str, value.values())))
    if name == "updated_at" and isinstance(value, int):
        return dates.moment_words(datetime.fromtimestamp(value, UTC), language)
    if name == "birthdate":
        return _day(str(value), language)
    known = WORDS.get((name, str(value)))
    return str(value) if known is None else known.text(language)


def _day(value: str, language: str) -> str:
    try:
        return dates.roc_date(date.fromisoformat(value), language)
    except ValueError:
        return value  # 0000-04-01: the year is not told (OIDC Core 5.1)
