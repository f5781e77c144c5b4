"""Serve the library: sign in, show the card and what came with it, refresh, read again, leave."""

import os
from typing import Any

from flask import Flask, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from demo.claims import asked_for, fingerprint, shown
from demo.kiosk import Kiosk, picture
from demo.library.events import words_of
from demo.notices import Notices
from demo.setup import Setup, read_setup
from demo.signin import ENDED, STRONG, UNREACHABLE, Claims, SignIn, SignInFailed, Tokens
from demo.site import new_site
from demo.sorry import PAGES
from demo.visits import Visits

CLIENT_ID = "taipei-library"
COOKIE = "library_session"


class Library:
    """The library's pages and what they stand on."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._visits = Visits(setup.database)
        self.app = new_site(__name__, COOKIE, setup, self._visits)
        self._sign_in = SignIn(self.app, setup)
        self._kiosk = Kiosk(setup)
        self._route()
        Notices(
            self.app,
            self._sign_in,
            self._visits,
            template="library/notices.html",
            words_of=words_of,
        )

    def _route(self) -> None:
        self.app.add_url_rule("/", "home", self.home)
        self.app.add_url_rule("/login", "login", self.login)
        self.app.add_url_rule("/card/services", "services", self.services)
        self.app.add_url_rule("/callback", "callback", self.callback)
        self.app.add_url_rule("/card", "card", self.card)
        self.app.add_url_rule("/refresh", "refresh", self.refresh, methods=["POST"])
        self.app.add_url_rule("/reread", "reread", self.reread, methods=["POST"])
        self.app.add_url_rule("/kiosk", "kiosk", self.kiosk)
        self.app.add_url_rule("/kiosk", "kiosk_begin", self.kiosk_begin, methods=["POST"])
        self.app.add_url_rule("/kiosk/look", "kiosk_look", self.kiosk_look, methods=["POST"])
        self.app.add_url_rule("/logout", "logout", self.logout, methods=["POST"])
        self.app.add_url_rule("/signed-out", "signed_out", self.signed_out, methods=["POST"])
        self.app.register_error_handler(SignInFailed, self.sorry)

    def home(self) -> str | Response:
        """Show the front page; after signing out at the provider, say so once."""
        if "state" in request.args:
            session["left"] = self._sign_in.has_left()
            return redirect(url_for("home"))
        return render_template(
            "library/home.html",
            signed_in=self._visit() is not None,
            left=session.pop("left", False),
        )

    def login(self) -> Response:
        """Send the reader to Taipei ID."""
        return self._sign_in.start(self._address("callback"), language=g.lang)

    def services(self) -> Response:
        """Send the reader to prove more: services of the card want more than a password (2(8)2)."""
        return self._sign_in.step_up(self._address("callback"), language=g.lang)

    def kiosk(self) -> str:
        """Show a code to a reader at a computer of the library, or offer one."""
        waiting = self._visits.find(str(session.get("kiosk", "")))
        return render_template(
            "library/kiosk.html",
            waiting=waiting,
            still=session.pop("kiosk_still", False),
            picture=picture(waiting["verification_uri_complete"]) if waiting else "",
        )

    def kiosk_begin(self) -> Response:
        """Take a new code."""
        self._visits.end(str(session.pop("kiosk", "")))
        session["kiosk"] = self._visits.begin(self._kiosk.begin())
        return redirect(url_for("kiosk"), 303)

    def kiosk_look(self) -> Response:
        """Open the card if the reader's phone has agreed."""
        waiting = self._visits.find(str(session.get("kiosk", ""))) or {}
        told = self._kiosk.ask(str(waiting.get("device_code", "")))
        if told is None:
            session["kiosk_still"] = True
            return redirect(url_for("kiosk"), 303)
        self._visits.end(str(session.pop("kiosk", "")))
        return self._open(self._sign_in.checked(told))

    def callback(self) -> Response:
        """Take the answer, ask for the data and open the card."""
        return self._open(self._sign_in.finish())

    def _open(self, tokens: Tokens) -> Response:
        claims = self._sign_in.userinfo(tokens)
        self._forget()
        visit = session["visit"] = self._visits.begin({"tokens": tokens, "claims": claims})
        named = tokens["id_claims"]
        self._visits.know_as(visit, sub=named["sub"], sid=str(named.get("sid", "")))
        return redirect(url_for("card"))

    def card(self) -> str | Response:
        """Show the library card, what was received and what was not."""
        visit = self._visit()
        if visit is None:
            return redirect(url_for("home"))
        tokens, claims = visit["tokens"], visit["claims"]
        return render_template(
            "library/card.html",
            claims=shown(asked_for(self._setup.record), claims),
            name=claims.get("name"),
            sub=claims["sub"],
            number=fingerprint(claims["sub"]).upper(),
            id_claims=tokens["id_claims"],
            strong=tokens["id_claims"].get("acr") == STRONG,
            access=fingerprint(tokens.get("access_token")),
            refresh=fingerprint(tokens.get("refresh_token")),
            may_refresh=bool(tokens.get("refresh_token")),
            note=visit.get("note"),
        )

    def refresh(self) -> Response:
        """Exchange the refresh token and remember how the tokens changed."""
        visit = self._require_visit()
        old = visit["tokens"]
        new = self._sign_in.refresh(old)
        changes = {
            kind: [fingerprint(old.get(f"{kind}_token")), fingerprint(new.get(f"{kind}_token"))]
            for kind in ("access", "refresh")
        }
        return self._noted(new, visit["claims"], {"kind": "refreshed", **changes})

    def reread(self) -> Response:
        """Ask for the data again; an access token that ran out is renewed once."""
        visit = self._require_visit()
        tokens = visit["tokens"]
        try:
            claims = self._sign_in.userinfo(tokens)
        except SignInFailed as failed:
            if failed.reason != ENDED or not tokens.get("refresh_token"):
                raise
            tokens = self._sign_in.refresh(tokens)
            claims = self._sign_in.userinfo(tokens)
        return self._noted(tokens, claims, {"kind": "reread", "at": self._visits.clock()})

    def logout(self) -> Response:
        """Sign out here, then at Taipei ID."""
        visit = self._require_visit()
        self._forget()
        return self._sign_in.leave(visit["tokens"], self._address("home"), language=g.lang)

    def signed_out(self) -> tuple[Any, int]:
        """End the visits of a session that ended at the provider (Back-Channel Logout 2.8)."""
        try:
            said = self._sign_in.read_logout(request.form.get("logout_token", ""))
        except SignInFailed as failed:
            if failed.reason == UNREACHABLE:
                return {"error": "temporarily_unavailable"}, 503
            return {"error": "invalid_request"}, 400
        self._visits.end_sign_ins(sub=said.get("sub"), sid=said.get("sid"))
        return "", 200

    def sorry(self, failed: SignInFailed) -> tuple[str, int]:
        """Explain a failure; when the provider says it is over, it is over here too."""
        if failed.reason == ENDED:
            self._forget()
        page = PAGES[failed.reason]
        words = page.words()
        return render_template("library/sorry.html", **words, detail=failed.detail), page.status

    def _noted(self, tokens: Tokens, claims: Claims, note: dict[str, Any]) -> Response:
        self._visits.change(session["visit"], {"tokens": tokens, "claims": claims, "note": note})
        return redirect(url_for("card"), 303)

    def _visit(self) -> dict[str, Any] | None:
        return self._visits.find(str(session.get("visit", "")))

    def _require_visit(self) -> dict[str, Any]:
        visit = self._visit()
        if visit is None:
            raise SignInFailed(ENDED)
        return visit

    def _forget(self) -> None:
        self._visits.end(str(session.pop("visit", "")))

    def _address(self, endpoint: str) -> str:
        # From the registration, not from the Host header, which the visitor writes.
        return self._setup.home + url_for(endpoint)


def application() -> Flask:
    """Return the site for a WSGI server, set up from the environment."""
    return Library(read_setup(CLIENT_ID, "library.sqlite3", os.environ)).app
