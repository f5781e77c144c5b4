"""Run the card program of the demo: cards made of software, and its own window asks for the PIN."""

import os

from adapters.agent.gates import Gates
from adapters.agent.page_prompt import PagePrompt
from adapters.agent.program import Program
from adapters.agent.server import Server
from adapters.agent.signing import Signing
from adapters.agent.ways import PivWay
from demo import addresses, setup, wallet
from demo.desk import Desk
from kernel import clock


def main() -> None:
    """Serve until somebody ends it."""
    used = addresses.read(os.environ)
    now = clock.now()
    cards = {each.id: wallet.made(each, now=now) for each in wallet.owned()}
    desk, prompt = Desk(setup.data_folder(os.environ), cards), PagePrompt()
    server = Server(used.agent.port)
    server.program = Program(
        gates=Gates(origins=frozenset({used.provider.origin}), port=server.port),
        readers=desk,
        signing=Signing(desk, [PivWay(desk)], prompt),
        page_prompt=prompt,
    )
    server.serve_forever()
