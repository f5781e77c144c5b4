from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests import make
from tests.cli.conftest import Taipei
from tests.cli.test_cli_clients import written

pytestmark = pytest.mark.clause("2(8)4")


def test_a_contract_is_recorded_listed_and_ended(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    shop = make.a_client_form("cafe", **make.a_shop_form())
    taipei_id("client", "add", written(tmp_path, shop))
    days = ("--starts-on", "2027-01-01", "--ends-on", "2027-12-31")
    number = ("--number", "TP-2", "--business-number", "12345675")

    added = taipei_id("client", "contract", "add", "cafe", *number, *days)
    again = taipei_id("client", "contract", "add", "cafe", *number, *days)
    ended = taipei_id("client", "contract", "end", "TP-2", "--on", "2027-06-30")
    listed = taipei_id("client", "contract", "list", "cafe")

    assert added.exit_code == ended.exit_code == 0
    assert again.exit_code == 1
    assert "TP-2\t12345675\t2027-01-01\t2027-06-30" in listed.stdout


def test_a_wrong_business_number_is_named(prepared: Engine, taipei_id: Taipei) -> None:
    refused = taipei_id(
        *("client", "contract", "add", "cafe", "--number", "TP-2", "--business-number", "1"),
        *("--starts-on", "2027-01-01", "--ends-on", "2027-12-31"),
    )

    assert refused.exit_code == 1
    assert "business_number" in refused.stderr
