from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock

import pytest
from argon2.exceptions import InvalidHashError
from hypothesis import given
from hypothesis import strategies as st

from adapters.password.hashing import LONGEST, OWASP, Hasher, normalise
from kernel.errors import Refused
from tests import make


def test_a_hash_costs_what_owasp_recommends() -> None:
    kept = Hasher(parallel=1).hash(make.PASSWORD)

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (OWASP.memory_kib, OWASP.passes, OWASP.lanes) == (19 * 1024, 2, 1)


def test_the_same_password_never_has_the_same_hash() -> None:
    assert make.HASHER.hash(make.PASSWORD) != make.HASHER.hash(make.PASSWORD)


@given(password=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_what_was_hashed_matches_and_nothing_else_does(password: str) -> None:
    kept = make.HASHER.hash(password)

    assert make.HASHER.matches(kept, password)
    assert not make.HASHER.matches(kept, password + "x")


def test_nobody_has_no_password() -> None:
    assert not make.HASHER.matches(None, make.PASSWORD)


def test_a_broken_hash_in_the_database_is_a_bug_and_no_wrong_password() -> None:
    with pytest.raises(InvalidHashError):
        make.HASHER.matches("not a hash", make.PASSWORD)


@pytest.mark.refusal("password.too_long")
def test_a_password_over_1024_characters_is_refused_before_it_costs_anything() -> None:
    assert normalise("a" * LONGEST) == "a" * LONGEST
    with pytest.raises(Refused, match=r"password\.too_long"):
        normalise("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 1_000_000)


@pytest.mark.refusal("password.not_text")
@pytest.mark.parametrize("password", ["a\0b", "\ud800", "ok\udfff"])
def test_what_is_no_text_is_no_password(password: str) -> None:
    with pytest.raises(Refused, match=r"password\.not_text"):
        make.HASHER.hash(password)


class Slow(Hasher):
    """Holds a place until told to go on, and counts who is inside."""

    def __init__(self, *, parallel: int, patience_seconds: float) -> None:
        super().__init__(parallel=parallel, cost=make.QUICK, patience_seconds=patience_seconds)
        self.go_on = Event()
        self.inside = Barrier(parallel + 1)
        self.most = self.now_inside = 0
        self.lock = Lock()

    def work(self) -> None:
        with self._place():
            with self.lock:
                self.now_inside += 1
                self.most = max(self.most, self.now_inside)
            self.go_on.wait(5)
            with self.lock:
                self.now_inside -= 1


def test_a_burst_waits_instead_of_taking_memory() -> None:
    hasher = Slow(parallel=2, patience_seconds=5)

    with ThreadPoolExecutor(20) as pool:
        done = [pool.submit(hasher.work) for _ in range(20)]
        hasher.go_on.set()
        for each in done:
            each.result()

    assert hasher.most <= 2


@pytest.mark.refusal("login.busy")
def test_who_waits_too_long_is_sent_away_and_the_place_is_not_lost() -> None:
    hasher = Hasher(parallel=1, cost=make.QUICK, patience_seconds=0.01)
    kept = hasher.hash(make.PASSWORD)

    with hasher._place(), pytest.raises(Refused, match=r"login\.busy"):
        hasher.matches(kept, make.PASSWORD)

    assert hasher.matches(kept, make.PASSWORD)


def test_a_failed_comparison_gives_its_place_back() -> None:
    hasher = Hasher(parallel=1, cost=make.QUICK, patience_seconds=0.01)
    with pytest.raises(InvalidHashError):
        hasher.matches("not a hash", make.PASSWORD)

    assert hasher.hash(make.PASSWORD)
