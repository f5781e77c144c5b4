"""The program with a real pcscd, real OpenSC and virtual readers (tests/cards)."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest
from smartcard import scard

from adapters import web_eid
from adapters.agent import cli, cryptoki, once, pcsc, server, tokens
from adapters.agent.library import ModuleWay
from adapters.agent.pcsc import PcscReaders
from adapters.agent.readers import Seen, State
from adapters.agent.tokens import WithTokens
from adapters.agent.troubles import Trouble
from adapters.agent.ways import PivWay, Way, recognise
from demo.cards.issuing import issue, new_key
from demo.cards.readers import SoftReaders
from tests import make
from tests.agent import soft_token
from tests.agent.people import FORM, NONCE, ORIGIN, PIN, RSA_FORM, Typist, agent
from tests.agent.soft_token import Token
from tests.agent.test_agent_cards import with_usage
from tests.cards.farm import SOCKET_VARIABLE, Farm

MAKER = "demo.cards.issuing:piv_card"
OPENSC = next(Path("/usr/lib").glob("*/opensc-pkcs11.so"))
READERS = PcscReaders()


def foreign_card() -> "Foreign":
    return Foreign()


class Foreign:
    """A card of a kind nobody here knows."""

    atr = bytes.fromhex("3b00")

    def reset(self) -> None:
        pass

    def transmit(self, apdu: bytes) -> bytes:
        return b"\x6a\x82"


def checked(reply_token: dict[str, str]) -> web_eid.Token:
    token = web_eid.read(json.dumps(reply_token))
    web_eid.require_signed(token, origin=ORIGIN, nonce=NONCE)
    return token


def ways(kind: str) -> list[Way]:
    return [PivWay(READERS)] if kind == "piv" else [ModuleWay(READERS, str(OPENSC))]


@pytest.mark.clause("2(3)")
@pytest.mark.parametrize("kind", ["piv", "opensc"])
@pytest.mark.parametrize("form", [FORM, RSA_FORM])
def test_a_card_in_a_real_reader_signs(farm: Farm, kind: str, form: object) -> None:
    farm.insert(0, MAKER, form)
    typist = Typist()
    with agent(READERS, typist, ways(kind)) as page:
        reply = page.authenticate()

    checked(reply.json["token"])
    assert typist.asked[0].reader == farm.readers[0]
    assert farm.get(0, "signed") == 1


@pytest.mark.parametrize("kind", ["piv", "opensc"])
def test_afterwards_no_other_program_can_sign_without_the_pin(farm: Farm, kind: str) -> None:
    farm.insert(0, MAKER, FORM)
    with agent(READERS, Typist(), ways(kind)) as page:
        assert page.authenticate().status == 200

    assert farm.get(0, "is_verified") is False
    assert [told for told, _ in farm.log(0)][-1] in {"reset", "off"}


@pytest.mark.parametrize("kind", ["piv", "opensc"])
def test_wrong_pins_are_counted_until_the_card_is_locked(farm: Farm, kind: str) -> None:
    farm.insert(0, MAKER, FORM)
    typist = Typist("000000")
    with agent(READERS, typist, ways(kind)) as page:
        replies = [page.authenticate(letter * 43).json["error"] for letter in "abcd"]

    assert replies[:2] == ["pin_incorrect", "pin_incorrect"]
    assert replies[2:] == ["pin_locked", "pin_locked"]
    assert [each.is_last_try for each in typist.asked] == [False, False, True]
    assert farm.get(0, "tries_left") == 0


@pytest.mark.parametrize("kind", ["piv", "opensc"])
def test_a_card_that_is_cut_in_the_midst_is_an_error_and_the_next_one_works(
    farm: Farm, kind: str
) -> None:
    farm.insert(0, MAKER, FORM)

    class Cutting(Typist):
        def ask(self, request: object) -> str | None:
            farm.cut(0)
            return PIN

    with agent(READERS, Cutting(), ways(kind)) as page:
        assert page.authenticate().json["error"] in {"card_removed", "card_error", "card_unknown"}
    farm.remove(0)
    farm.insert(0, MAKER, FORM)
    with agent(READERS, Typist(), ways(kind)) as page:
        assert page.authenticate().status == 200


@pytest.mark.parametrize("kind", ["piv", "opensc"])
def test_a_card_of_another_kind_is_said_to_be_unknown(farm: Farm, kind: str) -> None:
    farm.insert(0, "tests.agent.test_agent_readers:foreign_card", {})
    with agent(READERS, Typist(), ways(kind)) as page:
        assert page.authenticate().json["error"] == "card_unknown"


def test_what_is_not_piv_goes_to_the_library(farm: Farm) -> None:
    farm.insert(0, MAKER, FORM)
    both: list[Way] = [ModuleWay(READERS, soft_token.MODULE), *ways("piv")]

    way, identity = recognise(both, farm.readers[0])

    assert way is both[1]
    assert identity.certificate == bytes.fromhex(FORM["certificate"])


def test_a_swap_is_noticed_through_the_library_too(farm: Farm) -> None:
    farm.insert(0, MAKER, FORM)
    way = ways("opensc")[0]
    identity = way.identify(farm.readers[0])
    farm.remove(0)
    farm.insert(0, MAKER, RSA_FORM)

    with pytest.raises(Trouble, match="card_removed"):
        way.sign(farm.readers[0], identity, PIN, b"message")


def test_a_card_that_is_gone_has_forgotten_its_pin(farm: Farm) -> None:
    farm.insert(0, MAKER, FORM)
    way = ways("opensc")[0]
    identity = way.identify(farm.readers[0])
    farm.remove(0)

    with pytest.raises(Trouble, match="card_unknown"):
        way.sign(farm.readers[0], identity, PIN, b"message")


def test_a_locked_card_is_not_tried_through_the_library_either(farm: Farm) -> None:
    farm.insert(0, MAKER, FORM)
    way = ways("opensc")[0]
    identity = way.identify(farm.readers[0])
    farm.put(0, "tries_left", 0)

    with pytest.raises(Trouble, match="pin_locked"):
        way.sign(farm.readers[0], identity, PIN, b"message")
    with pytest.raises(Trouble, match="card_error"):
        recognise([ModuleWay(READERS, "/nowhere.so"), way], farm.readers[0])


# What the readers say


def test_a_card_that_says_nothing_is_told_apart() -> None:
    state = scard.SCARD_STATE_PRESENT | scard.SCARD_STATE_MUTE
    mute = pcsc._seen("Upside down", state, [])

    class OneMute(SoftReaders):
        def seen(self) -> tuple[Seen, ...]:
            return (mute,)

    assert mute.state is State.MUTE
    with agent(OneMute({}), Typist()) as page:
        assert page.authenticate().json["error"] == "card_mute"


def test_every_reader_is_seen_with_what_is_in_it(farm: Farm) -> None:
    farm.insert(2, MAKER, FORM)

    seen = READERS.seen()

    assert [each.name for each in seen] == list(farm.readers)
    assert [each.state for each in seen] == [State.EMPTY, State.EMPTY, State.CARD, State.EMPTY]
    assert seen[2].atr.hex() == "3b800181"


def test_a_card_that_comes_is_noticed(farm: Farm) -> None:
    with agent(READERS, Typist()) as page:
        mark = page.post("/v1/status").json["mark"]
        farm.order("insert", slot=1, maker=MAKER, form=FORM)
        while (found := page.post("/v1/status", since=mark).json)["mark"] == mark:
            pass

    shown = {"name": farm.readers[1], "state": "card", "atr": "3b800181"}
    assert shown in found["readers"]
    farm.wait(1, scard.SCARD_STATE_PRESENT)


def test_without_the_service_that_is_said_and_it_may_come_back(farm: Farm) -> None:
    farm.stop_service()
    with agent(READERS, Typist()) as page:
        without = page.post("/v1/status")
        READERS.wait(0.01)
        farm.start_service()
        with_it = page.post("/v1/status")

    assert (without.status, without.json["error"]) == (503, "pcsc_unavailable")
    assert len(with_it.json["readers"]) == 4


def test_a_service_that_ends_while_waiting_is_waited_for(farm: Farm) -> None:
    timer = Timer(0.1, farm.stop_service)
    timer.start()
    READERS.wait(0.5)
    timer.join()
    farm.start_service()

    assert READERS.seen()


def held(farm: Farm, slot: int, mode: int) -> Iterator[None]:
    """Let another program hold the card."""
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _, card, _ = scard.SCardConnect(
        context, farm.readers[slot], mode, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    )
    yield
    scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
    scard.SCardReleaseContext(context)


def test_a_card_that_another_program_holds_is_in_use(farm: Farm) -> None:
    farm.insert(0, MAKER, FORM)
    for _ in held(farm, 0, scard.SCARD_SHARE_EXCLUSIVE):
        assert READERS.seen()[0].state is State.IN_USE
        with agent(READERS, Typist()) as page:
            assert page.authenticate().json["error"] == "reader_in_use"
        with (
            pytest.raises(Trouble, match="reader_in_use"),
            READERS.open(farm.readers[0], resets=False),
        ):
            pass


@pytest.mark.parametrize(("name", "code"), [("No such reader", "no_reader"), ("", "no_card")])
def test_what_is_not_there_cannot_be_opened(farm: Farm, name: str, code: str) -> None:
    with pytest.raises(Trouble, match=code), READERS.open(name or farm.readers[0], resets=False):
        pass


def test_the_doctor_looks_at_real_readers(farm: Farm, capsys: pytest.CaptureFixture[str]) -> None:
    farm.insert(0, MAKER, FORM)

    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor", "--module", "/nowhere.so"])

    assert ended.value.code == 1
    assert f"{farm.readers[0]}: a card that can sign in" in capsys.readouterr().out


# A PKCS#11 token without a card


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Token:
    made = Token(tmp_path, issue(new_key(rsa_key=True), pin=PIN, label="Card", now=make.NOON))
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


def test_a_token_of_any_maker_signs_through_its_library(token: Token) -> None:
    token.write(with_usage(digital_signature=False), "02")
    token.write(token.own, "01")

    identity = once.run(cryptoki.identify, soft_token.MODULE, token.slot, seconds=60)
    arguments = (soft_token.MODULE, token.slot, identity)
    signature = once.run(cryptoki.sign, *arguments, PIN, b"message", seconds=60)

    assert identity.certificate == token.own
    assert len(signature) == 256
    with pytest.raises(Trouble, match="pin_incorrect"):
        once.run(cryptoki.sign, *arguments, "000000", b"message", seconds=60)


def test_a_card_put_in_meanwhile_is_not_tried_with_the_pin_of_the_first(
    token: Token, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token.write(token.own, "01")
    identity = once.run(cryptoki.identify, soft_token.MODULE, token.slot, seconds=60)
    (tmp_path / "other").mkdir()
    form = issue(new_key(rsa_key=True), pin="654321", label="Other", now=make.NOON)
    other = Token(tmp_path / "other", form)
    other.write(other.own, "01")
    for name, value in other.environment.items():
        monkeypatch.setenv(name, value)

    arguments = (soft_token.MODULE, other.slot, identity, PIN, b"message")
    with pytest.raises(Trouble, match="card_removed"):  # and not that the PIN is wrong
        once.run(cryptoki.sign, *arguments, seconds=60)


def test_a_token_whose_certificates_only_decrypt_does_not_sign_in(token: Token) -> None:
    token.write(with_usage(digital_signature=False), "01")

    with pytest.raises(Trouble, match="card_unknown"):
        once.run(cryptoki.identify, soft_token.MODULE, token.slot, seconds=60)


def test_a_library_that_is_none_is_an_error() -> None:
    with pytest.raises(Trouble, match="card_error"):
        once.run(cryptoki.identify, "/nowhere.so", "reader", seconds=60)


def test_a_token_is_offered_by_its_name_beside_the_readers(farm: Farm, token: Token) -> None:
    token.write(token.own, "01")
    farm.insert(0, MAKER, FORM)
    both = tokens.beside(READERS, soft_token.MODULE)
    with agent(both, Typist(), cli.ways_to_cards(both, str(OPENSC), soft_token.MODULE)) as page:
        seen = page.post("/v1/status").json["readers"]
        unsaid = page.authenticate("a" * 43)
        reply = page.authenticate(reader="t")

    assert [(each["name"], each["state"]) for each in seen][-1] == ("t", "token")
    assert unsaid.json["error"] == "several_cards"
    assert checked(reply.json["token"]).certificate == token.own
    assert farm.get(0, "signed") == 0


def test_a_token_needs_no_card_service(farm: Farm, token: Token) -> None:
    token.write(token.own, "01")
    both = WithTokens(READERS, ["t"])
    farm.stop_service()
    try:
        with agent(both, Typist(), [ModuleWay(both, soft_token.MODULE)]) as page:
            reply = page.authenticate()
        with pytest.raises(Trouble, match="pcsc_unavailable"):
            WithTokens(READERS, []).seen()
    finally:
        farm.start_service()

    checked(reply.json["token"])


def test_nothing_is_said_to_a_token_but_by_its_library(token: Token) -> None:
    with (
        pytest.raises(Trouble, match="card_unknown"),
        WithTokens(READERS, ["t"]).open("t", resets=True),
    ):
        pass


def test_readers_stay_what_they_are_beside_tokens(farm: Farm) -> None:
    farm.insert(0, MAKER, FORM)
    both = WithTokens(READERS, ["t"])

    both.wait(0.01)
    with both.open(READERS.seen()[0].name, resets=True) as transmit:
        assert transmit(bytes.fromhex("00A4040000"))
    assert tokens.beside(READERS, None) is READERS


def test_a_library_without_tokens_offers_none(token: Token) -> None:
    assert tokens.names_in(soft_token.MODULE) == ("t",)
    with pytest.raises(Trouble, match="card_error"):
        tokens.names_in("/nowhere.so")


def test_the_port_is_fixed_and_has_two_spares() -> None:
    assert len(set(server.PORTS)) == 3
    assert SOCKET_VARIABLE not in os.environ or os.environ[SOCKET_VARIABLE]
