"""The pages on which the member decides, claim by claim, before going back to the client."""

from flask import redirect, request

from consent.ledger import Answer
from consent.models import ApprovalState, Voice
from consent.parts import BEGINNINGS, Part
from idp.interaction import AskConsent
from web import account_confirm, asking_others, asking_pages, consents
from web.interactions import Open, Page, bp, go_on, passed, refuse, still_open


@bp.get("/consent")
@still_open
def consent_page(current: Open) -> Page:
    """Ask the member, claim by claim, if consent is what comes next."""
    following = current.next()
    if not isinstance(following, AskConsent):
        return go_on(current, following)
    if following.part is Part.MARKETING and _is_anothers_word(current, following.claims):
        return passed(current, following.part)  # nobody advertises to who cannot decide it alone
    since = current.row.started_at
    question = asking_others.newest(current.asked, following.part, since=since)
    if question is not None and question.state is not ApprovalState.REFUSED:
        return redirect(current.url("guardian_page"), 303)
    if asking_others.another_decides(current.asked):
        return redirect(current.url("another_decides"), 303)
    return consents.show(current.asked, following, action=current.url("decide"))


def _is_anothers_word(current: Open, claims: frozenset[str]) -> bool:
    return asking_others.voice(current.asked, claims) is not Voice.ALONE


@bp.post("/consent")
@still_open
def decide(current: Open) -> Page:
    """Record what the member decided and go on, or go back to the client."""
    following = current.next()
    answering = ANSWERS.get(request.form.get("decision", ""))  # silence is no consent
    if not isinstance(following, AskConsent) or answering is None:
        return redirect(current.url("step"), 303)
    if request.form.get("part", following.part) != following.part:
        return redirect(current.url("step"), 303)  # an earlier page, found with the back button
    return answering(current, following)


def _deny(current: Open, following: AskConsent) -> Page:
    if consents.may_go_on_without(current.asked, following):
        return _settle(current, following)
    consents.refuse(current.asked)
    if following.part in BEGINNINGS:
        return redirect(current.url("refused_page"), 303)
    return passed(current, following.part)


def _ask_another(current: Open, following: AskConsent) -> Page:
    return asking_pages.ask_whole(current.asked, following, url=current.url)


def _allow(current: Open, following: AskConsent) -> Page:
    if asking_others.another_decides(current.asked):
        return redirect(current.url("another_decides"), 303)
    return _settle(current, following)


def _settle(current: Open, following: AskConsent) -> Page:
    answer = consents.read(current.asked, following, request.form)
    if not isinstance(answer, Answer):
        action = current.url("decide")
        return consents.show(current.asked, following, action=action, errors=answer)
    if following.later & answer.refused:  # not even looked at
        current.mark_answered(Part.IDENTIFIED)
    account_confirm.require_unrestricted_for(current.asked.client.kind, answer.given)
    whose = asking_others.voice(current.asked, answer.given)
    if whose is not Voice.ALONE:
        return asking_pages.ask(current.asked, answer, whose, url=current.url)
    consents.write(current.asked, answer)
    return passed(current, following.part)


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
