import os
import socket
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from threading import Event, Thread

import pytest
import requests
from rich.console import Console

from demo import run, supervisor
from demo.addresses import FIXED, Address
from demo.announce import show
from demo.supervisor import DemoStopped, Program

SITE = "tests.demo.tiny:application()"


@pytest.fixture
def address() -> Address:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return Address("TAIPEI_ID_DEMO_LIBRARY", "localhost", probe.getsockname()[1])


@pytest.fixture
def taken() -> Iterator[int]:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_an_occupied_port_is_named_with_the_variable_that_moves_it(taken: int) -> None:
    with pytest.raises(DemoStopped, match=f"port {taken} .*TAIPEI_ID_DEMO_MERCHANT=localhost:"):
        supervisor.require_free([Address("TAIPEI_ID_DEMO_MERCHANT", "localhost", taken)])


def test_the_demo_does_not_start_on_an_occupied_port(taken: int, tmp_path: Path) -> None:
    environment = {
        "TAIPEI_ID_DEMO_PROVIDER": f"localhost:{taken}",
        "TAIPEI_ID_DEMO_DATA": str(tmp_path / "data"),
    }

    with pytest.raises(DemoStopped):
        run.run(environment, Console(file=StringIO()), Event())

    assert not (tmp_path / "data").exists()


def test_the_shell_s_settings_do_not_leak_into_the_demo(tmp_path: Path) -> None:
    shell = {
        "TAIPEI_ID_CONFIG": "/etc/taipei-id.toml",
        "TAIPEI_ID_ISSUER": "https://id.example.taipei",
        "PATH": "/bin",
    }

    told = run.child_environment(shell, FIXED, tmp_path)

    assert told["TAIPEI_ID_ISSUER"] == "http://localhost:8600"
    assert told["TAIPEI_ID_DEMO"] == "1"
    assert "TAIPEI_ID_CONFIG" not in told
    assert told["PATH"] == "/bin"


@pytest.mark.slow
def test_a_program_answers_while_it_runs_and_is_gone_with_its_children(
    address: Address, tmp_path: Path
) -> None:
    program = Program("library", SITE, address, 2, "/")

    with supervisor.running([program], os.environ, tmp_path) as started:
        supervisor.wait_until_ready(started, Event())
        assert requests.get(f"{address.origin}/", timeout=5).text == "hello"
        group = started[0].process.pid

    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


@pytest.mark.slow
def test_a_program_that_dies_is_named_with_the_end_of_its_log(
    address: Address, tmp_path: Path
) -> None:
    program = Program("library", "tests.demo.tiny:broken()", address, 1, "/")

    with (
        pytest.raises(DemoStopped, match=r"(?s)the library ended by itself.*a broken site"),
        supervisor.running([program], os.environ, tmp_path) as started,
    ):
        supervisor.wait_until_ready(started, Event())


@pytest.mark.slow
def test_being_told_to_stop_ends_the_waiting(address: Address, tmp_path: Path) -> None:
    program = Program("library", "tests.demo.tiny:sleeping()", address, 1, "/")
    stop = Event()

    with supervisor.running([program], os.environ, tmp_path) as started:
        Thread(target=stop.set).start()
        supervisor.wait_until_ready(started, stop)

    assert started[0].process.poll() is not None


def test_the_terminal_says_where_to_go_and_whom_to_be(tmp_path: Path) -> None:
    written = StringIO()

    show(Console(file=written, width=120), FIXED, tmp_path)

    text = written.getvalue()
    assert "http://localhost:8600/demo" in text
    assert "http://localhost:8601/" in text
    assert "mei.chen" in text
    assert "Ctrl-C" in text
