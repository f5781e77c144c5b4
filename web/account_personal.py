"""個人資料: every value the city holds about a member, in words, and where it comes from."""

from flask import url_for

from members import identity_checks, numbering, register
from web import check_words, pages, personal_words, scope
from web.account import bp


@bp.get("/personal")
@scope.member_required
def personal() -> str:
    """Show everything that is held; each value can be said to be wrong."""
    member = register.get(scope.db(), scope.member_id())
    claims = register.claims_of(member, keyring=scope.rooms().keyring)
    number = numbering.current(scope.db(), member, keyring=scope.rooms().keyring)
    data = personal_words.data(claims, pages.language())
    checks = identity_checks.of_member(
        scope.db(), member.id, held=claims, keyring=scope.rooms().keyring
    )
    return pages.page(
        "account/personal.html",
        login=member.login,
        since=member.approved_at,
        number=None if number is None else number.masked,
        data=[(each, url_for("requests.new", kind="correct", claim=each.claim)) for each in data],
        checks=check_words.listed(checks, pages.language()),
        missing_url=url_for("requests.new", kind="correct"),
    )
