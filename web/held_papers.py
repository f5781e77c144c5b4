"""Open what a number and a code on paper lead to, without an account; hold the paper for a while.

Each guess is counted by the number, and forgotten once the paper was right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from web import apply_throttle, cookies, pages

LONGEST = 64


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One kind of paper: the page that asks for it, the field of its code, the cookie it is in."""

    name: str
    template: str
    code: str

    def asked(self, mistake: str = "", *, flashes: Sequence[str] = ()) -> str:
        """Ask for the number and the code; `flashes` say what led here."""
        return pages.page(
            self.template,
            number=request.form.get("number", "")[:LONGEST],
            errors=[("number", mistake)] if mistake else [],
            flashes=flashes,
        )

    def guessed(self) -> tuple[str, str]:
        """Return what was typed, and count the guess. Raises Refused for one too many."""
        number, code = (request.form.get(name, "")[:LONGEST] for name in ("number", self.code))
        apply_throttle.count_guess(number)
        return number, code

    def refused(self, mistake: str) -> Response:
        """Ask again: number and code lead to nothing."""
        return Response(self.asked(mistake), 422, mimetype="text/html")

    def held(self, number: str, code: str, *, endpoint: str) -> Response:
        """Let the browser keep the paper, and lead on."""
        apply_throttle.forget_guesses(number)
        cookies.keep_pair(self.name, number, code)
        return redirect(url_for(endpoint), 303)
