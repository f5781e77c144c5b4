"""Serve the till: one offer, one customer at a time, and only what the customer agreed to."""

import json
import os
from typing import Any

from flask import Flask, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from demo.claims import asked_for, fingerprint, shown
from demo.merchant.events import words_of
from demo.merchant.scanning import Scanning
from demo.notices import Notices
from demo.setup import Setup, read_setup
from demo.signin import ENDED, SignIn, SignInFailed
from demo.site import new_site
from demo.sorry import PAGES
from demo.visits import Visits

CLIENT_ID = "goodday-cafe"
COOKIE = "merchant_session"
STRANGER = "openid"  # a name for this visit, and nothing else
ANSWER = json.dumps({"userinfo": {"offer_eligible": None}})  # yes or no, and never why
GUEST = json.dumps({"userinfo": {"offer_eligible": None, "marketing_allowed": None}})


class Till:
    """The till's pages and what they stand on."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._visits = Visits(setup.database)
        self.app = new_site(__name__, COOKIE, setup, self._visits)
        self._sign_in = SignIn(self.app, setup)
        self._route()
        Scanning(self.app, setup, self._visits)
        Notices(
            self.app,
            self._sign_in,
            self._visits,
            template="merchant/notices.html",
            words_of=words_of,
        )

    def _route(self) -> None:
        self.app.add_url_rule("/", "home", self.home)
        self.app.add_url_rule("/login", "login", self.login)
        self.app.add_url_rule("/callback", "callback", self.callback)
        self.app.add_url_rule("/receipt", "receipt", self.receipt)
        self.app.add_url_rule("/next", "next_customer", self.next_customer, methods=["POST"])
        self.app.register_error_handler(SignInFailed, self.sorry)

    def home(self) -> str | Response:
        """Show the offer, and to the staff how often it was used today: a number, no persons."""
        if "state" in request.args:
            self._sign_in.has_left()
            return redirect(url_for("home"))
        return render_template(
            "merchant/home.html", uses=self._visits.uses_today(), open=self._visit() is not None
        )

    def login(self) -> Response:
        """Send the customer to Taipei ID: a stranger, unless they choose to be known here."""
        named = request.args.get("as") == "guest"
        scope = self._setup.record["scope"] if named else STRANGER
        back = self._address("callback")
        claims = GUEST if named else ANSWER
        return self._sign_in.start(back, language=g.lang, scope=scope, claims=claims)

    def callback(self) -> Response:
        """Take the answer, ask for the data and print the receipt."""
        tokens = self._sign_in.finish()
        claims = self._sign_in.userinfo(tokens)
        self._forget()
        # Nothing is asked a second time: of the tokens only what signing out needs is kept.
        session["visit"] = self._visits.begin(
            {"id_token": tokens["id_token"], "claims": claims, "at": self._visits.clock()}
        )
        self._visits.count_use()
        return redirect(url_for("receipt"))

    def receipt(self) -> str | Response:
        """Show what was received, and nothing else."""
        visit = self._visit()
        if visit is None:
            return redirect(url_for("home"))
        claims = visit["claims"]
        return render_template(
            "merchant/receipt.html",
            claims=shown(asked_for(self._setup.record), claims),
            number=fingerprint(session["visit"]).upper(),
            sub=claims["sub"],
            answer=claims.get("offer_eligible"),
            named=bool({"name", "email"} & claims.keys()),
            at=visit["at"],
        )

    def next_customer(self) -> Response:
        """Forget this customer, here and in this browser at Taipei ID."""
        visit = self._visit()
        if visit is None:
            return redirect(url_for("home"), 303)
        self._forget()
        return self._sign_in.leave(visit, self._address("home"), language=g.lang)

    def sorry(self, failed: SignInFailed) -> tuple[str, int]:
        """Explain a failure."""
        if failed.reason == ENDED:
            self._forget()
        page = PAGES[failed.reason]
        words = page.words()
        return render_template("merchant/sorry.html", **words, detail=failed.detail), page.status

    def _visit(self) -> dict[str, Any] | None:
        return self._visits.find(str(session.get("visit", "")))

    def _forget(self) -> None:
        self._visits.end(str(session.pop("visit", "")))

    def _address(self, endpoint: str) -> str:
        # From the registration, not from the Host header, which the visitor writes.
        return self._setup.home + url_for(endpoint)


def application() -> Flask:
    """Return the site for a WSGI server, set up from the environment."""
    return Till(read_setup(CLIENT_ID, "merchant.sqlite3", os.environ)).app
