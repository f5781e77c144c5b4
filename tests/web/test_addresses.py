"""What stands in an address is looked up, and may be anything."""

import re

from tests.flows.provider import City

PLACE = re.compile("<[^>]+>")


def test_a_name_that_no_database_keeps_is_nobodys(city: City) -> None:
    rules = [each for each in city.app.url_map.iter_rules() if "GET" in (each.methods or ())]
    paths = {PLACE.sub("a%00b", each.rule) for each in rules if "<" in each.rule}

    answers = {path: city.call(path).status_code for path in paths}

    assert {"/services/a%00b", "/forms/a%00b"} <= answers.keys()
    assert {path: status for path, status in answers.items() if status != 404} == {}
