"""Work off a city's jobs in a test: letters and calls are kept instead of sent."""

from collections.abc import Collection
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select

from idp import back_channel, sign_outs
from kernel.jobs import Job
from kernel.outgoing import Answer, CallFailed
from kernel.working import Handler, do_one
from services import consolidation_batches
from tests.flows.provider import City
from web import (
    application_mails,
    archive_making,
    contact_mails,
    event_pushes,
    import_jobs,
    notices,
    recover,
    recover_finding,
)
from web.rooms import Rooms


@dataclass
class World:
    """Everybody outside: mailboxes, and the servers of clients."""

    city: City
    letters: list[EmailMessage] = field(default_factory=list)
    calls: list[tuple[str, bytes, str]] = field(default_factory=list)
    answer: Answer | CallFailed = field(default_factory=lambda: Answer(202, b""))

    @property
    def rooms(self) -> Rooms:
        rooms: Rooms = self.city.app.extensions["taipei_id"]
        return rooms

    def send(self, message: EmailMessage) -> None:
        self.letters.append(message)

    def call(self, url: str, body: bytes, *, content_type: str) -> Answer:
        self.calls.append((url, body, content_type))
        if isinstance(self.answer, CallFailed):
            raise self.answer
        return self.answer

    def work_off(self, only: Collection[str] | None = None) -> None:
        """Do every job that is due; of these kinds only, if any are named."""
        rooms = self.rooms
        handlers: dict[str, Handler] = {
            notices.KIND: notices.MailSender(rooms.sessions, rooms.keyring, rooms.settings, self),
            **event_pushes.by_kind(rooms, self.call),
            sign_outs.KIND: back_channel.SignedOut(rooms.sessions, rooms.provider, self.call),
            recover.KIND: recover_finding.Finder(rooms),
            archive_making.KIND: archive_making.ArchiveMaker(rooms),
            consolidation_batches.KIND: import_jobs.Consolidator(rooms),
            import_jobs.ANNOUNCE: import_jobs.Announcer(rooms),
            application_mails.KIND: application_mails.ApplicationMailer(
                rooms.sessions, rooms.keyring, rooms.settings, self
            ),
            application_mails.WARNING: application_mails.MemberWarner(
                rooms.sessions, rooms.keyring
            ),
            contact_mails.KIND: contact_mails.ContactMailer(
                rooms.sessions, rooms.provider, rooms.settings, self
            ),
            contact_mails.MARKETING: contact_mails.MarketingMailer(
                rooms.sessions, rooms.provider, rooms.settings, self
            ),
        }
        if only is not None:
            handlers = {kind: handlers[kind] for kind in only}
        while do_one(rooms.sessions, handlers, now=self.city.now):
            pass

    def jobs(self) -> list[Job]:
        with self.city.database() as session:
            return list(session.scalars(select(Job).order_by(Job.id)))

    def told(self) -> list[str]:
        """Do what is due and return the templates of the letters that left, in order."""
        self.work_off()
        templates: list[Any] = [job.payload.get("template") for job in self.jobs() if job.done_at]
        return [template for template in templates if template]
