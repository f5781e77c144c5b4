"""Start the card program, or look whether it could work here: `taipei-id-agent`."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from adapters.agent import doctor, gates, server, tokens
from adapters.agent.gates import Gates
from adapters.agent.library import ModuleWay
from adapters.agent.pcsc import PcscReaders
from adapters.agent.program import Program
from adapters.agent.prompts import Pinentry, Terminal
from adapters.agent.readers import Readers
from adapters.agent.server import Server
from adapters.agent.signing import Prompt, Signing
from adapters.agent.troubles import Trouble
from adapters.agent.ways import PivWay, Way

SERVICE = "https://id.gov.taipei"
# Where distributions put OpenSC; a card's maker may bring a library of its own.
OPENSC = (
    *sorted(map(str, Path("/usr/lib").glob("*/opensc-pkcs11.so"))),
    "/Library/OpenSC/lib/opensc-pkcs11.so",
    "C:/Program Files/OpenSC Project/OpenSC/pkcs11/opensc-pkcs11.dll",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until Ctrl-C; `doctor` looks and ends, with 1 if something is missing."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    readers = _readers(options.tokens)
    cards = ways_to_cards(readers, options.module, options.tokens)
    if options.command == "doctor":
        sys.exit(_examine(readers, cards, options))
    prompt: Prompt = Terminal() if options.terminal else Pinentry(options.pinentry)
    started = start(server.listen(options.ports), readers, Signing(readers, cards, prompt), options)
    print(f"taipei-id-agent listens on {server.ADDRESS}:{started.port}", flush=True)  # noqa: T201  # a program's greeting
    serve(started)


def _readers(module: str) -> Readers:
    """Return the readers, and beside them the tokens of a library; end if it is none."""
    try:
        return tokens.beside(PcscReaders(), module)
    except Trouble:
        sys.exit(f"--tokens {module}: this PKCS#11 library does not open; see docs/agent.md")


def start(made: Server, readers: Readers, signing: Signing, options: argparse.Namespace) -> Server:
    """Give a server its program."""
    allowed = Gates(origins=frozenset(options.origin or [SERVICE]), port=made.port)
    made.program = Program(gates=allowed, readers=readers, signing=signing)
    return made


def serve(started: Server) -> None:
    """Answer until Ctrl-C."""
    try:
        started.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        started.server_close()


def ways_to_cards(readers: Readers, *modules: str) -> list[Way]:
    """Return PIV, and the libraries that there are."""
    by_library = [ModuleWay(readers, module) for module in modules if module]
    return [PivWay(readers), *by_library]


def _examine(readers: Readers, cards: Sequence[Way], options: argparse.Namespace) -> int:
    lines = [doctor.module_line(options.module)]
    pinentry = None if options.terminal else options.pinentry
    lines += doctor.findings(readers, cards, pinentry)
    for is_well, line in lines:
        print(f"{'ok  ' if is_well else 'look'}  {line}")  # noqa: T201  # a command's answer
    return 0 if all(is_well for is_well, _ in lines) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="taipei-id-agent", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("run", "doctor"), default="run")
    parser.add_argument(
        "--origin", action="append", type=_origin, help=f"a site that may ask ({SERVICE})"
    )
    found = next((each for each in OPENSC if Path(each).exists()), "")
    parser.add_argument("--module", default=found, help=f"PKCS#11 library ({found or 'none'})")
    parser.add_argument(
        "--tokens", default="", help="PKCS#11 library whose tokens are in no reader"
    )
    parser.add_argument("--pinentry", default="pinentry", help="program that asks for the PIN")
    parser.add_argument("--terminal", action="store_true", help="ask for the PIN here")
    parser.add_argument("--port", dest="ports", type=_port, default=server.PORTS)
    return parser


def _origin(text: str) -> str:
    if not gates.is_origin(text):
        raise argparse.ArgumentTypeError("write https://name, without a path")
    return text


def _port(text: str) -> tuple[int, ...]:
    return (int(text),)
