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
from kernel import clock
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
    case_endings,
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
    """Do what comes due by the calendar and by nobody's hand: each at its own moment."""
    at = clock.going_on_from(now)
    consent_endings.expire(rooms.sessions, now=at())
    contract_endings.end(rooms.sessions, now=at())
    organisation_endings.run(rooms.sessions, now=at())
    organisation_endings.close_petitions(rooms, now=at())
    service_closings.run(rooms.sessions, now=at())
    merchant_counts.run(rooms.sessions, now=at())
    offer_reviews.review(rooms.sessions, smallest=rooms.settings.smallest_population, now=at())
    closing.run(rooms, now=at())
    waiver_endings.run(rooms.sessions, now=at())
    rule_reviews.run(rooms, now=at())
    certificate_lists.ask(rooms, now=at())
    figure_keeping.run(rooms.sessions, now=at())
    key_rotation.run(rooms, now=at())
    record_checking.ask(rooms.sessions, now=at())
    card_orders.destroy_overdue(rooms, now=at())
    import_jobs.destroy_held(rooms, now=at())
    queue_moves.run(rooms, now=at())
    with transaction(rooms.sessions) as session:
        archives.expire(session, now=at())
        lapsed = applications.lapse_due(session, keyring=rooms.keyring, now=at())
        case_endings.stop(session, lapsed, why=case_endings.LAPSED, now=at())
    provider = rooms.provider
    checkpoints.seal(rooms.sessions, provider.keys, issuer=provider.issuer, now=at())
    checkpoints.seal_trail(rooms.sessions, provider.keys, issuer=provider.issuer, now=at())


def post(mail: Mail) -> Post:
    """Return the way mail leaves, as the settings say."""
    if mail.folder is not None:
        return FolderPost(mail.folder)
    if mail.host:
        return SmtpPost(mail.host, mail.port, starttls=mail.starttls)
    return NoPost()
