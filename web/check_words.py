"""Say in words how a member's data were checked: what was seen, by whom, on which day."""

from collections.abc import Iterable, Mapping

from kernel.wording import Bilingual
from members.identity_checks import Checked
from web import dates

SEEN: Mapping[str, Bilingual] = {
    "idcard": Bilingual("國民身分證", "National ID card"),
    "residence_permit": Bilingual("居留證", "Residence permit"),
    "passport": Bilingual("護照", "Passport"),
    "population_register": Bilingual("戶籍資料", "Household register"),
}
COMMA = Bilingual("，", ", ")


def listed(checks: Iterable[Checked], language: str) -> list[str]:
    """Return one line a check that still bears out something, the newest first."""
    return [_words(each, language) for each in checks if each.claims]


def _words(check: Checked, language: str) -> str:
    day = dates.roc_date(check.checked_at, language)
    return COMMA.text(language).join((SEEN[check.of_type].text(language), check.office, day))
