"""The operator looks at batches and takes one on: only what two officers confirmed is applied."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from kernel.db import sessions, transaction
from kernel.keyring import Keyring
from services.consolidation_models import Batch
from services.consolidation_reading import Superseded
from tests.cli.conftest import Taipei
from tests.services import consolidating as world
from tests.services.consolidating import Agency, a_file, number, yes


@pytest.fixture
def agency(prepared: Engine, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> Agency:
    for module in ("tests.make", "tests.services.consolidating"):
        monkeypatch.setattr(f"{module}.KEYRING", keyring)
    return world.an_agency(sessions(prepared))


def overtaken(*_: object, **__: object) -> Iterator[int]:
    """Do one chunk, and find the mark moved by another."""
    yield 1
    raise Superseded


@pytest.mark.clause("3-II")
def test_a_batch_is_shown_run_and_reported_without_anybodys_data(
    taipei_id: Taipei, agency: Agency
) -> None:
    batch_id = agency.upload(a_file([yes(0), yes(77)]))
    with transaction(agency.make) as session:
        name = session.get_one(Batch, batch_id).number

    assert taipei_id("consolidation", "run", name).stdout == f"{name} is dry_run.\n"
    assert agency.notes() == []
    agency.confirm(batch_id)
    assert taipei_id("consolidation", "run", name).stdout == f"{name} is applied.\n"

    assert len(agency.notes()) == 1
    listed = taipei_id("consolidation", "list").stdout.splitlines()
    assert listed[1].split("\t")[:3] == [name, "senior_card", "applied"]
    shown = taipei_id("consolidation", "show", name).stdout
    assert "inserted\t1" in shown
    assert "consolidation.unknown_person\t1" in shown
    report = taipei_id("consolidation", "report", name).stdout
    assert report.splitlines()[1:] == [
        "1,inserted,,False,False",
        "2,unknown,consolidation.unknown_person,False,False",
    ]
    assert number(0) not in listed[1] + shown + report


def test_a_batch_that_a_worker_goes_on_with_is_left_to_it(
    taipei_id: Taipei, agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = agency.upload(a_file([yes(0)]))
    agency.confirm(batch_id)
    with transaction(agency.make) as session:
        name = session.get_one(Batch, batch_id).number
    monkeypatch.setattr("web.cli.consolidation.work", overtaken)

    done = taipei_id("consolidation", "run", name)

    assert done.stdout == f"A worker goes on with {name}.\n{name} is applying.\n"
