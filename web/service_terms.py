"""Read the terms of a service as an officer typed them, and show them in words (7(5))."""

from collections.abc import Mapping
from typing import Any

from flask import request

from clients.claims import BY_NAME, CLAIMS
from clients.models import OrganisationKind, PurposeKind
from kernel.wording import Bilingual
from services.lifecycle_models import ServiceVersion
from services.models import ServiceState
from services.terms import LEVELS, PersonKind, Terms, read
from web import counter_forms, pages

TEXTS: Mapping[str, Bilingual] = {
    "text": Bilingual("服務內容", "What it is"),
    "eligibility": Bilingual("資格", "Who is entitled"),
    "fee": Bilingual("費用", "Fee"),
}
PAPERS: Mapping[PersonKind, Bilingual] = {
    PersonKind.ADULT: Bilingual("滿 14 歲國民", "National of 14 or more"),
    PersonKind.CHILD: Bilingual("7 到 13 歲兒童", "Child of 7 to 13"),
    PersonKind.RESIDENT: Bilingual("居留證持有人", "Holder of a residence permit"),
    PersonKind.UNREGISTERED: Bilingual("無戶籍國民", "National without household registration"),
}
LEVEL_WORDS: Mapping[int, Bilingual] = {
    1: Bilingual("密碼就可以", "A password will do"),
    2: Bilingual("要用卡片或通行密鑰", "A card or passkey is needed"),
    3: Bilingual("要用憑證", "A certificate is needed"),
}
STATES: Mapping[ServiceState, tuple[Bilingual, str]] = {
    ServiceState.DRAFT: (Bilingual("草擬中", "Draft"), "plain"),
    ServiceState.APPROVED: (Bilingual("已核定，未開放", "Approved, not open yet"), "info"),
    ServiceState.OPEN: (Bilingual("開放申請", "Open"), "ok"),
    ServiceState.CLOSING: (Bilingual("即將結束", "Closing"), "warn"),
    ServiceState.CLOSED: (Bilingual("已結束", "Closed"), "plain"),
}
ASKABLE = tuple(
    claim for claim in CLAIMS if claim.may_be_asked(OrganisationKind.AGENCY, PurposeKind.SERVICE)
)


def typed() -> Terms:
    """Return the terms that were typed; what is missing is for `terms.require_complete`."""
    papers = {kind: _both(f"papers_{kind}") for kind in PersonKind}
    return Terms(
        text=_both("text"),
        eligibility=_both("eligibility"),
        fee=_both("fee"),
        level=counter_forms.number("level"),
        claims=tuple(sorted({each[:64] for each in request.form.getlist("claims")})),
        papers={kind: words for kind, words in papers.items() if any(words)},
    )


def _both(name: str) -> Bilingual:
    return Bilingual(*(counter_forms.typed(f"{name}_{language}") for language in ("zh", "en")))


def fields(said: Terms | None, *, refused: bool) -> dict[str, Any]:
    """Return what the form shows: what was typed, or what stands, or nothing."""
    values: dict[str, str] = {}
    if refused:
        values = {name: counter_forms.typed(name) for name in request.form}
        chosen = set(request.form.getlist("claims"))
    else:
        chosen = set(said.claims) if said else set()
        for name, words in _texts(said):
            values |= {f"{name}_zh": words.zh, f"{name}_en": words.en}
    level = values.get("level") or str(said.level if said else 1)
    return {
        "values": values,
        "texts": [(name, label) for name, label in TEXTS.items()],
        "papers": [(f"papers_{kind}", label) for kind, label in PAPERS.items()],
        "levels": [
            {
                "value": str(each),
                "label": LEVEL_WORDS[each].text(pages.language()),
                "checked": str(each) == level,
            }
            for each in LEVELS
        ],
        "claims": [
            {"value": each.name, "label": each.label, "checked": each.name in chosen}
            for each in ASKABLE
        ],
    }


def _texts(said: Terms | None) -> list[tuple[str, Bilingual]]:
    if said is None:
        return []
    texts = [(name, getattr(said, name)) for name in TEXTS]
    return texts + [(f"papers_{kind}", words) for kind, words in said.papers.items()]


def rows(said: Terms, *, changed: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """Return the terms as rows of a page: a label, the words, and whether they are new."""
    labelled: list[tuple[str, Bilingual, Bilingual]] = [
        (name, label, getattr(said, name)) for name, label in TEXTS.items()
    ]
    labelled.append(("level", Bilingual("登入方式", "Sign-in"), LEVEL_WORDS[said.level]))
    labels = [BY_NAME[each].label for each in said.claims if each in BY_NAME]
    data = Bilingual("、".join(x.zh for x in labels), ", ".join(x.en for x in labels))
    nothing = Bilingual("不用資料", "No data")
    labelled.append(("claims", Bilingual("會用到的資料", "Data used"), data if labels else nothing))
    labelled += [
        ("papers", Bilingual(f"文件：{label.zh}", f"Papers: {label.en}"), said.papers[kind])
        for kind, label in PAPERS.items()
        if kind in said.papers
    ]
    return [
        {"label": label, "words": words, "is_new": name in changed}
        for name, label, words in labelled
    ]


def said(version: ServiceVersion) -> Terms:
    """Return what a version says."""
    return read(version.content)
