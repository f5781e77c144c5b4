"""Say who does which kind of job: the composition root of the worker."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from idp import (
    awaited,
    back_channel,
    checkpoints,
    ciba_pings,
    sign_outs,
)
from kernel.db import Sessions, transaction
from kernel.mail import FolderPost, NoPost, Post, SmtpPost
from kernel.settings import Mail
from kernel.working import Handler
from members import application_endings, archives
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
    sweeping,
    waiver_endings,
)
from web.rooms import Rooms
from web.sweeping import Step


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
    sweeping.run(rooms.sessions, steps(rooms), now=now)


def steps(rooms: Rooms) -> tuple[Step, ...]:
    """Return what a sweep does, in order; each in transactions of its own."""
    make, provider = rooms.sessions, rooms.provider
    return (
        partial(consent_endings.expire, make),
        partial(contract_endings.end, make),
        partial(organisation_endings.run, make),
        partial(organisation_endings.close_petitions, rooms),
        partial(consent_endings.end_with_clients, make),
        partial(service_closings.run, make),
        partial(merchant_counts.run, make),
        partial(offer_reviews.review, make, smallest=rooms.settings.smallest_population),
        partial(closing.run, rooms),
        partial(waiver_endings.run, make),
        partial(rule_reviews.run, rooms),
        partial(certificate_lists.ask, rooms),
        partial(figure_keeping.run, make),
        partial(key_rotation.run, rooms),
        partial(record_checking.ask, make),
        partial(card_orders.destroy_overdue, rooms),
        partial(import_jobs.destroy_held, rooms),
        partial(queue_moves.run, rooms),
        partial(_expire_archives, make),
        partial(_lapse_applications, rooms),
        partial(checkpoints.seal, make, provider.keys, issuer=provider.issuer),
        partial(checkpoints.seal_trail, make, provider.keys, issuer=provider.issuer),
    )


def _expire_archives(make: Sessions, *, now: datetime) -> None:
    with transaction(make) as session:
        archives.expire(session, now=now)


def _lapse_applications(rooms: Rooms, *, now: datetime) -> None:
    with transaction(rooms.sessions) as session:
        lapsed = application_endings.lapse_due(session, keyring=rooms.keyring, now=now)
        case_endings.stop(session, lapsed, why=case_endings.LAPSED, now=now)


def post(mail: Mail) -> Post:
    """Return the way mail leaves, as the settings say."""
    if mail.folder is not None:
        return FolderPost(mail.folder)
    if mail.host:
        return SmtpPost(mail.host, mail.port, starttls=mail.starttls)
    return NoPost()
