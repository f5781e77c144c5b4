"""訊息: every notice that went out by mail, and those of members who have no mailbox."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from kernel.errors import NotFound
from members import application_endings, inbox
from members.inbox_models import InboxMessage
from members.proxies import secret_of
from web import case_endings, mails, pages, scope
from web.account import bp, done
from web.footprint import Option
from web.mails import Mail

TOPICS = {
    "signin": ("login", "password", "recovery"),
    "carriers": ("carrier", "card"),
    "consents": ("consent", "approval"),
    "acting": ("proxy", "power", "ward"),
    "requests": ("request", "record", "change", "contact", "case"),
}
REST = "account"  # every other notice, those that are yet to come included
NAMED = frozenset(each for names in TOPICS.values() for each in names)
FILTERS = ("topic", "state")


@dataclass(frozen=True, kw_only=True)
class MessageView:
    """One message in words."""

    id: UUID
    subject: str
    happened: str
    advice: str
    url: str
    not_me_url: str | None
    disown_url: str | None  # of an application with the member's number
    has_code: bool  # in the letter, not here
    sent_at: datetime
    is_unread: bool


@bp.get("/messages")
@scope.member_required
def messages() -> str:
    """Show one page of messages, filtered as the address says."""
    page = inbox.page(
        scope.db(),
        scope.member_id(),
        unread_only=request.args.get("state") == "unread",
        kinds=_kinds(),
        before=_before(),
    )
    return pages.page(
        "account/messages.html",
        messages=[_view(each) for each in page.messages],
        newest=page.messages[0].id if page.messages else None,
        topics=_topics(),
        states=[_option("unread", pages.say("未讀"), "state")],
        filtered=any(request.args.get(name) for name in FILTERS),
        older_url=None if page.older is None else _address(before=str(page.older)),
        newest_url=_address() if "before" in request.args else None,
        here=_address(**({"before": str(_before())} if _before() else {})),
        flashes=done(),
    )


@bp.post("/messages/<uuid:message_id>")
@scope.member_required
def mark_message(message_id: UUID) -> Response:
    """Mark one message as read, or as unread."""
    read_at = None if request.form.get("mark") == "unread" else scope.now()
    inbox.mark(scope.db(), message_id, member_id=scope.member_id(), read_at=read_at)
    return _back()


@bp.post("/messages/<uuid:message_id>/not-me")
@scope.member_required
def disown_application(message_id: UUID) -> Response:
    """Withdraw the application that names the visitor's number. Raises Refused `case.wrong_state`.

    That the message is theirs says that it did; it may have been corrected since.
    """
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    message = inbox.get(session, message_id, member_id=member_id)
    if message.kind != Mail.APPLIED_AS_YOU:
        raise NotFound("message.not_found")
    application_id = UUID(message.facts["application"])
    keyring = scope.rooms().keyring
    application_endings.disown(
        session, application_id, member_id=member_id, keyring=keyring, now=now
    )
    why = case_endings.NOT_THEIRS
    case_endings.stop(session, [application_id], why=why, actor=member_id, now=now)
    inbox.mark(session, message_id, member_id=member_id, read_at=now)
    footprint.record(
        session,
        Kind.APPLICATION_DISOWNED,
        member_id=member_id,
        now=now,
        application=str(application_id),
    )
    return redirect(url_for("account.messages", done="disowned"), 303)


@bp.post("/messages/read")
@scope.member_required
def mark_messages() -> Response:
    """Mark everything as read up to the newest that the page showed: not what came since."""
    try:
        until = UUID(request.form.get("until", ""))
    except ValueError:
        raise NotFound("message.not_found") from None
    inbox.mark_all(scope.db(), scope.member_id(), until=until, now=scope.now())
    return _back()


def _back() -> Response:
    return redirect(pages.own_path(request.form.get("next", ""), or_else="account.messages"), 303)


def _view(message: InboxMessage) -> MessageView:
    words, language = mails.WORDS[Mail(message.kind)], pages.language()
    return MessageView(
        id=message.id,
        subject=words.subject.text(language),
        happened=words.happened.text(language),
        advice=words.advice.text(language),
        url=words.path,
        not_me_url=_not_me_url(message.facts.get("notice")),
        disown_url=_disown_url(message),
        has_code="card" in message.facts,
        sent_at=message.sent_at,
        is_unread=message.read_at is None,
    )


def _not_me_url(notice_id: str | None) -> str | None:
    if notice_id is None:
        return None
    secret = secret_of(UUID(notice_id), key=scope.rooms().not_me_key)
    return url_for("not_me.ask", key=secret)


def _disown_url(message: InboxMessage) -> str | None:
    if message.kind != Mail.APPLIED_AS_YOU:
        return None
    return url_for("account.disown_application", message_id=message.id)


def _kinds() -> frozenset[str]:
    """Return the kinds of the topic in the address; an unknown topic filters nothing."""
    return frozenset(kinds_of(request.args.get("topic", "")))


def kinds_of(topic: str) -> Iterator[str]:
    """Name the notices of a topic."""
    for each in Mail:
        about = each.value.partition(".")[0]
        if about in TOPICS.get(topic, ()) or (topic == REST and about not in NAMED):
            yield each.value


def _topics() -> list[Option]:
    words = {
        "signin": pages.say("登入與密碼"),
        "carriers": pages.say("卡片與裝置"),
        "consents": pages.say("同意與授權"),
        "acting": pages.say("代理與監護"),
        "account": pages.say("我的帳號"),
        "requests": pages.say("資料與申請"),
    }
    return [_option(value, label, "topic") for value, label in words.items()]


def _option(value: str, label: str, name: str) -> Option:
    return Option(value, label, value == request.args.get(name, ""))


def _before() -> UUID | None:
    try:
        return UUID(request.args.get("before", ""))
    except ValueError:
        return None


def _address(**more: str) -> str:
    kept = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    query = urlencode({**kept, **more})
    return url_for("account.messages") + (f"?{query}" if query else "")
