"""Compute Merkle trees: one hash that stands for many, and proof that one is among them.

Shaped and separated as in RFC 6962 2.1: leaves and nodes are hashed differently, so that a node
cannot pass for a leaf.
"""

import hashlib
from collections.abc import Iterable, Sequence


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the hash that stands for `leaves` in their order; of none, the hash of nothing.

    Keeps one hash a level, so any number of leaves can be streamed through it.
    """
    waiting: list[tuple[int, bytes]] = []  # (height, hash), heights falling
    for leaf in leaves:
        height, value = 0, _leaf(leaf)
        while waiting and waiting[-1][0] == height:
            value = _node(waiting.pop()[1], value)
            height += 1
        waiting.append((height, value))
    if not waiting:
        return hashlib.sha256().digest()
    value = waiting.pop()[1]
    while waiting:
        value = _node(waiting.pop()[1], value)
    return value


def path(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """Return the hashes that lead from the leaf at `place` to the root, the nearest first."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if place < split:
        return [*path(leaves[:split], place), root(leaves[split:])]
    return [*path(leaves[split:], place - split), root(leaves[:split])]


def climb(leaf: bytes, place: int, size: int, steps: Sequence[bytes]) -> bytes:
    """Return the root that `steps` lead to. Raises ValueError if they fit no tree of `size`."""
    if not 0 <= place < size:
        raise ValueError("the place is outside the tree")
    value, last = _leaf(leaf), size - 1
    for step in steps:
        if last == 0:
            raise ValueError("the path is too long")
        if place & 1 or place == last:
            value = _node(step, value)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = _node(value, step)
        place, last = place >> 1, last >> 1
    if last:
        raise ValueError("the path is too short")
    return value


def _leaf(value: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + value).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
