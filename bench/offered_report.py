"""Say what became of those who arrived."""

from collections import Counter
from statistics import median

from bench.offered import Guessed, Peak, p95


def show_peak(found: Peak) -> None:
    """Print what became of sign-ins, and what the records say of them."""
    print(f"{found.engine}: {found.per_second:g} sign-ins a second for {found.seconds:g} s")
    _counts(found.became.sign_ins)
    _waited(found.became.waits_ms)
    print("of them with a password, and agreeing for the first time")
    _counts(found.became.newcomers)
    _waited(found.became.newcomer_ms)
    print(f"records: {found.disagreement or 'agree'}")


def show_guesses(found: Guessed) -> None:
    """Print token traffic alone and beside guesses."""
    print(f"{found.engine}, pools: {found.pools}")
    for name, became in (("alone", found.alone), ("beside guesses", found.beside)):
        middle, slow = median(became.refresh_ms), p95(became.refresh_ms)
        print(f"tokens {name}: median {middle:.1f} ms, p95 {slow:.1f} ms")
        _counts(became.refreshes)
    print("guesses")
    _counts(found.guesses.guesses)
    print(
        f"beside guesses: median {found.slower(median):.2f}, p95 {found.slower(p95):.2f} of alone"
    )


def _counts(counted: Counter[str]) -> None:
    for what, count in counted.most_common():
        print(f"\t{count:,}\t{what}")


def _waited(milliseconds: list[float]) -> None:
    waits = sorted(milliseconds)
    if waits:
        print(f"waited: median {waits[len(waits) // 2]:.0f} ms, p95 {p95(waits):.0f} ms")
