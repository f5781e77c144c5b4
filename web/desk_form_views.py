"""Say what the intake screen shows: the choices, the papers by need, and what was typed so far."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from counters import turned_away
from counters.case_models import CaseMatter
from counters.documents import EXPIRING, Need, Represented, Situation, Whose, needed
from kernel.refusals import refusal
from kernel.wording import LANGUAGES, Bilingual
from members import terms
from members.application_models import PersonKind
from services import activations
from services.models import ServiceState
from web import annex_fields, desk_annex, desk_seats, desk_words, pages, scope
from web.annex_fields import Question
from web.desk_forms import ADULTS, AGES, Filled

AGE_WORDS = {
    "adult": Bilingual("滿 18 歲", "18 or older"),
    "teen": Bilingual("14 到 17 歲", "14 to 17"),
    "child": Bilingual("7 到 13 歲", "7 to 13"),
}
LANGUAGE_WORDS = {"zh-Hant-TW": Bilingual("中文", "Chinese"), "en": Bilingual("英文", "English")}
# What a clerk may say by themselves; everything else follows from the form.
REASONS = ("case.identity_unverifiable", "case.service_out_of_scope", "eligibility.agency_rule")
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True)
class Choice:
    """One thing to choose."""

    value: str
    label: str
    checked: bool = False


@dataclass(frozen=True, kw_only=True)
class PaperView:
    """One paper that may be ticked."""

    name: str
    label: str
    checked: bool
    expires: bool


@dataclass(frozen=True, kw_only=True)
class NeedView:
    """One need: any of its papers will do."""

    words: str
    papers: list[PaperView]


@dataclass(frozen=True, kw_only=True)
class FormView:
    """The screen, before and after it is known what somebody came for."""

    filled: Filled

    def said(self, name: str) -> str:
        """Return what was typed into a field."""
        return self.filled.said(name)

    @property
    def chosen(self) -> Situation | None:
        """Return what somebody came for, None before that is known."""
        return self.filled.situation

    @property
    def matters(self) -> list[Choice]:
        """Return what one can come for."""
        is_training = desk_seats.duty().is_training  # nobody becomes a member by practice
        hidden = {CaseMatter.JOIN} if is_training else set()
        return [each for each in _choices(desk_words.MATTERS) if each.value not in hidden]

    @property
    def letter_matters(self) -> list[Choice]:
        """Return what a letter can name."""
        return _choices(desk_words.MATTERS, self.filled.letter_matters)

    @property
    def kinds(self) -> list[Choice]:
        """Return who can come."""
        return _choices(desk_words.KINDS, (PersonKind.NATIONAL,))

    @property
    def ages(self) -> list[Choice]:
        """Return the ages on which documents depend."""
        return [Choice(each, _text(AGE_WORDS[each]), each == "adult") for each in AGES]

    @property
    def represented(self) -> list[Choice]:
        """Return who can act for somebody by law."""
        return _choices(desk_words.REPRESENTED, (Represented.NOBODY,))

    @property
    def has_guardian(self) -> bool:
        """Say whether somebody else decides: a parent, or a guardian."""
        case = self.chosen
        return case is not None and (case.is_minor or case.represented is Represented.GUARDED)

    @property
    def is_declared(self) -> bool:
        """Say whether a court declared something about an adult."""
        return self.chosen is not None and self.chosen.represented in ADULTS

    @property
    def languages(self) -> list[Choice]:
        """Return in which language notices may be written."""
        wanted = self.said("language") or LANGUAGES[0]
        return [Choice(each, _text(LANGUAGE_WORDS[each]), each == wanted) for each in LANGUAGES]

    @property
    def services(self) -> list[Choice]:
        """Return the services that can be opened, and that a delegation covers."""
        covered = desk_seats.covered()
        return [
            Choice(each.code, _text(Bilingual(each.name_zh, each.name_en)))
            for each in activations.services(scope.db())
            if each.state is ServiceState.OPEN and (covered is None or each.code in covered)
        ]

    @property
    def questions(self) -> list[Question]:
        """Return the fields of the annex form of the service that is asked for."""
        is_asked = self.chosen is not None and self.chosen.wants_annex
        return annex_fields.questions(desk_annex.find_form(self.filled.service)) if is_asked else []

    @property
    def counters(self) -> list[Choice]:
        """Return to which counters a case can be forwarded."""
        wanted = str(self.filled.collected_for or "")
        return [
            Choice(str(key), _text(name), str(key) == wanted) for key, name in desk_seats.others()
        ]

    @property
    def reasons(self) -> list[Choice]:
        """Return for what a clerk may refuse."""
        return [
            Choice(code, _text(refusal(code).title), code == self.filled.reason) for code in REASONS
        ]

    @property
    def needs(self) -> list[NeedView]:
        """Return what must lie on the desk."""
        ticked = set(self.filled.seen_pairs)
        return [
            NeedView(
                words=desk_words.need(each, pages.language()),
                papers=[
                    PaperView(
                        name=f"{each.whose}.{paper}",
                        label=_text(desk_words.PAPERS[paper]),
                        checked=(each.whose, paper) in ticked,
                        expires=paper in EXPIRING,
                    )
                    for paper in each.papers
                ],
            )
            for each in (needed(self.chosen) if self.chosen else ())
        ]

    @property
    def expiring(self) -> list[PaperView]:
        """Return the applicant's papers whose number and last day are asked for."""
        own = f"{Whose.APPLICANT}."
        papers = [paper for need in self.needs for paper in need.papers]
        return [each for each in papers if each.expires and each.name.startswith(own)]

    @property
    def lacked(self) -> list[str]:
        """Return what was missing last time."""
        slip = turned_away.find(scope.db(), self.filled.slip)
        kept = slip.missing if slip is not None else ()
        return [desk_words.need(Need.read(each), pages.language()) for each in kept]

    @property
    def hidden(self) -> Mapping[str, str]:
        """Return what the second form carries along of the first."""
        case = self.chosen
        if case is None:
            return {}
        return {
            "matter": case.matter.value,
            "kind": case.kind.value,
            "age": self.filled.age,
            "represented": case.represented.value,
            "by_proxy": "yes" if case.by_proxy else "",
            "service": self.filled.service,
            "slip": self.filled.slip,
        }

    @property
    def said_of_it(self) -> list[str]:
        """Return what somebody came for, in words."""
        case = self.chosen
        if case is None:
            return []
        services = {each.value: each.label for each in self.services}
        words = [_text(desk_words.MATTERS[case.matter]), _text(desk_words.KINDS[case.kind])]
        words += [_text(AGE_WORDS[self.filled.age]), services.get(self.filled.service, "")]
        if (
            case.represented in desk_words.REPRESENTED
            and case.represented is not Represented.NOBODY
        ):
            words.append(_text(desk_words.REPRESENTED[case.represented]))
        words += [pages.say("由受託人代辦")] if case.by_proxy else []
        return [each for each in words if each]

    @property
    def is_join(self) -> bool:
        """Say whether somebody wants to become a member."""
        return self.chosen is not None and self.chosen.matter is CaseMatter.JOIN

    @property
    def terms(self) -> terms.Terms:
        """Return the terms the applicant agrees to."""
        return terms.current(scope.db(), now=scope.now())


def _text(words: Bilingual) -> str:
    return words.text(pages.language())


def _choices(words: Mapping[Word, Bilingual], checked: Iterable[Word] = ()) -> list[Choice]:
    return [Choice(key.value, _text(said), key in set(checked)) for key, said in words.items()]
