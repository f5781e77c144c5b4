"""Write to members: a job holds who, which words and which language; the address is opened late."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel import jobs
from kernel.db import Sessions, transaction
from kernel.errors import NotFound
from kernel.jobs import Work
from kernel.keyring import Keyring
from kernel.mail import Post, compose
from kernel.settings import Settings
from kernel.wording import CHINESE, ENGLISH, Bilingual
from members import recovery, register
from members.proxies import secret_of
from web import dates
from web.mails import Mail, write

KIND = "mail.send"


def mail(
    session: Session,
    words: Mail,
    *,
    member_id: UUID | None,
    language: str,
    now: datetime,
    notice_id: UUID | None = None,
    recovery_id: UUID | None = None,
) -> None:
    """Let a notice be sent, in the caller's transaction.

    Without a member nobody is written to: where a stranger must cost as much as a member.
    `notice_id` is the notice whose link ends a power, `recovery_id` the request whose code is sent;
    what is secret of them is worked out as it leaves.
    """
    payload = {
        "template": words.value,
        "member": None if member_id is None else str(member_id),
        "language": language,
    }
    if notice_id is not None:
        payload["notice"] = str(notice_id)
    if recovery_id is not None:
        payload["recovery"] = str(recovery_id)
    jobs.enqueue(session, KIND, payload, now=now)


class MailSender:
    """The handler of these jobs."""

    def __init__(self, make: Sessions, keyring: Keyring, settings: Settings, post: Post) -> None:
        """Open addresses with `keyring`; hand messages to `post`."""
        self._make = make
        self._keyring = keyring
        self._settings = settings
        self._post = post

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Send one notice; to whom has no confirmed address, none."""
        to = self._address(work.payload["member"])
        if to is None:
            return
        names = self._settings.service_name
        at = Bilingual(
            *(dates.moment_words(work.created_at, language) for language in (CHINESE, ENGLISH))
        )
        written = write(
            Mail(work.payload["template"]),
            language=work.payload["language"],
            service=Bilingual(names.zh, names.en),
            issuer=self._settings.issuer,
            at=at,
            not_me=self._not_me(work.payload.get("notice")),
            code=self._code(work.payload.get("recovery")),
        )
        message = compose(
            sender=self._settings.mail.sender,
            to=to,
            subject=written.subject,
            text=written.text,
            html=written.html,
            message_id=str(work.id),
            now=now,
        )
        self._post.send(message)

    def _not_me(self, notice_id: str | None) -> str:
        if notice_id is None:
            return ""
        secret = secret_of(UUID(notice_id), key=self._keyring.derive("not-me/v1"))
        return f"{self._settings.issuer}/not-me?key={secret}"

    def _code(self, recovery_id: str | None) -> str:
        if recovery_id is None:
            return ""
        code = recovery.code_of(UUID(recovery_id), key=self._keyring.derive(recovery.KEY))
        return f"{code[:4]} {code[4:]}"

    def _address(self, member_id: str | None) -> str | None:
        if member_id is None:
            return None
        with transaction(self._make) as session:
            try:
                member = register.get(session, UUID(member_id))
            except NotFound:
                return None  # gone since, and the address with them
            if not member.data_key_sealed:
                return None  # erased
            claims = register.claims_of(member, keyring=self._keyring)
        # An unconfirmed address may be a stranger's: the notice would tell them of this account.
        return claims.get("email") if claims.get("email_verified") is True else None
