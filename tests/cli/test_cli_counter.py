"""The Bureau lists the counters and releases the clerks' course (regulation 4, 5(3))."""

import pytest
from sqlalchemy import Engine, select

from audit.models import TrailEntry
from clients import registry
from counters import register
from kernel.db import sessions, transaction
from tests.cli.conftest import Taipei
from tests.counters import town
from tests.make import NOON

COURSE = ("counter", "course", "2", "--title-zh", "新版", "--title-en", "New")


@pytest.mark.clause("4")
def test_every_counter_is_listed_with_what_it_lacks(prepared: Engine, taipei_id: Taipei) -> None:
    with transaction(sessions(prepared)) as session:
        town.a_town(session)
        agency = registry.get(session, "library")
        town.a_counter(session, agency, "empty")
        register.end(session, town.a_counter(session, agency, "gone"), now=NOON)

    listed = taipei_id("counter", "list").stdout.splitlines()

    assert [line.split("\t")[0] for line in listed[1:]] == ["daan", "empty", "gone"]
    assert listed[1].endswith("\topen\t–")
    assert listed[2].endswith("\tclosed\tdelegation, desk, clerk, reader")
    assert "\tended\t" in listed[3]


@pytest.mark.clause("5(3)")
def test_a_version_of_the_course_is_released_once(prepared: Engine, taipei_id: Taipei) -> None:
    released = taipei_id(*COURSE, "--refresh-by", "2027-01-31")
    again = taipei_id(*COURSE)

    assert released.stdout == "Version 2 of the course is released.\n"
    assert "training.course_exists" in again.stderr
    listed = taipei_id("counter", "courses").stdout
    assert listed.endswith("2\t新版 / New\t730\t0\t70\t2027-01-31\n")
    with transaction(sessions(prepared)) as session:
        assert "course.released" in session.scalars(select(TrailEntry.event)).all()


def test_a_course_without_a_refresher_says_so(taipei_id: Taipei, prepared: Engine) -> None:
    with transaction(sessions(prepared)) as session:
        town.a_course(session)

    assert taipei_id("counter", "courses").stdout.endswith("\t–\n")


@pytest.mark.clause("5(3)")
def test_synthetic_people_for_practice_are_entered_once(
    prepared: Engine, taipei_id: Taipei
) -> None:
    first, again = taipei_id("counter", "practice").stdout, taipei_id("counter", "practice").stdout

    assert first.startswith("4 synthetic people were added.\n")
    assert "W198765435\t練習甲\t1985-05-05" in first
    assert again.startswith("0 synthetic people were added.\n")
    with transaction(sessions(prepared)) as session:
        events = session.scalars(select(TrailEntry.event)).all()
    assert events.count("synthetic_people.added") == 1
