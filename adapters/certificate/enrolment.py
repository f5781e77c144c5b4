"""Bind a certificate to the member it is made out to."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from adapters.certificate import holders
from adapters.certificate.adapter import CertificateAdapter, kept_of
from adapters.certificate.checks import Checked
from adapters.certificate.models import BoundCertificate
from adapters.certificate.shown import Shown
from adapters.contract import Challenge, Context, NotProven
from carriers import bindings
from carriers.models import Binding, CarrierKind, Place
from kernel.errors import Refused


def shown(
    adapter: CertificateAdapter,
    context: Context,
    challenge: Challenge,
    answer: Mapping[str, object],
    *,
    now: datetime,
) -> Shown:
    """Return the certificate whose key signed the challenge.

    Raises Refused `challenge.expired` or `carrier.not_readable`.
    """
    try:
        return adapter.shown(context, challenge, answer, now=now)
    except NotProven:
        raise Refused("carrier.not_readable") from None


def finish(
    session: Session,
    adapter: CertificateAdapter,
    der: bytes,
    *,
    member_id: UUID,
    member_name: str,
    last_four: str,
    on_record: AbstractSet[str],
    name: str,
    acr: str,
    where: Place = Place.ACCOUNT,
    actor: UUID | None = None,
    now: datetime,
) -> Binding:
    """Bind a certificate whose key was shown to be there; it must be made out to the member.

    `member_name` is the name on record, `last_four` what the member typed, `on_record` the same
    of every number they hold or held, empty where none was entered: a certificate keeps the number
    it was made out under. Raises Refused: `carrier.certificate_…`
    or what `bindings.bind` raises.
    """
    checked = adapter.check(session, der, now=now)
    require_theirs(checked, member_name=member_name, last_four=last_four)
    # What is typed stands on the certificate; another of the same name could type it.
    if on_record and not any(
        holders.is_named(checked, name=member_name, last_four=each) for each in on_record
    ):
        raise Refused("carrier.certificate_other_person")
    fingerprint, made_at = adapter.fingerprint_of(checked), checked.certificate.not_valid_before_utc
    bindings.make_way(session, fingerprint, member_id=member_id, made_at=made_at, now=now)
    binding = bindings.bind(
        session,
        member_id=member_id,
        kind=CarrierKind.CERTIFICATE,
        fingerprint=fingerprint,
        name=name,
        where=where,
        acr=acr,
        actor=actor,
        made_at=made_at,
        now=now,
    )
    kept = kept_of(checked)
    session.add(
        BoundCertificate(
            binding_id=binding.id,
            profile=kept["of"],
            issuer_key_id=kept["issuer"],
            serial=kept["number"],
            ends_at=kept["ends"],
        )
    )
    session.flush()
    return binding


def require_theirs(checked: Checked, *, member_name: str, last_four: str) -> None:
    """Let only a person's own certificate be bound online.

    Raises Refused `carrier.certificate_at_counter` or `carrier.certificate_other_person`.
    """
    if not checked.profile.is_personal:
        raise Refused("carrier.certificate_at_counter")
    if not holders.is_named(checked, name=member_name, last_four=last_four):
        raise Refused("carrier.certificate_other_person")
