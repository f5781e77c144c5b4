from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests import make
from tests.cli.conftest import Taipei
from tests.cli.test_cli_clients import written

pytestmark = pytest.mark.clause("6(4)", "10-I(4)")
DAYS = ("--from", "2026-01-01", "--until", "2035-12-31")
TITLE = ("--title-zh", "敬老九折", "--title-en", "Ten per cent off")


def adding(taipei_id: Taipei, rule: str = '{"age_at_least": 65}', number: str = "A-1") -> str:
    words = ("offer", "add", "cafe", "senior-10-percent", "--rule", rule)
    result = taipei_id(*words, *TITLE, "--document-number", number, *DAYS)
    return result.stdout.partition(":")[0] if result.exit_code == 0 else result.stderr


@pytest.fixture
def shop(prepared: Engine, taipei_id: Taipei, tmp_path: Path) -> Taipei:
    form = make.a_client_form("cafe", **make.a_shop_form())
    assert taipei_id("client", "add", written(tmp_path, form)).exit_code == 0
    return taipei_id


def test_an_offer_is_put_forward_approved_listed_and_ended(shop: Taipei) -> None:
    offer_id = adding(shop)
    for condition, people in (("everybody", "2400000"), ('{"age_at_least": 65}', "560000")):
        figure = (
            "population",
            "enter",
            condition,
            people,
            "--source",
            "Statistics",
            "--document",
            "1",
        )
        assert shop(*figure, "--as-of", "2026-01-01").exit_code == 0
    waiting = shop("offer", "list").stdout

    approved = shop("offer", "approve", offer_id, "--number", "B-1")
    listed = shop("offer", "list").stdout
    ended = shop("offer", "end", offer_id)

    assert "65 or older\t2026-01-01 to 2035-12-31\twaiting\tA-1" in waiting
    assert approved.exit_code == ended.exit_code == 0
    assert "in force\tA-1\tB-1" in listed
    assert offer_id not in shop("offer", "list").stdout
    assert shop("offer", "end", offer_id).exit_code == 1


def test_an_offer_for_few_is_not_approved(shop: Taipei) -> None:
    refused = shop("offer", "approve", adding(shop), "--number", "B-1")

    assert refused.exit_code == 1
    assert "flow.small_population" in refused.stderr


@pytest.mark.parametrize("rule", ["65 and older", '{"shoe_size": 44}', "[]", '{"activated": "x"}'])
def test_what_is_no_rule_is_refused(shop: Taipei, rule: str) -> None:
    assert "offer.rule_invalid" in adding(shop, rule)


@pytest.mark.refusal("offer.title_missing")
@pytest.mark.parametrize("title", [" ", "長" * 201])
def test_an_offer_has_a_name_that_fits(shop: Taipei, title: str) -> None:
    words = ("offer", "add", "cafe", "senior-10-percent", "--rule", '{"age_at_least": 65}')
    named = ("--title-zh", title, "--title-en", "Offer", "--document-number", "A-1")

    assert "offer.title_missing" in shop(*words, *named, *DAYS).stderr


def test_a_number_and_a_purpose_that_exists_are_needed(shop: Taipei) -> None:
    assert "publish.document_no_missing" in adding(shop, number=" ")
    words = ("offer", "add", "cafe", "nothing", "--rule", "{}", *TITLE, "--document-number", "A")
    assert shop(*words, *DAYS).exit_code == 1
