from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from audit.models import TrailEntry
from clients import organisations, registration_tokens, registry
from clients.models import Body, Environment, Organisation, Review
from kernel import clock
from kernel.db import sessions, transaction
from kernel.outgoing import Answer
from kernel.wording import Bilingual
from tests import make
from tests.cli.conftest import Taipei
from tests.cli.test_cli_clients import written
from web import calling


def the_token(taipei_id: Taipei, *words: str) -> str:
    issued = taipei_id("registration-token", "issue", *words)
    assert issued.exit_code == 0, issued.output
    return issued.stdout.strip().splitlines()[-1]


def test_a_token_is_issued_listed_and_ended(prepared: Engine, taipei_id: Taipei) -> None:
    token = the_token(taipei_id, "--new", "博物館", "Museum", "--uses", "3")
    listed = taipei_id("registration-token", "list").stdout
    number = listed.splitlines()[-1].split("\t")[0]

    ended = taipei_id("registration-token", "end", number)
    again = taipei_id("registration-token", "end", number)

    assert len(token) == 43
    assert token not in listed
    assert "\tsandbox\tbasic\t0/3\t" in listed
    assert (ended.exit_code, again.exit_code) == (0, 1)


def test_a_token_is_for_exactly_one_organisation(prepared: Engine, taipei_id: Taipei) -> None:
    assert taipei_id("registration-token", "issue").exit_code == 1
    assert taipei_id("registration-token", "issue", "--of", "nobody").exit_code == 1


def test_a_new_agency_is_entered_as_at_the_console_and_only_once(
    prepared: Engine, taipei_id: Taipei
) -> None:
    the_token(taipei_id, "--new", " 博物館 ", "Museum")

    again = taipei_id("registration-token", "issue", "--new", "博物館", "A Museum")
    nameless = taipei_id("registration-token", "issue", "--new", "美術館", " ")

    assert (again.exit_code, nameless.exit_code) == (1, 1)
    assert "organisation.name_missing" in nameless.stderr
    with transaction(sessions(prepared)) as session:
        (museum,) = session.scalars(select(Organisation)).all()
        entered = session.scalars(
            select(TrailEntry).where(TrailEntry.event == "organisation.entered")
        ).one()
    assert museum.name_zh == "博物館"
    assert f"say --of {museum.id}" in again.stderr
    assert len(the_token(taipei_id, "--of", str(museum.id))) == 43
    assert (entered.subject, entered.detail) == (
        museum.id,
        {"channel": "cli", "body": "department"},
    )


def test_an_agency_may_be_called_like_a_merchant(prepared: Engine, taipei_id: Taipei) -> None:
    with transaction(sessions(prepared)) as session:
        organisations.enter(session, Bilingual("茶館", "Teahouse"), Body.MERCHANT, now=clock.now())

    assert taipei_id("registration-token", "issue", "--new", "茶館", "Teahouse").exit_code == 0


@pytest.mark.parametrize("number", ["nobody", "01234567-89ab-7cde-8f01-23456789abcd"])
def test_an_organisation_that_is_not_there_is_said_to_be_unknown(
    prepared: Engine, taipei_id: Taipei, number: str
) -> None:
    refused = taipei_id("registration-token", "issue", "--of", number)

    assert refused.exit_code == 1
    assert "not_found" in refused.stderr


A_SHOP = make.a_client_form("cafe", **make.a_shop_form(), contract=make.a_contract_form())


@pytest.mark.parametrize("form", [make.a_client_form(), A_SHOP])
def test_whose_client_was_ended_registers_another(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path, form: dict[str, Any]
) -> None:
    taipei_id("client", "add", written(tmp_path, form))
    taipei_id("client", "end", form["client_id"])

    token = the_token(taipei_id, "--of", form["client_id"], "--production")

    with transaction(sessions(prepared)) as session:
        found = registration_tokens.find(session, token, now=clock.now())
        assert found is not None
        before = registry.get(session, form["client_id"]).organisation_id
        assert (found.organisation_id, found.environment) == (before, Environment.PRODUCTION)


@pytest.mark.refusal("organisation.ended")
def test_nobody_registers_for_an_organisation_that_has_ended(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    taipei_id("client", "add", written(tmp_path, make.a_client_form()))
    with transaction(sessions(prepared)) as session:
        registry.get(session, "library").organisation.ended_at = clock.now()

    refused = taipei_id("registration-token", "issue", "--of", "library")

    assert refused.exit_code == 1
    assert "organisation.ended" in refused.stderr


def waiting(engine: Engine, taipei_id: Taipei, folder: Path) -> None:
    taipei_id("client", "add", written(folder, make.a_client_form()))
    with transaction(sessions(engine)) as session:
        registry.get(session, "library").review = Review.WAITING


@pytest.mark.clause("10(3)")
def test_a_client_that_waits_is_listed_and_admitted(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    waiting(prepared, taipei_id, tmp_path)

    listed = taipei_id("client", "waiting").stdout
    admitted = taipei_id("client", "admit", "library")

    assert "library\tTaipei Public Library\tLibrary\t" in listed
    assert admitted.exit_code == 0
    assert taipei_id("client", "admit", "library").exit_code == 1
    assert "library" not in taipei_id("client", "waiting").stdout


@pytest.mark.clause("10(3)")
def test_a_client_is_turned_down_with_a_reason(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    waiting(prepared, taipei_id, tmp_path)

    turned_down = taipei_id("client", "turn-down", "library", "--reason", "Not your purpose")

    assert turned_down.exit_code == 0
    with transaction(sessions(prepared)) as session:
        assert registry.get(session, "library").review_reason == "Not your purpose"


def test_a_logo_is_fetched_and_kept(
    prepared: Engine,
    environment: pytest.MonkeyPatch,
    taipei_id: Taipei,
    tmp_path: Path,
) -> None:
    form = make.a_client_form(logo_uri="https://library.invalid/logo.png")
    taipei_id("client", "add", written(tmp_path, form))
    answers = [Answer(404, b""), Answer(200, b"\x89PNG\r\n\x1a\n")]
    environment.setattr(calling, "caller", lambda _settings: lambda *_, **__: answers.pop(0))

    away = taipei_id("client", "fetch-logo", "library")
    fetched = taipei_id("client", "fetch-logo", "library")

    assert (away.exit_code, fetched.exit_code) == (1, 0)
    with transaction(sessions(prepared)) as session:
        assert registry.get(session, "library").logo is not None
