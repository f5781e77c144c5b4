"""The pages between an authorization request and its answer: log in, choose, consent."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from consent import rules
from consent.ledger import Answer
from idp import acr, interactions, subjects
from idp.errors import AuthorizationRefused
from idp.interaction import (
    AskConsent,
    ChooseAccount,
    Issue,
    LogIn,
    Reason,
    SignedIn,
    Step,
    StepUp,
    next_step,
)
from idp.issue import issue
from idp.requests import AuthorizationRequest
from kernel.errors import NotFound, Refused
from kernel.prebuilt import Row
from web import (
    consents,
    cookies,
    csrf,
    flow,
    guardians,
    headers,
    login,
    oidc,
    pages,
    passkeys,
    scope,
)
from web.login import LoginLocked
from web.views import client_view

bp = Blueprint("interactions", __name__, url_prefix="/interaction/<uuid:interaction_id>")
P = ParamSpec("P")
Page = Response | str


class Open:
    """An interaction that is still waiting, with its request understood again."""

    def __init__(self, row: Row) -> None:
        """Read the stored request. Raises what `idp.authorize` raises if it no longer holds."""
        provider = scope.rooms().provider
        self.row = row
        self.asked: AuthorizationRequest = interactions.request_of(
            provider, scope.db(), row, now=scope.now()
        )
        pages.speak(self.asked.ui_locales)
        headers.allow_form_target(self.asked.to.redirect_uri)

    def url(self, endpoint: str) -> str:
        """Return the address of one of this interaction's pages."""
        return url_for(f"interactions.{endpoint}", interaction_id=self.row.id)

    def signed_in(self) -> SignedIn | None:
        """Return the member signed in here now."""
        return flow.signed_in(self.asked)

    def next(self) -> Step:
        """Return what must happen next."""
        present = self.signed_in()
        return next_step(
            self.asked,
            present,
            interactions.progress_of(self.row),
            flow.decisions(self.asked, present),
            reachable=flow.reachable(self.asked, present),
            now=scope.now(),
        )


def restart_url(row: Row) -> str:
    """Return the address that starts the same request again."""
    return f"{url_for('oidc.authorize_by_get')}?{urlencode(row.parameters)}"


def still_open(
    view: Callable[Concatenate[Open, P], Page],
) -> Callable[..., Page]:
    """Give the view its interaction; what is over, stale or another browser's ends in a page."""

    @wraps(view)
    def guarded(interaction_id: UUID, *args: P.args, **kwargs: P.kwargs) -> Page:
        if request.method == "POST":
            csrf.require()
        row = interactions.find(scope.db(), interaction_id, browser=cookies.browser())
        if row is None:
            raise NotFound("interaction.not_found")
        if row.finished_at is not None or scope.now() >= row.expires_at:
            return _over(row)
        return view(Open(row), *args, **kwargs)

    return guarded


def _over(row: Row) -> Page:
    provider = scope.rooms().provider
    client = provider.find_client(scope.db(), row.client_id, now=scope.now())
    page = pages.page(
        "expired.html",
        client=None if client is None else client_view(client),
        restart_url=restart_url(row),
        finished=row.finished_at is not None,
    )
    return Response(page, 410, mimetype="text/html")


@bp.get("")
@still_open
def step(current: Open) -> Page:
    """Go where the interaction must go next."""
    following = current.next()
    if isinstance(following, Issue):
        return _finish(current)
    page = {LogIn: "login_page", StepUp: "step_up_page", ChooseAccount: "account_page"}.get(
        type(following), "consent_page"
    )
    return redirect(current.url(page), 303)


def _finish(current: Open) -> Response:
    session, now, provider = scope.db(), scope.now(), scope.rooms().provider
    present = current.signed_in()
    if present is None or not interactions.finish(session, current.row.id, now=now):
        return redirect(current.url("step"), 303)
    asked, decisions = current.asked, flow.decisions(current.asked, present)
    terms = rules.terms_of(asked.purpose)
    if rules.may_recognise(asked.client.kind, terms, decisions, now=now):
        subjects.remember(
            session, present.sub, member_id=present.member_id, sector=asked.client.sector
        )
    response = issue(provider, session, asked, present, decisions, now=now)
    return oidc.answer(current.asked, response)


@bp.get("/login")
@still_open
def login_page(current: Open) -> Page:
    """Show the login page, if logging in is what comes next."""
    following = current.next()
    if not isinstance(following, LogIn):
        return redirect(current.url("step"), 303)
    return show_login(current, following)


def show_login(
    current: Open,
    following: LogIn,
    *,
    error: str = "",
    field: str = "login_id",
    status: int = 200,
) -> Page:
    """Render the login page of an interaction."""
    page = pages.page(
        "login.html",
        action=current.url("log_in"),
        client=client_view(current.asked.client),
        notes=_notes(current, following),
        login_hint=request.form.get("login_id", current.asked.login_hint)[:128],
        error=error or None,
        error_field=field if error else None,
        passkey=passkeys.form(current.url("log_in_by_passkey"), str(current.row.id)),
        shared_computer=request.form.get("shared_computer") == "yes",
        restart_url=None,
        cancel_url=current.url("cancel"),
    )
    return Response(page, status, mimetype="text/html")


