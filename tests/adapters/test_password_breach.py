from hashlib import sha1
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.password.breach import CommonPasswords, HashedPasswords, open_breach_lists
from kernel.settings import SettingsInvalid


def hashed(password: str) -> str:
    return sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def a_hash_file(path: Path, passwords: list[str], *, end: str = "\n", count: bool = True) -> Path:
    lines = sorted(hashed(each) for each in passwords)
    path.write_bytes(end.join(line + (":7" if count else "") for line in lines).encode())
    return path


@pytest.mark.refusal("password.breached")
@pytest.mark.parametrize(
    "password",
    [
        "1234567890",
        "qwertyuiop",
        "Password123",
        "JI32K7AU4A83",
        "5201314520",
        "ｔａｉｐｅｉ１０１１",
    ],
)
def test_what_everyone_tries_first_is_known_from_the_start(password: str) -> None:
    assert open_breach_lists(None).contains(password)


@pytest.mark.parametrize("password", ["aaaaaaaaaaaa", "1212121212", "。。。。。。。。。。。"])
def test_little_more_than_one_key_held_down_is_known(password: str) -> None:
    assert open_breach_lists(None).contains(password)


def test_an_uncommon_password_is_not_known() -> None:
    assert not open_breach_lists(None).contains("rain on the Tamsui 2026")


def test_the_remarks_of_the_list_are_no_passwords() -> None:
    remark = (
        "#! Passwords that are tried first, among them what fingers find on a Taiwanese keyboard."
    )

    assert not open_breach_lists(None).contains(remark)


def test_an_operators_text_list_adds_to_the_built_in_one(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("taipei marathon\r\n\r\n師大夜市好吃好玩又便宜\n", "utf-8")

    breaches = open_breach_lists(path)

    assert breaches.contains("Taipei Marathon")
    assert breaches.contains("師大夜市好吃好玩又便宜")
    assert breaches.contains("password123")
    assert not breaches.contains("kaohsiung marathon")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("count", [True, False])
def test_an_operators_file_of_hashes_is_searched(tmp_path: Path, end: str, *, count: bool) -> None:
    passwords = [f"leaked password {number}" for number in range(100)]
    path = a_hash_file(tmp_path / "hashes.txt", passwords, end=end, count=count)

    breaches = open_breach_lists(path)

    assert all(breaches.contains(each) for each in passwords)
    assert not any(breaches.contains(f"unknown password {number}") for number in range(100))


@given(
    leaked=st.sets(st.integers(0, 500), min_size=1, max_size=40),
    asked=st.integers(0, 500),
    last_line_ends=st.booleans(),
)
def test_a_hash_is_found_exactly_when_it_is_in_the_file(
    tmp_path_factory: pytest.TempPathFactory, leaked: set[int], asked: int, *, last_line_ends: bool
) -> None:
    path = a_hash_file(
        tmp_path_factory.mktemp("hashes") / "list", [f"number {each}" for each in leaked]
    )
    if last_line_ends:
        path.write_bytes(path.read_bytes() + b"\n")

    assert HashedPasswords(path).contains(f"number {asked}") == (asked in leaked)


def test_hashes_may_be_written_in_small_letters(tmp_path: Path) -> None:
    path = tmp_path / "hashes.txt"
    path.write_text(hashed("leaked password").lower() + "\n")

    assert open_breach_lists(path).contains("leaked password")


@pytest.mark.parametrize("trouble", ["missing", "folder", "not UTF-8"])
def test_a_list_that_cannot_be_read_is_said_at_the_start(tmp_path: Path, trouble: str) -> None:
    path = tmp_path / "list"
    if trouble == "folder":
        path.mkdir()
    if trouble == "not UTF-8":
        path.write_bytes(b"\xff\xfe\xfd\n")

    with pytest.raises(SettingsInvalid, match=r"breach_list: .*list cannot be read"):
        open_breach_lists(path)


def test_an_empty_list_knows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.touch()

    assert not open_breach_lists(path).contains("taipei marathon")
    assert not CommonPasswords([""]).contains("taipei marathon")
