"""A token's library begins anew when a session was lost, and seldom for a key that is not there."""

import pytest

from kernel import tokens
from kernel.tokens import Held


class Lost(Exception):
    """Nothing can be done in the token."""


class Absent(Lost):
    """The token says that it has no such key."""


class Library:
    """A token's library that counts how often it was asked to open and to begin anew."""

    def __init__(self) -> None:
        self.keys = {"there"}
        self.made_elsewhere: set[str] = set()  # and not seen yet
        self.opened = self.begun = 0

    def open(self) -> None:
        self.opened += 1

    def begin_anew(self) -> None:
        self.begun += 1
        self.keys |= self.made_elsewhere

    def use(self, key: str) -> str:
        if key not in self.keys:
            raise Absent(key)
        return key


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    """Lend a library of a process in which nothing happened before."""
    for name, value in {"process": 0, "times": 0, "doubted_at": None}.items():
        monkeypatch.setattr(tokens._Library, name, value)
    return Library()


def held_in(library: Library) -> Held:
    return Held(library.open, begin_anew=library.begin_anew, lost=Lost, absent=Absent)


def ask(held: Held, library: Library, key: str) -> str:
    return held.use(lambda: library.use(key))


def test_a_key_that_is_not_there_begins_the_library_anew_once(library: Library) -> None:
    held = held_in(library)

    for _ in range(5):
        with pytest.raises(Absent):
            ask(held, library, "nowhere")

    assert (library.begun, library.opened) == (1, 2)
    assert ask(held, library, "there") == "there"


def test_a_key_another_process_made_is_seen_once_the_library_begins_anew(library: Library) -> None:
    held = held_in(library)
    ask(held, library, "there")
    library.made_elsewhere = {"new"}

    assert ask(held, library, "new") == "new"


def test_who_seeks_a_key_in_vain_takes_nobody_elses_session_away(library: Library) -> None:
    seeking, working = held_in(library), held_in(library)
    for _ in range(2):
        with pytest.raises(Absent):
            ask(seeking, library, "nowhere")
    ask(working, library, "there")
    opened = library.opened

    with pytest.raises(Absent):
        ask(seeking, library, "nowhere")
    ask(working, library, "there")

    assert library.opened == opened


def test_opening_that_finds_no_key_is_believed_until_the_library_begins_anew(
    library: Library,
) -> None:
    def open_with_key() -> None:
        library.open()
        library.use("new")

    seeking = Held(open_with_key, begin_anew=library.begin_anew, lost=Lost, absent=Absent)
    for _ in range(5):
        with pytest.raises(Absent):
            seeking.use(lambda: library.use("new"))
    assert (library.begun, library.opened) == (1, 2)

    library.made_elsewhere = {"new"}
    held_in(library).open(anew=True)

    assert ask(seeking, library, "new") == "new"


def test_a_token_that_is_away_is_asked_for_anew_each_time(library: Library) -> None:
    held = held_in(library)

    def away() -> None:
        raise Lost

    for _ in range(3):
        with pytest.raises(Lost):
            held.use(away)

    assert library.begun == 3
