"""Write to applicants what happened, never whose application it is; and to whom a form names."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.db import Sessions, transaction
from kernel.jobs import Work
from kernel.keyring import Keyring
from kernel.mail import Post, compose
from kernel.settings import Settings
from kernel.wording import CHINESE, ENGLISH, Bilingual
from members import (
    admission,
    application_claims,
    application_steps,
    contact_proofs,
    invitations,
    sealed_forms,
)
from members.application_forms import Form
from members.application_models import Application, Channel, State
from members.application_steps import APART, TELL, WARN
from members.proxies import secret_of
from web import branding, dates, notices
from web.mails import Mail, write

KIND, WARNING = TELL, WARN
WORDS = {
    State.CONFIRMING: Mail.APPLICATION_RECEIVED,
    State.REVIEW: Mail.APPLICATION_RECEIVED,
    State.RETURNED: Mail.APPLICATION_RETURNED,
    State.APPROVED: Mail.APPLICATION_APPROVED,
    State.REJECTED: Mail.APPLICATION_DECIDED,
    State.LAPSED: Mail.APPLICATION_LAPSED,
}


class ApplicationMailer:
    """The handler of these jobs."""

    def __init__(self, make: Sessions, keyring: Keyring, settings: Settings, post: Post) -> None:
        """Open addresses with `keyring`; hand messages to `post`."""
        self._make = make
        self._keyring = keyring
        self._settings = settings
        self._post = post

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Send one letter; who gave no address follows the receipt, and so may everybody."""
        with transaction(self._make) as session:
            application = session.get(Application, UUID(work.payload["application"]))
            if application is None:
                return  # destroyed since, and the address with it
            form = sealed_forms.read(application, keyring=self._keyring)
            if _warns(work):
                application_steps.warn(session, application.id, now=now)
        if not form.email:
            return
        names = self._settings.service_name
        with transaction(self._make) as session:
            service = branding.named(session, Bilingual(names.zh, names.en), at=now)
        written = write(
            Mail.PROXY_APPLIES if "letter" in work.payload else WORDS[State(work.payload["state"])],
            language=form.language,
            service=service,
            issuer=self._settings.issuer,
            at=Bilingual(
                *(dates.moment_words(work.created_at, each) for each in (CHINESE, ENGLISH))
            ),
            link=self._link(work, form.email),
        )
        message = compose(
            sender=self._settings.mail.sender,
            to=form.email,
            subject=written.subject,
            text=written.text,
            html=written.html,
            message_id=str(work.id),
            now=now,
        )
        self._post.send(message)

    def _link(self, work: Work, address: str) -> str:
        """Return where the letter leads: to the receipt, to choosing a name, or to a no."""
        if letter := work.payload.get("letter"):
            secret = secret_of(UUID(letter), key=self._keyring.derive("not-me/v1"))
            return f"{self._settings.issuer}/not-me?key={secret}"
        invitation = work.payload.get("invitation")
        if invitation is None:
            return f"{self._settings.issuer}/track"
        code = invitations.secret_of(UUID(invitation), keyring=self._keyring)
        sent = contact_proofs.sent_to(address, UUID(invitation), keyring=self._keyring)
        return f"{self._settings.issuer}/activate?code={code}&sent={sent}"


def _warns(work: Work) -> bool:
    """Say whether whom the form names is warned by this job: an older node wrote no other one.

    At the first attempt only: the older worker warned at each of its own.
    """
    is_older = not APART.keys() <= work.payload.keys()
    was_handed_in = work.payload["state"] == State.CONFIRMING and "letter" not in work.payload
    return is_older and was_handed_in and work.attempt == 1


class MemberWarner:
    """The handler that tells members of a form that names them: here, where nobody waits."""

    def __init__(self, make: Sessions, keyring: Keyring) -> None:
        """Open forms with `keyring`."""
        self._make = make
        self._keyring = keyring

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Tell the parent who is to agree, and whoever holds a number that the form names."""
        with transaction(self._make) as session:
            application = session.get(Application, UUID(work.payload["application"]))
            if application is None:
                return  # destroyed since
            form = sealed_forms.read(application, keyring=self._keyring)
            self._warn_named(session, application, form, now=now)
            is_asked = application.state is State.CONFIRMING and not admission.is_assistant(form)
            if is_asked and application.guardian_id is not None:
                notices.mail(
                    session,
                    Mail.WARD_APPLIES,
                    member_id=application.guardian_id,
                    language=application.language,
                    now=now,
                )

    def _warn_named(
        self, session: Session, application: Application, form: Form, *, now: datetime
    ) -> None:
        named = application_claims.members_named(
            session,
            admission.examine(form, channel=Channel.SITE, today=taipei_day(now)),
            keyring=self._keyring,
        )
        for member_id in named:
            notices.mail(
                session,
                Mail.APPLIED_AS_YOU,
                member_id=member_id,
                language=notices.OWN,
                now=now,
                application=application.id,
            )
