"""Make up members, one after another: who they are follows from the seed and their place in line.

Nobody could mistake them for people: their names say that they are synthetic, and their numbers are
counted up. Pure, but for the nonces of what is sealed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from audit.lines import Kind as Line
from carriers.models import CarrierKind, Place
from consent.models import Decision
from consent.parts import Part
from demo.crowd.houses import House
from idp.acr import ACR
from kernel.keyring import Keyring, seal
from members import numbering
from members.approval_models import ApprovalKind
from members.models import Member, Standing
from members.numbers import IdentityNumber, Kind, check_digit
from members.profile import Profile, open_data_key, seal_profile
from services.models import Activation, Channel

Row = tuple[str, Mapping[str, Any]]  # a table, and values by column
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)  # when the first of them joined
APART = timedelta(seconds=10)
CONSENT_LASTS = timedelta(days=3650)  # a bench is run for years
OLDEST_BORN = date(1930, 1, 1)
BORN_WITHIN = 85 * 365  # days
DIGITS = "〇一二三四五六七八九"
PER_HOUSE = ("sub", "name", "birthdate", "email")  # what each agrees to give a house
HOUSES_EACH = 3
MOST = 9_999_999  # numbers of one letter


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """What everybody in it has in common."""

    seed: int
    keyring: Keyring
    houses: tuple[House, ...]
    password_hash: str
    lines: int  # of each footprint

    def bits(self, what: str, place: int, size: int = 8) -> bytes:
        """Return bytes that follow from the seed."""
        return blake2b(f"{self.seed}/{what}/{place}".encode(), digest_size=size).digest()

    def pick(self, what: str, place: int, below: int) -> int:
        """Return a number below `below` that follows from the seed."""
        return int.from_bytes(self.bits(what, place)) % below

    def key(self, what: str, place: int, at: datetime) -> UUID:
        """Return an id of this moment that follows from the seed (UUID version 7)."""
        moment = int(at.timestamp() * 1000) << 80
        rest = int.from_bytes(self.bits(what, place, 10)) & ~(0xF << 76) & ~(0x3 << 62)
        return UUID(int=moment | rest | 0x7 << 76 | 0x2 << 62)


def login_of(place: int) -> str:
    """Return the account name of who stands at this place."""
    return f"crowd-{place}"


def joined(place: int) -> datetime:
    """Return when they joined: the ids of everybody grow with their places."""
    return BEGAN + place * APART


def member_id(crowd: Crowd, place: int) -> UUID:
    """Return the id of who stands at this place."""
    return crowd.key("member", place, joined(place))


def rows(crowd: Crowd, place: int) -> Iterator[Row]:
    """Yield everything on record about one member, in no order that a foreign key minds."""
    at, key = joined(place), member_id(crowd, place)
    yield from _membership(crowd, place, key, at)
    yield from _carriers(crowd, place, key, at)
    first = crowd.pick("house", place, len(crowd.houses))
    chosen = [crowd.houses[(first + each) % len(crowd.houses)] for each in range(HOUSES_EACH)]
    for house in chosen:
        yield from _consents(crowd, place, key, at, house)
        yield from _notes(crowd, place, key, at, house)
    yield from _footprint(crowd, place, key, at, chosen)


def _membership(crowd: Crowd, place: int, key: UUID, at: datetime) -> Iterator[Row]:
    yield (
        "member_approval",
        {
            "id": key,
            "kind": ApprovalKind.BOOTSTRAP.value,
            "approved_at": at,
        },
    )
    key_sealed, profile_sealed = seal_profile(_profile(crowd, place), crowd.keyring, member_id=key)
    yield (
        "member",
        {
            "id": key,
            "login": login_of(place),
            "standing": Standing.ACTIVE.value,
            "standing_at": at,
            "approved_at": at,
            "data_key_sealed": key_sealed,
            "profile_sealed": profile_sealed,
        },
    )
    yield (
        "password_credential",
        {
            "member_id": key,
            "hash": crowd.password_hash,
            "changed_at": at,
        },
    )
    number, held = _number(place), crowd.key("number", place, at)
    data_key = open_data_key(Member(id=key, data_key_sealed=key_sealed), keyring=crowd.keyring)
    yield (
        "held_number",
        {
            "id": held,
            "member_id": key,
            "kind": number.kind.value,
            "key_version": numbering.KEY_VERSION,
            "number_hash": numbering.hashed(number, keyring=crowd.keyring),
            "value_sealed": seal(data_key, number.value.encode(), place=numbering.place_of(held)),
            "since": at,
        },
    )


def _profile(crowd: Crowd, place: int) -> Profile:
    born = OLDEST_BORN + timedelta(days=crowd.pick("born", place, BORN_WITHIN))
    return Profile(
        name="合成" + "".join(DIGITS[int(digit)] for digit in str(place)),
        birthdate=born.isoformat(),
        email=f"crowd-{place}@mail.invalid",
        email_verified=True,
        address={"formatted": "臺北市合成路 1 號", "locality": "臺北市", "country": "TW"},
    )


def _number(place: int) -> IdentityNumber:
    nine = f"Z1{place % (MOST + 1):07d}"
    return IdentityNumber(nine + check_digit(nine), Kind.NATIONAL)


def _carriers(crowd: Crowd, place: int, key: UUID, at: datetime) -> Iterator[Row]:
    for nth, kind in enumerate((CarrierKind.CARD, CarrierKind.PASSKEY)):
        yield (
            "binding",
            {
                "id": crowd.key(f"binding{nth}", place, at),
                "member_id": key,
                "kind": kind.value,
                "fingerprint": crowd.bits(f"carrier{nth}", place, 32).hex(),
                "name": "合成",
                "bound_at": at,
                "bound_where": Place.COUNTER.value,
                "bound_acr": ACR[0],
            },
        )


def _consents(crowd: Crowd, place: int, key: UUID, at: datetime, house: House) -> Iterator[Row]:
    receipt = crowd.key(f"receipt/{house.place}", place, at)
    parties = {"member_id": key, "client_id": house.client_id, "purpose_id": house.purpose_id}
    yield (
        "consent_receipt",
        {
            "id": receipt,
            **parties,
            "text_sha256": house.text_sha256,
            "text_version": 1,
            "part": Part.WHOLE.value,
            "language": "zh-Hant-TW",
            "acr": ACR[0],
            "decided_at": at,
        },
    )
    for claim in PER_HOUSE:
        yield (
            "consent",
            {
                "id": crowd.key(f"consent/{house.place}/{claim}", place, at),
                "receipt_id": receipt,
                **parties,
                "claim": claim,
                "decision": Decision.GIVEN.value,
                "text_version": 1,
                "given_at": at,
                "expires_at": at + CONSENT_LASTS,
                "once": False,
            },
        )


def _notes(crowd: Crowd, place: int, key: UUID, at: datetime, house: House) -> Iterator[Row]:
    has = crowd.pick(f"has/{house.place}", place, 2)
    yield (
        "activation",
        {
            "id": crowd.key(f"note/{house.place}", place, at),
            "member_id": key,
            "service_id": house.service_id,
            "source_id": house.organisation_id,
            "state": (Activation.ACTIVATED if has else Activation.NOT_ACTIVATED).value,
            "since": at.date() if has else None,
            "as_of": at.date(),
            "noted_at": at,
            "channel": Channel.INTERFACE.value,
            "actor": "crowd",
            "reference": f"crowd-{place}",
        },
    )


def _footprint(
    crowd: Crowd, place: int, key: UUID, at: datetime, houses: list[House]
) -> Iterator[Row]:
    for nth in range(crowd.lines):
        house, moment = houses[nth % len(houses)], at + nth * timedelta(days=1)
        yield (
            "ledger",
            {
                "id": crowd.key(f"line{nth}", place, moment),
                "at": moment,
                "member_id": key,
                "kind": (Line.SIGNED_IN if nth % 2 else Line.RELEASED).value,
                "client_id": house.client_id,
                "purpose_id": house.purpose_id,
                "claims": ["name"],
                "basis": [],
                "detail": {},
            },
        )
