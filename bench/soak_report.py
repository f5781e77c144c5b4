"""Say what workers held, and how fast they grew."""

from bench.soak import Soaked, slope


def show(found: Soaked) -> None:
    """Print a line for each worker, tab-separated."""
    print(f"{found.engine}: {found.requests:,} requests")
    print("worker\trequests\tMB at first\tMB at last\tMB at most\tMB in 10,000 requests\tshare, MB")
    for worker, looks in found.looks.items():
        grown = slope(looks)
        print(
            f"{worker}\t{looks[-1].requests - looks[0].requests:.0f}"
            f"\t{looks[0].megabytes:.1f}\t{looks[-1].megabytes:.1f}"
            f"\t{max(each.megabytes for each in looks):.1f}"
            f"\t{'–' if grown is None else format(grown, '.2f')}\t{looks[-1].share:.1f}"
        )
