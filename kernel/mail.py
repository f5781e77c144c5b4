"""Send mail: one message composed, and the two ways it may go, a server or a demo's folder."""

import smtplib
import ssl
from collections.abc import Iterable
from contextlib import closing, suppress
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

from kernel.clock import TAIPEI
from kernel.ids import new_id
from kernel.jobs import JobDelayed, JobImpossible

PATIENCE_SECONDS = 20
NO_SERVER = "mail.no_server"
PERMANENT = 500  # SMTP's replies from here on say never (RFC 5321 4.2.1)


class Post(Protocol):
    """A way for mail to leave."""

    def send(self, message: EmailMessage) -> None:
        """Hand the message over. Raises JobDelayed, JobImpossible."""
        ...


def compose(
    *, sender: str, to: str, subject: str, text: str, html: str, message_id: str, now: datetime
) -> EmailMessage:
    """Return a message with a text and an HTML part. Raises JobImpossible for no address.

    `message_id` is the job's: a mail sent twice is seen once.
    """
    message = EmailMessage(policy=SMTP)
    try:
        recipient = Address(addr_spec=to)
    except (ValueError, IndexError):  # what the standard library raises for what is no address
        raise JobImpossible("mail.address_unusable") from None
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(now.astimezone(TAIPEI))
    message["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # no out-of-office answers (RFC 3834)
    # Not every server on the way takes eight bits.
    message.set_content(text, cte="base64")
    message.add_alternative(html, subtype="html", cte="base64")
    return message


class NoPost:
    """No server is set: what should be sent waits until one is."""

    def send(self, message: EmailMessage) -> None:  # noqa: ARG002  # fulfils the protocol
        """Refuse for now."""
        raise JobDelayed(NO_SERVER)


class SmtpPost:
    """The city's mail server."""

    def __init__(self, host: str, port: int, *, starttls: bool) -> None:
        """Send through `host`; with `starttls` only over TLS with a trusted certificate."""
        self._host = host
        self._port = port
        self._starttls = starttls

    def send(self, message: EmailMessage) -> None:
        """Hand the message to the server. Raises JobDelayed, JobImpossible."""
        try:
            server = smtplib.SMTP(self._host, self._port, timeout=PATIENCE_SECONDS)
            with closing(server):
                if self._starttls:
                    server.starttls(context=ssl.create_default_context())
                server.send_message(message)
                # It is the server's now: a failure from here on must not send it again.
                with suppress(OSError, smtplib.SMTPException):
                    server.quit()
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            if min(codes, default=0) >= PERMANENT:
                raise JobImpossible("mail.address_refused") from None
            raise JobDelayed("mail.address_refused") from None
        except (OSError, smtplib.SMTPException):
            raise JobDelayed("mail.server_failed") from None


class FolderPost:
    """A folder that plays the mail server in the demonstration."""

    def __init__(self, folder: Path) -> None:
        """Put messages into `folder`, made at need."""
        self._folder = folder

    def send(self, message: EmailMessage) -> None:
        """Write one file, complete or not at all."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{new_id()}.eml"
        unfinished = self._folder / f".{name}"
        unfinished.write_bytes(message.as_bytes())
        unfinished.rename(self._folder / name)


def files(folder: Path) -> Iterable[Path]:
    """Return the messages a FolderPost has taken, the newest first."""
    return sorted(folder.glob("*.eml"), reverse=True)