def _notes(current: Open, following: LogIn) -> list[str]:
    client = current.asked.client.name.text(pages.language())
    words = {
        Reason.CLIENT_ASKED: pages.say("「%(client)s」要求您重新登入。", client=client),
        Reason.TOO_LONG_AGO: pages.say(
            "上次登入太久以前，「%(client)s」要求您重新登入。", client=client
        ),
        Reason.OTHER_MEMBER: pages.say("「%(client)s」在等另一位會員登入。", client=client),
    }
    notes = [words[following.reason]] if following.reason in words else []
    if not acr.reaches(acr.ACR[0], current.asked.essential_acr):
        notes.append(pages.say("這項服務要用通行密鑰；用密碼登入之後，還會再問一次。"))
    return notes


@bp.post("/login")
@still_open
def log_in(current: Open) -> Page:
    """Try the login and go on, or show the page again with what to do."""
    following = current.next()
    if not isinstance(following, LogIn):
        return redirect(current.url("step"), 303)
    interaction_id = current.row.id
    try:
        login.attempt(request.form)
    except LoginLocked as locked:
        return show_login(current, following, error=login.locked_words(locked), status=429)
    except Refused as refused:
        return show_login(current, following, error=login.failed_words(refused))
    mark_authenticated(interaction_id)
    return redirect(current.url("step"), 303)


def mark_authenticated(interaction_id: UUID) -> None:
    """Note that somebody proved who they are; the attempt began a transaction of its own."""
    interactions.mark(scope.db(), interaction_id, "authenticated_at", now=scope.now())


@bp.post("/passkey")
@still_open
def log_in_by_passkey(current: Open) -> Page:
    """Try the passkey's answer and go on, or show the page again with what to do."""
    following = current.next()
    if not isinstance(following, LogIn):
        return redirect(current.url("step"), 303)
    interaction_id = current.row.id
    try:
        passkeys.attempt(str(interaction_id))
    except (LoginLocked, Refused) as problem:
        words, status = passkeys.trouble(problem)
        return show_login(current, following, error=words, field="", status=status)
    mark_authenticated(interaction_id)
    return redirect(current.url("step"), 303)


@bp.post("/cancel")
@still_open
def cancel(current: Open) -> Page:
    """Go back to the client without logging in."""
    return refuse(current, "access_denied", "the member cancelled")


def refuse(current: Open, error: str, description: str) -> Response:
    """Go back to the client with an error, once."""
    if not interactions.finish(scope.db(), current.row.id, now=scope.now()):
        return redirect(current.url("step"), 303)
    return oidc.refuse(AuthorizationRefused(error, description, to=current.asked.to))


@bp.get("/account")
@still_open
def account_page(current: Open) -> Page:
    """Ask whether to go on as the member signed in here."""
    if not isinstance(current.next(), ChooseAccount):
        return redirect(current.url("step"), 303)
    return pages.page(
        "choose_account.html",
        action=current.url("choose_account"),
        client=client_view(current.asked.client),
        person=pages.person(),
    )


@bp.post("/account")
@still_open
def choose_account(current: Open) -> Page:
    """Go on as this member, or sign in as another."""
    if request.form.get("choice") == "continue":
        interactions.mark(scope.db(), current.row.id, "account_chosen_at", now=scope.now())
        return redirect(current.url("step"), 303)
    present = scope.visitor()
    if present is not None:
        login.end_session(present.session_id, present.member_id)
        cookies.end_session()
        scope.forget_visitor()
    return redirect(current.url("login_page"), 303)


@bp.get("/consent")
@still_open
def consent_page(current: Open) -> Page:
    """Ask the member, claim by claim, if consent is what comes next."""
    following = current.next()
    if not isinstance(following, AskConsent):
        return redirect(current.url("step"), 303)
    if guardians.state(current.asked, since=current.row.started_at) is not None:
        return redirect(current.url("guardian_page"), 303)
    return consents.show(current.asked, following.claims, action=current.url("decide"))


@bp.post("/consent")
@still_open
def decide(current: Open) -> Page:
    """Record what the member decided and go on, or go back to the client."""
    following = current.next()
    if not isinstance(following, AskConsent):
        return redirect(current.url("step"), 303)
    if request.form.get("decision") == "deny":
        footprint.record(
            scope.db(),
            Kind.CONSENT_REFUSED,
            member_id=scope.member_id(),
            now=scope.now(),
            client_id=current.asked.client.id,
            purpose_id=current.asked.purpose.id,
        )
        return redirect(current.url("refused_page"), 303)
    if request.form.get("decision") != "allow":  # silence is no consent
        return redirect(current.url("step"), 303)
    answer = consents.read(current.asked, following.claims, request.form)
    if not isinstance(answer, Answer):
        return consents.show(
            current.asked, following.claims, action=current.url("decide"), errors=answer
        )
    if guardians.must_approve(current.asked, answer.given):
        guardians.ask(current.asked, answer)
        return redirect(current.url("guardian_page"), 303)
    consents.write(current.asked, answer)
    interactions.mark(scope.db(), current.row.id, "consented_at", now=scope.now())
    return redirect(current.url("step"), 303)


@bp.get("/refused")
@still_open
def refused_page(current: Open) -> Page:
    """Name the other way, before the member goes back to the client without agreeing."""
    if not isinstance(current.next(), AskConsent):
        return redirect(current.url("step"), 303)
    return consents.show_refused(
        current.asked, action=current.url("leave"), back=current.url("consent_page")
    )


@bp.post("/refused")
@still_open
def leave(current: Open) -> Page:
    """Go back to the client, which learns that the member did not agree and nothing else."""
    return refuse(current, "access_denied", "the member did not consent")
