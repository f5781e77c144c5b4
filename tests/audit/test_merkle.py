import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import merkle

LEAVES = st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=70)


@given(LEAVES, st.data())
def test_every_leaf_has_a_path_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))

    steps = merkle.path(leaves, place)

    assert merkle.climb(leaves[place], place, len(leaves), steps) == merkle.root(leaves)


@given(LEAVES, st.data())
def test_another_leaf_has_not(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))

    steps = merkle.path(leaves, place)

    assert merkle.climb(b"other than", place, len(leaves), steps) != merkle.root(leaves)


def test_the_tree_has_the_shape_of_certificate_transparency() -> None:
    def leaf(value: bytes) -> bytes:
        return hashlib.sha256(b"\x00" + value).digest()

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\x01" + left + right).digest()

    three = node(node(leaf(b"a"), leaf(b"b")), leaf(b"c"))

    assert merkle.root([b"a", b"b", b"c"]) == three
    assert merkle.root([b"a"]) == leaf(b"a")
    assert merkle.root([]) == hashlib.sha256().digest()


@pytest.mark.parametrize(
    ("place", "size", "steps"), [(3, 3, 2), (-1, 3, 2), (0, 3, 1), (0, 3, 3), (0, 1, 1)]
)
def test_a_path_that_fits_no_tree_is_refused(place: int, size: int, steps: int) -> None:
    with pytest.raises(ValueError, match=r"path|place"):
        merkle.climb(b"a", place, size, [bytes(32)] * steps)
