"""Legal bases for asking: a public body has others than a corporation, school or merchant (2(1)).

The articles are those of the Personal Data Protection Act: 15 for public agencies, 19 for everybody
else. What the member reads is the article, then the body's own words.
"""

from dataclasses import dataclass

from clients.models import Body
from kernel.errors import Refused
from kernel.wording import Bilingual

PUBLIC = frozenset({Body.DEPARTMENT, Body.INSTITUTION})
PRIVATE = frozenset(Body) - PUBLIC


@dataclass(frozen=True)
class Basis:
    """One ground for collecting and using personal data, and who may rely on it."""

    code: str
    words: Bilingual
    bodies: frozenset[Body]


def _article(article: int, item: int, zh: str, en: str, bodies: frozenset[Body]) -> Basis:
    words = Bilingual(
        f"個人資料保護法第 {article} 條第 {item} 款：{zh}"
        if article == 15  # noqa: PLR2004  # article 15 has one paragraph, article 19 two
        else f"個人資料保護法第 {article} 條第 1 項第 {item} 款：{zh}",
        f"Personal Data Protection Act, article {article} item {item}: {en}",
    )
    return Basis(f"pdpa-{article}-{item}", words, bodies)


BASES: tuple[Basis, ...] = (
    _article(15, 1, "執行法定職務必要範圍內", "needed for a statutory duty", PUBLIC),
    _article(15, 2, "經當事人同意", "your consent", PUBLIC),
    _article(15, 3, "對當事人權益無侵害", "no harm to your rights", PUBLIC),
    _article(19, 1, "法律明文規定", "a law says so", PRIVATE),
    _article(19, 2, "與當事人有契約或類似契約之關係", "a contract with you", PRIVATE),
    _article(19, 5, "經當事人同意", "your consent", PRIVATE),
    _article(19, 6, "為增進公共利益所必要", "needed for the public interest", PRIVATE),
)
BY_CODE = {basis.code: basis for basis in BASES}


def offered(body: Body) -> tuple[Basis, ...]:
    """Return the bases such a body may choose from."""
    return tuple(basis for basis in BASES if body in basis.bodies)


def consent_of(body: Body) -> str:
    """Return the code of consent, the basis that every body has."""
    return "pdpa-15-2" if body in PUBLIC else "pdpa-19-5"


def require_offered(code: str, body: Body) -> None:
    """Refuse a basis that this body cannot have. Raises Refused `client.basis_not_offered`."""
    if code not in BY_CODE or body not in BY_CODE[code].bodies:
        raise Refused("client.basis_not_offered")


def in_words(code: str, own: Bilingual) -> Bilingual:
    """Return what members read: the article, then the body's own words."""
    words = BY_CODE[code].words
    return Bilingual(f"{words.zh}；{own.zh}", f"{words.en}; {own.en}")
