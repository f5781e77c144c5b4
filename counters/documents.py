"""Know which documents a matter wants, by what kind of person comes, and which are missing (7(1)).

Documents are seen, not scanned. Pure: the same person, matter and papers always give the same list.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from counters.case_models import CaseMatter
from members.application_models import PersonKind

ID_CARD_FROM = 14  # years; a younger child has no identity card


class Whose(StrEnum):
    """To whom a document belongs."""

    APPLICANT = "applicant"
    GUARDIAN = "guardian"
    PROXY = "proxy"


class Represented(StrEnum):
    """Who acts for the applicant by law, if anybody does (Civil Code 14, 15-1, 1086, 1091)."""

    NOBODY = "nobody"
    PARENT = "parent"  # of a minor
    GUARDIAN = "guardian"  # of a minor, appointed
    GUARDED = "guarded"  # an adult for whom a guardian acts
    ASSISTED = "assisted"  # an adult who acts with consent in some matters


class Paper(StrEnum):
    """What can lie on the desk."""

    FORM = "application_form"  # annex 1 of the regulation
    ANNEX = "annex_form"  # of the service
    ID_CARD = "id_card"
    HOUSEHOLD = "household_certificate"
    HEALTH_CARD = "health_card"
    RESIDENCE_PERMIT = "residence_permit"
    PASSPORT = "passport"
    ENTRY_PERMIT = "entry_permit"
    CONSENT = "guardian_consent"
    LETTER = "power_of_attorney"  # annex 2 of the regulation
    COURT = "court_decision"  # a declaration, or who was appointed a guardian
    EVIDENCE = "evidence"  # that who applies fulfils the agency's rule


IDENTIFYING = frozenset(
    {
        Paper.ID_CARD,
        Paper.HOUSEHOLD,
        Paper.HEALTH_CARD,
        Paper.RESIDENCE_PERMIT,
        Paper.PASSPORT,
        Paper.ENTRY_PERMIT,
    }
)
EXPIRING = frozenset({Paper.RESIDENCE_PERMIT, Paper.PASSPORT, Paper.ENTRY_PERMIT})


@dataclass(frozen=True, order=True)
class Need:
    """One thing that must lie on the desk: any of these papers of this person."""

    whose: Whose
    papers: tuple[Paper, ...]

    def __str__(self) -> str:
        """Return the need as kept, `applicant:id_card|passport`."""
        return f"{self.whose}:{'|'.join(self.papers)}"

    @classmethod
    def read(cls, kept: str) -> "Need":
        """Return the need that was kept."""
        whose, _, papers = kept.partition(":")
        return cls(Whose(whose), tuple(map(Paper, papers.split("|"))))


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What decides about the documents."""

    matter: CaseMatter
    kind: PersonKind
    is_child: bool = False  # below the age of the identity card
    is_minor: bool = False
    represented: Represented = Represented.NOBODY
    by_proxy: bool = False
    wants_annex: bool = False
    wants_evidence: bool = False


_FOREIGNER: Mapping[PersonKind, tuple[tuple[Paper, ...], ...]] = {
    PersonKind.UNREGISTERED: ((Paper.RESIDENCE_PERMIT,), (Paper.PASSPORT,)),
    PersonKind.FOREIGN: ((Paper.RESIDENCE_PERMIT,),),
    PersonKind.STATELESS: ((Paper.RESIDENCE_PERMIT,),),
    PersonKind.HK_MACAU: ((Paper.RESIDENCE_PERMIT, Paper.ENTRY_PERMIT),),
    PersonKind.MAINLAND: ((Paper.RESIDENCE_PERMIT, Paper.ENTRY_PERMIT),),
}
_ANY_IDENTITY = (Paper.ID_CARD, Paper.RESIDENCE_PERMIT, Paper.PASSPORT)
_CHILD = ((Paper.HOUSEHOLD,), (Paper.HEALTH_CARD,))
_GUARDED = frozenset({CaseMatter.JOIN, CaseMatter.RECOVERY})  # what a minor does not do alone
_WITHOUT_FORM = frozenset({CaseMatter.LOSS})  # at once, and on the word of who stands there


def needed(case: Situation) -> tuple[Need, ...]:
    """Return what must lie on the desk, in the order of the checklist."""
    needs = [] if case.matter in _WITHOUT_FORM else [Need(Whose.APPLICANT, (Paper.FORM,))]
    if case.wants_annex:
        needs.append(Need(Whose.APPLICANT, (Paper.ANNEX,)))
    needs += [Need(Whose.APPLICANT, papers) for papers in _identity(case)]
    if case.wants_evidence:
        needs.append(Need(Whose.APPLICANT, (Paper.EVIDENCE,)))
    if case.matter in _GUARDED:
        needs += _representation(case)
    if case.by_proxy:
        needs += [Need(Whose.PROXY, (Paper.LETTER,)), Need(Whose.PROXY, _ANY_IDENTITY)]
    return tuple(needs)


def _representation(case: Situation) -> list[Need]:
    """Return what shows who acts for the applicant, by which right, and that they agree."""
    own_court, court = Need(Whose.APPLICANT, (Paper.COURT,)), Need(Whose.GUARDIAN, (Paper.COURT,))
    if not case.is_minor:
        return {
            Represented.GUARDED: [own_court, Need(Whose.GUARDIAN, _ANY_IDENTITY)],
            Represented.ASSISTED: [own_court],
        }.get(case.represented, [])
    agreed = [Need(Whose.GUARDIAN, (Paper.CONSENT,)), Need(Whose.GUARDIAN, _ANY_IDENTITY)]
    if case.represented is Represented.GUARDIAN:
        return [*agreed, court]
    # A child's own household certificate, asked for already, names the parents.
    return agreed if case.is_child else [*agreed, Need(Whose.GUARDIAN, (Paper.HOUSEHOLD,))]


def _identity(case: Situation) -> tuple[tuple[Paper, ...], ...]:
    if case.kind in _FOREIGNER:
        return _FOREIGNER[case.kind]
    return _CHILD if case.is_child else ((Paper.ID_CARD,),)


def missing(needs: Iterable[Need], seen: Iterable[tuple[Whose, Paper]]) -> tuple[Need, ...]:
    """Return the needs that no document seen fulfils."""
    there = frozenset(seen)
    return tuple(
        need for need in needs if not any((need.whose, paper) in there for paper in need.papers)
    )


def refusal_of(lacking: Iterable[Need]) -> str:
    """Return the code of the refusal: what lacks most specifically has its own (7(1), 7(2))."""
    lacking = tuple(lacking)
    if Need(Whose.PROXY, (Paper.LETTER,)) in lacking:
        return "case.poa_missing"
    if Need(Whose.PROXY, _ANY_IDENTITY) in lacking:
        return "case.proxy_id_missing"
    if lacking == (Need(Whose.APPLICANT, (Paper.ANNEX,)),):
        return "case.annex_form_missing"
    return "case.documents_missing"
