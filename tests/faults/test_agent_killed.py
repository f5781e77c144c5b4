"""The card program is killed while a card computes: the page learns it, and the reader is free."""

import http.client
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import pytest

from tests.agent.people import FORM, ORIGIN, PIN, Caller
from tests.agent.test_agent_program import pinentry
from tests.agent.test_agent_readers import MAKER, checked
from tests.cards.farm import Farm
from tests.live.programs import ROOT, free_port

pytestmark = pytest.mark.slow

AGENT = "from adapters.agent.cli import main; main()"


@contextmanager
def _agent(port: int, pin_program: str) -> Iterator[Popen[str]]:
    options = ["--port", str(port), "--origin", ORIGIN, "--module", "", "--pinentry", pin_program]
    command = [sys.executable, "-c", AGENT, *options]
    with Popen(command, cwd=ROOT, stdin=DEVNULL, stdout=PIPE, text=True) as agent:
        assert agent.stdout is not None
        assert "listens" in agent.stdout.readline()
        try:
            yield agent
        finally:
            agent.kill()


def test_a_card_program_killed_in_the_midst_of_a_command_leaves_card_and_reader_usable(
    farm: Farm, tmp_path: Path
) -> None:
    farm.insert(0, MAKER, FORM)
    port, typist = free_port(), pinentry(tmp_path, f"D {PIN}")

    with _agent(port, typist) as agent, ThreadPoolExecutor(1) as pool:
        page = Caller(port).pair()
        farm.hold(0)
        asked = pool.submit(page.authenticate)
        while not farm.holds(0):
            assert not asked.done(), asked.result()
        agent.kill()
        with pytest.raises((http.client.HTTPException, OSError)):
            asked.result(20)
    farm.let_go(0)
    with _agent(port, typist):
        again = Caller(port).pair().authenticate()

    checked(again.json["token"])
    assert farm.get(0, "tries_left") == 3
    assert farm.get(0, "is_verified") is False
