"""Write, sign and check ledgers without a provider: the signature is an HMAC of the words."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from uuid import UUID

from audit import footprint, sealing, verifying
from audit.lines import Kind
from audit.verifying import Finding
from kernel.db import Json, Sessions, transaction
from kernel.ids import new_id
from tests.make import NOON

MEI, TEH = new_id(), new_id()
LATER = NOON + timedelta(hours=1)


def sign(words: Json, key: bytes = b"ours") -> str:
    """Return something of the shape of a JWS."""
    body = base64.urlsafe_b64encode(json.dumps(words).encode()).rstrip(b"=").decode()
    return f"head.{body}.{hmac.new(key, body.encode(), hashlib.sha256).hexdigest()}"


def check(signed: str) -> Json | None:
    """Return what was signed with the key `ours`."""
    words = verifying.said(signed)
    return words if words is not None and sign(words) == signed else None


SIGNING = sealing.Signing(sign=sign, check=check, check_present=check)


def write(make: Sessions, member_id: UUID = MEI, *, now: datetime = NOON) -> UUID:
    """Commit one line of a member."""
    with transaction(make) as session:
        return footprint.record(
            session,
            Kind.RELEASED,
            member_id=member_id,
            now=now,
            client_id=new_id(),
            purpose_id=new_id(),
            claims=["name", "birthdate"],
            basis=[str(new_id())],
            channel="userinfo",
        )


def seal(make: Sessions, *, now: datetime = NOON, batch: int = sealing.BATCH) -> int:
    """Seal what waits."""
    return sealing.seal(make, signing=SIGNING, now=now, batch=batch)


def found(make: Sessions) -> list[Finding]:
    """Return everything that is wrong."""
    return list(verifying.verify(make, check=check))


def rows(make: Sessions) -> list[str]:
    """Return which rows are wrong."""
    return [finding.row for finding in found(make)]
