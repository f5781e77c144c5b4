"""Say who does which kind of job: the composition root of the worker."""

from collections.abc import Mapping
from datetime import datetime

from idp import (
    awaited,
    back_channel,
    checkpoints,
    ciba_pings,
    sign_outs,
)
from kernel.db import transaction
from kernel.mail import FolderPost, NoPost, Post, SmtpPost
from kernel.settings import Mail
from kernel.working import Handler
from members import applications, archives
from services import consolidation_batches
from web import (
    application_mails,
    archive_making,
    calling,
    card_orders,
    certificate_lists,
    closing,
    consent_endings,
    contact_mails,
    contract_endings,
    event_pushes,
    figure_keeping,
    import_jobs,
    incident_jobs,
    key_rotation,
    merchant_counts,
    notices,
    offer_reviews,
    organisation_endings,
    queue_moves,
    record_checking,
    recover,
    recover_finding,
    rule_reviews,
    service_closings,
    waiver_endings,
)
from web.rooms import Rooms


def handlers(rooms: Rooms) -> Mapping[str, Handler]:
    """Return the handler of each kind of job there is."""
    make, provider, settings = rooms.sessions, rooms.provider, rooms.settings
    send = calling.caller(settings)
    mailing = post(settings.mail)
    return {
        **event_pushes.by_kind(rooms, send),
        sign_outs.KIND: back_channel.SignedOut(make, provider, send),
        awaited.PING: ciba_pings.Ping(make, provider, rooms.keyring, send),
        service_closings.KIND: service_closings.HolderTeller(make),
        notices.KIND: notices.MailSender(make, rooms.keyring, settings, mailing),
        recover.KIND: recover_finding.Finder(rooms),
        archive_making.KIND: archive_making.ArchiveMaker(rooms),
        record_checking.KIND: record_checking.RecordChecker(make, rooms.keyring),
        consolidation_batches.KIND: import_jobs.Consolidator(rooms),
        import_jobs.ANNOUNCE: import_jobs.Announcer(rooms),
        incident_jobs.GATHER: incident_jobs.Gatherer(make),
        incident_jobs.TELL: incident_jobs.Teller(make),
        certificate_lists.KIND: certificate_lists.ListFetcher(rooms, send),
        application_mails.KIND: application_mails.ApplicationMailer(
            make, rooms.keyring, settings, mailing
        ),
        application_mails.WARNING: application_mails.MemberWarner(make, rooms.keyring),
        contact_mails.KIND: contact_mails.ContactMailer(make, provider, settings, mailing),
        contact_mails.MARKETING: contact_mails.MarketingMailer(make, provider, settings, mailing),
    }


def sweep(rooms: Rooms, *, now: datetime) -> None:
    """Do what comes due by the calendar and by nobody's hand."""
    consent_endings.expire(rooms.sessions, now=now)
    contract_endings.end(rooms.sessions, now=now)
    organisation_endings.run(rooms.sessions, now=now)
    organisation_endings.close_petitions(rooms, now=now)
    service_closings.run(rooms.sessions, now=now)
    merchant_counts.run(rooms.sessions, now=now)
    offer_reviews.review(rooms.sessions, smallest=rooms.settings.smallest_population, now=now)
    closing.run(rooms, now=now)
    waiver_endings.run(rooms.sessions, now=now)
    rule_reviews.run(rooms, now=now)
    certificate_lists.ask(rooms, now=now)
    figure_keeping.run(rooms.sessions, now=now)
    key_rotation.run(rooms, now=now)
    record_checking.ask(rooms.sessions, now=now)
    card_orders.destroy_overdue(rooms, now=now)
    import_jobs.destroy_held(rooms, now=now)
    queue_moves.run(rooms, now=now)
    with transaction(rooms.sessions) as session:
        archives.expire(session, now=now)
        applications.lapse_due(session, keyring=rooms.keyring, now=now)
    provider = rooms.provider
    checkpoints.seal(rooms.sessions, provider.keys, issuer=provider.issuer, now=now)
    checkpoints.seal_trail(rooms.sessions, provider.keys, issuer=provider.issuer, now=now)


def post(mail: Mail) -> Post:
    """Return the way mail leaves, as the settings say."""
    if mail.folder is not None:
        return FolderPost(mail.folder)
    if mail.host:
        return SmtpPost(mail.host, mail.port, starttls=mail.starttls)
    return NoPost()
