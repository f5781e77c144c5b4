"""Name each datum the city holds, also those that no client can ask for."""

from collections.abc import Mapping

from consent.catalogue import BY_NAME
from kernel.wording import Bilingual

LABELS: Mapping[str, Bilingual] = {
    "contact_address": Bilingual("通訊地址", "Address for letters"),
    "household_district": Bilingual("戶籍所在行政區", "District of household registration"),
    "number": Bilingual("證號", "Identity number"),
    "residence": Bilingual("居留資格", "Right of residence"),
}


def label(name: str, language: str) -> str:
    """Return what a datum is called; one nobody named keeps its own name."""
    words = BY_NAME[name].label if name in BY_NAME else LABELS.get(name)
    return name if words is None else words.text(language)
