"""A reader at an agency's desk: three words about a card, and the same for lost and unknown."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from adapters.contract import Context
from adapters.smartcard import enrolment
from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from carriers import bindings
from carriers.models import Binding, CarrierKind, Place, Suspension
from clients import registry, terminals
from idp.acr import ACR
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.wording import Bilingual
from members.models import Standing
from services import activations
from services.activations import Provenance
from services.models import Activation, Channel
from tests import make
from tests.contract.fake_adapter import FakeAdapter
from tests.flows.browser import Browser
from tests.flows.provider import ISSUER, City, basic, statements
from tests.services.city import suspended
from tests.smartcard.cards import OTHER_UID, UID
from tests.smartcard.reader import an_adapter, voucher
from web import losses, verify

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SERVICE, NUMBER = "library_card", "04a1b2c3d4e5f6"
TYPE = "urn:taipei-id:error:"
NOTHING = {"valid": False, "member_status": "unknown", "activation": "unknown"}


class DeskAdapter(FakeAdapter):
    """Knows carriers by the fingerprint `kind/number`."""

    name = "desk"

    def find_shown(self, session: Session, kind: str, number: str, *, now: datetime) -> UUID | None:
        fingerprint = f"{kind}/{number}"
        return session.scalar(
            select(Binding.id).where(
                Binding.fingerprint == fingerprint, Binding.released_at.is_(None)
            )
        )


@dataclass
class Desk:
    """A library's reader, and a member with a card."""

    city: City
    terminal: str

    def tap(self, number: str = NUMBER, **changes: str) -> TestResponse:
        form = {"terminal": self.terminal, "service": SERVICE, "kind": "storage", "number": number}
        return self.send({**form, **changes})

    def send(self, form: Mapping[str, str], client_id: str = "library") -> TestResponse:
        return self.city.call(verify.PATH, form, headers=basic(client_id))

    def note(self, state: Activation) -> None:
        member_id = self.city.member_id()
        if state is Activation.SUSPENDED:
            self.note(Activation.ACTIVATED)
            with self.city.database() as session:
                suspended(session, member_id, activations.get_service(session, SERVICE))
            return
        with self.city.database() as session:
            client = registry.get(session, "library")
            activations.note(
                session,
                activations.get_service(session, SERVICE),
                state,
                Provenance(channel=Channel.INTERFACE, actor="batch", reference="case-1"),
                member_id=member_id,
                organisation_id=client.organisation_id,
                as_of=self.city.now.date(),
                now=self.city.now,
            )

    def lose(self) -> None:
        with self.city.database() as session:
            binding = session.scalars(select(Binding)).one()
            losses.suspend(session, binding.id, Suspension.LOST, language="en", now=self.city.now)


def bind_card(session: Session, member_id: UUID, now: datetime) -> None:
    bindings.bind(
        session,
        member_id=member_id,
        kind=CarrierKind.CARD,
        fingerprint=f"storage/{NUMBER}",
        name="My card",
        where=Place.COUNTER,
        acr=ACR[0],
        now=now,
    )


@pytest.fixture
def desk(city: City) -> Desk:
    rooms = city.app.extensions["taipei_id"]
    adapters = {**rooms.adapters, "desk": DeskAdapter()}
    city.app.extensions["taipei_id"] = replace(rooms, adapters=adapters)
    member_id = city.member_id()
    with city.database() as session:
        client = registry.get(session, "library")
        terminal = terminals.add(session, client, "Main hall, desk 1", now=city.now).id
        activations.open_service(
            session,
            client.organisation_id,
            SERVICE,
            Bilingual("借閱證", "Library card"),
            sensitive=False,
            now=city.now,
        )
        bind_card(session, member_id, city.now)
    return Desk(city, str(terminal))


def is_problem(response: TestResponse, code: str, status: int) -> bool:
    told = response.get_json(force=True)
    assert (told["type"], response.status_code) == (TYPE + code, status), told
    assert response.mimetype == "application/problem+json"
    return True


@pytest.mark.clause("2(8)2")
@pytest.mark.clause("6(2)")
def test_a_reader_is_told_three_words_and_nothing_else(desk: Desk) -> None:
    desk.note(Activation.ACTIVATED)

    response = desk.tap()

    assert response.get_json() == {
        "valid": True,
        "member_status": "active",
        "activation": "activated",
    }
    assert response.headers["Cache-Control"] == "no-store, no-transform"
    assert "Set-Cookie" not in response.headers


