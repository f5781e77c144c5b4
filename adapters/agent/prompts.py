"""Ask for the PIN outside the browser: in pinentry's window, or in the terminal.

pinentry (of GnuPG) is what desktops have for this: it grabs the keyboard, and its window is
nobody's page. It is spoken to line by line (Assuan protocol); `taipei-id-agent doctor` says
whether there is one.
"""

import subprocess
from collections.abc import Callable
from getpass import getpass
from urllib.parse import quote, unquote

from adapters.agent.signing import PinRequest

LAST_TRY = (
    "注意：只剩最後 1 次。再輸入錯誤，卡片就會鎖住。\n"
    "Warning: this is the last try. One more wrong PIN locks the card."
)
TITLE = "Taipei ID 卡片密碼 / card PIN"


def words(request: PinRequest) -> str:
    """Return what the person reads before typing: who asks, which reader, how many tries."""
    lines = [f"{request.origin} 要用這張卡登入。", f"{request.origin} asks this card to sign in."]
    lines.append(f"讀卡機 / Reader: {request.reader}")
    if request.is_last_try:
        lines.append(LAST_TRY)
    elif request.tries_left is not None:
        lines.append(f"還可以試 {request.tries_left} 次 / tries left: {request.tries_left}")
    return "\n".join(lines)


class Terminal:
    """The terminal the program was started in; one question at a time."""

    def __init__(self, read: Callable[[str], str] = getpass) -> None:
        """Read with `read`, which shows nothing of what is typed."""
        self._read = read

    def ask(self, request: PinRequest) -> str | None:
        """Return the PIN; an empty line is a no."""
        try:
            return self._read(f"\n{words(request)}\nPIN: ") or None
        except EOFError:
            return None


class Pinentry:
    """A window of its own."""

    def __init__(self, program: str) -> None:
        """Use this program."""
        self._program = program

    def ask(self, request: PinRequest) -> str | None:
        """Return the PIN, None if the window was closed or could not be opened."""
        orders = [f"SETTITLE {_line(TITLE)}", f"SETDESC {_line(words(request))}"]
        orders += ["SETPROMPT PIN", "GETPIN", "BYE"]
        try:
            answer = subprocess.run(  # noqa: S603  # the program its owner chose
                [self._program],
                input="\n".join(orders) + "\n",
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
        except OSError:
            return None
        found = [line[2:] for line in answer.stdout.splitlines() if line.startswith("D ")]
        return unquote(found[0]) if found else None


def _line(text: str) -> str:
    return quote(text, safe=" :/.,()'")
