from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.journeys.chromium import Person
from tests.journeys.city import City, open_city

Arrive = Callable[..., Person]


@pytest.fixture(scope="session")
def running_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder: Path = tmp_path_factory.mktemp("city")
    with open_city(folder) as city:
        yield city


@pytest.fixture
def city(running_city: City) -> City:
    """Lend the running city; nobody is locked out by an earlier test."""
    running_city.provider.forget_attempts()
    return running_city


@pytest.fixture
def arrive(browser: Browser) -> Iterator[Arrive]:
    """Let people sit down at browsers of their own; what their browsers complain of fails."""
    with ExitStack() as leaving:
        people: list[Person] = []

        def sit_down(language: str = "zh-Hant-TW", **options: Any) -> Person:
            # options are Playwright's own, of many types
            person = Person(browser, language, **options)
            leaving.callback(person.close)
            people.append(person)
            return person

        yield sit_down
        for person in people:
            assert person.is_excused or not person.complaints
