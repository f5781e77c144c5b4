"""Gather what waits for the member, for the front of the account: answers due, ends to come."""

from dataclasses import dataclass

from flask import url_for

from clients import names
from idp import awaited
from members import application_guardians, leaving, register, requests
from members.models import RequestState
from members.profile import masked
from web import dates, guardians, pages, request_words, scope


@dataclass(frozen=True)
class Need:
    """One thing to look at, and where."""

    words: str
    label: str
    url: str


def listed() -> list[Need]:
    """Return what waits for the visitor, the gravest first."""
    return [
        *_restricted(),
        *_asked(),
        *_leaving(),
        *_applying(),
        *_guarding(),
        *_waiting(),
    ]


def _restricted() -> list[Need]:
    visitor = scope.visitor()
    if visitor is None or not visitor.is_restricted:
        return []
    until = register.read(scope.db(), visitor.member_id).restricted_until
    words = pages.say(
        "密碼用郵件重設過，或能用的卡片和通行密鑰都掛失了："
        "到 %(moment)s 為止，有些事要用卡片、通行密鑰或臨櫃辦理。",
        moment=dates.moment_words(until, pages.language()),
    )
    return [Need(words, pages.say("哪些事？"), url_for("recover.index") + "#restricted")]


def _asked() -> list[Need]:
    waiting = awaited.listed(scope.db(), scope.member_id(), now=scope.now())
    known = names.of_clients(scope.db(), [each.client_id for each in waiting])
    return [
        Need(
            pages.say(
                "「%(client)s」請您確認是您本人。",
                client=known[each.client_id].name.text(pages.language()),
            ),
            pages.say("查看並決定"),
            url_for("account.asked", awaited_id=each.id),
        )
        for each in waiting
        if each.client_id in known
    ]


def _leaving() -> list[Need]:
    pending = leaving.pending(scope.db(), scope.member_id())
    if pending is None:
        return []
    on = dates.moment_words(pending.due_at, pages.language())
    words = pages.say("您的帳號在 %(moment)s 刪除。", moment=on)
    return [Need(words, pages.say("查看或取消"), url_for("leaving.index"))]


def _applying() -> list[Need]:
    keyring = scope.rooms().keyring
    return [
        Need(
            pages.say(
                "%(name)s 申請會員，寫您是法定代理人，等您同意。",
                name=masked(form.name),
            ),
            pages.say("查看並決定"),
            url_for("account.applying"),
        )
        for _, form in application_guardians.waiting(scope.db(), scope.member_id(), keyring=keyring)
    ]


def _guarding() -> list[Need]:
    return [
        Need(
            pages.say("%(name)s 請您確認要不要提供資料。", name=each.name),
            pages.say("查看並決定"),
            each.url,
        )
        for each in guardians.waiting()
    ]


def _waiting() -> list[Need]:
    return [
        Need(
            pages.say(
                "「%(kind)s」的請求在等您補充（編號 %(reference)s）。",
                kind=request_words.KINDS[each.kind].text(pages.language()),
                reference=each.reference,
            ),
            pages.say("現在補充"),
            url_for("requests.one", reference=each.reference),
        )
        for each in requests.open_of(scope.db(), scope.member_id())
        if each.state is RequestState.WAITING
    ]
