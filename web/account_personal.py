"""個人資料: every value the city holds about a member, in words, and where it comes from."""

from dataclasses import dataclass

from flask import url_for

from members import changes, identity_checks, mailboxes, numbering, register
from members.changes import RULES, Rule
from web import check_words, pages, personal_words, scope
from web.account import bp
from web.personal_words import Datum


@dataclass(frozen=True)
class Held:
    """A datum with what the member can do about it."""

    datum: Datum
    links: list[tuple[str, str]]  # where, and what it says there


@bp.get("/personal")
@scope.member_required
def personal() -> str:
    """Show everything that is held; each value can be changed, or said to be wrong."""
    member, keyring = register.get(scope.db(), scope.member_id()), scope.rooms().keyring
    claims = register.claims_of(member, keyring=keyring)
    number = numbering.current(scope.db(), member, keyring=keyring)
    known = changes.sources(changes.history(scope.db(), member, keyring=keyring))
    data = personal_words.data(claims, pages.language(), known)
    checks = identity_checks.of_member(scope.db(), member.id, held=claims, keyring=keyring)
    return pages.page(
        "account/personal.html",
        login=member.login,
        since=member.approved_at,
        number=None if number is None else number.masked,
        data=[_held(each) for each in data],
        checks=check_words.listed(checks, pages.language()),
        missing_url=url_for("requests.new", kind="correct"),
        confirmed_at=mailboxes.confirmed_at(scope.db(), member)
        if claims.get("email_verified") is True
        else None,
        may_confirm=bool(claims.get("email")),
        flashes=_done(),
    )


def _held(datum: Datum) -> Held:
    rule = RULES.get(datum.claim)
    if rule is Rule.SELF:
        return Held(datum, [(url_for("account.contact"), pages.say("變更"))])
    links = []
    if rule is Rule.EVIDENCE:
        field = "name" if datum.claim.endswith("_name") else datum.claim
        links.append((url_for("account.changes", field=field), pages.say("申請變更")))
    if datum.may_be_wrong:
        url = url_for("requests.new", kind="correct", claim=datum.claim)
        links.append((url, pages.say("這不對")))
    return Held(datum, links)


def _done() -> list[str]:
    return pages.just_done(
        {
            "saved": pages.say("聯絡資料已儲存。"),
            "mailbox": pages.say("信箱已確認，以後的通知寄到這裡。"),
        }
    )
