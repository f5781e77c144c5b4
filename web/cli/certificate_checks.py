"""What `taipei-id doctor` asks of the authorities whose certificates sign members in."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from adapters.certificate import pinning, revocation_lists
from adapters.certificate.profiles import Issuer
from kernel import clock
from kernel.settings import Settings, SettingsInvalid
from web.cli.checks import Skipped, Unwell, opened_session

NOTICE = timedelta(days=90)


def certificates(settings: Settings) -> str:
    """See that each pinned authority is in its time, and that somebody can say what it revoked."""
    if settings.certificates is None:
        raise Skipped("no authority is pinned")
    try:
        issuers = pinning.read(settings.certificates).issuers
    except SettingsInvalid as invalid:
        raise Unwell(str(invalid)) from None
    now = clock.now()
    with opened_session(settings) as session:
        for issuer in issuers:
            _require_in_time(issuer, now=now)
            _require_answerable(session, issuer, now=now)
    return f"{len(issuers)} authorities pinned, each can be asked about what it revoked"


def _require_in_time(issuer: Issuer, *, now: datetime) -> None:
    left = issuer.certificate.not_valid_after_utc - now
    if left < NOTICE:
        raise Unwell(f"{_name(issuer)} ends in {left.days} days; pin its next generation now")


def _require_answerable(session: Session, issuer: Issuer, *, now: datetime) -> None:
    if not issuer.ocsp_url and not issuer.crl_url:
        raise Unwell(f"{_name(issuer)} has neither ocsp_url nor crl_url: nobody could sign in")
    listed = revocation_lists.in_force(session, issuer)
    if issuer.crl_url and (listed is None or listed.next_update <= now):
        raise Unwell(
            f"the list of {_name(issuer)} is missing or too old; is a worker running, and does "
            "'taipei-id certificates lists --fetch' reach its address?"
        )


def _name(issuer: Issuer) -> str:
    return f"the authority {issuer.key_id.hex()[:16]}"
