"""Know the kinds of card: each is a file of data, with a conversation that proves it.

Adding an agency's card is adding its file (docs/cards.md). A file is read strictly, and its vector
is played when it is loaded: what does not come out as written is not accepted.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any

from kernel.errors import Refused
from kernel.settings import SettingsInvalid
from kernel.wording import Bilingual

OWN = Path(__file__).parent / "kinds"
AID_BYTES = 3
KEY_NUMBERS = range(14)  # DESFire: fourteen keys of an application
SYSTEM_BYTES = range(6, 22)  # with number and application 16 to 31 bytes: see `keys.INPUT_BYTES`
UID_BYTES = frozenset({4, 7, 10})  # ISO 14443-3 6.5.4
COMMON = frozenset({"class", "label", "atr", "uid_bytes", "vector"})
SYMMETRIC_ONLY = frozenset({"application", "key_number", "number_key", "system"})
VECTOR = frozenset({"master", "numbers", "frames", "uid"})
UNIQUE_BYTES = 7  # numbers of four bytes were given out more than once


class CardClass(StrEnum):
    """What a card can prove."""

    STORAGE = "storage"  # nothing: whoever reads its number can copy it
    SYMMETRIC = "symmetric"  # that it holds the key we gave it


@dataclass(frozen=True, kw_only=True)
class Vector:
    """One conversation written down: what we say and what the card answers, in turn."""

    master: bytes = field(repr=False)
    numbers: tuple[bytes, ...] = field(repr=False)  # our random numbers, one for each proof
    frames: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    uid: bytes


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One kind of card."""

    name: str
    kind: CardClass
    label: Bilingual
    atrs: tuple[str, ...]  # hex, a dot for a digit that may be any
    uid_bytes: frozenset[int]
    application: bytes = b""
    key_number: int = 0  # the card's own key
    number_key: int | None = None  # the common key that only opens the true number, if it is hidden
    system: bytes = b""
    vector: Vector

    def fits(self, atr: bytes) -> bool:
        """Say whether a card with this answer to reset may be one of ours."""
        return any(re.fullmatch(each, atr.hex()) for each in self.atrs)

    def material(self, uid: bytes) -> bytes:
        """Return what names one card to the master key (AN10922 2.2)."""
        return uid + self.application + self.system


@dataclass(frozen=True)
class Profiles:
    """The kinds of card an installation knows, by name."""

    by_name: Mapping[str, Profile]

    def of_atr(self, atr: bytes) -> Profile:
        """Return the kind of the card in the reader. Raises Refused `carrier.kind_not_supported`.

        An answer to reset proves nothing: it only says which questions to ask.
        """
        found = next((each for each in self.by_name.values() if each.fits(atr)), None)
        if found is None:
            raise Refused("carrier.kind_not_supported")
        return found

    def after(self, kind: Profile, atr: bytes, *, hidden: bool) -> Profile | None:
        """Return the kind to try when a card turns out not to be `kind`, None if there is none.

        Cards of one make give one answer to reset, whosever application is on them.
        """
        every = list(self.by_name.values())
        return next(
            (
                each
                for each in every[every.index(kind) + 1 :]
                if each.kind is CardClass.SYMMETRIC
                and each.fits(atr)
                and (each.number_key is not None or not hidden)
            ),
            None,
        )

    def of_name(self, name: str) -> Profile | None:
        """Return the kind called `name`, None if it is no longer known."""
        return self.by_name.get(name)


def read(folders: Iterable[Path]) -> Profiles:
    """Return the profiles in these folders. Raises SettingsInvalid, naming file and mistake."""
    files = [file for folder in folders for file in sorted(folder.glob("*.toml"))]
    found: dict[str, Profile] = {}
    for file in files:
        profile = _read(file)
        if profile.name in found:
            raise SettingsInvalid(
                f"{file}: there is a card kind {profile.name} already; give the file another name"
            )
        _require_apart(profile, found.values(), file)
        found[profile.name] = profile
    return Profiles(found)


