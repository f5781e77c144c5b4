"""A list for readers without a line: found by who has number and key, noise to everybody else."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from carriers import bindings
from carriers.models import Binding, CarrierKind, Place, Suspension
from clients import terminals
from clients.models import Client
from consent import reader_lists, seen_cards
from consent.desk_answers import Opened
from consent.models import SeenCard
from consent.reader_lists import ENTRY_BYTES, HASH_BYTES, STEP, Asked, ReaderList
from consent.seen_cards import ReaderKeys
from idp.acr import ACR
from kernel.errors import Refused
from kernel.ids import new_id
from kernel.wording import Bilingual
from members.models import Member, Standing
from services import activations
from services.activations import Provenance
from services.models import Activation, Channel
from tests import make
from tests.flows.provider import statements

pytestmark = pytest.mark.clause("6(2)")
KEYS = ReaderKeys(b"r" * 32)
KIND = "taipei-card"


@dataclass
class Agency:
    """An agency with one reader and one service."""

    session: Session
    client: Client
    asked: Asked
    keys: ReaderKeys = KEYS
    now: datetime = make.NOON

    @property
    def key(self) -> bytes:
        return self.keys.of_client(self.client.id)

    def sees(self, number: str, binding: Binding | None, *, days_ago: int = 0) -> None:
        seen = seen_cards.mark(self.key, KIND, number)
        now = self.now - timedelta(days=days_ago)
        binding_id = None if binding is None else binding.id
        seen_cards.note(self.session, self.client.id, seen, binding_id=binding_id, now=now)

    def list(self, *, later: timedelta = timedelta()) -> ReaderList:
        self.session.flush()
        return reader_lists.make(self.session, self.asked, self.keys, now=self.now + later)

    def state_of(self, number: str) -> Opened | None:
        return self.list().state_of(self.key, KIND, number)

    def note(self, member: Member, state: Activation) -> None:
        activations.note(
            self.session,
            activations.get_service(self.session, self.asked.service),
            state,
            Provenance(channel=Channel.INTERFACE, actor="batch", reference="case-1"),
            member_id=member.id,
            organisation_id=self.client.organisation_id,
            as_of=make.NOON.date(),
            now=make.NOON,
        )


def an_agency(session: Session, client_id: str = "library", **form: Any) -> Agency:
    return agency_of(session, make.a_client(session, client_id, **form))


def agency_of(session: Session, client: Client) -> Agency:
    """Give a client a reader and a service."""
    service = f"{client.client_id}_card"
    words = Bilingual("借閱證", "Library card")
    activations.open_service(
        session, client.organisation_id, service, words, sensitive=False, now=make.NOON
    )
    reader = terminals.add(session, client, "Desk 1", now=make.NOON)
    return Agency(
        session,
        client,
        Asked(client_id=client.id, audience=client.client_id, terminal=reader.id, service=service),
    )


def another_agency(session: Session) -> Agency:
    words = {"zh": "合成博物館", "en": "Synthetic Museum"}
    return an_agency(session, "museum", organisation=words, sector="museum.invalid")


def a_card(session: Session, number: str, login: str = "mei") -> tuple[Member, Binding]:
    member = make.a_member(session, login)
    binding = bindings.bind(
        session,
        member_id=member.id,
        kind=CarrierKind.CARD,
        fingerprint=number,
        name="My card",
        where=Place.COUNTER,
        acr=ACR[0],
        now=make.NOON,
    )
    return member, binding


def entries(found: ReaderList) -> set[bytes]:
    return {found.cards[at:][:ENTRY_BYTES] for at in range(0, len(found.cards), ENTRY_BYTES)}


def parts(found: ReaderList) -> set[bytes]:
    """Return by what a reader finds the cards of a list, its padding included."""
    return {each[:HASH_BYTES] for each in entries(found)}


def test_a_card_the_readers_have_seen_is_on_the_list(session: Session) -> None:
    agency = an_agency(session)
    member, binding = a_card(session, "0a")
    agency.sees("0a", binding)
    assert agency.state_of("0a") is Opened.UNKNOWN

    agency.note(member, Activation.ACTIVATED)

    assert agency.state_of("0A") is Opened.ACTIVATED
    assert agency.state_of("0b") is None


def test_a_card_only_others_have_seen_is_not(session: Session) -> None:
    agency, other = an_agency(session), another_agency(session)
    _, binding = a_card(session, "0a")
    other.sees("0a", binding)

    assert agency.state_of("0a") is None
    assert other.state_of("0a") is Opened.UNKNOWN


def lose(session: Session, _member: Member, binding: Binding) -> None:
    bindings.suspend(session, binding, Suspension.LOST, actor=None, now=make.NOON)


def release(_session: Session, _member: Member, binding: Binding) -> None:
    binding.released_at = make.NOON


def suspend(_session: Session, member: Member, _binding: Binding) -> None:
    member.standing = Standing.SUSPENDED


@pytest.mark.clause("7(7)")
@pytest.mark.parametrize("happens", [lose, release, suspend])
def test_a_card_that_is_not_good_is_not_on_the_next_list(
    session: Session, happens: Callable[[Session, Member, Binding], object]
) -> None:
    agency = an_agency(session)
    member, binding = a_card(session, "0a")
    agency.sees("0a", binding)
    before = agency.list()

    happens(session, member, binding)

    assert agency.state_of("0a") is None
    assert agency.list().version != before.version


def test_a_card_nobody_has_and_one_not_seen_for_long_are_not(session: Session) -> None:
    agency = an_agency(session)
    agency.sees("0b", None)
    agency.sees("0a", a_card(session, "0a")[1], days_ago=181)

    assert agency.state_of("0a") is agency.state_of("0b") is None
    assert len(session.scalars(select(SeenCard)).all()) == 1


def test_what_is_no_card_is_not(session: Session) -> None:
    agency = an_agency(session)
    _, binding = a_card(session, "0a")
    binding.kind = CarrierKind.CERTIFICATE
    session.flush()

    agency.sees("0a", binding)

    assert agency.state_of("0a") is None


def test_a_number_bound_anew_is_its_new_members(session: Session) -> None:
    agency = an_agency(session)
    first, old = a_card(session, "0a")
    agency.sees("0a", old)
    release(session, first, old)
    session.flush()
    _, new = a_card(session, "0a", "li")

    agency.sees("0a", new)

    assert session.scalars(select(SeenCard.binding_id)).one() == new.id
    assert agency.state_of("0a") is Opened.UNKNOWN


def test_a_card_seen_every_day_is_written_down_once_a_day(session: Session) -> None:
    agency = an_agency(session)
    _, binding = a_card(session, "0a")
    for days_ago in (3, 0):
        agency.sees("0a", binding, days_ago=days_ago)
    seen_cards.note(
        session,
        agency.client.id,
        seen_cards.mark(agency.key, KIND, "0a"),
        binding_id=binding.id,
        now=make.NOON + timedelta(hours=23),
    )

    assert session.scalars(select(SeenCard.seen_at)).one() == make.NOON


@pytest.mark.parametrize(
    ("cards", "length"), [(0, STEP), (1, STEP), (STEP, STEP), (STEP + 1, 2 * STEP)]
)
def test_the_length_of_a_list_counts_nobody(session: Session, cards: int, length: int) -> None:
    agency = an_agency(session)
    _, binding = a_card(session, "0a")
    rows = [
        {
            "client_id": agency.client.id,
            "mark": number.to_bytes(16, "big"),
            "binding_id": binding.id,
            "seen_at": make.NOON,
        }
        for number in range(cards)
    ]
    if rows:
        session.execute(SeenCard.__table__.insert(), rows)  # type: ignore[attr-defined]  # a table

    assert len(entries(agency.list())) == length


@pytest.mark.clause("10(3)")
def test_two_curious_agencies_find_nothing_common_in_their_lists(session: Session) -> None:
    """They pool lists and keys: only the numbers, which both have read anyway, join them."""
    library, museum = an_agency(session), another_agency(session)
    for number in range(40):
        _, binding = a_card(session, f"{number:02x}", f"member-{number}")
        library.sees(f"{number:02x}", binding)
        museum.sees(f"{number:02x}", binding)

    pooled = library.list(), museum.list()

    assert not parts(pooled[0]) & parts(pooled[1])
    assert pooled[0].salt != pooled[1].salt
    assert len({row.mark for row in session.scalars(select(SeenCard))}) == 80
    assert library.list().state_of(museum.key, KIND, "00") is None
    # The matcher does find what is common, if something is: the same list, fetched twice.
    assert parts(library.list()) == parts(pooled[0])


def test_two_readers_and_two_moments_have_nothing_in_common(session: Session) -> None:
    agency = an_agency(session)
    agency.sees("0a", a_card(session, "0a")[1])
    other = terminals.add(session, agency.client, "Desk 2", now=make.NOON)
    at_desk_2 = replace(agency, asked=replace(agency.asked, terminal=other.id))

    now, later = agency.list(), agency.list(later=timedelta(minutes=5))

    assert not parts(now) & parts(later)
    assert not parts(now) & parts(at_desk_2.list())
    assert agency.list(later=timedelta(minutes=4)).version == now.version


@pytest.mark.refusal("terminal.not_registered")
def test_only_the_agencys_own_reader_and_service_get_a_list(session: Session) -> None:
    agency, other = an_agency(session), another_agency(session)
    ended = terminals.add(session, agency.client, "Desk 9", now=make.NOON)
    terminals.end(session, ended.id, now=make.NOON)
    changes: tuple[dict[str, Any], ...] = (
        {"terminal": new_id()},
        {"terminal": other.asked.terminal},
        {"terminal": ended.id},
        {"service": other.asked.service},
    )

    for each in changes:
        with pytest.raises(Refused, match=r"^terminal\.not_registered$"):
            replace(agency, asked=replace(agency.asked, **each)).list()


@pytest.mark.refusal("terminal.list_stale")
def test_a_list_is_good_for_a_quarter_of_an_hour(session: Session) -> None:
    found = an_agency(session).list()

    found.require_fresh(now=make.NOON)
    found.require_fresh(now=make.NOON + timedelta(minutes=14))
    found.require_fresh(now=make.NOON - timedelta(minutes=2))
    for minutes in (15, 600, -3):
        with pytest.raises(Refused, match=r"^terminal\.list_stale$"):
            found.require_fresh(now=make.NOON + timedelta(minutes=minutes))


def test_what_was_written_is_read_again(session: Session) -> None:
    agency = an_agency(session)
    agency.sees("0a", a_card(session, "0a")[1])
    made = agency.list()

    read = reader_lists.read(reader_lists.document(made, agency.asked, issuer="https://id.invalid"))

    assert read == made


def test_a_state_that_is_none_is_not_told(session: Session) -> None:
    agency = an_agency(session)
    agency.sees("0a", a_card(session, "0a")[1])
    found = agency.list()
    altered = bytearray(found.cards)
    for at in range(HASH_BYTES, len(altered), ENTRY_BYTES):
        altered[at] ^= 0x80

    assert replace(found, cards=bytes(altered)).state_of(agency.key, KIND, "0a") is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.refusal("terminal.list_invalid")
@given(
    claims=st.dictionaries(
        st.sampled_from(["terminal", "service", "exp", "salt", "cards"]), JSON, max_size=5
    )
)
def test_whatever_a_list_claims_it_is_refused_or_read(claims: dict[str, Any]) -> None:
    found = None
    with suppress(Refused):
        found = reader_lists.read(claims)

    assert found is None or found.state_of(b"k", KIND, "0a") is None


def test_a_list_whose_cards_are_no_whole_number_is_refused() -> None:
    claims = {"terminal": "t", "service": "s", "exp": 1, "salt": "AAAA", "cards": "AAAA"}

    with pytest.raises(Refused, match=r"^terminal\.list_invalid$"):
        reader_lists.read(claims)


def test_known_and_unknown_cards_cost_the_same(session: Session, database: Engine) -> None:
    agency = an_agency(session)
    _, binding = a_card(session, "0a")
    session.flush()
    counted = []
    for number, of in (("0a", binding), ("0b", None)):
        with statements(database) as seen:
            agency.sees(number, of)
        counted.append(seen)

    assert counted[0] == counted[1]
    assert len(counted[0]) == 1


def test_the_keys_of_clients_are_different(session: Session) -> None:
    ids: tuple[UUID, ...] = (new_id(), new_id())

    assert len({KEYS.of_client(each) for each in (*ids, *ids)}) == 2
    assert ReaderKeys.of(make.KEYRING) == ReaderKeys.of(make.KEYRING)
    assert "secret" not in repr(KEYS)
