"""Read the code on a guest's phone and ask Taipei ID about one offer: yes, not confirmed, or again.

This is all a shop needs: one HTTPS request with its client's secret, no library and no sign-in.
"""

from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import requests
from flask import Flask, g, render_template, request, session, url_for
from werkzeug.wrappers import Response

from demo.setup import Setup
from demo.site import text
from demo.visits import Visits

TAIPEI = timezone(timedelta(hours=8))
TIMEOUT_SECONDS = 10
CLEAR_AFTER_SECONDS = 15
SAME_SIZE = 8 * 1024  # bytes: a page's length must not tell who watches the line what it says
LONGEST = 64
YES, NO, AGAIN = "yes", "no", "again"
CODE_REFUSED, NOT_AN_OFFER, TOO_MANY = 422, 403, 429


class Result(NamedTuple):
    """What the clerk sees: one of three looks, a word, a sentence, and what to compare."""

    look: str
    word: str
    sentence: str
    number: str = ""
    receipt: str = ""
    at: str = ""


class Scanning:
    """The page the clerk works with, and the question it asks."""

    def __init__(self, app: Flask, setup: Setup, visits: Visits) -> None:
        self._setup = setup
        self._visits = visits
        self._offer = _offer_of(setup)
        app.add_url_rule("/till", "till", self.till)
        app.add_url_rule("/till", "scan", self.scan, methods=["POST"])

    def till(self) -> str:
        """Wait for the next guest."""
        return self._page(None)

    def scan(self) -> Response:
        """Ask about the code that was scanned or typed, and show the answer."""
        session["clear"] = request.form.get("clear") == "yes"
        result = self._asked(request.form.get("code", "")[:LONGEST])
        if result.look == YES:
            self._visits.count_use()
        page = Response(self._page(result), mimetype="text/html")
        if session["clear"]:
            page.headers["Refresh"] = f"{CLEAR_AFTER_SECONDS}; url={url_for('till')}"
        return page

    def _page(self, result: Result | None) -> str:
        page = render_template(
            "merchant/till.html",
            result=result,
            offer=self._offer["name"]["en" if g.lang == "en" else "zh"],
            clear=session.get("clear", False),
            seconds=CLEAR_AFTER_SECONDS,
            uses=self._visits.uses_today(),
        )
        return page + " " * (-len(page.encode()) % SAME_SIZE)

    def _asked(self, code: str) -> Result:
        record = self._setup.record
        try:
            answer = requests.post(
                f"{self._setup.issuer}/api/till/answers",
                json={"code": code, "offer": self._offer["code"]},
                auth=(record["client_id"], record["client_secret"]),
                headers={"Accept-Language": g.lang},
                timeout=TIMEOUT_SECONDS,
            )
            if not answer.ok:
                return _failed(answer.status_code)
            return _answered(answer.json())
        except (requests.RequestException, KeyError, ValueError):
            return _failed(0)


def _offer_of(setup: Setup) -> dict[str, dict[str, str]]:
    offers = setup.record["registration"]["purposes"]
    return next(each for each in offers if each["kind"] == "offer")


def _answered(told: dict[str, Any]) -> Result:  # JSON of several types
    at = datetime.fromisoformat(told["at"]).astimezone(TAIPEI)
    if told["eligible"] is True:
        look, word = YES, text("可享優惠", "Yes")
        sentence = text("請核對號碼，再給優惠。", "Compare the number, then give the offer.")
    else:
        look, word = NO, text("這裡無法確認", "Not confirmed")
        sentence = text(
            "不代表客人沒有資格：請照平常看卡片或證件。客人可以打 1999 詢問。",
            "The guest may still have the right: look at the card as usual. They can ask 1999.",
        )
    return Result(look, word, sentence, told["number"], told["receipt"], at.strftime("%H:%M"))


def _failed(status: int) -> Result:
    if status == CODE_REFUSED:
        word = text("請客人換新的條碼", "Ask for a new code")
        sentence = text("這個條碼過期、用過或打錯了。", "This one is too old, used, or mistyped.")
    elif status == NOT_AN_OFFER:
        word = text("優惠現在不能查", "The offer cannot be checked")
        sentence = text("這項優惠現在不開放查詢，請洽店長。", "It is not open. Ask the manager.")
    elif status == TOO_MANY:
        word = text("請等幾分鐘", "Wait a few minutes")
        sentence = text("錯誤的條碼太多次了。", "Too many wrong codes.")
    else:
        word = text("現在查不到", "No answer at present")
        sentence = text(
            "連不上臺北市單一識別，請照平常看卡片或證件。",
            "Taipei ID cannot be reached. Look at the card as usual.",
        )
    return Result(AGAIN, word, sentence)
