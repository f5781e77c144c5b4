"""Telephone numbers and mail addresses as people type them."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refused
from members import contacts


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0912345678", "+886912345678"),
        ("0912-345-678", "+886912345678"),
        ("０９１２　３４５　６７８", "+886912345678"),
        ("(02) 2720-8889", "+886227208889"),
        ("+886 912 345 678", "+886912345678"),
        ("+44 20 7946 0018", "+442079460018"),
    ],
)
def test_a_phone_number_is_kept_in_its_international_form(typed: str, kept: str) -> None:
    assert contacts.read_phone(typed) == kept


@pytest.mark.parametrize("typed", ["", "12345", "091234567", "1999", "+0912345678", "٠٩١٢٣٤٥٦٧٨x"])
@pytest.mark.refusal("phone.format")
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match=r"phone\.format"):
        contacts.read_phone(typed)


def test_a_mail_address_keeps_its_first_part_and_has_a_small_domain() -> None:
    assert contacts.read_mail(" Mei.Chen@Mail.INVALID ") == "Mei.Chen@mail.invalid"


@pytest.mark.parametrize(
    "typed", ["", "mei", "mei@", "mei@mail", "a b@mail.tw", "a@b.tw\nBcc: c@d.tw", "a@" + "b" * 300]
)
@pytest.mark.refusal("mail.format")
def test_what_is_no_mail_address_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match=r"mail\.format"):
        contacts.read_mail(typed)


@given(st.text(max_size=80))
def test_any_text_is_a_contact_or_refused(typed: str) -> None:
    for read, form in (
        (contacts.read_phone, r"\+[1-9][0-9]{7,14}"),
        (contacts.read_mail, r"\S+@\S+"),
    ):
        with suppress(Refused):
            assert re.fullmatch(form, read(typed))
