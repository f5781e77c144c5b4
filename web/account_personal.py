"""個人資料: every value the city holds about a member, in words, and where it comes from."""

from flask import url_for

from members import numbering, register
from web import pages, personal_words, scope
from web.account import bp


@bp.get("/personal")
@scope.member_required
def personal() -> str:
    """Show everything that is held; each value can be said to be wrong."""
    member = register.get(scope.db(), scope.member_id())
    claims = register.claims_of(member, keyring=scope.rooms().keyring)
    number = numbering.current(scope.db(), member, keyring=scope.rooms().keyring)
    data = personal_words.data(claims, pages.language())
    return pages.page(
        "account/personal.html",
        login=member.login,
        since=member.approved_at,
        number=None if number is None else number.masked,
        data=[(each, url_for("requests.new", kind="correct", claim=each.claim)) for each in data],
        missing_url=url_for("requests.new", kind="correct"),
    )
