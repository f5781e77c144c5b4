"""Show the mail of the demo city, in demo mode only: nobody's mailbox, so anybody may look."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from flask import Blueprint

from kernel import mail
from web import pages, scope

bp = Blueprint("inbox", __name__, url_prefix="/demo")
MOST = 50


@dataclass(frozen=True)
class _Letter:
    to: str
    subject: str
    at: datetime
    paragraphs: list[str]  # of both languages, in the order of the letter


@bp.get("/inbox")
def inbox() -> str:
    """List what was sent, the newest first."""
    folder = scope.rooms().settings.mail.folder
    found = [] if folder is None else list(mail.files(folder))[:MOST]
    return pages.page("inbox.html", letters=[_read(each) for each in found])


def _read(file: Path) -> _Letter:
    # The policy decides the class; the annotation of the standard library does not know.
    message = message_from_bytes(file.read_bytes(), EmailMessage, policy=policy.default)
    body = message.get_body(("plain",))
    text = "" if body is None else str(body.get_content()).replace("\r\n", "\n")
    return _Letter(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        at=message["Date"].datetime,
        paragraphs=[part.strip() for part in text.split("\n\n") if part.strip("- \n")],
    )
