"""Master keys of cards: kept sealed or in a token, in versions, and never given away."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pkcs11
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from adapters.contract import Context
from adapters.smartcard import adapter, masters
from adapters.smartcard.keys import MasterKey, PlainKey
from adapters.smartcard.masters import Masters
from adapters.smartcard.models import CardMasterKey
from adapters.smartcard.token_master import TokenMaster, make_key
from kernel.errors import NotFound, Refused
from kernel.keyring import SealBroken
from kernel.settings import SettingsInvalid, Token
from tests import make
from tests.certificates.tokens import LABEL, MODULE, PIN, apart, token
from tests.smartcard.cards import CITY_CARD, MASTER, MASTER_BYTES, UID, a_card, key_of, show
from tests.smartcard.reader import Reader, an_adapter

KIND = CITY_CARD.name
MATERIAL = CITY_CARD.material(UID)
KEPT = Masters(b"s" * 32)


def add(session: Session, key: bytes = MASTER_BYTES, *, version: int | None = None) -> int:
    return KEPT.add(session, KIND, key=key, version=version, now=make.NOON).version


def test_a_sealed_key_makes_the_cards_an_issuers_makes(session: Session) -> None:
    add(session)

    made = KEPT.of_kind(session, KIND).of(1).of_card(MATERIAL)

    assert made.encrypt(bytes(16)) == PlainKey(key_of(CITY_CARD, UID)).encrypt(bytes(16))
    sealed = session.scalars(select(CardMasterKey.key_sealed)).one()
    assert sealed is not None
    assert MASTER_BYTES not in sealed


def test_the_next_version_leaves_the_last_in_force(session: Session) -> None:
    assert [add(session), add(session, bytes(16)), add(session, b"x" * 16, version=9)] == [1, 2, 9]

    found = KEPT.of_kind(session, KIND)

    assert found.numbers == (1, 2, 9)
    assert found.of(1).cmac(b"") == MASTER.cmac(b"") != found.of(2).cmac(b"")
    assert KEPT.of_kind(session, "library-card").numbers == ()


@pytest.mark.refusal("cardkey.not_found")
@pytest.mark.refusal("carrier.card_not_ours")
def test_a_retired_version_is_read_no_more_and_never_comes_back(session: Session) -> None:
    add(session)

    masters.retire(session, KIND, 1, now=make.NOON)

    with pytest.raises(Refused, match=r"^carrier\.card_not_ours$"):
        KEPT.of_kind(session, KIND).of(1)
    with pytest.raises(NotFound):
        masters.retire(session, KIND, 1, now=make.NOON)
    with pytest.raises(Refused, match=r"^cardkey\.exists$"):
        add(session, version=1)
    assert [each.retired_at for each in masters.listed(session)] == [make.NOON]


@pytest.mark.refusal("cardkey.exists")
@pytest.mark.refusal("cardkey.invalid")
def test_what_is_no_key_or_no_byte_is_refused(session: Session) -> None:
    for changes, code in (({"key": b"short"}, "invalid"), ({"version": 256}, "invalid")):
        with pytest.raises(Refused, match=rf"^cardkey\.{code}$"):
            add(session, **changes)
    add(session, version=7)
    with pytest.raises(Refused, match=r"^cardkey\.exists$"):
        add(session, version=7)
    with pytest.raises(Refused, match=r"^cardkey\.exists$"):
        add(session, bytes(16), version=7)  # another key, but the version is taken


@pytest.mark.refusal("cardkey.exists")
def test_the_next_version_is_another_key(session: Session) -> None:
    in_token = replace(KEPT, open_token=lambda label: PlainKey(label.encode() * 16))
    add(session)
    in_token.add(session, KIND, token_label="a", now=make.NOON)
    masters.retire(session, KIND, 1, now=make.NOON)

    for kind, changes in (
        (KIND, {"key": MASTER_BYTES}),
        (KIND, {"token_label": "a"}),
        ("library-card", {"token_label": "a"}),
        (KIND, {"key": b"a" * 16}),
    ):
        with pytest.raises(Refused, match=r"^cardkey\.exists$"):
            in_token.add(session, kind, **changes, now=make.NOON)
    assert in_token.add(session, KIND, token_label="b", now=make.NOON).version == 3


def test_a_key_moved_to_another_kind_does_not_open(session: Session) -> None:
    add(session)
    session.execute(update(CardMasterKey).values(kind="library-card"))

    with pytest.raises(SealBroken):
        KEPT.of_kind(session, "library-card").of(1)
    with pytest.raises(SealBroken):
        Masters(b"t" * 32).of_kind(session, "library-card").of(1)


def test_the_database_keeps_a_key_in_one_place(session: Session) -> None:
    add(session)

    with pytest.raises(IntegrityError):
        session.execute(update(CardMasterKey).values(token_label="cards"))


def test_the_check_value_tells_two_keys_apart_and_is_not_the_key(session: Session) -> None:
    add(session)
    add(session, bytes(16))
    first, second = (each.check_value for each in masters.listed(session))

    assert first == MASTER.cmac(bytes(16))[:3] != second


def test_only_the_demo_has_keys_nobody_made(session: Session) -> None:
    in_demo = replace(KEPT, demo=True)

    assert KEPT.of_kind(session, KIND).numbers == ()
    assert in_demo.of_kind(session, KIND).numbers == (0,)
    add(session)
    assert in_demo.of_kind(session, KIND).numbers == (1,)


@pytest.mark.clause("7(6)1")
def test_a_card_from_the_factory_is_read_before_and_after_a_rotation(session: Session) -> None:
    reading = an_adapter()
    reading.reading.masters.add(session, KIND, key=MASTER_BYTES, now=make.NOON)
    card = a_card(key_version=1)

    def read() -> str:
        challenge = reading.begin(Context(origin="https://id.invalid"), now=make.NOON)
        return Reader(reading, card).read(session, challenge, now=make.NOON)

    assert read()
    reading.reading.masters.add(session, KIND, key=bytes(16), now=make.NOON)
    assert read()
    masters.retire(session, KIND, 1, now=make.NOON + timedelta(days=1))
    with pytest.raises(Refused, match=r"^carrier\.card_not_ours$"):
        read()


# In a token


def computed() -> tuple[bytes, bytes, bytes]:
    where = {"module": MODULE, "token": LABEL, "pin": PIN}
    make_key(**where, label="cards")
    first, again = (TokenMaster(**where, label="cards") for _ in range(2))
    key = first.of_card(MATERIAL)
    return first.cmac(b"\1" + MATERIAL), again.cmac(b"\1" + MATERIAL), key.encrypt(bytes(16))


def refusals() -> list[str]:
    said = []
    for changes in ({"pin": "0000"}, {"token": "another"}, {"module": "/nothing.so"}, {}):
        where = {"module": MODULE, "token": LABEL, "pin": PIN, "label": "cards", **changes}
        with pytest.raises(SettingsInvalid) as refused:
            TokenMaster(**where)
        said.append(str(refused.value))
    with pytest.raises(SettingsInvalid) as unmade:
        make_key(module=MODULE, token="another", pin=PIN, label="cards")
    return [*said, str(unmade.value)]


def by_settings() -> bytes:
    token = Token(module=Path(MODULE), label=LABEL, pin=PIN).model_dump()
    adapter.make_token_key(token, "cards")
    opened = adapter.opener(token)
    assert opened("cards") is opened("cards")
    made = adapter.create({"key": b"k" * 32, "token": token})
    assert made.has_token_key("cards")
    assert not made.has_token_key("others")
    return opened("cards").cmac(bytes(16))


@pytest.mark.parametrize("do", [computed, refusals, by_settings])
def test_a_token_computes_with_a_key_it_does_not_give_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]
) -> None:
    with token(tmp_path) as where:
        monkeypatch.setenv("SOFTHSM2_CONF", where["SOFTHSM2_CONF"])
        found = apart(do)

    if isinstance(found, tuple):
        assert found[0] == found[1]
        assert found[2] == PlainKey(found[0]).encrypt(bytes(16))
    elif isinstance(found, list):
        assert all(each.startswith("token: no ") for each in found)
        assert not any(PIN in each or "0000" in each for each in found)
    else:
        assert isinstance(found, bytes)


def computed_after_another_began_anew() -> list[bytes]:
    where = {"module": MODULE, "token": LABEL, "pin": PIN}
    make_key(**where, label="cards")
    key = TokenMaster(**where, label="cards")
    found = [key.cmac(bytes(16))]
    for _ in range(2):
        pkcs11.lib(MODULE).reinitialize()  # as whoever signs here does after a fork
        found.append(key.cmac(bytes(16)))
    return found


def test_a_key_in_a_token_outlives_its_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with token(tmp_path) as where:
        monkeypatch.setenv("SOFTHSM2_CONF", where["SOFTHSM2_CONF"])
        first, *later = apart(computed_after_another_began_anew)

    assert later == [first, first]


def computed_while_the_token_was_away(conf: str, nowhere: str) -> tuple[bytes, str, bytes]:
    where = {"module": MODULE, "token": LABEL, "pin": PIN}
    make_key(**where, label="cards")
    key = TokenMaster(**where, label="cards")
    before = key.cmac(bytes(16))
    os.environ["SOFTHSM2_CONF"] = nowhere
    pkcs11.lib(MODULE).reinitialize()
    with pytest.raises(Refused) as refused:
        key.of_card(MATERIAL)
    os.environ["SOFTHSM2_CONF"] = conf
    return before, refused.value.code, key.cmac(bytes(16))


@pytest.mark.refusal("carrier.card_uncheckable")
def test_while_a_token_is_away_no_card_can_be_checked_and_afterwards_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none").mkdir()
    nowhere = tmp_path / "nowhere.conf"
    nowhere.write_text(f"directories.tokendir = {tmp_path}/none\nlog.level = ERROR\n")
    with token(tmp_path) as where:
        conf = where["SOFTHSM2_CONF"]
        monkeypatch.setenv("SOFTHSM2_CONF", conf)
        before, code, after = apart(computed_while_the_token_was_away, conf, str(nowhere))

    assert code == "carrier.card_uncheckable"
    assert before == after


def computed_by_whoever_recovers_first(conf: str, nowhere: str) -> list[bytes]:
    where = {"module": MODULE, "token": LABEL, "pin": PIN}
    for label in ("cards", "others"):
        make_key(**where, label=label)
    pkcs11.lib(MODULE).reinitialize()  # as in a process that makes no key
    first, second = (TokenMaster(**where, label=label) for label in ("cards", "others"))
    before = [each.cmac(bytes(16)) for each in (first, second)]
    os.environ["SOFTHSM2_CONF"] = nowhere
    pkcs11.lib(MODULE).reinitialize()
    with pytest.raises(Refused):
        second.cmac(bytes(16))
    os.environ["SOFTHSM2_CONF"] = conf
    after = [each.cmac(bytes(16)) for each in (second, first)]
    return [*before, *reversed(after)]


def test_whoever_opens_the_token_first_again_nobody_computes_with_anothers_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none").mkdir()
    nowhere = tmp_path / "nowhere.conf"
    nowhere.write_text(f"directories.tokendir = {tmp_path}/none\nlog.level = ERROR\n")
    with token(tmp_path) as where:
        conf = where["SOFTHSM2_CONF"]
        monkeypatch.setenv("SOFTHSM2_CONF", conf)
        found = apart(computed_by_whoever_recovers_first, conf, str(nowhere))

    assert found[:2] == found[2:]
    assert found[0] != found[1]


@pytest.mark.refusal("carrier.card_uncheckable")
def test_a_token_that_does_not_open_is_no_fault_of_the_card(session: Session) -> None:
    in_token = replace(KEPT, open_token=lambda _label: MASTER)
    in_token.add(session, KIND, token_label="cards", now=make.NOON)
    away = KEPT.of_kind(session, KIND)

    with pytest.raises(Refused, match=r"^carrier\.card_uncheckable$"):
        show(a_card(key_version=1).transmit, masters=away)


def test_a_key_in_the_token_is_kept_by_its_label(session: Session) -> None:
    def open_token(label: str) -> MasterKey:
        assert label == "cards"
        return MASTER

    at = Masters(b"s" * 32, open_token=open_token)
    row = at.add(session, KIND, token_label="cards", now=make.NOON)

    assert (row.key_sealed, row.check_value) == (None, MASTER.cmac(bytes(16))[:3])
    assert at.of_kind(session, KIND).of(1) is MASTER


def test_without_a_token_a_key_in_one_says_so(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for token_ in (None, {"module": None}):
        opened = adapter.opener(token_)
        with pytest.raises(SettingsInvalid, match="no token is set"):
            Masters(b"s" * 32, open_token=opened).add(session, KIND, token_label="c", now=make.NOON)
        with pytest.raises(SettingsInvalid, match="no token is set"):
            adapter.make_token_key(token_, "cards")
    monkeypatch.setitem(__import__("sys").modules, "adapters.smartcard.token_master", None)
    with pytest.raises(SettingsInvalid, match=r"taipei-id\[pkcs11\]"):
        adapter._token_module()
