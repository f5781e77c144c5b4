from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp import parameters
from idp.errors import ProtocolError

text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
pairs = st.lists(st.tuples(text, text | st.just("")), max_size=10)


@given(st.binary(max_size=300))
def test_reading_never_fails(raw: bytes) -> None:
    parameters.read(raw).get("client_id")


@given(pairs)
def test_what_was_encoded_is_read_back(sent: list[tuple[str, str]]) -> None:
    raw = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sent)

    read = parameters.read(raw.encode())

    assert not read.fault
    for name in {name for name, _ in sent}:
        values = [value for each, value in sent if each == name and value]
        assert read.get(name) == (values[0] if len(values) == 1 else None)


@pytest.mark.parametrize(
    "raw",
    [
        b"state=%FF",
        b"state=%00",
        b"state=\x00",
        b"state=\xe5\xb8\x82",
        b"state=%ED%A0%80",
        b"state=%C0%80",
        b"state=" + b"a" * parameters.LONGEST,
    ],
)
def test_what_is_not_sound_text_is_refused_but_tells_who_asked(raw: bytes) -> None:
    read = parameters.read(b"client_id=library&" + raw)

    assert read.get("client_id") == "library"
    with pytest.raises(ProtocolError) as refused:
        read.single()
    assert refused.value.error == "invalid_request"


def test_too_many_parameters_are_not_read_at_all() -> None:
    read = parameters.read(b"&".join(b"p%d=x" % number for number in range(200)))

    assert read.get("p1") is None
    assert read.fault


def test_a_repeated_parameter_is_nobodys_word() -> None:
    read = parameters.read(b"scope=a&scope=b&state=s")

    assert read.get("scope") is None
    assert read.repeated() == ["scope"]
    with pytest.raises(ProtocolError):
        read.single()


def test_what_came_once_tells_who_asked_whatever_came_twice() -> None:
    read = parameters.read(b"client_id=library&scope=a&scope=b&state=%00")

    assert read.once().single().keys() == {"client_id", "state"}
    assert read.once().get("client_id") == "library"


def test_an_empty_value_was_not_sent() -> None:
    assert parameters.read(b"nonce=&nonce=n").single() == {"nonce": "n"}


def test_stored_parameters_read_the_same_again() -> None:
    assert parameters.of({"scope": "openid"}).single() == {"scope": "openid"}
