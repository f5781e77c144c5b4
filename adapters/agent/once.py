"""Run one function in a process of its own, and let everything it loaded end with it."""

from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from adapters.agent.troubles import Trouble


def run(function: Callable[..., Any], *arguments: object, seconds: float) -> Any:
    # whatever the function returns
    """Return what `function` returns, or raise the Trouble it raises.

    Whatever else happens to the process, a crash of a foreign library or a standstill, is Trouble
    `card_error`.
    """
    processes = get_context("spawn")
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=_child, args=(theirs, function, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(seconds):
            raise Trouble("card_error")
        found, code, tries = ours.recv()
    except EOFError:
        raise Trouble("card_error") from None
    finally:
        _end(process, ours)
    if code:
        raise Trouble(code, tries_left=tries)
    return found


def _end(process: Any, ours: Connection) -> None:  # multiprocessing's SpawnProcess, one a platform
    ours.close()
    process.join(1)
    process.kill()
    process.join()


def _child(answer: Connection, function: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    try:
        answer.send((function(*arguments), "", None))
    except Trouble as trouble:
        answer.send((None, trouble.code, trouble.tries_left))
    answer.close()
