"""Keep a member's personal data sealed, and read them as claims."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from kernel.ids import new_key
from kernel.keyring import Keyring, seal, unseal
from members.models import Member


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What the application form asks and relying parties may be told (OIDC Core 5.1).

    `birthdate` is `YYYY-MM-DD`; `phone_number` is E.164; `updated_at` is seconds since 1970;
    `address` follows OIDC Core 5.1.1.
    """

    name: str
    family_name: str | None = None
    given_name: str | None = None
    middle_name: str | None = None
    nickname: str | None = None
    preferred_username: str | None = None
    profile: str | None = None
    picture: str | None = None
    website: str | None = None
    gender: str | None = None
    birthdate: str | None = None
    zoneinfo: str | None = "Asia/Taipei"
    locale: str | None = "zh-Hant-TW"
    updated_at: int | None = None
    email: str | None = None
    email_verified: bool | None = None
    phone_number: str | None = None
    phone_number_verified: bool | None = None
    address: Mapping[str, str] | None = None

    def claims(self) -> dict[str, Any]:  # values are JSON of several shapes
        """Return the claims that have a value."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def seal_profile(profile: Profile, keyring: Keyring, *, member_id: UUID) -> tuple[bytes, bytes]:
    """Return a new sealed data key and the profile sealed under it."""
    data_key = new_key()
    sealed_key = keyring.seal(data_key, place=f"member.data_key/{member_id}")
    return sealed_key, _sealed(profile.claims(), data_key, member_id=member_id)


def reseal(member: Member, claims: Mapping[str, Any], *, keyring: Keyring) -> bytes:
    """Return changed claims sealed under the key the member has."""
    return _sealed(claims, open_data_key(member, keyring=keyring), member_id=member.id)


def _sealed(claims: Mapping[str, Any], data_key: bytes, *, member_id: UUID) -> bytes:
    text = json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()
    return seal(data_key, text, place=f"member.profile/{member_id}")


def open_claims(
    keyring: Keyring, *, member_id: UUID, data_key_sealed: bytes, profile_sealed: bytes
) -> dict[str, Any]:
    """Return the member's claims. Raises kernel.keyring.SealBroken if either was tampered with."""
    data_key = keyring.unseal(data_key_sealed, place=f"member.data_key/{member_id}")
    text = unseal(data_key, profile_sealed, place=f"member.profile/{member_id}")
    claims: dict[str, Any] = json.loads(text)
    return claims


def masked(name: str) -> str:
    """Return `name` with its middle hidden, for shared screens: 王小明 → 王○明, Ann → A○○."""
    visible = name.strip()
    first, middle, last = visible[:1], visible[1:-1], visible[1:][-1:]
    if visible.isascii() or not middle:
        return first + "○" * min(len(visible[1:]), 2)
    return first + "○" * len(middle) + last


def open_data_key(member: Member, *, keyring: Keyring) -> bytes:
    """Return the key under which everything of `member` is sealed."""
    return keyring.unseal(member.data_key_sealed, place=f"member.data_key/{member.id}")
