"""Know the passwords that everybody tries first: a built-in list and the operator's own."""

import re
from collections.abc import Iterable
from hashlib import sha1
from importlib.resources import files
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Protocol

from adapters.password.hashing import normalise
from kernel.settings import SettingsInvalid

HASH_LINE = re.compile(rb"[0-9A-Fa-f]{40}(:\d+)?\r?\n?")
FEWEST_DIFFERENT_CHARACTERS = 4


class BreachList(Protocol):
    """The hook: anything that knows passwords one must not choose (NIST 800-63B 3.1.1.2)."""

    def contains(self, password: str) -> bool:
        """Say whether `password` is known to guessers."""
        ...


class CommonPasswords:
    """A list of passwords held in memory, compared without regard to case and width."""

    def __init__(self, passwords: Iterable[str]) -> None:
        self._known = frozenset(_folded(each) for each in passwords if each)

    def contains(self, password: str) -> bool:
        """Say whether the list has `password`, or it is little more than one key held down."""
        folded = _folded(password)
        return folded in self._known or len(set(folded)) < FEWEST_DIFFERENT_CHARACTERS


class HashedPasswords:
    """A file of SHA-1 hashes in ascending order, one a line, as breach collections publish them.

    `HASH` or `HASH:COUNT`. It may be far larger than memory: it is searched where it lies.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._text = mmap(file.fileno(), 0, access=ACCESS_READ)

    def contains(self, password: str) -> bool:
        """Say whether the file has the hash of `password`."""
        encoded = normalise(password).encode()
        wanted = sha1(encoded, usedforsecurity=False).hexdigest().upper().encode()
        low, high = 0, len(self._text)
        while low < high:  # the line sought begins in [low, high)
            start = self._text.rfind(b"\n", low, (low + high) // 2) + 1 or low
            line = self._text[start : start + len(wanted)].upper()
            if line == wanted:
                return True
            if line > wanted:
                high = start
            else:
                low = self._after(start)
        return False

    def _after(self, start: int) -> int:
        end = self._text.find(b"\n", start)
        return len(self._text) if end < 0 else end + 1


class BreachLists:
    """Several lists, asked one after the other."""

    def __init__(self, *lists: BreachList) -> None:
        self._lists = lists

    def contains(self, password: str) -> bool:
        """Say whether any of the lists has `password`."""
        return any(each.contains(password) for each in self._lists)


def open_breach_lists(path: Path | None) -> BreachList:
    """Return the built-in list, with the operator's file if one is named.

    The file holds SHA-1 hashes in ascending order, or passwords in UTF-8; the first line tells
    which. Raises SettingsInvalid if it cannot be read.
    """
    common = CommonPasswords(_lines(files("adapters.password").joinpath("common.txt").read_text()))
    if path is None:
        return common
    try:
        return BreachLists(common, _open(path))
    except (OSError, ValueError) as unreadable:
        raise SettingsInvalid(f"breach_list: {path} cannot be read: {unreadable}") from unreadable


def _open(path: Path) -> BreachList:
    with path.open("rb") as file:
        is_hashed = HASH_LINE.fullmatch(file.readline()) is not None
    return HashedPasswords(path) if is_hashed else CommonPasswords(_lines(path.read_text("utf-8")))


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#!")]


def _folded(password: str) -> str:
    return normalise(password).casefold()
