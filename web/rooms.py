"""Hold what one process is made of; built once by `app`, read through `scope.rooms()`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from adapters.contract import Adapter
from consent.representation import Table
from consent.seen_cards import ReaderKeys
from consent.till_answers import Till
from counters.eligibility import MayHave
from idp.provider import Provider
from idp.registration import Registrar
from idp.signing import Token
from kernel.db import Sessions
from kernel.keyring import Keyring
from kernel.opaque import Names
from kernel.replica import Replica
from kernel.settings import Settings
from web.branding import Branding
from web.fronts import Front
from web.personas import Persona


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """The parts of the house, put together."""

    settings: Settings
    branding: Branding
    sessions: Sessions
    replica: Replica | None  # a standby for pages that only read
    keyring: Keyring
    provider: Provider
    registrar: Registrar
    adapters: Mapping[str, Adapter]
    csrf_key: bytes
    throttle_key: bytes
    not_me_key: bytes  # of links that end a power of attorney
    slip_key: bytes  # of the codes on slips of cases
    names: Names  # of rows, for programs
    representation: Table
    handover_key: bytes
    till: Till
    device_lists: dict[UUID, tuple[datetime, bytes]] = field(default_factory=dict)  # kept seconds
    reader_keys: ReaderKeys  # of agencies' readers at desks
    key_token: Token | None  # where the provider's keys stay, if not in the database
    mtls_front: Front  # where clients show certificates
    personas: tuple[Persona, ...]  # invented members that developers may be
    reachable: frozenset[str]  # the acr values the adapters can establish
    may_have: MayHave  # what a service's agency says at a counter
