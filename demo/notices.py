"""Take the events that Taipei ID pushes to a site, and show them to its staff (RFC 8935)."""

from collections.abc import Callable
from typing import Any

from flask import Flask, render_template, request

from demo.signin import UNREACHABLE, SignIn, SignInFailed
from demo.visits import Visits

Words = tuple[tuple[str, str], str]  # what it means, and the codes that came with it
WordsOf = Callable[[str, dict[str, Any]], Words]  # of one event, by its URI


class Notices:
    """The two routes of a site's events, and what they stand on."""

    def __init__(
        self, app: Flask, sign_in: SignIn, visits: Visits, *, template: str, words_of: WordsOf
    ) -> None:
        self._sign_in = sign_in
        self._visits = visits
        self._template = template
        self._words_of = words_of
        app.add_url_rule("/notices", "notices", self.notices)
        app.add_url_rule("/notices", "take_notice", self.take_notice, methods=["POST"])

    def notices(self) -> str:
        """Show what the provider told the site."""
        events = [
            (came_at, event["sub"], *self._words_of(kind, detail))
            for came_at, event in self._visits.events()
            for kind, detail in event["events"].items()
        ]
        return render_template(self._template, events=events)

    def take_notice(self) -> tuple[Any, int]:
        """Take a pushed event; one that is not the provider's is refused (RFC 8935 2.4)."""
        try:
            event = self._sign_in.read_event(request.get_data(as_text=True))
        except SignInFailed as failed:
            if failed.reason == UNREACHABLE:
                return {"err": "provider_unreachable"}, 503
            return {"err": "invalid_request", "description": "not an event of our provider"}, 400
        subject = event.get("sub_id", {}).get("sub", "")
        kept = {"sub": subject, "events": event.get("events", {})}
        self._visits.keep_event(str(event.get("jti")), kept)
        return "", 202