@one_database
def test_json_and_a_form_are_both_understood(desk: Desk) -> None:
    form = {"terminal": desk.terminal, "service": SERVICE, "kind": "storage", "number": NUMBER}
    told = desk.city.call(
        verify.PATH,
        json.dumps(form).encode(),
        headers=basic("library"),
        content_type="application/json",
    )

    assert told.get_json() == desk.tap().get_json()


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (Activation.ACTIVATED, "activated"),
        (Activation.NOT_ACTIVATED, "not_activated"),
        (Activation.SUSPENDED, "suspended"),
        (None, "unknown"),
    ],
)
@one_database
def test_a_service_is_told_in_the_agencys_own_words(
    desk: Desk, state: Activation | None, word: str
) -> None:
    if state is not None:
        desk.note(state)

    assert desk.tap().get_json()["activation"] == word


@pytest.mark.clause("10-II")
@one_database
def test_a_disputed_note_is_neither_yes_nor_no(desk: Desk) -> None:
    desk.note(Activation.NOT_ACTIVATED)
    member_id = desk.city.member_id()
    with desk.city.database() as session:
        activations.dispute(session, SERVICE, member_id=member_id, now=desk.city.now)

    assert desk.tap().get_json()["activation"] == "disputed"


@pytest.mark.clause("7(7)")
def test_a_lost_card_and_one_that_nobody_has_are_answered_alike(desk: Desk) -> None:
    desk.note(Activation.ACTIVATED)
    assert desk.tap().get_json()["valid"] is True

    desk.lose()  # at ten o'clock: refused at once
    lost, unknown = desk.tap(), desk.tap("04ffffffffffff")
    other_kind = desk.tap(kind="desfire")

    assert lost.get_json() == NOTHING
    assert lost.data == unknown.data == other_kind.data
    assert [*lost.headers] == [*unknown.headers]
    assert len(lost.data) == verify.SAME_SIZE + 1


@pytest.mark.parametrize("standing", [Standing.SUSPENDED, Standing.PAUSED])
@one_database
def test_why_a_member_is_not_active_is_told_to_nobody(desk: Desk, standing: Standing) -> None:
    desk.note(Activation.ACTIVATED)
    desk.city.set_standing(standing)

    assert desk.tap().get_json() == {
        "valid": False,
        "member_status": "inactive",
        "activation": "unknown",
    }


@one_database
def test_a_released_card_is_nobodys(desk: Desk) -> None:
    with desk.city.database() as session:
        session.scalars(select(Binding)).one().released_at = desk.city.now

    assert desk.tap().get_json() == NOTHING


@pytest.mark.clause("10(3)")
@one_database
def test_every_tap_is_a_line_that_the_member_can_read(desk: Desk) -> None:
    desk.tap()
    desk.tap("04ffffffffffff")

    with desk.city.database() as session:
        line = session.scalars(select(LedgerLine).where(LedgerLine.kind == Kind.CARD_USED)).one()
        entry = session.scalars(select(TrailEntry).where(TrailEntry.event == "card.unknown")).one()
    assert line.detail["answer"] == "yes"
    assert line.detail["terminal"] == entry.detail["terminal"] == desk.terminal
    assert NUMBER not in repr((line.detail, entry.detail))
    browser = Browser(desk.city)
    browser.sign_in()
    assert "讀卡機" in browser.get("/account/footprint").text


@one_database
def test_a_tap_known_or_not_is_the_same_handful_of_statements(desk: Desk, database: Engine) -> None:
    desk.tap()
    counted = []
    for number in (NUMBER, "04ffffffffffff"):
        with statements(database) as seen:
            desk.tap(number)
        counted.append([each.split()[0] for each in seen if each.split()[0] != "BEGIN"])

    assert counted[0] == counted[1] == ["INSERT", "SELECT", "SELECT", "INSERT", "INSERT"]


