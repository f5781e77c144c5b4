from threading import Event

import pytest

from adapters.agent import relaying
from demo.cards.readers import SoftReaders
from tests.agent.people import NONCE, Caller, Reply, Typist, a_card, agent

READER = "Soft 0"
SELECT = "00a404000ba00000030800001000010000"
TRIES = "00cb3fff055c035fc10200"


def relay(page: Caller, command: str = SELECT, nonce: str = NONCE, **more: object) -> Reply:
    return page.post("/v1/relay", nonce=nonce, command=command, **more)


def test_a_command_that_reads_is_passed_on() -> None:
    with agent(SoftReaders({READER: a_card()}), Typist()) as page:
        reply = relay(page)

    assert reply.json["answer"].endswith("9000")


@pytest.mark.parametrize(
    "command",
    [
        "00200080083234363831300000",  # a PIN
        "0087119a047c028200",  # a signature
        "00d6000001ff",  # writing
        "00db3fff00",
        "90c4000000",  # a change of a key
        "00a404",
        "00a4" + "00" * 260,
        "",
    ],
)
def test_a_command_that_could_change_or_prove_something_is_not(command: str) -> None:
    shown = a_card()
    with agent(SoftReaders({READER: shown}), Typist()) as page:
        reply = relay(page, command)

    assert (reply.status, reply.json["error"]) == (403, "command_not_allowed")
    assert shown.tries_left == 3


def test_what_is_no_hexadecimal_is_refused() -> None:
    with agent(SoftReaders({READER: a_card()}), Typist()) as page:
        assert relay(page, "xyz").json["error"] == "bad_request"


def test_an_exchange_has_nine_commands_and_its_nonce_is_good_once() -> None:
    with agent(SoftReaders({READER: a_card()}), Typist()) as page:
        first = [relay(page).status for _ in range(9)]
        tenth = relay(page)

    assert first == [200] * 9
    assert tenth.json["error"] == "bad_nonce"


def test_the_last_command_ends_it() -> None:
    with agent(SoftReaders({READER: a_card()}), Typist()) as page:
        assert relay(page, last=True).status == 200
        assert relay(page).json["error"] == "bad_nonce"
        assert relay(page, nonce="o" * 43).status == 200


def test_another_exchange_waits_until_the_first_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with agent(SoftReaders({READER: a_card()}), Typist()) as page:
        relay(page)
        second = relay(page, nonce="o" * 43)
        assert (second.status, second.json["error"]) == (409, "busy")

        monkeypatch.setattr(relaying, "SECONDS", -1.0)
        assert relay(page, nonce="p" * 43).status == 200
        assert relay(page, nonce="q" * 43).status == 200
        assert page.authenticate("r" * 43).status == 200


def test_a_page_that_does_not_come_back_lets_the_card_go(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, let_go = a_card(), Event()
    monkeypatch.setattr(shown, "reset", let_go.set)
    monkeypatch.setattr(relaying, "SECONDS", 0.1)
    with agent(SoftReaders({READER: shown}), Typist()) as page:
        relay(page)

        assert let_go.wait(5)


def test_a_swap_in_the_midst_ends_it() -> None:
    readers = SoftReaders({READER: a_card()})
    with agent(readers, Typist()) as page:
        relay(page)
        readers.put(READER, a_card())

        assert relay(page).json["error"] == "card_removed"
        assert relay(page).json["error"] == "bad_nonce"


def test_without_a_card_there_is_nobody_to_pass_it_on_to() -> None:
    with agent(SoftReaders({READER: None}), Typist()) as page:
        assert relay(page).json["error"] == "no_card"
