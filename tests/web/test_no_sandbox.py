"""Where there is no sandbox there is nothing of it: no page, no seam, no statement."""

from typing import Any

import pytest

from tests.flows.browser import Browser
from tests.flows.provider import City, statements

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_city_has_neither_its_pages_nor_its_seam(city: City) -> None:
    hooks: list[Any] = []  # Flask's own callables
    for kind in (city.app.before_request_funcs, city.app.after_request_funcs):
        hooks.extend(each for found in kind.values() for each in found)

    assert city.call("/sandbox").status_code == 404
    assert city.call("/api/sandbox/checks").status_code == 404
    assert "web.sandbox_seam" not in {each.__module__ for each in hooks}


def test_a_sign_in_asks_nothing_about_faults(city: City) -> None:
    with statements(city.sessions.kw["bind"]) as seen:
        tokens = Browser(city).tokens()
        city.userinfo(tokens["access_token"])

    assert seen
    assert not [each for each in seen if "sandbox" in each]
