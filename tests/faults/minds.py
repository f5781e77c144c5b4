"""One member's yes to one client, taken back and given anew; what was not answered is found out."""

import re

import requests

from tests.faults.promises import Promised
from tests.live.visitor import Visitor

CONSENTS = "/account/consents"
WITHDRAW = re.compile(rf'href="({CONSENTS}/[0-9a-f-]+/withdraw)"')


class Unanswered(requests.RequestException):
    """A page came that is not the next one."""


class Mind:
    """What a member has told the provider about a client, as far as they were answered.

    Nothing here decides what is right: what was told is counted, and held against the records.
    """

    def __init__(self, issuer: str, request: str, browser: Visitor, promised: Promised) -> None:
        """Go on from where somebody is signed in and has agreed once."""
        self._issuer, self._request = issuer, request
        self._browser, self._promised = browser, promised
        self._agrees = True
        self._said_no = self._is_unsure = False
        promised.agreed += 1

    def change(self) -> None:
        """Withdraw, then agree anew. Raises requests.RequestException if one is not answered."""
        link = self._look()
        if link:
            self._withdraw(link)
        self._agree()

    def require_yes(self) -> None:
        """Find out what an earlier answer left open, and agree if that is not on record.

        Raises requests.RequestException.
        """
        if self._is_unsure and not self._look():
            self._agree()

    def doubt(self) -> None:
        """Ask for the list of consents before anything else is done."""
        self._is_unsure = True

    def find_out(self) -> None:
        """Count what happened though nobody was told of it. Raises requests.RequestException."""
        if self._is_unsure:
            self._look()

    def _look(self) -> str:
        """Return where a yes that is listed can be withdrawn; empty if there is none."""
        self._is_unsure = True
        self._browser.open(self._issuer + CONSENTS)
        _require(self._browser.status == requests.codes.ok)
        found = WITHDRAW.search(self._browser.page)
        if found and not self._agrees:
            self._has_agreed()
        if not found and self._agrees and self._said_no:
            self._has_withdrawn()
        self._is_unsure = False
        return found.group(1) if found else ""

    def _withdraw(self, link: str) -> None:
        self._is_unsure = True
        self._browser.open(self._issuer + link)
        _require(self._browser.shows("withdraw_yes"))
        self._said_no = True
        self._browser.submit("withdraw_yes")
        _require(self._browser.status == requests.codes.ok)
        self._has_withdrawn()

    def _agree(self) -> None:
        self._is_unsure = True
        self._browser.open(self._request)
        _require(self._browser.shows("consent_allow"))
        self._browser.consent()
        _require(self._browser.has_stopped() and "code" in self._browser.answer())
        self._has_agreed()

    def _has_agreed(self) -> None:
        # Asked again though nothing was withdrawn, they count twice: the records have one.
        self._promised.agreed += 1
        self._agrees, self._said_no, self._is_unsure = True, False, False

    def _has_withdrawn(self) -> None:
        self._promised.withdrawn += 1
        self._promised.ended = len(self._promised.tokens)
        self._agrees, self._said_no, self._is_unsure = False, False, False


def _require(answered: bool) -> None:  # noqa: FBT001  # as assert has it
    if not answered:
        raise Unanswered
