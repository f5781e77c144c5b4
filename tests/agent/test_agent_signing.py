import base64
import json
from threading import Event, Thread

import pytest

from adapters import web_eid
from adapters.agent.page_prompt import PagePrompt
from adapters.agent.signing import PinRequest
from demo.cards import card
from demo.cards.readers import SoftReaders
from tests.agent.people import NONCE, ORIGIN, PIN, Caller, Typist, a_card, agent

READER = "Soft 0"


@pytest.mark.clause("7(6)")
@pytest.mark.parametrize("rsa_key", [False, True])
def test_a_card_signs_the_origin_of_the_page_and_its_nonce(rsa_key: bool) -> None:  # noqa: FBT001
    shown, typist = a_card(rsa_key=rsa_key), Typist()
    with agent(SoftReaders({READER: shown}), typist) as page:
        reply = page.authenticate()

    token = web_eid.read(json.dumps(reply.json["token"]))
    web_eid.require_signed(token, origin=ORIGIN, nonce=NONCE)
    assert token.certificate == shown.certificate
    assert typist.asked == [PinRequest(origin=ORIGIN, reader=READER, tries_left=3)]


def test_the_page_cannot_say_that_it_is_another() -> None:
    with agent(SoftReaders({READER: a_card()}), Typist()) as page:
        reply = page.authenticate(origin="https://bank.invalid")

    web_eid.require_signed(
        web_eid.read(json.dumps(reply.json["token"])), origin=ORIGIN, nonce=NONCE
    )


def test_after_a_signature_the_card_wants_its_pin_again() -> None:
    shown = a_card()
    with agent(SoftReaders({READER: shown}), Typist()) as page:
        assert page.authenticate().status == 200

    assert not shown.is_verified


@pytest.mark.parametrize(
    ("cards", "code"),
    [
        ({}, "no_reader"),
        ({READER: None}, "no_card"),
        ({READER: a_card(), "Soft 1": a_card()}, "several_cards"),
    ],
)
def test_what_is_missing_is_said(cards: dict[str, card.Card | None], code: str) -> None:
    with agent(SoftReaders(cards), Typist()) as page:
        assert page.authenticate().json["error"] == code


def test_of_several_cards_the_chosen_one_signs() -> None:
    first, second = a_card(), a_card(rsa_key=True)
    with agent(SoftReaders({READER: first, "Soft 1": second}), Typist()) as page:
        reply = page.authenticate(reader="Soft 1")

    certificate = base64.b64decode(reply.json["token"]["unverifiedCertificate"])
    assert certificate == second.certificate


def test_a_reader_that_is_not_there_is_none() -> None:
    with agent(SoftReaders({READER: a_card()}), Typist()) as page:
        assert page.authenticate(reader="Other").json["error"] == "no_reader"


def test_a_wrong_pin_says_how_many_tries_are_left_and_is_not_tried_again() -> None:
    shown = a_card()
    with agent(SoftReaders({READER: shown}), Typist("000000")) as page:
        reply = page.authenticate()

    assert (reply.status, reply.json) == (422, {"error": "pin_incorrect", "tries_left": 2})
    assert shown.tries_left == 2


def test_before_the_last_try_the_person_is_warned() -> None:
    shown, typist = a_card(), Typist(None)
    shown.tries_left = 1
    with agent(SoftReaders({READER: shown}), typist) as page:
        reply = page.authenticate()

    assert typist.asked[0].is_last_try
    assert reply.json["error"] == "user_cancelled"
    assert shown.tries_left == 1


def test_the_wrong_last_try_locks_the_card() -> None:
    shown = a_card()
    shown.tries_left = 1
    with agent(SoftReaders({READER: shown}), Typist("000000")) as page:
        reply = page.authenticate()

    assert reply.json == {"error": "pin_locked", "tries_left": 0}


def test_a_locked_card_asks_for_no_pin() -> None:
    shown, typist = a_card(), Typist()
    shown.tries_left = 0
    with agent(SoftReaders({READER: shown}), typist) as page:
        reply = page.authenticate()

    assert reply.json == {"error": "pin_locked", "tries_left": 0}
    assert not typist.asked


@pytest.mark.parametrize("pin", ["", "123", "123456789", "密碼密碼", "1234\n"])
def test_what_cannot_be_a_pin_costs_no_try(pin: str) -> None:
    shown = a_card()
    with agent(SoftReaders({READER: shown}), Typist(pin)) as page:
        reply = page.authenticate()

    assert reply.json["error"] == "pin_malformed"
    assert shown.tries_left == 3


def test_a_card_swapped_while_the_pin_was_typed_is_noticed() -> None:
    readers = SoftReaders({READER: a_card()})
    other = a_card(rsa_key=True)

    class Swapper(Typist):
        def ask(self, request: PinRequest) -> str | None:
            readers.put(READER, other)
            return PIN

    with agent(readers, Swapper()) as page:
        reply = page.authenticate()

    assert reply.json["error"] == "card_removed"
    assert other.signed == 0


