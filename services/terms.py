"""What a service's agency says of it: for whom, with which login, data and papers (7(1), 7(5)).

Readable words and codes only. The days it takes are set beside it (services.working_days).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from clients.claims import require_askable
from clients.models import OrganisationKind, PurposeKind
from kernel.errors import Refused
from kernel.wording import Bilingual

LONGEST = 1000  # characters of a text
LEVELS = (1, 2, 3)


class PersonKind(StrEnum):
    """Whose papers differ (7(1))."""

    ADULT = "adult"  # a national of fourteen or more, with an identity card
    CHILD = "child"  # of seven to thirteen: no identity card yet
    RESIDENT = "resident"  # with a residence permit
    UNREGISTERED = "unregistered"  # a national without household registration


@dataclass(frozen=True, kw_only=True)
class Terms:
    """One version of what is said of a service; papers may be left out for a kind of person."""

    text: Bilingual
    eligibility: Bilingual
    fee: Bilingual
    level: int  # the weakest login that will do: acr 1, 2 or 3
    claims: tuple[str, ...] = ()
    papers: Mapping[PersonKind, Bilingual]

    def kept(self) -> dict[str, Any]:
        """Return the JSON in which a version is kept."""
        return {
            "text": list(self.text),
            "eligibility": list(self.eligibility),
            "fee": list(self.fee),
            "level": self.level,
            "claims": list(self.claims),
            "papers": {kind.value: list(words) for kind, words in sorted(self.papers.items())},
        }


def read(content: Mapping[str, Any]) -> Terms:
    """Return what a version says."""
    return Terms(
        text=Bilingual(*content["text"]),
        eligibility=Bilingual(*content["eligibility"]),
        fee=Bilingual(*content["fee"]),
        level=content["level"],
        claims=tuple(content["claims"]),
        papers={PersonKind(kind): Bilingual(*each) for kind, each in content["papers"].items()},
    )


def require_complete(terms: Terms) -> None:
    """Refuse terms that leave something open.

    Raises Refused `service.terms_incomplete`, or `flow.purpose_mismatch` for a datum outside the
    catalogue (2(5)).
    """
    texts = [terms.text, terms.eligibility, terms.fee, *terms.papers.values()]
    if not all(words.strip() and len(words) <= LONGEST for each in texts for words in each):
        raise Refused("service.terms_incomplete")
    if terms.level not in LEVELS or not terms.papers:
        raise Refused("service.terms_incomplete")
    require_askable(
        frozenset(terms.claims), kind=OrganisationKind.AGENCY, purpose=PurposeKind.SERVICE
    )


def differing(old: Terms | None, new: Terms) -> frozenset[str]:
    """Return the names of the parts in which two versions differ; all of them for the first."""
    names = frozenset(each.name for each in fields(Terms))
    if old is None:
        return names
    return frozenset(name for name in names if getattr(old, name) != getattr(new, name))
