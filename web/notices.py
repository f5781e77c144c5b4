"""Write to members: a job holds who, which words and which language; the address is opened late."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from counters import card_orders
from kernel import jobs
from kernel.db import Sessions, transaction
from kernel.errors import NotFound
from kernel.jobs import JobDelayed, JobImpossible, Work
from kernel.keyring import Keyring
from kernel.mail import NO_SERVER, Post, compose
from kernel.settings import Settings
from kernel.wording import CHINESE, ENGLISH, Bilingual
from members import inbox, mailboxes, recovery, register
from members.models import Member
from members.proxies import secret_of
from services import consolidation_notes
from web import branding, dates
from web.mails import Mail, write

KIND = "mail.send"
CODES = {  # by what a letter is about
    "recovery": recovery.KEY,
    "check": mailboxes.KEY,
    "card": card_orders.KEY,
}
ELSEWHERE = {"check": mailboxes.find_address, "change": mailboxes.find_former}
NOBODY = UUID(int=0)
LETTERS_ONLY = frozenset({Mail.RECOVERY_CODE, Mail.CONTACT_CODE, Mail.CONTACT_MOVED})
OWN = "own"  # the language on the member's record: nobody is there to ask in another


def mail(
    session: Session,
    words: Mail,
    *,
    member_id: UUID | None,
    language: str,
    now: datetime,
    **about: UUID,
) -> None:
    """Let a notice be sent and put it into the inbox, in the caller's transaction.

    Who has no mailbox has the inbox alone. Letters that are about the mailbox go only there.
    Without a member nobody is written to: where a stranger must cost as much as a member. `about`
    may name the `notice` whose link ends a power; the `recovery`, `check` or `card` whose code is
    sent, the check's to the address it is about; the `change` whose former mailbox is written to;
    the `note` it tells of and the `batch` that brought it. What is secret or personal of them is
    worked out as the letter leaves.
    """
    payload = {
        "template": words.value,
        "member": None if member_id is None else str(member_id),
        "language": language,
        **{name: str(key) for name, key in about.items()},
    }
    jobs.enqueue(session, KIND, payload, now=now)
    if words in LETTERS_ONLY or "change" in about:  # to a mailbox that gave way goes a copy
        return
    facts = {name: str(key) for name, key in about.items()}
    whose = NOBODY if member_id is None else member_id
    inbox.deliver(session, whose, kind=words.value, facts=facts, now=now)


def _never_leaves(work: Work, delayed: JobDelayed) -> bool:
    """Say whether nobody can hope for this letter: it is given up, or there is no mail at all."""
    is_given_up = isinstance(delayed, JobImpossible) or work.attempt >= jobs.MOST_ATTEMPTS
    return is_given_up or delayed.code == NO_SERVER


class MailSender:
    """The handler of these jobs."""

    def __init__(self, make: Sessions, keyring: Keyring, settings: Settings, post: Post) -> None:
        """Open addresses with `keyring`; hand messages to `post`."""
        self._make = make
        self._keyring = keyring
        self._settings = settings
        self._post = post

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Send one notice; to whom has no confirmed address, none.

        What it tells of may be received by others only now (PDPA 9), or once it is known that no
        letter will tell it: the inbox did.
        """
        try:
            self._send(work, now=now)
        except JobDelayed as delayed:
            if _never_leaves(work, delayed):
                self._announce(work)
            raise
        self._announce(work)

    def _announce(self, work: Work) -> None:
        if "note" in work.payload:
            with transaction(self._make) as session:
                note, batch = (UUID(work.payload[name]) for name in ("note", "batch"))
                consolidation_notes.announce(session, note, batch)

    def _send(self, work: Work, *, now: datetime) -> None:
        reader = self._reader(work.payload)
        if reader is None:
            return
        to, own_language = reader
        language = work.payload["language"]
        names = self._settings.service_name
        with transaction(self._make) as session:
            service = branding.named(session, Bilingual(names.zh, names.en), at=now)
        at = Bilingual(
            *(dates.moment_words(work.created_at, language) for language in (CHINESE, ENGLISH))
        )
        written = write(
            Mail(work.payload["template"]),
            language=own_language if language == OWN else language,
            service=service,
            issuer=self._settings.issuer,
            at=at,
            not_me=self._not_me(work.payload.get("notice")),
            code=self._code(work.payload),
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

    def _code(self, payload: Mapping[str, Any]) -> str:  # JSON
        for name, label in CODES.items():
            if name in payload:
                code = recovery.code_of(UUID(payload[name]), key=self._keyring.derive(label))
                return f"{code[:4]} {code[4:]}"
        return ""

    def _reader(self, payload: Mapping[str, Any]) -> tuple[str, str] | None:  # JSON
        """Return address and own language of a member; None for one nobody can write to."""
        if payload["member"] is None:
            return None
        with transaction(self._make) as session:
            try:
                member = register.get(session, UUID(payload["member"]))
            except NotFound:
                return None  # gone since, and the address with them
            if not member.data_key_sealed:
                return None  # erased
            claims = register.claims_of(member, keyring=self._keyring)
            address = self._address(session, payload, member, claims)
        english = str(claims.get("locale", "")).lower().startswith(ENGLISH)
        return None if address is None else (address, ENGLISH if english else CHINESE)

    def _address(
        self,
        session: Session,
        payload: Mapping[str, Any],
        member: Member,
        claims: Mapping[str, Any],
    ) -> str | None:
        for name, find in ELSEWHERE.items():
            if name in payload:
                return find(session, UUID(payload[name]), member, keyring=self._keyring)
        # An unconfirmed address may be a stranger's: the notice would tell them of this account.
        return claims.get("email") if claims.get("email_verified") is True else None