def test_a_card_pulled_out_while_the_pin_was_typed_is_noticed() -> None:
    readers = SoftReaders({READER: a_card()})

    class Puller(Typist):
        def ask(self, request: PinRequest) -> str | None:
            readers.put(READER, None)
            return PIN

    with agent(readers, Puller()) as page:
        assert page.authenticate().json["error"] == "no_card"


def test_one_card_does_one_thing_at_a_time() -> None:
    asked, go_on = Event(), Event()

    class Slow(Typist):
        def ask(self, request: PinRequest) -> str | None:
            asked.set()
            go_on.wait(10)
            return PIN

    with agent(SoftReaders({READER: a_card()}), Slow()) as page:
        replies: list[int] = []
        first = Thread(target=lambda: replies.append(page.authenticate().status))
        first.start()
        asked.wait(10)
        second = page.authenticate("o" * 43)
        go_on.set()
        first.join()

    assert (second.status, second.json["error"]) == (409, "busy")
    assert replies == [200]


# What the readers hold


def test_the_page_hears_what_is_in_the_readers_and_when_it_changes() -> None:
    readers = SoftReaders({READER: None})
    with agent(readers, Typist()) as page:
        first = page.post("/v1/status").json
        later = page.post("/v1/status", since=first["mark"]).json
        readers.put(READER, a_card())
        last = page.post("/v1/status", since=first["mark"]).json

    assert first["readers"] == [{"name": READER, "state": "empty", "atr": ""}]
    assert later["mark"] == first["mark"]
    assert last["readers"] == [{"name": READER, "state": "card", "atr": "3b800181"}]


# The program's own window


def own(page: Caller) -> Caller:
    return Caller(page.port, f"http://127.0.0.1:{page.port}").pair()


def test_the_window_speaks_for_the_page_that_opened_it() -> None:
    with agent(SoftReaders({READER: a_card()}), Typist()) as page:
        window = own(page)
        reply = window.authenticate(origin=ORIGIN)
        refused = window.authenticate("o" * 43, origin="https://evil.invalid")

    token = web_eid.read(json.dumps(reply.json["token"]))
    web_eid.require_signed(token, origin=ORIGIN, nonce=NONCE)
    assert (refused.status, refused.json["error"]) == (403, "origin_not_allowed")


@pytest.mark.parametrize("path", ["/window", "/window/en?x=1", "/window.js", "/window.css"])
def test_the_window_is_a_page_that_loads_nothing_from_elsewhere(path: str) -> None:
    with agent(SoftReaders({}), Typist()) as page:
        reply = page.send("GET", path, Origin=None)

    assert reply.status == 200
    assert reply.body
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]


def test_a_card_made_of_software_takes_its_pin_from_the_window() -> None:
    prompt = PagePrompt()
    with agent(SoftReaders({READER: a_card()}), prompt, page_prompt=prompt) as page:
        window = own(page)
        replies: list[int] = []
        signing = Thread(target=lambda: replies.append(page.authenticate().status))
        signing.start()
        while not (pending := window.post("/v1/pending").json["pending"]):
            pass
        assert window.post("/v1/pin", pin=PIN).json == {}
        signing.join()

    assert pending == {"origin": ORIGIN, "reader": READER, "tries_left": 3}
    assert replies == [200]


def test_the_window_may_say_no_and_answers_nothing_that_was_not_asked() -> None:
    prompt = PagePrompt()
    with agent(SoftReaders({READER: a_card()}), prompt, page_prompt=prompt) as page:
        window = own(page)
        assert window.post("/v1/pending").json == {"pending": None}
        assert window.post("/v1/pin", pin=PIN).json["error"] == "bad_request"
        replies: list[str] = []
        signing = Thread(target=lambda: replies.append(page.authenticate().json["error"]))
        signing.start()
        while not window.post("/v1/pending").json["pending"]:
            pass
        window.post("/v1/pin", pin="")
        signing.join()

    assert replies == ["user_cancelled"]


def test_a_question_nobody_answers_is_a_no() -> None:
    request = PinRequest(origin=ORIGIN, reader=READER, tries_left=None)

    assert PagePrompt(patience_seconds=0.01).ask(request) is None


def test_no_page_may_ask_for_or_answer_the_pin() -> None:
    prompt = PagePrompt()
    with agent(SoftReaders({}), prompt, page_prompt=prompt) as page:
        assert page.post("/v1/pending").status == 403
        assert page.post("/v1/pin", pin=PIN).status == 403
    with agent(SoftReaders({}), Typist()) as page:
        assert own(page).post("/v1/pending").status == 403