@pytest.mark.clause("7(7)")
def test_a_citys_card_is_known_until_its_loss_is_reported(desk: Desk, database: Engine) -> None:
    adapter, member_id = an_adapter(), desk.city.member_id()
    rooms = desk.city.app.extensions["taipei_id"]
    adapters = {**rooms.adapters, adapter.name: adapter}
    desk.city.app.extensions["taipei_id"] = replace(rooms, adapters=adapters)
    card = {"kind": "taipei-card", "number": UID.hex().upper()}
    with desk.city.database() as session:
        asked = adapter.begin(Context(origin=ISSUER), now=desk.city.now)
        shown = {"card": voucher(adapter, "taipei-card", UID, nonce=asked.nonce)}
        known: dict[str, Any] = {"member_id": member_id, "name": "My card", "acr": ACR[0]}
        bound = enrolment.finish(session, adapter, asked, shown, now=desk.city.now, **known).id
    desk.tap()

    counted = []
    for number in (card["number"], OTHER_UID.hex()):
        with statements(database) as seen:
            told = desk.tap(**{**card, "number": number}).get_json()
        counted.append(([each.split()[0] for each in seen], told["valid"]))
    with desk.city.database() as session:
        losses.suspend(session, bound, Suspension.LOST, language="en", now=desk.city.now)

    assert counted == [(counted[0][0], True), (counted[0][0], False)]
    assert desk.tap(**card).data == desk.tap(**{**card, "number": OTHER_UID.hex()}).data


@pytest.mark.refusal("terminal.not_registered")
@one_database
def test_only_the_agencys_own_reader_and_service_are_answered(desk: Desk) -> None:
    desk.city.register("museum", sector="museum.invalid")
    form = {"terminal": desk.terminal, "service": SERVICE, "kind": "storage", "number": NUMBER}

    for changes in (
        {"terminal": str(new_id())},
        {"terminal": "desk 1"},
        {"service": "other"},
        {"service": "x" * 200},
    ):
        assert is_problem(desk.tap(**changes), "terminal.not_registered", 403)
    assert is_problem(desk.send(form, "museum"), "terminal.not_registered", 403)
    with desk.city.database() as session:
        terminals.end(session, UUID(desk.terminal), now=desk.city.now)
    assert is_problem(desk.tap(), "terminal.not_registered", 403)


@pytest.mark.refusal("terminal.nothing_shown")
@one_database
def test_a_tap_without_a_card_is_refused(desk: Desk) -> None:
    for number in ("", "0" * 1201):
        assert is_problem(desk.tap(number), "terminal.nothing_shown", 422)
    assert is_problem(desk.tap(kind=""), "terminal.nothing_shown", 422)


@pytest.mark.refusal("client.authentication_failed")
@one_database
def test_only_a_client_that_proves_itself_is_heard(desk: Desk) -> None:
    for headers in ({}, basic("library", "wrong")):
        told = desk.city.call(verify.PATH, {"terminal": desk.terminal}, headers=headers)

        assert is_problem(told, "client.authentication_failed", 401)


@pytest.mark.refusal("terminal.locked")
@one_database
def test_a_reader_that_tries_numbers_is_slowed_down(desk: Desk) -> None:
    with desk.city.database() as session:
        rooms = desk.city.app.extensions["taipei_id"]
        key = verify.TAPS.key(desk.terminal, secret=rooms.throttle_key)
        for _ in range(verify.TAPS.limit):
            verify.TAPS.hit(session, key, now=desk.city.now)

    locked = desk.tap()

    assert is_problem(locked, "terminal.locked", 429)
    assert 1 <= int(locked.headers["Retry-After"]) <= 60


@given(
    form=st.dictionaries(
        st.sampled_from(["terminal", "service", "kind", "number", "x"]), st.text(max_size=200)
    )
)
@one_database
def test_whatever_a_reader_sends_is_answered_in_kind(desk: Desk, form: dict[str, str]) -> None:
    for sent in (form, {**form, "terminal": desk.terminal, "service": SERVICE}):
        body = json.dumps(sent).encode()
        told = desk.city.call(
            verify.PATH, body, headers=basic("library"), content_type="application/json"
        )

        assert told.status_code in {200, 400, 403, 422, 429}, told.text


@pytest.mark.refusal("terminal.not_an_agencys")
@one_database
def test_a_shop_or_a_client_without_a_secret_gets_no_reader(city: City) -> None:
    city.register("kiosk", auth_method="none")
    with city.database() as session:
        make.a_shop(session, now=city.now)
        for client_id in ("cafe", "kiosk"):
            with pytest.raises(Refused, match=r"^terminal\.not_an_agencys$"):
                terminals.add(session, registry.get(session, client_id), "x", now=city.now)


@pytest.mark.refusal("terminal.not_found")
@one_database
def test_a_reader_ends_once(desk: Desk) -> None:
    with desk.city.database() as session:
        terminals.end(session, UUID(desk.terminal), now=desk.city.now)
        with pytest.raises(NotFound):
            terminals.end(session, UUID(desk.terminal), now=desk.city.now)
