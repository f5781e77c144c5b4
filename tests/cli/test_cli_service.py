from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from audit.models import TrailEntry
from kernel.db import sessions, transaction
from tests import make
from tests.cli.conftest import Taipei
from tests.cli.test_cli_clients import written

pytestmark = pytest.mark.clause("2(8)6")
NAMES = ("--name-zh", "愛心卡", "--name-en", "Disability card")
ADD = ("service", "add", "disability_card", "--client", "library", *NAMES)


@pytest.fixture
def agency(prepared: Engine, taipei_id: Taipei, tmp_path: Path) -> Taipei:
    form = make.a_client_form()
    assert taipei_id("client", "add", written(tmp_path, form)).exit_code == 0
    return taipei_id


def test_a_service_is_entered_listed_and_closed(agency: Taipei, prepared: Engine) -> None:
    added = agency(*ADD, "--sensitive")
    listed = agency("service", "list").stdout
    closed = agency("service", "close", "disability_card")

    assert added.stdout == "disability_card is open.\n"
    assert "disability_card\t愛心卡 / Disability card\tTaipei Public Library\tyes\t" in listed
    assert listed.endswith("\t–\n")
    assert closed.stdout == "disability_card is closed.\n"
    assert not agency("service", "list").stdout.endswith("\t–\n")
    with transaction(sessions(prepared)) as session:
        events = session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)).all()
    assert events[-2:] == ["service.entered", "service.closed"]


@pytest.mark.refusal(
    "service.exists", "service.closed", "service.code_invalid", "service.name_missing"
)
def test_what_cannot_be_entered_is_said_in_a_line(agency: Taipei) -> None:
    def says(*words: str) -> str:
        return agency(*words).stderr.split(": ")[1]

    agency(*ADD)

    assert says(*ADD) == "service.exists"
    assert says("service", "add", "Card!", *ADD[3:]) == "service.code_invalid"
    assert says(*ADD[:2], "other", *ADD[3:6], " ", *ADD[7:]) == "service.name_missing"
    assert says(*ADD[:2], "other", "--client", "nobody", *NAMES) == "client.not_found"
    assert agency("service", "close", "disability_card").exit_code == 0
    assert says("service", "close", "disability_card") == "service.closed"
    assert says(*ADD) == "service.exists"  # a code is used once
    assert agency("service", "close", "nothing").exit_code == 1


@pytest.mark.refusal("service.not_yours")
def test_a_shop_has_no_services(agency: Taipei, tmp_path: Path) -> None:
    form = make.a_client_form("cafe", **make.a_shop_form())
    agency("client", "add", written(tmp_path, form))

    refused = agency("service", "add", "coffee", "--client", "cafe", *NAMES)

    assert "service.not_yours" in refused.stderr
