"""Look whether a card could be used here, and say what to do where it could not."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from adapters.agent import ways
from adapters.agent.readers import Readers, Seen, State
from adapters.agent.troubles import Trouble
from adapters.agent.ways import Way

ADVICE = {
    "pcsc_unavailable": "no card service: install pcscd and start it (Windows and macOS have one)",
    "card_unknown": "a card this program cannot sign with; name its PKCS#11 library with --module",
    "pin_locked": "its PIN is locked: only the issuer of the card can unlock it",
    "reader_in_use": "another program holds the card: close it",
    "card_mute": "the card does not answer: turn it over, or clean its contacts",
}
NO_WINDOW = "none; install pinentry, name it with --pinentry, or start with --terminal"
LAST_TRY = "only one try is left for its PIN: a wrong one locks the card"


def findings(
    readers: Readers, cards: Sequence[Way], pinentry: str | None
) -> Iterator[tuple[bool, str]]:
    """Yield what was looked at: whether it is well, and a line about it.

    `pinentry` is None where the terminal asks for the PIN.
    """
    yield _prompt(pinentry)
    try:
        seen = readers.seen()
    except Trouble as trouble:
        yield False, ADVICE[trouble.code]
        return
    yield bool(seen), f"card readers: {len(seen) or 'none; plug one in'}"
    for each in seen:
        yield _card(each, cards)


def _prompt(pinentry: str | None) -> tuple[bool, str]:
    if pinentry is None:
        return True, "window for the PIN: none wanted; the terminal asks"
    found = shutil.which(pinentry)
    return bool(found), f"window for the PIN: {found or NO_WINDOW}"


def _card(seen: Seen, cards: Sequence[Way]) -> tuple[bool, str]:
    if seen.state is State.EMPTY:
        return True, f"{seen.name}: no card"
    try:
        _, identity = ways.recognise(cards, seen.name)
    except Trouble as trouble:
        return False, f"{seen.name}: {ADVICE.get(trouble.code, trouble.code)}"
    if identity.tries_left == 0:
        return False, f"{seen.name}: {ADVICE['pin_locked']}"
    if identity.tries_left == 1:
        return False, f"{seen.name}: {LAST_TRY}"
    return True, f"{seen.name}: a card that can sign in"


def module_line(module: str) -> tuple[bool, str]:
    """Return whether the PKCS#11 library is there, if one is wanted at all."""
    if not module:
        return True, "PKCS#11 library: none; PIV cards need none"
    return Path(module).exists(), f"PKCS#11 library: {module}"
