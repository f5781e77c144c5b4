from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import migrations
from adapters.password.breach import open_breach_lists
from adapters.password.models import PasswordCredential
from clients import registry
from clients.models import Client
from counters import synthetic
from demo import authority, city, letter, wallet
from demo.addresses import FIXED, Addresses
from demo.notes import CAFE, OFFER
from demo.run import prepare
from demo.seed import seed
from kernel import clock
from members import register
from members.models import Member, Standing
from services import attachments, content, milestones, offer_drafts, offers, plans
from tests.demo.test_demo_files import MOVED
from tests.make import HASHER, KEYRING, NOON
from web import offer_words


def settle(session: Session, used: Addresses = FIXED) -> int:
    return seed(session, KEYRING, HASHER, open_breach_lists(None), used, now=NOON)


def count(session: Session, table: type[Member | Client | PasswordCredential]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_everybody_gets_in_with_a_password(session: Session) -> None:
    assert settle(session) == 25

    assert count(session, PasswordCredential) == 20
    assert count(session, Member) == 20 + len(synthetic.PEOPLE)  # who have none
    assert count(session, Client) == 5
    for persona in city.personas():
        member = register.find_by_login(session, persona.login_id)
        assert member is not None
        credential = session.get_one(PasswordCredential, member.id)
        assert HASHER.matches(credential.hash, persona.password)


def test_people_hold_the_claims_and_standing_of_the_file(session: Session) -> None:
    settle(session)

    for persona in city.personas():
        member = register.find_by_login(session, persona.login_id)
        assert member is not None
        assert member.standing is Standing(persona.standing)
        claims = register.claims_of(member, keyring=KEYRING)
        assert claims == {"zoneinfo": "Asia/Taipei", "locale": "zh-Hant-TW"} | persona.claims


def test_settling_twice_adds_nobody(session: Session) -> None:
    settle(session)

    assert settle(session) == 0

    assert count(session, Member) == 20 + len(synthetic.PEOPLE)
    assert count(session, Client) == 5


def test_the_website_has_something_to_read_once(session: Session) -> None:
    settle(session)
    settle(session)

    [text] = content.published(session, on=date(2999, 1, 1))
    [plan] = plans.published(session, on=date(2999, 1, 1))
    assert text.item.slug == "library-card"
    assert plan.system.name_zh == "舊式借閱證"
    assert [each.title_zh for each in text.attachments] == ["代領委託書"]
    steps = milestones.progress(session, [plan], on=NOON.date())[plan.system_id]
    assert [each.mark is not None for each in steps] == [True, False]


def test_the_cafes_keeper_finds_an_offer_to_finish(session: Session) -> None:
    settle(session)
    settle(session)

    cafe = registry.get(session, CAFE).organisation_id
    [(draft, purpose)] = offer_drafts.of_merchant(session, cafe)

    assert purpose.code == OFFER
    assert draft.typed.keys() < {*offer_words.TYPED, "join", "resident", "services"}
    assert [each.title.zh for each in offers.in_force(session, on=NOON.date())] == ["敬老九折"]


def test_the_letter_to_download_is_always_the_same_file() -> None:
    assert letter.written() == letter.written()
    assert attachments.kind_of(letter.written()) == attachments.ODT


def test_clients_move_with_the_addresses(session: Session) -> None:
    settle(session)

    settle(session, MOVED)

    library = registry.get(session, "taipei-library")
    assert library.redirect_uris == ["http://127.0.0.1:9601/callback"]
    assert library.home_uri == "http://127.0.0.1:9601/"


@pytest.mark.slow
def test_a_new_data_folder_is_ready_after_one_call_and_stays_so_after_two(tmp_path: Path) -> None:
    url = f"sqlite+pysqlite:///{tmp_path / 'demo.sqlite3'}"

    authority.pin(tmp_path, wallet.authority_key(), now=clock.now())
    prepare(url, FIXED, tmp_path)
    prepare(url, FIXED, tmp_path)

    assert migrations.is_current(url)
