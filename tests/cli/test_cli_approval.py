import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from audit.models import TrailEntry
from clients import registry
from clients.directory import view_of
from kernel.db import sessions, transaction
from tests.cli.conftest import Taipei
from tests.make import a_claim_form, a_client_form, a_purpose_form, words


def written(folder: Path, form: Any, name: str = "purpose.json") -> str:
    file = folder / name
    file.write_text(json.dumps(form, ensure_ascii=False), "utf-8")
    return str(file)


@pytest.fixture
def library(prepared: Engine, taipei_id: Taipei, tmp_path: Path) -> Engine:
    taipei_id("client", "add", written(tmp_path, a_client_form(), "client.json"))
    return prepared


def text_version(engine: Engine) -> int:
    with transaction(sessions(engine)) as session:
        return view_of(registry.get(session, "library")).purposes[0].text_version


def test_a_change_is_proposed_shown_and_approved(
    library: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    wanted = a_purpose_form(claims=[a_claim_form("name", required=True), a_claim_form("email")])

    proposed = taipei_id("client", "propose", "library", written(tmp_path, wanted))
    shown = taipei_id("client", "diff", "library", "library-card")
    before = text_version(library)
    approved = taipei_id("client", "approve", "library", "library-card")

    rows = "claim.email\t–\t為了辦證 / for the card\twidened\n"
    rows += "claim.birthdate\t為了辦證 / for the card\t–\tnarrowed\n"
    assert proposed.stdout.startswith("field\tbefore\tafter\teffect\n" + rows)
    assert proposed.stdout.endswith("submitted; members are asked again\n")
    assert shown.stdout == proposed.stdout
    assert before == 1
    assert approved.stdout.endswith("approved as text version 2; members are asked again\n")
    assert text_version(library) == 2


def test_each_step_is_on_the_trail(library: Engine, taipei_id: Taipei, tmp_path: Path) -> None:
    file = written(tmp_path, a_purpose_form(max_days=30))
    taipei_id("client", "propose", "library", file, "--draft")
    taipei_id("client", "submit", "library", "library-card")
    taipei_id("client", "return", "library", "library-card", "--reason", "請說明必要性")

    with transaction(sessions(library)) as session:
        found = session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)).all()
    assert found[1:] == [
        "client.change_drafted",
        "client.change_submitted",
        "client.change_returned",
    ]


def test_what_only_narrows_asks_nobody(library: Engine, taipei_id: Taipei, tmp_path: Path) -> None:
    taipei_id("client", "propose", "library", written(tmp_path, a_purpose_form(max_days=30)))

    approved = taipei_id("client", "approve", "library", "library-card")

    assert approved.stdout.endswith("text version 1; nobody is asked again, less leaves\n")


def test_what_is_printed_of_a_purpose_can_be_changed_and_proposed(
    library: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    printed = json.loads(taipei_id("client", "purpose", "library", "library-card").stdout)

    unchanged = taipei_id("client", "propose", "library", written(tmp_path, printed))
    changed = taipei_id(
        "client", "propose", "library", written(tmp_path, {**printed, "text": words("別的")})
    )

    assert printed["name"] == words("借閱證", "Library card")
    assert unchanged.exit_code == 1
    assert unchanged.stderr.startswith("Error: client.change_empty: ")
    assert changed.exit_code == 0


@pytest.mark.refusal("client.purpose_not_found")
def test_a_purpose_nobody_registered_is_not_found(library: Engine, taipei_id: Taipei) -> None:
    result = taipei_id("client", "purpose", "library", "reading-room")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: client.purpose_not_found: ")


def test_a_proposal_that_does_not_fit_names_the_field(
    library: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    result = taipei_id(
        "client", "propose", "library", written(tmp_path, a_purpose_form(max_days=0))
    )

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: client.form_invalid: max_days: ")


def test_a_claim_outside_the_catalogue_is_refused_with_advice(
    library: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    form = a_purpose_form(claims=[a_claim_form("申請案內容")])

    result = taipei_id("client", "propose", "library", written(tmp_path, form))

    assert result.stderr.startswith("Error: flow.purpose_mismatch: ")
    assert len(result.stderr.splitlines()) == 1


def test_unused_claims_are_listed(library: Engine, taipei_id: Taipei) -> None:
    assert taipei_id("client", "unused", "--days", "1").stdout == "client_id\tpurpose\tclaim\n"
