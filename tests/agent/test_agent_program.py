"""The rest of the program: its window for the PIN, its child processes, its commands."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters.agent import cli, doctor, once, prompts, server
from adapters.agent.prompts import Pinentry, Terminal
from adapters.agent.readers import Seen
from adapters.agent.signing import PinRequest
from adapters.agent.troubles import Trouble
from adapters.agent.ways import PivWay
from demo.cards.card import Card
from demo.cards.readers import SoftReaders
from tests.agent.people import ORIGIN, PIN, a_card

REQUEST = PinRequest(origin=ORIGIN, reader="Soft 0", tries_left=3)
LAST = PinRequest(origin=ORIGIN, reader="Soft 0", tries_left=1)
UNKNOWN = PinRequest(origin=ORIGIN, reader="Soft 0", tries_left=None)


# Asking for the PIN


def test_the_person_reads_who_asks_and_how_many_tries_are_left() -> None:
    assert ORIGIN in prompts.words(REQUEST)
    assert "3" in prompts.words(REQUEST)
    assert prompts.LAST_TRY in prompts.words(LAST)
    assert "tries" not in prompts.words(UNKNOWN)


def test_the_terminal_shows_the_words_and_takes_the_pin() -> None:
    shown: list[str] = []

    def read(text: str) -> str:
        shown.append(text)
        return PIN

    assert Terminal(read).ask(REQUEST) == PIN
    assert ORIGIN in shown[0]


def test_an_empty_line_or_the_end_of_the_terminal_is_a_no() -> None:
    def ended(_: str) -> str:
        raise EOFError

    assert Terminal(lambda _: "").ask(REQUEST) is None
    assert Terminal(ended).ask(REQUEST) is None


def pinentry(folder: Path, answer: str) -> str:
    """Write a program that answers as pinentry does, and notes what it was told."""
    program = folder / "pinentry"
    script = f"""#!{sys.executable}
import pathlib, sys
told = sys.stdin.read()
pathlib.Path({str(folder / "told")!r}).write_text(told, encoding="utf-8")
print("OK Pleased to meet you")
print({answer!r})
"""
    program.write_text(script, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def test_pinentry_is_told_line_by_line_and_its_answer_is_read(tmp_path: Path) -> None:
    pin = Pinentry(pinentry(tmp_path, "D 12%2534")).ask(LAST)
    told = (tmp_path / "told").read_text(encoding="utf-8").splitlines()

    assert pin == "12%34"
    assert [line.split()[0] for line in told] == [
        "SETTITLE",
        "SETDESC",
        "SETPROMPT",
        "GETPIN",
        "BYE",
    ]
    assert "https://id.invalid" in told[1]
    assert "%0A" in told[1]


def test_a_closed_window_is_a_no(tmp_path: Path) -> None:
    assert Pinentry(pinentry(tmp_path, "ERR 83886179 Operation cancelled")).ask(REQUEST) is None
    assert Pinentry("/nowhere/pinentry").ask(REQUEST) is None


# A process of its own


def echo(text: str) -> str:
    return text


def troubled() -> None:
    raise Trouble("pin_incorrect", tries_left=2)


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def stuck() -> None:
    time.sleep(600)


def test_a_child_returns_what_its_function_returns() -> None:
    assert once.run(echo, "value", seconds=60) == "value"


def test_a_childs_trouble_is_ours() -> None:
    with pytest.raises(Trouble) as caught:
        once.run(troubled, seconds=60)

    assert (caught.value.code, caught.value.tries_left) == ("pin_incorrect", 2)


@pytest.mark.parametrize(("function", "seconds"), [(killed, 60), (stuck, 0.1)])
def test_a_child_that_dies_or_hangs_is_an_error_and_nothing_worse(
    function: object, seconds: float
) -> None:
    assert callable(function)
    with pytest.raises(Trouble, match="card_error"):
        once.run(function, seconds=seconds)


# Its commands


def lines(
    cards: dict[str, Card | None], pinentry_program: str | None = sys.executable
) -> list[str]:
    readers = SoftReaders(cards)
    found = doctor.findings(readers, [PivWay(readers)], pinentry_program)
    return [f"{is_well} {line}" for is_well, line in found]


def test_the_doctor_says_what_it_sees() -> None:
    locked, last = a_card(), a_card()
    locked.tries_left, last.tries_left = 0, 1
    cards: dict[str, Card | None] = {"A": a_card(), "B": None, "C": locked, "D": last}

    found = lines(cards)

    assert found[1] == "True card readers: 4"
    assert found[2] == "True A: a card that can sign in"
    assert found[3] == "True B: no card"
    assert found[4].startswith("False C: its PIN is locked")
    assert found[5].startswith("False D: only one try")


def test_the_doctor_says_what_to_do() -> None:
    class Foreign:
        atr = b"\x3b\x00"

        def reset(self) -> None:
            pass

        def transmit(self, apdu: bytes) -> bytes:
            return b"\x6a\x82"

    assert lines({}, "no-such-program")[0].endswith("or start with --terminal")
    assert lines({}, None)[0] == "True window for the PIN: none wanted; the terminal asks"
    assert lines({})[1] == "False card readers: none; plug one in"
    assert "--module" in lines({"A": Foreign()})[2]


@pytest.mark.parametrize("command", ["run", "doctor"])
def test_a_library_that_does_not_open_ends_with_its_name(command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--tokens", "/nowhere.so", "--port", "0"])

    assert str(ended.value.code).startswith("--tokens /nowhere.so: ")


def test_the_doctor_says_that_the_service_is_missing() -> None:
    class Absent(SoftReaders):
        def seen(self) -> tuple[Seen, ...]:
            raise Trouble("pcsc_unavailable")

    readers = Absent({})

    assert list(doctor.findings(readers, [], sys.executable))[1] == (
        False,
        doctor.ADVICE["pcsc_unavailable"],
    )


def test_the_doctor_looks_for_the_library_that_was_named() -> None:
    assert doctor.module_line("")[0]
    assert doctor.module_line(sys.executable) == (True, f"PKCS#11 library: {sys.executable}")
    assert not doctor.module_line("/nowhere.so")[0]


@pytest.mark.parametrize(
    "arguments", [["--origin", "https://*.taipei"], ["--origin", "http://id.invalid"], ["run!"]]
)
def test_a_wrong_option_ends_with_its_name(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)

    assert ended.value.code == 2


def test_it_starts_for_the_listed_origins_and_ends_at_ctrl_c(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served: list[server.Server] = []

    def interrupted(self: server.Server, poll_interval: float = 0.5) -> None:
        served.append(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(server.Server, "serve_forever", interrupted)

    cli.main(["--port", "0", "--terminal", "--module", "", "--origin", "https://id.invalid"])
    cli.main(["--port", "0"])

    first, second = served
    assert first.program is not None
    assert first.program.gates.origins == {"https://id.invalid"}
    assert second.program is not None
    assert second.program.gates.origins == {cli.SERVICE}
    assert f"listens on 127.0.0.1:{first.port}" in capsys.readouterr().out


def test_the_service_starts_without_card_readers_and_tokens() -> None:
    blocked = (
        "import sys; sys.modules['smartcard'] = sys.modules['pkcs11'] = None\n"
        "import web.app, web.cli, idp.signing, adapters.passkey.adapter\n"
        "assert not [name for name in sys.modules if name.startswith('adapters.agent')]\n"
    )

    subprocess.run([sys.executable, "-c", blocked], check=True, cwd=Path(__file__).parents[2])
