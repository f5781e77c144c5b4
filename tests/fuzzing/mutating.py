"""Make strange bytes of sound ones: cut, doubled, spliced, with a bit or a length changed."""

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

STRANGE = (
    b"",
    b"\0",
    b"\xff" * 4,
    b"\x80",
    b"\x30\x84\xff\xff\xff\xff",
    b"=",
    b".",
    b'"',
    b"[" * 400,
)


@st.composite
def changed(draw: DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Draw a saved input with up to four changes."""
    raw = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(raw)))
        until = draw(st.integers(at, min(len(raw), at + 64)))
        raw = raw[:at] + draw(_put(seeds, raw[at:until])) + raw[until:]
    return raw


def _put(seeds: Sequence[bytes], taken: bytes) -> SearchStrategy[bytes]:
    flipped = bytes([taken[0] ^ 0x80, *taken[1:]]) if taken else b"\x01"
    return st.one_of(
        st.sampled_from((*STRANGE, taken * 2, flipped)),
        st.binary(max_size=24),
        st.sampled_from(seeds).map(lambda other: other[:64]),
    )


def bytes_for(seeds: Sequence[bytes]) -> SearchStrategy[bytes]:
    """Draw changed inputs, and now and then bytes of no kind."""
    return st.one_of(changed(seeds), st.binary(max_size=512))
