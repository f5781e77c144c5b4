"""The cards of the city's people, made of software; they guard nothing, so anybody may make them.

A card's number and keys follow from the demo's own public master key: whoever settles the city and
the card program beside it need not tell each other anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec

from adapters.loading import load
from adapters.smartcard.adapter import SmartcardAdapter
from adapters.smartcard.keys import diversifying
from demo import authority, city
from demo.cards.card import Card
from demo.cards.desfire import DesfireCard
from demo.cards.issuing import form_of, piv_card, self_signed
from demo.cards.storage import StorageCard
from demo.city import Persona, Words
from kernel.ids import new_nonce
from kernel.keyring import Keyring
from kernel.settings import DEMO_MASTER_KEY

PIN = "246810"
LAST_FOUR = "0001"  # on every certificate: nobody has a number here
CURVE = ec.SECP256R1()
NXP = b"\x04"  # numbers of seven bytes begin with their maker's
CITY_KIND, TICKET_KIND = "taipei-card", "storage-card"  # adapters/smartcard/kinds
LABELS: Mapping[str, Words] = {
    "chip-card": Words(zh="晶片卡", en="Chip card"),
    "city-card": Words(zh="臺北市識別卡", en="Taipei ID card"),
    "ticket": Words(zh="票卡", en="Travel card"),
    "certificate": Words(zh="自然人憑證", en="Citizen certificate"),
}
BLANK = ("chip-card", "city-card", "ticket")  # nobody's yet: to be added to an account


@dataclass(frozen=True)
class Owned:
    """A card and whose it is."""

    owner: Persona | None
    kind: str  # one of LABELS

    @property
    def id(self) -> str:
        """Return the word by which the reader's page names it."""
        return f"{self.owner.login_id if self.owner else 'nobody'}/{self.kind}"

    @property
    def label(self) -> Words:
        """Return what it is."""
        return LABELS[self.kind]

    @property
    def uid(self) -> bytes:
        """Return the number a reader sees."""
        return NXP + _secret(self.id)[:6]

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        """Return the key that signs."""
        return _key(self.id)


def owned() -> tuple[Owned, ...]:
    """Return every card of the city, and those that are nobody's yet."""
    of_people = [Owned(each, kind) for each in city.personas() for kind in each.cards]
    return (*of_people, *(Owned(None, kind) for kind in BLANK))


def made(card: Owned, *, now: datetime) -> Card:
    """Make the card, as its issuer personalises it."""
    if card.kind == "ticket":
        return StorageCard(card.uid)
    if card.kind == "city-card":
        return _city_card(card.uid)
    return piv_card(**form_of(card.key, certificate_of(card, now=now), pin=PIN))


def certificate_of(card: Owned, *, now: datetime) -> bytes:
    """Return the certificate on the card: the authority's, or one that nobody vouches for."""
    if card.kind != "certificate" or card.owner is None:
        return self_signed(card.key, label="Demo card", now=now)
    return authority.certificate(
        authority_key(),
        card.key.public_key(),
        name=str(card.owner.claims["name"]),
        number=card.uid.hex(),
        last_four=LAST_FOUR,
        serial=int.from_bytes(card.uid),
        now=now,
    )


def authority_key() -> ec.EllipticCurvePrivateKey:
    """Return the key of the demo's own authority."""
    return _key("authority")


def adapter() -> SmartcardAdapter:
    """Return the provider's own adapter, with the keys that its cards share."""
    found = load(["smartcard"], {}, derive=Keyring(DEMO_MASTER_KEY).derive)["smartcard"]
    assert isinstance(found, SmartcardAdapter)  # noqa: S101  # it is built in
    return found


def _city_card(uid: bytes) -> DesfireCard:
    reading = adapter().reading
    kind, master = reading.kinds.by_name[CITY_KIND], reading.masters.derived(CITY_KIND)
    key = master.cmac(diversifying(kind.material(uid)))
    return DesfireCard(
        uid=uid, application=kind.application, keys={kind.key_number: key}, draw=new_nonce
    )


def _key(what: str) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(_secret(what)) % (CURVE.group_order - 1) + 1
    return ec.derive_private_key(number, CURVE)


def _secret(what: str) -> bytes:
    return Keyring(DEMO_MASTER_KEY).derive(f"demo-card/{what}")
