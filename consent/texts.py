"""Put the question into words: the exact text a member decides on, kept as proof (PDPA 7, 8).

The page shows this very text; its hash travels with the form, so that what is stored is what was
read. Data are named in it, never told.
"""

import hashlib
from collections.abc import Iterable, Mapping

from clients.differences import Change
from clients.directory import RegisteredClient, RegisteredPurpose
from consent.catalogue import ALWAYS, BY_NAME, Claim, in_order
from consent.parts import Part
from consent.questions import Question, questions
from kernel.wording import ENGLISH, Bilingual

HEADINGS = {
    "client": Bilingual("提供對象", "Recipient"),
    "purpose": Bilingual("用途", "Purpose"),
    "text": Bilingual("說明", "Explanation"),
    "basis": Bilingual("依據", "Legal basis"),
    "retention": Bilingual("保存", "Retention"),
    "refusal": Bilingual("不提供的影響", "Effect of refusing"),
    "longest": Bilingual("同意最長", "Longest consent"),
    "part": Bilingual("這一頁", "This page"),
    "claim": Bilingual("資料", "Datum"),
    "later": Bilingual("下一頁才決定", "Decided on the next page"),
    "kept": Bilingual("先前的選擇", "Earlier choice"),
    "changed": Bilingual("變更", "Change"),
    "version": Bilingual("版本", "Version"),
}
PARTS = {
    Part.ANONYMOUS: Bilingual("沒有一項認得出您是誰", "nothing on it tells who you are"),
    Part.IDENTIFIED: Bilingual(
        "認得出您是誰的資料，每一項分開決定；不提供，前一頁的同意照樣有效",
        "data that tell who you are, each decided by itself; giving none leaves what you agreed "
        "to on the page before as it is",
    ),
    Part.MARKETING: Bilingual(
        "只決定可不可以用您提供的資料向您行銷；不同意，登入、優惠與其他同意都不受影響。"
        "同意之後，隨時可以免費停止（個人資料保護法第 20 條）",
        "whether the data you gave may be used to advertise to you, and nothing else; a no changes "
        "nothing about signing in, the offer or your other consents. After a yes you can stop it "
        "at any time, free of charge (Personal Data Protection Act, article 20)",
    ),
}
DAYS = Bilingual("%s 天", "%s days")
REQUIRED = Bilingual("必要", "required")
INSTEAD = Bilingual("可以只提供：%s", "this is enough: %s")
GIVEN = {True: Bilingual("提供", "given"), False: Bilingual("不提供", "not given")}
RETOLD = {
    "kind": Bilingual("類別改為：%s", "Kind is now: %s"),
    "name": Bilingual("用途名稱改為：%s", "Name of the purpose is now: %s"),
    "text": Bilingual("用途改為：%s", "Purpose is now: %s"),
    "retention": Bilingual("保存改為：%s", "Retention is now: %s"),
    "legal_basis": Bilingual("依據改為：%s", "Legal basis is now: %s"),
    "refusal_effect": Bilingual("不提供的影響改為：%s", "Effect of refusing is now: %s"),
    "max_days": Bilingual("同意最長改為：%s", "Longest consent is now: %s"),
}
BEFORE = Bilingual("（原本：%s）", " (before: %s)")
ADDED = Bilingual("新增：%s", "New: %s")
DROPPED = Bilingual("不再要求：%s", "No longer asked for: %s")
REASON = Bilingual("「%s」的理由改為：%s", "Reason for “%s” is now: %s")


def consent_text(
    client: RegisteredClient,
    purpose: RegisteredPurpose,
    claims: Iterable[str],
    *,
    language: str,
    part: Part = Part.WHOLE,
    later: Iterable[str] = (),
    kept: Mapping[str, bool] | None = None,
    changes: Iterable[Change] = (),
) -> str:
    """Return the text shown for `claims`, one statement a line, in `language`.

    `kept` are earlier choices the page repeats; `changes` is what is different since then; `later`
    are claims that only the next page asks about.
    """

    def line(heading: str, value: str) -> str:
        return f"{HEADINGS[heading].text(language)}: {value}"

    earlier = kept or {}
    asked = frozenset(claims) - earlier.keys()
    lines = [
        line("client", f"{client.organisation.text(language)} — {client.name.text(language)}"),
        line("purpose", purpose.name.text(language)),
        line("text", purpose.text.text(language)),
        line("basis", purpose.legal_basis.text(language)),
        line("retention", purpose.retention.text(language)),
        line("refusal", purpose.refusal_effect.text(language)),
        line("longest", DAYS.text(language) % purpose.max_days),
        line("version", str(purpose.text_version)),
        *(line("part", words.text(language)) for words in (PARTS.get(part),) if words),
        *(line("changed", change_words(change, language=language)) for change in changes),
        *(line("claim", _named(BY_NAME[name], language)) for name in {ALWAYS} & asked),
        *(line("claim", _asked(each, language)) for each in questions(asked, purpose)),
        *(line("later", _named(each, language)) for each in in_order(later)),
        *(
            line("kept", f"{_named(each, language)} {GIVEN[earlier[each.name]].text(language)}")
            for each in in_order(earlier)
        ),
    ]
    return "\n".join(lines)


def fingerprint(text: str) -> str:
    """Return what a form carries to say which text its reader saw: SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def change_words(change: Change, *, language: str) -> str:
    """Say one change of a purpose the way the page does."""
    before, after = (
        "" if words is None else words.text(language) for words in (change.before, change.after)
    )
    if change.claim is None:
        told = RETOLD[change.field].text(language) % after
        return told + (BEFORE.text(language) % before if before else "")
    claim = BY_NAME.get(change.claim)
    label = change.claim if claim is None else _named(claim, language)
    if change.before is None:
        return ADDED.text(language) % label
    if change.after is None:
        return DROPPED.text(language) % label
    return REASON.text(language) % (label, after)


def _named(claim: Claim, language: str) -> str:
    return claim.label.text(language)


def _asked(question: Question, language: str) -> str:
    words = [f"{_named(question.claim, language)} {question.necessity.text(language)}".rstrip()]
    if question.required:
        words.append(REQUIRED.text(language))
    if question.instead:
        between = ", " if language == ENGLISH else "、"
        labels = between.join(_named(claim, language) for claim in question.instead)
        words.append(INSTEAD.text(language) % labels)
    return (" · ").join(words)
