"""What a member sees who asks another: why nobody can be asked, or which no still stands.

Each page has a way back to the client and one without an account.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from flask import redirect
from werkzeug.wrappers import Response

from consent.ledger import Answer
from consent.models import ApprovalRequest, Voice
from consent.parts import BEGINNINGS, Part
from idp.interaction import AskConsent
from idp.requests import AuthorizationRequest
from kernel.errors import Refused
from kernel.refusals import refusal
from web import asking_others, guardians, pages, scope
from web.views import client_view

Address: TypeAlias = Callable[[str], str]  # of a page of this interaction


@dataclass(frozen=True)
class Waiting:
    """A question as the member who asked sees it."""

    people: list[str]
    by_proxy: bool
    refused_at: datetime | None
    again_at: datetime | None


def ask_whole(asked: AuthorizationRequest, step: AskConsent, *, url: Address) -> Response:
    """Let another answer altogether: a guardian by law, else the member's proxies.

    A proxy does only what the member could do alone.
    """
    by_law = asking_others.voice(asked, asking_others.everything(asked))
    whose = Voice.PROXY_DECIDES if by_law is Voice.ALONE else by_law
    return ask(asked, asking_others.whole(asked, step), whose, url=url)


def ask(asked: AuthorizationRequest, answer: Answer, whose: Voice, *, url: Address) -> Response:
    """Put the answer before who acts for the member, and show where it stands."""
    refused = asking_others.find_refused(asked, answer.given)
    if refused is not None:
        page = show(asked, refused, url=url)
        return Response(page, 409, mimetype="text/html")
    try:
        asking_others.ask(asked, answer, whose)
    except Refused as nobody:
        return _why_not(asked, nobody.code, answer.part, url=url)
    return redirect(url("guardian_page"), 303)


def show(asked: AuthorizationRequest, row: ApprovalRequest, *, url: Address) -> str:
    """Render how a question stands: waiting, or answered with no."""
    by_proxy = row.voice is Voice.PROXY_DECIDES
    lasts = scope.rooms().settings.lifetimes.of("refused_approval")
    people = [each.by for each in asking_others.asked_of(asked, row.voice)]
    return pages.page(
        "guardian_wait.html",
        client=client_view(asked.client),
        purpose=asked.purpose,
        question=Waiting(
            [_name(each) for each in people],
            by_proxy,
            row.decided_at,
            None if row.decided_at is None else row.decided_at + lasts,
        ),
        goes_on=row.part not in BEGINNINGS,
        young=not by_proxy and asking_others.is_young(asked),
        check_url=url("guardian_page"),
        less_url=url("consent_page"),
        action=url("stop_waiting"),
    )


def _name(member_id: UUID) -> str:
    return guardians.name_of(scope.db(), member_id, keyring=scope.rooms().keyring)


def _why_not(asked: AuthorizationRequest, code: str, part: Part, *, url: Address) -> Response:
    entry = refusal(code)
    page = pages.page(
        "guardian_needed.html",
        client=client_view(asked.client),
        purpose=asked.purpose,
        title=entry.title.text(pages.language()),
        code=code,
        goes_on=part not in BEGINNINGS,
        less_url=url("consent_page"),
        action=url("stop_waiting"),
    )
    return Response(page, entry.status, mimetype="text/html")
