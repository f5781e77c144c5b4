"""Join two parties' records by whatever they share: values, pieces of values, sizes, times."""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from math import log
from typing import Any, TypeAlias

PIECE = 8  # characters: of random base64url, two records share a piece once in 10^14
COMMON = 0.5  # what more than half of all visits hold tells nobody apart
SAME = 10  # how much more it says that two records share a whole long value than a piece
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)")
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)

Record = Mapping[str, Any]  # everything one party received in one member's visit
Features: TypeAlias = frozenset[str]  # what another record could share with it


def features(record: Record) -> Features:
    """Return everything in a record that another record could share."""
    return frozenset(found for path, leaf in _leaves(record) for found in _of(path, leaf))


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from _leaves(value, f"{path}/{name}")
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _leaves(value, path)
    elif isinstance(node, str) and _JWT.fullmatch(node):
        *readable, signature = node.split(".")
        for part in readable:
            yield from _leaves(json.loads(base64.urlsafe_b64decode(part + "==")), path)
        yield path, signature
    else:
        yield path, node


def _of(path: str, leaf: object) -> Iterator[str]:
    """Give a leaf's value, its pieces and its length."""
    text, name = str(leaf), path.rpartition("/")[2]
    yield f"length {name} {len(text)}"
    if not isinstance(leaf, str):  # a number alone says little: seconds of other things are alike
        yield f"number {name} {text}"
        return
    if len(text) < PIECE or _MOMENT.fullmatch(text):  # moments nearby share most of their figures
        yield f"value {text}"
        return
    yield f"same {text}"
    if len(text) > PIECE:
        lowered = text.lower()
        yield from (f"piece {lowered[at : at + PIECE]}" for at in range(len(text) - PIECE + 1))


def hits(here: Sequence[Record], there: Sequence[Record]) -> float:
    """Return how many members are expected to be joined rightly; row n is member n on both sides.

    Of several equally likely partners one is drawn, so each counts for its share.
    """
    return joined([features(each) for each in here], [features(each) for each in there])


def joined(ours: Sequence[Features], theirs: Sequence[Features]) -> float:
    """Return the same, of records whose features are known."""
    holders: dict[str, list[int]] = {}
    for number, each in enumerate(theirs):
        for feature in each:
            holders.setdefault(feature, []).append(number)
    telling = {
        feature: held for feature, held in holders.items() if len(held) <= COMMON * len(theirs)
    }
    return sum(_share(number, each, telling, len(theirs)) for number, each in enumerate(ours))


def _share(number: int, ours: Features, telling: Mapping[str, Sequence[int]], crowd: int) -> float:
    scores = [0.0] * crowd
    for feature in ours & telling.keys():
        weight = log(crowd / len(telling[feature])) * (SAME if feature.startswith("same ") else 1)
        for other in telling[feature]:
            scores[other] += weight
    likely = [round(score, 6) for score in scores]
    best = max(likely)
    return 1 / likely.count(best) if likely[number] == best else 0.0
