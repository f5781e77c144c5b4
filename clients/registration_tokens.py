"""Let an organisation's developers in: tokens that are counted, expire and are kept as hashes.

A token stands for an organisation and for where its clients may go: to the sandbox, or to the
public once DoIT has admitted them (RFC 7591 3; docs/decisions/0065).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from clients.models import Environment, Organisation, Profile, RegistrationToken
from kernel.db import changed
from kernel.errors import NotFound, Refused
from kernel.ids import digest, new_secret
from kernel.prebuilt import Prebuilt, Row

_FIND = Prebuilt(
    select(*RegistrationToken.__table__.columns).where(
        RegistrationToken.token_hash == bindparam("token_hash"),
        RegistrationToken.ended_at.is_(None),
        RegistrationToken.uses < RegistrationToken.most_uses,
        RegistrationToken.organisation_id.in_(
            select(Organisation.id).where(Organisation.ended_at.is_(None))
        ),
    )
)


def issue(
    session: Session,
    organisation: Organisation,
    *,
    environment: Environment,
    profile: Profile = Profile.BASIC,
    uses: int = 1,
    lifetime: timedelta = timedelta(days=7),
    now: datetime,
) -> str:
    """Return a new token, shown this once. Raises Refused `organisation.ended`."""
    if organisation.ended_at is not None:
        raise Refused("organisation.ended")
    token = new_secret()
    session.add(
        RegistrationToken(
            token_hash=digest(token),
            organisation_id=organisation.id,
            environment=environment,
            profile=profile,
            most_uses=uses,
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    session.flush()
    return token


def find(session: Session, token: str, *, now: datetime) -> Row | None:
    """Return the row of a token that could be used now, without using it; no ended agency's."""
    row = _FIND.one_or_none(session, {"token_hash": digest(token)})
    return row if row is not None and now < row.expires_at else None


def spend(session: Session, token_id: UUID, *, now: datetime) -> None:
    """Count one registration. Raises Refused `registration.token_used`; of a race one loses."""
    spent = session.execute(
        update(RegistrationToken)
        .where(
            RegistrationToken.id == token_id,
            RegistrationToken.ended_at.is_(None),
            RegistrationToken.expires_at > now,
            RegistrationToken.uses < RegistrationToken.most_uses,
        )
        .values(uses=RegistrationToken.uses + 1)
        .execution_options(synchronize_session=False)
    )
    if changed(spent) != 1:
        raise Refused("registration.token_used")


def listed(session: Session) -> Sequence[RegistrationToken]:
    """Return every token there is, the newest first; none can be shown again."""
    return session.scalars(select(RegistrationToken).order_by(RegistrationToken.id.desc())).all()


def end(session: Session, token_id: UUID, *, now: datetime) -> None:
    """Let nobody register with the token any more. Raises NotFound if that is so already."""
    ended = session.execute(
        update(RegistrationToken)
        .where(RegistrationToken.id == token_id, RegistrationToken.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )
    if changed(ended) != 1:
        raise NotFound("registration.token_not_found")


def end_of(session: Session, organisation_id: UUID, *, now: datetime) -> None:
    """Let nobody register for an organisation any more; whoever does just now is waited for."""
    session.execute(
        update(RegistrationToken)
        .where(
            RegistrationToken.organisation_id == organisation_id,
            RegistrationToken.ended_at.is_(None),
        )
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )
