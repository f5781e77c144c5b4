"""The pages on which the member decides, claim by claim, before going back to the client."""

from flask import redirect, request

from audit import footprint
from audit.lines import Kind
from consent.ledger import Answer
from consent.models import Voice
from idp.interaction import AskConsent
from web import asking_others, asking_pages, consents, scope
from web.interactions import Open, Page, bp, go_on, refuse, still_open


@bp.get("/consent")
@still_open
def consent_page(current: Open) -> Page:
    """Ask the member, claim by claim, if consent is what comes next."""
    following = current.next()
    if not isinstance(following, AskConsent):
        return go_on(current, following)
    if asking_others.newest(current.asked, since=current.row.started_at) is not None:
        return redirect(current.url("guardian_page"), 303)
    if asking_others.another_decides(current.asked):
        return redirect(current.url("another_decides"), 303)
    return consents.show(current.asked, following.claims, action=current.url("decide"))


@bp.post("/consent")
@still_open
def decide(current: Open) -> Page:
    """Record what the member decided and go on, or go back to the client."""
    following = current.next()
    answering = ANSWERS.get(request.form.get("decision", ""))  # silence is no consent
    if not isinstance(following, AskConsent) or answering is None:
        return redirect(current.url("step"), 303)
    return answering(current, following.claims)


def _deny(current: Open, _claims: frozenset[str]) -> Page:
    footprint.record(
        scope.db(),
        Kind.CONSENT_REFUSED,
        member_id=scope.member_id(),
        now=scope.now(),
        client_id=current.asked.client.id,
        purpose_id=current.asked.purpose.id,
    )
    return redirect(current.url("refused_page"), 303)


def _ask_another(current: Open, claims: frozenset[str]) -> Page:
    return asking_pages.ask_whole(current.asked, claims, url=current.url)


def _allow(current: Open, claims: frozenset[str]) -> Page:
    if asking_others.another_decides(current.asked):
        return redirect(current.url("another_decides"), 303)
    answer = consents.read(current.asked, claims, request.form)
    if not isinstance(answer, Answer):
        return consents.show(current.asked, claims, action=current.url("decide"), errors=answer)
    whose = asking_others.voice(current.asked, answer.given)
    if whose is not Voice.ALONE:
        return asking_pages.ask(current.asked, answer, whose, url=current.url)
    consents.write(current.asked, answer)
    current.mark_consented()
    return go_on(current, current.next())


ANSWERS = {"deny": _deny, "ask": _ask_another, "allow": _allow}


@bp.get("/refused")
@still_open
def refused_page(current: Open) -> Page:
    """Name the other way, before the member goes back to the client without agreeing."""
    following = current.next()
    if not isinstance(following, AskConsent):
        return go_on(current, following)
    return consents.show_refused(
        current.asked, action=current.url("leave"), back=current.url("consent_page")
    )


@bp.post("/refused")
@still_open
def leave(current: Open) -> Page:
    """Go back to the client, which learns that the member did not agree and nothing else."""
    return refuse(current, "access_denied", "the member did not consent")
