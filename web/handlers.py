"""Say who does which kind of job: the composition root of the worker."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from idp import checkpoints, client_notices
from kernel import outgoing
from kernel.mail import FolderPost, NoPost, Post, SmtpPost
from kernel.settings import Mail
from kernel.working import Handler
from web import consent_endings, notices
from web.rooms import Rooms

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})  # where the demo's sites are


def handlers(rooms: Rooms) -> Mapping[str, Handler]:
    """Return the handler of each kind of job there is."""
    hosts = frozenset(rooms.settings.private_hosts) | (LOOPBACK if rooms.settings.demo else set())
    send = partial(outgoing.call, private_hosts=hosts)
    return {
        client_notices.KIND: client_notices.ConsentEnded(rooms.sessions, rooms.provider, send),
        notices.KIND: notices.MailSender(
            rooms.sessions, rooms.keyring, rooms.settings, post(rooms.settings.mail)
        ),
    }


def sweep(rooms: Rooms, *, now: datetime) -> None:
    """Do what comes due by the calendar and by nobody's hand."""
    consent_endings.expire(rooms.sessions, now=now)
    provider = rooms.provider
    checkpoints.seal(rooms.sessions, provider.keys, issuer=provider.issuer, now=now)


def post(mail: Mail) -> Post:
    """Return the way mail leaves, as the settings say."""
    if mail.folder is not None:
        return FolderPost(mail.folder)
    if mail.host:
        return SmtpPost(mail.host, mail.port, starttls=mail.starttls)
    return NoPost()
