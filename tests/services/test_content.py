"""Public texts: nothing without a document and DoIT's yes, and yesterday's page for ever (6(4))."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from services import content, plain_text, publishing
from services.plain_text import Block, Words
from services.publication_models import ContentItem, ContentKind, ContentVersion
from services.publishing import Stage, Step
from tests.make import NOON
from tests.services.city import an_agency
from tests.services.publishing_people import (
    NUMBER,
    OFFICER,
    REVIEWER,
    TODAY,
    WORDS,
    a_text,
    an_item,
    confirmed,
)

DAY = timedelta(days=1)
SECOND = replace(WORDS, body=Bilingual("滿 6 歲就能辦。", "From six years on."))


@pytest.fixture
def agency(session: Session) -> UUID:
    return an_agency(session).organisation_id


@pytest.fixture
def item(session: Session, agency: UUID) -> ContentItem:
    return an_item(session, agency)


def said(session: Session, on: date) -> str | None:
    try:
        return content.public(session, "library-card", on=on).body_zh
    except NotFound:
        return None


@pytest.mark.clause("6(4)")
def test_nothing_is_public_before_the_bureau_said_yes(session: Session, item: ContentItem) -> None:
    row = a_text(session, item)
    before = said(session, TODAY)

    confirmed(session, row)

    assert before is None
    assert said(session, TODAY) == "滿 7 歲就能辦。"
    assert said(session, TODAY - DAY) is None


@pytest.mark.clause("6(4)")
@pytest.mark.refusal("publish.document_no_missing")
@pytest.mark.parametrize("number", ["", "  ", "字" * 101])
def test_nothing_is_submitted_without_a_document_number(
    session: Session, item: ContentItem, number: str
) -> None:
    row = content.save(session, item, WORDS, by=OFFICER, now=NOON)

    with pytest.raises(Refused, match=r"publish\.document_no_missing"):
        publishing.submit(session, row, document_number=number, by=OFFICER, now=NOON)


@pytest.mark.clause("6(4)")
@pytest.mark.parametrize(
    "past_the_code",
    [
        {"document_number": None},
        {"decided_by": None},
        {"decided_by": OFFICER},
        {"effective_on": TODAY - DAY},
        {"effective_on": None},
        {"retired_on": TODAY - DAY},
    ],
)
def test_the_database_itself_publishes_nothing_unconfirmed(
    session: Session, item: ContentItem, past_the_code: dict[str, object]
) -> None:
    row = a_text(session, item)
    values = {
        "step": Step.APPROVED,
        "decided_by": REVIEWER,
        "decided_at": NOON,
        "decided_on": TODAY,
        "effective_on": TODAY,
        **past_the_code,
    }

    with pytest.raises(IntegrityError):
        session.execute(update(ContentVersion).where(ContentVersion.id == row.id).values(values))


@pytest.mark.refusal("case.self_dealing")
def test_who_submitted_does_not_confirm(session: Session, item: ContentItem) -> None:
    row = a_text(session, item)

    with pytest.raises(Refused, match=r"case\.self_dealing"):
        content.approve(session, row, by=OFFICER, now=NOON)


@pytest.mark.clause("6(4)")
def test_yesterdays_page_is_the_same_whatever_happens_today(
    session: Session, item: ContentItem
) -> None:
    first = a_text(session, item)
    confirmed(session, first)
    tomorrow = NOON + DAY
    second = a_text(session, item, SECOND, now=tomorrow)
    confirmed(session, second, now=tomorrow)
    publishing.retire(session, second, now=tomorrow)

    assert [said(session, TODAY + days * DAY) for days in (-1, 0, 1, 2)] == [
        None,
        "滿 7 歲就能辦。",
        "滿 6 歲就能辦。",
        None,
    ]
    assert content.days(session, item.id, on=TODAY + DAY) == [TODAY + DAY, TODAY]
    found = publishing.versions(session, ContentVersion, item.id)
    assert publishing.stage(second, found, on=TODAY + 2 * DAY) is Stage.RETIRED


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.booleans()), max_size=5),
    st.integers(0, 12),
)
def test_what_is_decided_later_never_changes_an_earlier_day(
    history: list[tuple[int, int, bool]], later: int
) -> None:
    """Walk through days, confirming and retiring; each past day keeps what it said."""
    rows: list[ContentVersion] = []
    today, kept = TODAY, {}
    for number, (wait, ahead, retires) in enumerate(history, start=1):
        today += wait * DAY
        kept = {day: version_on(rows, day) for day in days_before(today)}
        rows.append(
            ContentVersion(
                version=number,
                step=Step.APPROVED,
                decided_on=today,
                effective_on=today + ahead * DAY,
            )
        )
        if retires and ahead == 0:
            rows[-1].retired_on = today + DAY
        assert kept == {day: version_on(rows, day) for day in days_before(today)}
    on = TODAY + later * DAY
    counting = [row for row in rows if publishing.stage(row, rows, on=on) is Stage.EFFECTIVE]
    assert len(counting) <= 1


def days_before(today: date) -> Iterator[date]:
    return (today - back * DAY for back in range(1, 8))


def version_on(rows: list[ContentVersion], on: date) -> int | None:
    found = [row for row in rows if publishing.stage(row, rows, on=on) is Stage.EFFECTIVE]
    return found[0].version if found else None


def test_a_text_ends_with_its_last_day_and_nothing_older_comes_back(
    session: Session, item: ContentItem
) -> None:
    confirmed(session, a_text(session, item))
    confirmed(session, a_text(session, item, replace(SECOND, valid_until=TODAY + DAY)))

    assert said(session, TODAY + DAY) == "滿 6 歲就能辦。"
    assert said(session, TODAY + 2 * DAY) is None
    assert [row.body_zh for row in content.published(session, on=TODAY)] == ["滿 6 歲就能辦。"]
    assert content.published(session, on=TODAY + 2 * DAY) == []


@pytest.mark.refusal("content.period")
def test_a_period_ends_after_it_began_and_is_not_over(session: Session, item: ContentItem) -> None:
    backwards = replace(WORDS, wanted_on=TODAY + DAY, valid_until=TODAY)
    with pytest.raises(Refused, match=r"content\.period"):
        content.save(session, item, backwards, by=OFFICER, now=NOON)
    row = a_text(session, item, replace(WORDS, valid_until=TODAY))
    with pytest.raises(Refused, match=r"content\.period"):
        content.approve(session, row, by=REVIEWER, now=NOON + DAY)


@pytest.mark.refusal("publish.reason_missing")
def test_what_is_returned_says_why_and_is_put_right(session: Session, item: ContentItem) -> None:
    row = a_text(session, item)
    with pytest.raises(Refused, match=r"publish\.reason_missing"):
        publishing.send_back(session, row, reason=" ", by=REVIEWER, now=NOON)

    publishing.send_back(session, row, reason="缺英文", by=REVIEWER, now=NOON)
    again = a_text(session, item, SECOND)

    assert (again.id, again.version, again.step) == (row.id, 1, Step.SUBMITTED)
    assert again.reason is None


@pytest.mark.clause("6(4)")
@pytest.mark.refusal("publish.wrong_step")
def test_what_was_put_right_meanwhile_is_not_what_was_read(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        item = an_item(session, an_agency(session).organisation_id)
        row_id = a_text(session, item).id
    with sessions() as reading:
        read = publishing.get(reading, ContentVersion, row_id)
        reading.commit()
        with transaction(sessions) as session:
            row = publishing.get(session, ContentVersion, row_id)
            publishing.send_back(session, row, reason="缺英文", by=REVIEWER, now=NOON)
            a_text(session, item, SECOND, now=NOON + DAY)

        with pytest.raises(Refused, match=r"publish\.wrong_step"):
            content.approve(reading, read, by=REVIEWER, now=NOON + DAY)
        with pytest.raises(Refused, match=r"publish\.wrong_step"):
            publishing.send_back(reading, read, reason="缺", by=REVIEWER, now=NOON + DAY)


@pytest.mark.refusal("publish.not_reviewed")
@pytest.mark.refusal("publish.wrong_step")
def test_only_what_is_in_force_is_retired_and_once(session: Session, item: ContentItem) -> None:
    row = a_text(session, item)
    with pytest.raises(Refused, match=r"publish\.not_reviewed"):
        publishing.retire(session, row, now=NOON)
    confirmed(session, row)
    publishing.retire(session, row, now=NOON)

    with pytest.raises(Refused, match=r"publish\.wrong_step"):
        publishing.retire(session, row, now=NOON)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.refusal("publish.wrong_step")
def test_of_two_who_decide_at_once_one_does(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        row_id = a_text(session, an_item(session, an_agency(session).organisation_id)).id
    both, outcomes = Barrier(2), []

    def decide(by: UUID) -> None:
        with sessions() as session:
            row = publishing.get(session, ContentVersion, row_id)
            both.wait()
            try:
                content.approve(session, row, by=by, now=NOON)
                session.commit()
                outcomes.append("approved")
            except Refused as refused:
                outcomes.append(refused.code)

    threads = [Thread(target=decide, args=[UUID(int=number)]) for number in (8, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["approved", "publish.wrong_step"]


@pytest.mark.refusal("content.exists")
@pytest.mark.refusal("content.slug_invalid")
@pytest.mark.refusal("publish.not_found")
def test_an_address_is_simple_taken_once_and_another_agencys_is_not_found(
    session: Session, agency: UUID, item: ContentItem
) -> None:
    with pytest.raises(Refused, match=r"content\.exists"):
        an_item(session, agency)
    for slug in ("", "-a", "A", "a/b", "a" * 65, "é", "a\n"):
        with pytest.raises(Refused, match=r"content\.slug_invalid"):
            an_item(session, agency, slug)
        with pytest.raises(NotFound):
            content.public(session, slug, on=TODAY)
    with pytest.raises(NotFound):
        content.mine(session, item.slug, organisation_id=UUID(int=9))
    with pytest.raises(Refused, match=r"case\.service_out_of_scope"):
        content.open_item(
            session,
            "other",
            ContentKind.SERVICE,
            organisation_id=agency,
            service_code="nothing",
            now=NOON,
        )


@pytest.mark.refusal("content.incomplete")
@pytest.mark.parametrize(
    "lacking",
    [
        {"title": Bilingual("題", "")},
        {"title": Bilingual("題" * 201, "t")},
        {"body": Bilingual("", "b")},
        {"body": Bilingual("文" * 5001, "b")},
    ],
)
def test_a_text_is_whole_in_both_languages(
    session: Session,
    item: ContentItem,
    lacking: dict[str, Any],  # fields of a text, of two types
) -> None:
    with pytest.raises(Refused, match=r"content\.incomplete"):
        content.save(session, item, replace(WORDS, **lacking), by=OFFICER, now=NOON)


def test_a_text_has_paragraphs_lists_and_links() -> None:
    text = "一\n二\n\n- 甲\n- [乙](https://a.taipei/x?y=1)\n三 [丙](/services)"

    assert plain_text.blocks(text) == [
        Block(is_list=False, lines=((Words("一"),), (Words("二"),))),
        Block(is_list=True, lines=((Words("甲"),), (Words("乙", "https://a.taipei/x?y=1"),))),
        Block(is_list=False, lines=((Words("三 "), Words("丙", "/services")),)),
    ]
    assert plain_text.plain(text) == "一 二 甲 乙 三  丙"


@given(st.text(alphabet="ab[]()<>:/\\\n- .@#httpsjavascript\"'"))
def test_whatever_is_written_leads_only_to_https_or_to_our_own_pages(text: str) -> None:
    for block in plain_text.blocks(text):
        for line in block.lines:
            for words in line:
                href = words.href or "/"
                assert href.startswith(("https://", "/"))
                assert not href.startswith("//")
                assert "@" not in href.removeprefix("https://").partition("/")[0]


@pytest.mark.parametrize(
    "href",
    ["javascript:alert(1)", "http://a.taipei/", "//a.taipei", "/\\a.taipei", "https://a@b.c/"],
)
def test_a_link_elsewhere_stays_text(href: str) -> None:
    [block] = plain_text.blocks(f"[a]({href})")

    assert block.lines == ((Words(f"[a]({href})"),),)


def test_the_days_of_a_version_count_in_taipei(session: Session, item: ContentItem) -> None:
    late = datetime(2026, 11, 23, 17, 0, tzinfo=NOON.tzinfo)  # an hour past midnight there
    confirmed(session, a_text(session, item), now=late)

    assert said(session, TODAY) is None
    assert said(session, TODAY + DAY) is not None
    assert publishing.count_waiting(session, ContentVersion) == 0
    shown = content.public(session, "library-card", on=TODAY + DAY)
    assert shown.document_number == NUMBER
