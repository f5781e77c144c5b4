from pathlib import Path

import pytest

from adapters.smartcard import conversation, profiles
from adapters.smartcard.profiles import OWN, CardClass
from demo.cards import desfire, storage
from kernel.errors import Refused
from kernel.settings import SettingsInvalid

CITY = (OWN / "taipei-card.toml").read_text("utf-8")
STORAGE = (OWN / "storage-card.toml").read_text("utf-8")


def read(folder: Path, text: str, *, name: str = "library-card") -> profiles.Profiles:
    (folder / f"{name}.toml").write_text(text, "utf-8")
    return profiles.read([folder])


@pytest.mark.clause("7(6)1")
def test_adding_an_agencys_card_is_adding_its_file(tmp_path: Path) -> None:
    kinds = read(tmp_path, CITY.replace("key_number = 1", "key_number = 1\nnumber_key = 2"))
    card = kinds.by_name["library-card"]

    assert card.kind is CardClass.SYMMETRIC
    assert card.number_key == 2
    assert kinds.of_name("library-card") is card
    assert kinds.of_name("nothing") is None
    conversation.require_sound(kinds)


def test_the_answer_to_reset_says_which_questions_to_ask() -> None:
    kinds = profiles.read([OWN])

    assert kinds.of_atr(desfire.ATR).name == "taipei-card"
    assert kinds.of_atr(storage.ATR).name == "storage-card"


@pytest.mark.refusal("carrier.kind_not_supported")
@pytest.mark.parametrize("atr", ["3b00", "3b8180018081", "3b818001808000", ""])
def test_a_card_of_no_known_kind_is_refused(atr: str) -> None:
    with pytest.raises(Refused, match=r"^carrier\.kind_not_supported$"):
        profiles.read([OWN]).of_atr(bytes.fromhex(atr))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('class = "symmetric"', "", "class is missing"),
        ('class = "symmetric"', 'class = "magic"', "write storage or symmetric"),
        ("key_number = 1", "key_nmber = 1", "means nothing here; is it key_number"),
        ("key_number = 1", "key_number = 1\ncolour = 1", "colour means nothing here; take it away"),
        ("[vector]", "[vector]\nuids = 1", "uids means nothing here"),
        ('"3b8180018080"', '"90.*"', "atr"),
        ("uid_bytes = [7]", "uid_bytes = []", "uid_bytes"),
        ("uid_bytes = [7]", "uid_bytes = [8]", "uid_bytes"),
        ("uid_bytes = [7]", "uid_bytes = [4, 7]", "uid_bytes"),
        ('"f54230"', '"f542"', "application"),
        ('"7461697065692e6964"', '"00"', "system"),
        ("key_number = 1", "key_number = 14", "key number"),
        ("key_number = 1", 'key_number = "a"', "key number"),
        ('uid = "04782e21801d80"', "uid = 4", "hex|str"),
        ("label = {", "label = 1 #", "subscriptable"),
        ("[vector]", "[vector", "Expected"),
    ],
)
def test_a_file_with_a_mistake_is_refused_by_name(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in CITY

    with pytest.raises(SettingsInvalid, match=rf"library-card\.toml: .*({said})"):
        read(tmp_path, CITY.replace(old, new))


def test_a_storage_card_has_no_keys(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="key_number means nothing here"):
        read(tmp_path, STORAGE.replace("uid_bytes", "key_number = 1\nuid_bytes"))


@pytest.mark.parametrize(
    ("text", "told_by"), [(CITY, "application"), (STORAGE.replace("..", "01"), "answer to reset")]
)
def test_two_kinds_that_nothing_tells_apart_are_refused(
    tmp_path: Path, text: str, told_by: str
) -> None:
    (tmp_path / "library-card.toml").write_text(text, "utf-8")

    with pytest.raises(
        SettingsInvalid, match=rf"library-card\.toml: .* must have another {told_by}"
    ):
        profiles.read([OWN, tmp_path])


def test_a_kind_has_a_plain_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="lower case"):
        read(tmp_path, STORAGE, name="Library Card")


def test_a_kind_is_described_once(tmp_path: Path) -> None:
    (tmp_path / "storage-card.toml").write_text(STORAGE, "utf-8")

    with pytest.raises(SettingsInvalid, match="already"):
        profiles.read([OWN, tmp_path])
