"""Keep the terms of applying, version by version, and what exactly was agreed to (8(2)1).

The city's own text (Annex 3) is entered by an operator; until then ours stands, and says so.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.errors import Refused
from kernel.ids import digest, new_id
from kernel.wording import Bilingual
from members.application_models import TermsVersion

LONGEST_VERSION = 32  # characters


@dataclass(frozen=True)
class Terms:
    """One version: its name and its text, paragraphs parted by empty lines."""

    version: str
    text: Bilingual

    def hash_in(self, language: str) -> bytes:
        """Return what is kept of the text that was shown."""
        return digest(f"{self.version}\n{language}\n{self.text.text(language)}")


OURS = Terms(
    "2026-1",
    Bilingual(
        "這是這套軟體自己的說明，供市府以正式的線上申辦規定取代。\n\n"
        "您填的資料只用來確認您是誰、審核您能不能成為會員，以及開通您要的服務。\n\n"
        "申辦窗口會核對您的資料和證件，資訊局再審核；證件只看，不留影本。\n\n"
        "您可以隨時查進度、補正或撤回。沒有通過時，資料在 30 天後銷毀。\n\n"
        "成為會員後，您可以查閱、下載、更正您的資料，也可以刪除帳號。",
        "This is this software's own text, to be replaced by the city's rules for online "
        "applications.\n\n"
        "What you fill in is used to make sure who you are, to decide whether you can become a "
        "member, and to open the services you want.\n\n"
        "A service counter compares your data with your documents, then the Department of "
        "Information Technology decides. Documents are looked at; no copies are kept.\n\n"
        "You can follow, correct or withdraw your application at any time. If it is turned down, "
        "your data are destroyed after 30 days.\n\n"
        "As a member you can read, download and correct your data, and delete your account.",
    ),
)


def current(session: Session, *, now: datetime) -> Terms:
    """Return the terms in force."""
    newest = _newest(session, now=now)
    if newest is None:
        return OURS
    return Terms(newest.version, Bilingual(newest.text_zh, newest.text_en))


def _newest(session: Session, *, now: datetime) -> TermsVersion | None:
    return session.scalar(
        select(TermsVersion)
        .where(TermsVersion.effective_at <= now)
        .order_by(TermsVersion.effective_at.desc(), TermsVersion.id.desc())
        .limit(1)
    )


def publish(session: Session, terms: Terms, *, effective_at: datetime, now: datetime) -> None:
    """Let another version be in force from a moment on.

    Raises Refused `terms.version_taken`, `terms.incomplete` for a version nobody could agree to,
    `terms.day_passed` for one that would never hold.
    """
    if not all(each.strip() for each in (terms.version, *terms.text)):
        raise Refused("terms.incomplete")
    if len(terms.version) > LONGEST_VERSION:
        raise Refused("terms.incomplete")
    in_force = _newest(session, now=now)
    if in_force is not None and effective_at < in_force.effective_at:
        raise Refused("terms.day_passed")
    taken = select(TermsVersion.id).where(TermsVersion.version == terms.version)
    if terms.version == OURS.version or session.scalar(taken) is not None:
        raise Refused("terms.version_taken")
    session.add(
        TermsVersion(
            id=new_id(),
            version=terms.version,
            effective_at=effective_at,
            text_zh=terms.text.zh,
            text_en=terms.text.en,
        )
    )
    session.flush()


def require_agreed(session: Session, agreed: str, *, now: datetime) -> Terms:
    """Return the terms that were agreed to, if they are those in force.

    Raises Refused `case.terms_not_accepted` or `case.terms_version_changed`.
    """
    if not agreed:
        raise Refused("case.terms_not_accepted")
    terms = current(session, now=now)
    if agreed != terms.version:
        raise Refused("case.terms_version_changed")
    return terms
