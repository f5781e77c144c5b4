"""Say which new cards can be ordered in a case (7(6)2)."""

from counters.case_models import Case, CaseMatter
from web import cards, pages
from web.card_reading import adapter

ORDERING = frozenset({CaseMatter.JOIN, CaseMatter.BIND, CaseMatter.LOSS})


def kinds() -> list[tuple[str, str]]:
    """Return the kinds of card that can be made here, each in words."""
    if not cards.is_offered():
        return []
    by_name = adapter().reading.kinds.by_name
    return [(name, each.label.text(pages.language())) for name, each in by_name.items()]


def offered(case: Case) -> list[tuple[str, str]]:
    """Return the kinds that can be ordered in this case."""
    return kinds() if case.matter in ORDERING else []