def _require_apart(profile: Profile, others: Iterable[Profile], file: Path) -> None:
    """Refuse two kinds that no answer of a card could tell from one another.

    A card known by its number alone has no application to ask for: it needs a make of its own.
    """
    for other in others:
        same_make = any(_may_meet(*each) for each in product(profile.atrs, other.atrs))
        if same_make and (
            profile.kind is not other.kind or profile.application == other.application
        ):
            is_told = profile.kind is other.kind is CardClass.SYMMETRIC
            told_by = "application" if is_told else "answer to reset"
            raise SettingsInvalid(
                f"{file}: a card of this kind could be a {other.name} as well; "
                f"it must have another {told_by}"
            )


def _may_meet(first: str, second: str) -> bool:
    """Say whether one answer to reset could fit both patterns."""
    pairs = zip(first, second, strict=False)
    return len(first) == len(second) and all(a == b or "." in (a, b) for a, b in pairs)


def _read(file: Path) -> Profile:
    try:
        return _profile(file.stem, tomllib.loads(file.read_text("utf-8")))
    except KeyError as missing:
        raise SettingsInvalid(f"{file}: {missing.args[0]} is missing; see docs/cards.md") from None
    except (ValueError, TypeError, AttributeError) as wrong:
        raise SettingsInvalid(f"{file}: {wrong}") from None


def _profile(name: str, data: Mapping[str, Any]) -> Profile:  # TOML of any shape
    kind = _class(data["class"])
    _require_known(data, COMMON | (SYMMETRIC_ONLY if kind is CardClass.SYMMETRIC else set()))
    _require_known(data["vector"], VECTOR)
    common: dict[str, Any] = {
        "name": _name(name),
        "kind": kind,
        "label": Bilingual(str(data["label"]["zh"]), str(data["label"]["en"])),
        "atrs": tuple(_pattern(each) for each in data["atr"]),
        "uid_bytes": _subset(data["uid_bytes"]),
        "vector": _vector(data["vector"]),
    }
    if kind is CardClass.STORAGE:
        return Profile(**common)
    if common["uid_bytes"] != {UNIQUE_BYTES}:
        raise ValueError("uid_bytes: a card that proves its number has one of 7 bytes")
    number_key = data.get("number_key")
    return Profile(
        **common,
        application=_sized(data["application"], range(AID_BYTES, AID_BYTES + 1), "application"),
        key_number=_key_number(data["key_number"]),
        number_key=None if number_key is None else _key_number(number_key),
        system=_sized(data["system"], SYSTEM_BYTES, "system"),
    )


def _class(word: str) -> CardClass:
    if word not in set(CardClass):
        raise ValueError(f"class: {word} is none; write storage or symmetric")
    return CardClass(word)


def _require_known(table: Mapping[str, Any], known: AbstractSet[str]) -> None:
    for word in table:
        if word not in known:
            near = difflib.get_close_matches(word, known, n=1)
            hint = f"; is it {near[0]}?" if near else "; take it away"
            raise ValueError(f"{word} means nothing here{hint}")


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,31}", text):
        raise ValueError("a kind is named in lower case letters, digits and dashes")
    return text


def _pattern(text: str) -> str:
    if not re.fullmatch(r"3[bf][0-9a-f.]{2,64}", text):
        raise ValueError(f"atr: {text} is no answer to reset in hex")
    return text


def _subset(lengths: Iterable[int]) -> frozenset[int]:
    found = frozenset(lengths)
    if not found or not found <= UID_BYTES:
        raise ValueError("uid_bytes: numbers have 4, 7 or 10 bytes")
    return found


def _sized(text: str, allowed: range, what: str) -> bytes:
    raw = bytes.fromhex(text)
    if len(raw) not in allowed:
        raise ValueError(f"{what}: must have {allowed[0]} to {allowed[-1]} bytes")
    return raw


def _key_number(number: int) -> int:
    if number not in KEY_NUMBERS:
        raise ValueError("a key number is 0 to 13")
    return number


def _vector(data: Mapping[str, Any]) -> Vector:  # TOML of any shape
    return Vector(
        master=bytes.fromhex(data.get("master", "00" * 16)),
        numbers=tuple(bytes.fromhex(each) for each in data.get("numbers", ())),
        frames=tuple((bytes.fromhex(ours), bytes.fromhex(its)) for ours, its in data["frames"]),
        uid=bytes.fromhex(data["uid"]),
    )
