"""下載資料 and 個人資料: everything the city holds, in words, to see, to dispute and to take."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from audit import proofs
from audit.lines import Kind
from audit.models import LedgerLine
from clients.officer_models import OfficerPost, Role
from consent.receipts import require_sound
from counters import staff
from idp.checkpoints import checking_with
from idp.receipts import read
from kernel.db import transaction
from kernel.ids import new_id, new_key
from kernel.jobs import Work
from kernel.keyring import SealBroken
from members import archives, numbering
from members.models import Archive, ArchiveChunk, Member
from members.numbers import recognise
from tests import make
from tests.counters import town
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.services import city as services
from tests.web.outbox import World
from web import archive_making, handlers, personal_words
from web.archive_parts import PARTS

PAGE = "/account/download"
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def browser(city: City) -> Browser:
    """Lend a browser whose member let the library read name and birth date."""
    browser = Browser(city)
    city.userinfo(browser.tokens()["access_token"])
    return browser


@pytest.fixture
def world(city: City) -> World:
    return World(city)


def ask(browser: Browser, *parts: str) -> TestResponse:
    page = browser.get(PAGE)
    assert page.status_code == 200, page.text
    return browser.post(PAGE, {**hidden(page), "part": list(parts)})


def archive(city: City) -> Archive:
    with city.database() as session:
        return session.scalars(select(Archive).order_by(Archive.id.desc()).limit(1)).one()


def taken(browser: Browser) -> zipfile.ZipFile:
    response = browser.get(f"{PAGE}/{archive(browser.city).id}.zip")
    assert response.status_code == 200
    assert response.content_length == len(response.data)
    return zipfile.ZipFile(io.BytesIO(response.data))


def a_post(session: Session, member_id: UUID, now: datetime) -> None:
    session.add(
        OfficerPost(
            id=new_id(),
            member_id=member_id,
            organisation_id=None,
            role=Role.AUDITOR,
            appointed_at=now,
            ends_at=now,
            ended_at=now,
        )
    )


def a_seat(session: Session, member_id: UUID, now: datetime) -> None:
    counter = town.a_counter(session, make.a_client(session, "registry"))
    staff.appoint(session, counter, member_id, now=now)


def a_course(session: Session, member_id: UUID, _now: datetime) -> None:
    town.trained(session, member_id, course=town.a_course(session))


@pytest.mark.clause("10-I(1)")
def test_everything_that_was_ticked_comes_in_three_shapes(browser: Browser, world: World) -> None:
    page = browser.get("/account/requests/new", {"kind": "petition"})
    browser.post("/account/requests", {**hidden(page), "words": "=HYPERLINK(1)"})
    assert ask(browser, *PARTS).status_code == 303
    assert "準備中" in browser.get(PAGE).text
    world.work_off()
    assert "可以下載" in browser.get(PAGE).text

    bundle = taken(browser)
    names = set(bundle.namelist())
    for part in PARTS:
        assert {f"{part}.json", f"{part}.csv", f"{part}.html"} <= names
    assert bundle.testzip() is None
    profile = {row["name"]: row["value"] for row in json.loads(bundle.read("profile.json"))}
    assert profile["name"] == "陳美玉"
    assert profile["birthdate"] == "民國79年4月1日 (1990-04-01)"
    rows = list(csv.reader(io.StringIO(bundle.read("requests.csv").decode("utf-8-sig"))))
    assert rows[1][-1] == "'=HYPERLINK(1)"
    assert json.loads(bundle.read("carriers.json")) == []
    assert "登入「圖書館」" in bundle.read("signins.html").decode()
    told = [row["subject"] for row in json.loads(bundle.read("messages.json"))]
    assert "有新的瀏覽器登入您的帳號" in told
    assert "圖書館" in bundle.read("consents.json").decode()
    assert "陳美玉" not in bundle.read("footprint.json").decode()


@one_database
@pytest.mark.parametrize("given", [a_post, a_seat, a_course])
def test_posts_and_training_are_offered_to_who_has_or_had_any(
    city: City, browser: Browser, given: Callable[[Session, UUID, datetime], None]
) -> None:
    assert 'value="duties"' not in browser.get(PAGE).text

    with city.database() as session:
        given(session, city.member_id(), city.now)

    assert 'value="duties"' in browser.get(PAGE).text


@pytest.mark.clause("10-I(1)")
def test_the_notes_of_agencies_come_along(city: City, browser: Browser, world: World) -> None:
    with city.database() as session:
        agency = services.an_agency(session, "welfare")
        services.noted(session, agency, session.scalars(select(Member)).one())
    ask(browser, "services")
    world.work_off()

    rows = list(csv.reader(io.StringIO(taken(browser).read("services.csv").decode("utf-8-sig"))))

    assert [(row[0], row[2], row[4]) for row in rows[1:]] == [
        ("senior_card", "已開通", services.TODAY.isoformat())
    ]


def test_the_footprint_and_the_receipts_can_be_verified_without_us(
    city: City, browser: Browser, world: World
) -> None:
    ask(browser, "footprint", "consents")
    world.work_off()
    bundle = taken(browser)

    document = json.loads(bundle.read("footprint.json"))
    check = checking_with(city.call("/jwks.json").get_json())
    assert document["proof"] is not None
    assert list(proofs.verify(document, check=check)) == []
    (receipt,) = [name for name in bundle.namelist() if name.startswith("receipts/")]
    claims = read(bundle.read(receipt).decode(), city.call("/receipts/jwks.json").get_json())
    require_sound(claims, now=city.now)
    assert claims["jti"] in receipt


def test_asking_and_taking_are_lines_and_the_mail_says_nothing(
    city: City, browser: Browser, world: World
) -> None:
    ask(browser, "profile")
    told = world.told()
    taken(browser)

    assert "archive.ready" in told
    letter = str(world.letters[-1])
    assert "陳美玉" not in letter
    with city.database() as session:
        kinds = list(session.scalars(select(LedgerLine.kind)))
    assert [kinds.count(kind) for kind in (Kind.ARCHIVE_ASKED, Kind.ARCHIVE_TAKEN)] == [1, 1]


@pytest.mark.parametrize("way", ["page", "form", "file"])
@one_database
def test_every_way_to_it_needs_a_fresh_confirmation(
    city: City, browser: Browser, world: World, way: str
) -> None:
    page = browser.get(PAGE)
    ask(browser, "profile")
    world.work_off()
    city.wait(minutes=6)

    answer = {
        "page": lambda: browser.get(PAGE),
        "form": lambda: browser.post(PAGE, hidden(page)),
        "file": lambda: browser.get(f"{PAGE}/{archive(city).id}.zip"),
    }[way]()

    assert answer.status_code == 303
    assert "/account/confirm" in answer.location


@pytest.mark.refusal("archive.nothing_chosen")
@pytest.mark.refusal("archive.too_many")
def test_something_must_be_chosen_and_one_is_made_at_a_time(browser: Browser, world: World) -> None:
    assert ask(browser).status_code == 422
    assert ask(browser, "nonsense").status_code == 422
    assert ask(browser, "profile").status_code == 303
    page = browser.get("/account/footprint")
    assert browser.post(PAGE, {**hidden(page), "part": "profile"}).status_code == 409


def test_a_part_of_a_later_version_is_left_to_its_worker(
    city: City, browser: Browser, world: World
) -> None:
    ask(browser, "profile")
    with city.database() as session:
        session.execute(update(Archive).values(parts=["profile", "later"]))

    world.work_off()

    assert archive(city).ready_at is None
    assert "個人資料" in browser.get(PAGE).text


@pytest.mark.refusal("archive.not_found")
def test_it_is_gone_after_three_days_with_every_piece(
    city: City, browser: Browser, world: World
) -> None:
    ask(browser, "profile")
    world.work_off()
    address = f"{PAGE}/{archive(city).id}.zip"
    city.wait(hours=72)
    browser.log_in(browser.get("/account/login"))
    assert browser.get(address).status_code == 404

    handlers.sweep(world.rooms, now=city.now)

    with city.database() as session:
        assert session.scalar(select(func.count()).select_from(ArchiveChunk)) == 0
    assert ask(browser, "profile").status_code == 303


def test_another_members_archive_is_not_there(city: City, browser: Browser, world: World) -> None:
    ask(browser, "profile")
    world.work_off()
    city.enrol("other.member", name="林不同")
    other = Browser(city)
    other.log_in(other.get("/account/login"), "other.member")
    address = f"{PAGE}/{archive(city).id}"

    assert other.get(f"{address}.zip").status_code == 404
    page = other.get(PAGE)
    assert other.post(f"{address}/discard", hidden(page)).status_code == 404
    assert browser.get(f"{address}.zip").status_code == 200


@one_database
def test_it_can_be_thrown_away_before_its_time(city: City, browser: Browser, world: World) -> None:
    ask(browser, "profile")
    page = browser.get(PAGE)
    browser.post(f"{PAGE}/{archive(city).id}/discard", hidden(page))

    world.work_off()

    with city.database() as session:
        assert session.scalars(select(ArchiveChunk)).all() == []
    assert "準備我的資料" in browser.get(PAGE).text


def test_what_is_kept_is_sealed(city: City, browser: Browser, world: World) -> None:
    ask(browser, "profile")
    world.work_off()

    with city.database() as session:
        chunk = session.scalars(select(ArchiveChunk)).one()
        assert chunk.sealed[:2] != b"PK"
        assert "profile" not in chunk.sealed.decode("latin-1")
    with pytest.raises(SealBroken):
        list(archives.read(city.sessions, archive(city).id, new_key()))


@one_database
def test_a_worker_that_died_is_followed_by_one_that_begins_anew(
    city: City, browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "CHUNK", 100)
    ask(browser, "profile")
    one = archive(city)
    with transaction(city.sessions) as session:
        session.add(ArchiveChunk(archive_id=one.id, number=0, sealed=b"half"))
        session.add(ArchiveChunk(archive_id=one.id, number=99, sealed=b"half"))

    world.work_off()

    assert "profile.json" in taken(browser).namelist()
    again = Work(one.id, archive_making.KIND, {"archive": str(one.id)}, 1, city.now)
    archive_making.ArchiveMaker(world.rooms)(again, now=city.now)
    assert "profile.json" in taken(browser).namelist()


@one_database
def test_an_archive_of_many_pieces_is_what_went_in(city: City, browser: Browser) -> None:
    member_id, key = city.member_id(), new_key()
    with city.database() as session:
        one = archives.ask(session, member_id, ["profile"], language="en", now=city.now)
    data = bytes(range(256)) * 3000
    writer = archives.Writer(city.sessions, one.id, key)
    for start in range(0, len(data), 7919):
        writer.write(data[start : start + 7919])

    assert writer.close(now=city.now) is True
    pieces = list(archives.read(city.sessions, one.id, key))
    assert len(pieces) > 2
    assert max(map(len, pieces)) == archives.CHUNK
    assert b"".join(pieces) == data


# 個人資料


@pytest.mark.clause("10-I(1)")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-TW", ["陳美玉", "民國79年4月1日 (1990-04-01)", "臺北市某區某路 1 號", "這不對"]),
        ("en", ["1 April 1990", "mei.chen@mail.invalid", "You stated it when you applied"]),
    ],
)
@one_database
def test_every_value_is_shown_in_words_with_its_source(
    browser: Browser, language: str, words: list[str]
) -> None:
    page = browser.get("/account/personal", headers={"Accept-Language": language}).text

    assert [word for word in words if word not in page] == []
    assert "kind=correct&amp;claim=birthdate" in page


@pytest.mark.clause("8(1)", "10-I(1)")
@one_database
def test_the_number_is_shown_masked_and_taken_along_whole(
    city: City, browser: Browser, world: World
) -> None:
    with city.database() as session:
        member = session.scalars(select(Member)).one()
        for typed in ("AC12345679", "A800000014"):
            numbering.enter(session, member, recognise(typed), keyring=make.KEYRING, now=city.now)

    page = browser.get("/account/personal").text
    ask(browser, "profile")
    world.work_off()
    rows = json.loads(taken(browser).read("profile.json"))

    assert "A80000****" in page
    assert not any(value in page for value in ("A800000014", "AC1234"))
    numbers = [row["value"] for row in rows if row["name"] == "number"]
    assert numbers == ["A800000014", "AC12345679"]


@given(
    claims=st.dictionaries(
        st.sampled_from(["name", "birthdate", "gender", "address", "updated_at", "odd"]),
        st.one_of(
            st.text(max_size=20),
            st.booleans(),
            st.integers(0, 2**33),
            st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
        ),
    )
)
def test_whatever_the_record_holds_is_said(claims: dict[str, Any]) -> None:
    for language in ("zh-Hant-TW", "en"):
        shown = personal_words.data(claims, language)

        assert {each.claim for each in shown} == set(claims)
        assert all(isinstance(each.value, str) for each in shown)


def test_a_profile_in_the_tests_is_said_whole() -> None:
    shown = personal_words.data(make.a_profile().claims(), "en")

    assert {each.claim: each.value for each in shown}["email_verified"] == "Yes"
