"""Write to the contact of a client that takes no events: which member, by the name it knows.

A merchant that only ever met a stranger is told no name: a letter must not be the first to bring
one (regulation 10(4)).
"""

from datetime import datetime
from html import escape
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from idp import client_notices
from idp.provider import Provider
from kernel import jobs
from kernel.db import Sessions, transaction
from kernel.ids import digest
from kernel.jobs import Work
from kernel.mail import Post, compose
from kernel.settings import Settings
from kernel.wording import LANGUAGES, Bilingual
from members.models import RequestKind
from web import request_words

KIND = "mail.contact"
MARKETING = "mail.contact.marketing"
SUBJECT = Bilingual("會員提出個資要求 %s", "A member's data request %s")
STAGES = {
    "asked": Bilingual(
        "一位會員透過本服務向貴單位提出要求：%s。", "A member makes a request to you: %s."
    ),
    "done": Bilingual(
        "我們依一位會員的要求辦理了：%s。貴單位收過同樣的資料。",
        "At a member's request we did the following: %s. You hold the same data.",
    ),
}
FACTS = Bilingual(
    "編號：%(reference)s\n會員在貴單位的代號（sub）：%(sub)s\n資料項目：%(claims)s",
    "Number: %(reference)s\nThe member's sub at your site: %(sub)s\nData: %(claims)s",
)
NO_NAME = Bilingual(
    "（沒有：這位會員沒有讓貴單位認得）", "(none: the member has not let you know who they are)"
)
STOP_SUBJECT = Bilingual("請停止行銷", "Please stop advertising")
STOP = Bilingual(
    "一位會員不同意貴單位再向其行銷，請立刻停止（個人資料保護法第 20 條）。\n"
    "會員在貴單位的代號（sub）：%s",
    "A member does not let you advertise to them any longer; please stop at once (Personal Data "
    "Protection Act, article 20).\nThe member's sub at your site: %s",
)
LAW = Bilingual(
    "請依個人資料保護法第 3、11、13 條辦理，並把結果告訴我們。這封信沒有會員的個人資料。",
    "Please act as the Personal Data Protection Act, articles 3, 11 and 13, demands, and tell us "
    "the result. This letter holds no personal data.",
)


class About(Protocol):
    """What a client is told of: a member's request, or a correction the city made by itself."""

    @property
    def member_id(self) -> UUID:
        """Return whose data it is about."""
        ...

    @property
    def reference(self) -> str:
        """Return the number to ask by."""
        ...

    @property
    def kind(self) -> RequestKind:
        """Return what is asked, or was done."""
        ...

    @property
    def claims(self) -> list[str]:
        """Return the names of the data."""
        ...


def enqueue(
    session: Session,
    client_id: UUID,
    request: About,
    *,
    reference: str,
    stage: str,
    now: datetime,
) -> None:
    """Let the client's contact be written to."""
    payload = {
        "client": str(client_id),
        "member": str(request.member_id),
        "reference": reference,
        "kind": request.kind.value,
        "claims": list(request.claims),
        "stage": stage,
        "named": client_notices.is_known(session, client_id, member_id=request.member_id),
    }
    jobs.enqueue(session, KIND, payload, now=now)


def enqueue_marketing(session: Session, client_id: UUID, *, member_id: UUID, now: datetime) -> None:
    """Let the contact of a client that knows the member be asked to stop advertising."""
    payload = {"client": str(client_id), "member": str(member_id), "named": True}
    jobs.enqueue(session, MARKETING, payload, now=now)


class ContactMailer:
    """The handler of letters about requests."""

    def __init__(self, make: Sessions, provider: Provider, settings: Settings, post: Post) -> None:
        """Name members as `provider` does; hand messages to `post`."""
        self._make = make
        self._provider = provider
        self._settings = settings
        self._post = post

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Send one letter; a client that has left or gave no address gets none."""
        with transaction(self._make) as session:
            client = self._provider.directory.find_by_id(
                session, UUID(work.payload["client"]), now=now
            )
        if client is None or client.contact is None or "@" not in client.contact:
            return
        named = work.payload.get("named", False)  # older letters do not say
        sub = self._provider.sub_of(UUID(work.payload["member"]), client) if named else None
        text = "\n\n----\n\n".join(self.text(work, sub, language) for language in LANGUAGES)
        message = compose(
            sender=self._settings.mail.sender,
            to=client.contact.removeprefix("mailto:"),
            subject=" / ".join(self.subject(work)),
            text=text + "\n",
            html=f"<pre>{escape(text)}</pre>",
            message_id=digest(str(work.id)).hex(),  # the id tells the moment
            now=now,
        )
        self._post.send(message)

    def subject(self, work: Work) -> Bilingual:
        """Return the letter's subject."""
        reference = work.payload["reference"]
        return Bilingual(SUBJECT.zh % reference, SUBJECT.en % reference)

    def text(self, work: Work, sub: str | None, language: str) -> str:
        """Return the letter in one language; `sub` is None where the client knows none."""
        kind = request_words.KINDS[RequestKind(work.payload["kind"])].text(language)
        facts = {
            "reference": work.payload["reference"],
            "sub": sub or NO_NAME.text(language),
            "claims": ", ".join(work.payload["claims"]) or "–",
        }
        return "\n\n".join(
            (
                STAGES[work.payload["stage"]].text(language) % kind,
                FACTS.text(language) % facts,
                LAW.text(language),
            )
        )


class MarketingMailer(ContactMailer):
    """The handler of letters that ask to stop advertising."""

    def subject(self, work: Work) -> Bilingual:  # noqa: ARG002  # the seam
        """Return the letter's subject."""
        return STOP_SUBJECT

    def text(self, work: Work, sub: str | None, language: str) -> str:  # noqa: ARG002  # the seam
        """Return the letter in one language."""
        return STOP.text(language) % (sub or NO_NAME.text(language))
