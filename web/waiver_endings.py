"""Tell an agency's officers and DoIT's reviewers that a waiver ran out (AT3.1)."""

from datetime import datetime

from audit import trail
from clients import officers
from clients.officer_models import Role
from kernel.db import Sessions, transaction
from services import waivers
from web import notices
from web.mails import Mail
from web.notices import OWN


def run(sessions: Sessions, *, now: datetime) -> None:
    """Note each waiver that ran out, once, and let those who have to act be told."""
    with transaction(sessions) as session:
        for waiver in waivers.run_out(session, now=now):
            trail.record(session, "waiver.ran_out", actor=None, subject=waiver.id, now=now)
            readers = officers.holders(
                session, organisation_id=waiver.system.organisation_id, now=now
            ) | officers.holders(session, role=Role.REVIEWER, now=now)
            for member_id in sorted(readers):
                notices.mail(
                    session, Mail.WAIVER_RAN_OUT, member_id=member_id, language=OWN, now=now
                )
