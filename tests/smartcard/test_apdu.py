from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.smartcard import apdu, status_words
from adapters.smartcard.apdu import Answer
from kernel.errors import Refused
from kernel.refusals import CATALOGUE


def test_a_command_says_how_much_it_carries_and_how_much_may_come_back() -> None:
    assert apdu.command(0xFF, 0xCA, 0, 0).hex() == "ffca000000"
    assert apdu.command(0x90, 0x5A, 0, 0, b"\1\2\3").hex() == "905a00000301020300"


def test_a_command_too_long_for_its_length_byte_is_a_bug() -> None:
    with pytest.raises(ValueError, match="255"):
        apdu.command(0x90, 0, 0, 0, bytes(256))


def test_an_answer_ends_with_its_status_word() -> None:
    assert apdu.answer(b"\1\2\x90\0") == Answer(b"\1\2", 0x9000)
    assert apdu.answer(b"\x6a\x82") == Answer(b"", 0x6A82)


@pytest.mark.refusal("carrier.not_readable")
@pytest.mark.parametrize("raw", [b"", b"\x90", bytes(259)])
def test_a_truncated_or_endless_answer_is_not_read(raw: bytes) -> None:
    with pytest.raises(Refused, match=r"^carrier\.not_readable$"):
        apdu.answer(raw)


@pytest.mark.parametrize("text", ["9", "90 00", "9_00", "zz", "９０００", "00" * 259, "-1"])
def test_only_plain_hex_is_read(text: str) -> None:
    with pytest.raises(Refused, match=r"^carrier\.not_readable$"):
        apdu.from_hex(text)


def test_an_answer_to_reset_is_read() -> None:
    assert apdu.atr("3B8180018080") == bytes.fromhex("3b8180018080")
    assert apdu.atr("3F00")[0] == 0x3F


@pytest.mark.parametrize("text", ["", "3b", "90009000", "3b" * 34, "3b\0", "\ud800"])
def test_a_hostile_answer_to_reset_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"^carrier\.not_readable$"):
        apdu.atr(text)


@given(st.text(st.characters()))
def test_no_text_breaks_the_readers(text: str) -> None:
    for read in (apdu.from_hex, apdu.atr):
        with suppress(Refused):
            assert read(text).hex() == text.lower()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (0x6A82, "carrier.kind_not_supported"),
        (0x91AE, "carrier.card_not_ours"),
        (0x91CA, "carrier.card_interrupted"),
        (0x6983, "carrier.card_locked"),
        (0x91EE, "carrier.card_broken"),
        (0x1234, "carrier.not_readable"),
    ],
)
@pytest.mark.refusal("carrier.kind_not_supported")
@pytest.mark.refusal("carrier.card_interrupted")
@pytest.mark.refusal("carrier.card_locked")
@pytest.mark.refusal("carrier.card_broken")
def test_a_status_word_means_one_refusal(status: int, code: str) -> None:
    with pytest.raises(Refused) as refused:
        status_words.data_of(Answer(b"", status), wanted=0x9000)

    assert refused.value.code == code


@given(st.integers(0, 0xFFFF))
def test_every_status_word_has_a_meaning_with_words(status: int) -> None:
    assert status_words.meaning(status) in CATALOGUE


def test_a_card_that_lies_about_its_length_is_not_believed() -> None:
    assert status_words.data_of(Answer(b"ab", 0x9000), wanted=0x9000, length=2) == b"ab"
    with pytest.raises(Refused, match=r"^carrier\.not_readable$"):
        status_words.data_of(Answer(b"abc", 0x9000), wanted=0x9000, length=2)
