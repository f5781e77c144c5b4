"""聯絡資料: what members change themselves; a mailbox counts once its code is typed (2(8)5)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from kernel.db import transaction
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.throttle import Policy
from kernel.wording import LANGUAGES
from members import contacts, mailboxes, register
from members.change_models import Channel
from members.changes import Source
from members.models import Member
from web import notices, pages, personal_words, scope
from web.account import bp
from web.account_confirm import strongest_required
from web.mails import Mail
from web.personal_changes import Writing

DAY = timedelta(days=1)
CODES = Policy(name="contact-code", limit=5, window=DAY, lockout=DAY)  # nobody's mailbox is filled
LONGEST = 200
_Read = Callable[[str], Any]  # a form's text as a claim


def _text(typed: str) -> str:
    return " ".join(typed.split())


def _language(typed: str) -> str:
    return typed if typed in LANGUAGES else LANGUAGES[0]


READ: dict[str, _Read] = {
    "email": contacts.read_mail,
    "phone_number": contacts.read_phone,
    "contact_address": _text,
    "preferred_username": _text,
    "locale": _language,
}


@bp.get("/personal/contact", endpoint="contact")
@scope.member_required
@strongest_required
def page() -> Response:
    """Show what the member can change."""
    return _show(_held(_member()))


def _member() -> Member:
    return register.get(scope.db(), scope.member_id())


def _held(member: Member) -> dict[str, str]:
    claims = register.claims_of(member, keyring=scope.rooms().keyring)
    return {name: str(claims.get(name, "")) for name in READ}


def _show(values: dict[str, str], *errors: tuple[str, str]) -> Response:
    page = pages.page(
        "account/contact.html",
        action=url_for("account.save_contact"),
        values=values,
        languages=[
            {
                "value": each,
                "label": personal_words.words("locale", each, pages.language()),
                "checked": values["locale"] == each,
            }
            for each in LANGUAGES
        ],
        errors=list(errors),
    )
    return Response(page, 422 if errors else 200, mimetype="text/html")


@bp.post("/personal/contact", endpoint="save_contact")
@scope.member_required
@strongest_required
def save() -> Response:
    """Write what changed; send a code to a new mailbox first."""
    typed = {name: request.form.get(name, "")[:LONGEST].strip() for name in READ}
    values, errors = _read(typed)
    if errors:
        return _show(typed, *errors)
    member = _member()
    held = register.claims_of(member, keyring=scope.rooms().keyring)
    address = values.pop("email")
    if address is None:
        values["email"] = None  # no mailbox at all is the member's to choose
    _writing().write(values)
    if address is None or address == held.get("email"):
        return redirect(url_for("account.personal", done="saved"), 303)
    return _send_code(address)


def _read(typed: dict[str, str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    values: dict[str, Any] = {}
    errors = []
    for name, read in READ.items():
        try:
            values[name] = read(typed[name]) if typed[name] else None
        except Refused as refused:
            errors.append((name, refusal(refused.code).title.text(pages.language())))
    return values, errors


def _writing() -> Writing:
    return Writing(
        session=scope.db(),
        member_id=scope.member_id(),
        source=Source(channel=Channel.MEMBER, actor_id=scope.member_id()),
        language=pages.language(),
        keyring=scope.rooms().keyring,
        now=scope.now(),
    )


def _send_code(address: str) -> Response:
    """Let a code go to the mailbox. Raises Refused `contact.too_many`."""
    key = CODES.key(str(scope.member_id()), secret=scope.rooms().throttle_key)
    scope.keep()  # what else was changed stays changed
    with transaction(scope.rooms().sessions) as own:
        if not CODES.hit(own, key, now=scope.now()).allowed:
            raise Refused("contact.too_many")
    session, now, member = scope.db(), scope.now(), _member()
    check = mailboxes.ask(session, member, address, keyring=scope.rooms().keyring, now=now)
    notices.mail(
        session,
        Mail.CONTACT_CODE,
        member_id=member.id,
        language=pages.language(),
        now=now,
        check=check.id,
    )
    return redirect(url_for("account.contact_code", check_id=check.id), 303)


@bp.post("/personal/contact/again", endpoint="confirm_again")
@scope.member_required
@strongest_required
def again() -> Response:
    """Send a code to the mailbox the member has: it counts for another year."""
    address = register.claims_of(_member(), keyring=scope.rooms().keyring).get("email")
    if not address:
        return redirect(url_for("account.contact"), 303)
    return _send_code(address)


@bp.get("/personal/contact/<uuid:check_id>", endpoint="contact_code")
@scope.member_required
def code(check_id: UUID) -> Response:
    """Ask for the code that went to the mailbox."""
    return _ask(check_id)


def _ask(check_id: UUID, error: str = "") -> Response:
    check = mailboxes.get_open(scope.db(), check_id, member_id=scope.member_id(), now=scope.now())
    page = pages.page(
        "account/contact_code.html",
        action=url_for("account.check_contact", check_id=check_id),
        address=mailboxes.address_of(check, _member(), keyring=scope.rooms().keyring),
        minutes=mailboxes.CODE_LIVES // timedelta(minutes=1),
        errors=[("code", error)] if error else [],
    )
    return Response(page, 422 if error else 200, mimetype="text/html")


@bp.post("/personal/contact/<uuid:check_id>", endpoint="check_contact")
@scope.member_required
@strongest_required
def check(check_id: UUID) -> Response:
    """Take the mailbox over if the code is right."""
    now, member_id = scope.now(), scope.member_id()
    found = mailboxes.get_open(scope.db(), check_id, member_id=member_id, now=now)
    scope.keep()
    with transaction(scope.rooms().sessions) as own:  # counted whatever comes of it
        may_try = mailboxes.count_try(own, check_id, member_id=member_id)
    try:
        _confirm(check_id, may_try=may_try)
    except Refused as refused:
        scope.abandon()
        return _ask(check_id, refusal(refused.code).title.text(pages.language()))
    address = mailboxes.address_of(found, _member(), keyring=scope.rooms().keyring)
    _writing().write({"email": address}, verified={"email"})
    trail.record(scope.db(), "mailbox.confirmed", actor=member_id, subject=check_id, now=now)
    return redirect(url_for("account.personal", done="mailbox"), 303)


def _confirm(check_id: UUID, *, may_try: bool) -> None:
    if not may_try:
        raise Refused("contact.code_wrong")
    key = scope.rooms().keyring.derive(mailboxes.KEY)
    mailboxes.confirm(scope.db(), check_id, request.form.get("code", ""), key=key, now=scope.now())
