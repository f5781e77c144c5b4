"""Put the question into words: the exact text a member decides on, kept as proof (PDPA 7, 8)."""

from collections.abc import Iterable

from clients.directory import RegisteredClient, RegisteredPurpose
from consent.catalogue import in_order
from kernel.wording import Bilingual

HEADINGS = {
    "client": Bilingual("提供對象", "Recipient"),
    "purpose": Bilingual("用途", "Purpose"),
    "text": Bilingual("說明", "Explanation"),
    "basis": Bilingual("依據", "Legal basis"),
    "retention": Bilingual("保存", "Retention"),
    "refusal": Bilingual("不提供的影響", "Effect of refusing"),
    "claim": Bilingual("資料", "Datum"),
    "version": Bilingual("版本", "Version"),
}


def consent_text(
    client: RegisteredClient,
    purpose: RegisteredPurpose,
    claims: Iterable[str],
    *,
    language: str,
) -> str:
    """Return the text shown for `claims`, one statement a line, in `language`."""

    def line(heading: str, value: str) -> str:
        return f"{HEADINGS[heading].text(language)}: {value}"

    necessity = {claim.name: claim.necessity.text(language) for claim in purpose.claims}
    lines = [
        line("client", f"{client.organisation.text(language)} — {client.name.text(language)}"),
        line("purpose", purpose.name.text(language)),
        line("text", purpose.text.text(language)),
        line("basis", purpose.legal_basis.text(language)),
        line("retention", purpose.retention.text(language)),
        line("refusal", purpose.refusal_effect.text(language)),
        line("version", str(purpose.text_version)),
    ]
    for claim in in_order(claims):
        reason = necessity.get(claim.name, "")
        lines.append(line("claim", f"{claim.label.text(language)} {reason}".rstrip()))
    return "\n".join(lines)
