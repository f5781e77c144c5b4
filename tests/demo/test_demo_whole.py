"""The whole demo, started and ended the way `make demo` does."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import socket
from time import monotonic, sleep

import pytest
import requests

pytestmark = pytest.mark.slow

START = "from demo.run import main; main()"
PATIENCE_SECONDS = 60


def four_ports() -> list[int]:
    probes = [socket() for _ in range(4)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    provider, library, merchant, agent = four_ports()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("TAIPEI_ID")},
        "TAIPEI_ID_DEMO_PROVIDER": f"localhost:{provider}",
        "TAIPEI_ID_DEMO_LIBRARY": f"localhost:{library}",
        "TAIPEI_ID_DEMO_MERCHANT": f"localhost:{merchant}",
        "TAIPEI_ID_DEMO_AGENT": f"127.0.0.1:{agent}",
        "TAIPEI_ID_DEMO_DATA": str(tmp_path / "data"),
    }


@pytest.fixture
def demo(environment: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (tmp_path / "printed").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", START], env=environment, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


def wait_for_start(process: subprocess.Popen[bytes], printed: Path) -> str:
    deadline = monotonic() + PATIENCE_SECONDS
    while "Press Ctrl-C" not in printed.read_text():
        assert process.poll() is None, printed.read_text()
        assert monotonic() < deadline, printed.read_text()
        sleep(0.1)
    return printed.read_text()


def is_free(address: str) -> bool:
    with closing(socket()) as probe:
        return probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) != 0


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_answers_and_leaves_nothing_behind(
    demo: subprocess.Popen[bytes],
    environment: dict[str, str],
    tmp_path: Path,
    ending: signal.Signals,
) -> None:
    printed = wait_for_start(demo, tmp_path / "printed")
    addresses = [
        environment[f"TAIPEI_ID_DEMO_{name}"] for name in ("PROVIDER", "LIBRARY", "MERCHANT")
    ]

    assert all(f"http://{address}/" in printed for address in addresses)
    assert requests.get(f"http://{addresses[0]}/demo", timeout=10).status_code == 200
    login = requests.get(f"http://{addresses[1]}/login", timeout=10)
    assert login.url.startswith(f"http://{addresses[0]}/interaction/")
    assert login.status_code == 200
    window = f"http://{environment['TAIPEI_ID_DEMO_AGENT']}/window"
    assert requests.get(window, timeout=10).status_code == 200

    demo.send_signal(ending)

    assert demo.wait(timeout=PATIENCE_SECONDS) == 0
    assert all(is_free(each) for each in [*addresses, environment["TAIPEI_ID_DEMO_AGENT"]])
