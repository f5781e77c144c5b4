"""Say in words how a member's data were checked, as the consent page shows it."""

from members import identity_checks
from members.identity_checks import Checked
from web import dates, pages, scope


def of_member() -> str:
    """Return the checks that still bear out something: what was seen, by whom, on which day."""
    member, held = pages.record_of(scope.member_id())
    found = identity_checks.of_member(
        scope.db(), member.id, held=held, keyring=scope.rooms().keyring
    )
    said = [_words(each) for each in found if each.claims]
    return pages.say("；").join(said) or pages.say("（沒有查證紀錄）")


def _words(check: Checked) -> str:
    kinds = {
        "idcard": pages.say("國民身分證"),
        "residence_permit": pages.say("居留證"),
        "passport": pages.say("護照"),
        "population_register": pages.say("戶籍資料"),
    }
    day = dates.roc_date(check.checked_at, pages.language())
    return pages.say(
        "%(what)s，%(office)s，%(day)s", what=kinds[check.of_type], office=check.office, day=day
    )
