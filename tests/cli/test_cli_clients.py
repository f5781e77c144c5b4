import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from audit.models import TrailEntry
from clients import directory, registry
from clients.models import Client
from idp.acr import ACR
from idp.models import ClientToken
from kernel import clock
from kernel.db import sessions, transaction
from kernel.ids import digest
from tests import make
from tests.cli.conftest import Taipei
from tests.cli.test_cli_purge import a_client_token
from tests.make import a_client_form


def written(folder: Path, form: Any) -> str:
    file = folder / "client.json"
    file.write_text(json.dumps(form, ensure_ascii=False), "utf-8")
    return str(file)


def kept_hashes(engine: Engine, client_id: str = "library") -> set[bytes]:
    with transaction(sessions(engine)) as session:
        return {secret.secret_hash for secret in registry.get(session, client_id).secrets}


def test_a_client_is_registered_and_its_secret_printed_alone(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    added = taipei_id("client", "add", written(tmp_path, a_client_form()))

    assert added.exit_code == 0
    assert kept_hashes(prepared) == {digest(added.stdout.strip())}
    assert "shown this once" in added.stderr


def test_a_client_without_secret_is_told_so(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    added = taipei_id("client", "add", written(tmp_path, a_client_form(auth_method="none")))

    assert added.stdout == "library is registered; it has no secret.\n"


def test_registration_and_rotation_are_on_the_trail(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    taipei_id("client", "add", written(tmp_path, a_client_form()))
    taipei_id("client", "rotate-secret", "library")

    with transaction(sessions(prepared)) as session:
        client = session.scalars(select(Client)).one()
        entries = session.scalars(select(TrailEntry).order_by(TrailEntry.id)).all()
    assert [(entry.event, entry.subject) for entry in entries] == [
        ("client.registered", client.id),
        ("client.secret_rotated", client.id),
    ]


def test_a_new_secret_is_printed_and_the_old_one_kept_for_a_day(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    old = taipei_id("client", "add", written(tmp_path, a_client_form())).stdout.strip()

    new = taipei_id("client", "rotate-secret", "library").stdout.strip()

    assert kept_hashes(prepared) == {digest(old), digest(new)}


def test_after_a_theft_the_new_secret_is_the_only_one(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    taipei_id("client", "add", written(tmp_path, a_client_form()))

    new = taipei_id("client", "rotate-secret", "library", "--at-once").stdout.strip()

    assert kept_hashes(prepared) == {digest(new)}


def test_a_client_is_ended_once_and_it_is_on_the_trail(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    taipei_id("client", "add", written(tmp_path, a_client_form()))

    first, second = (taipei_id("client", "end", "library") for _ in range(2))

    assert (first.exit_code, first.stdout) == (0, "library has ended\n")
    assert (second.exit_code, second.stderr) == (1, "Error: library has ended already\n")
    assert kept_hashes(prepared) == set()
    assert "disabled\tno" not in taipei_id("client", "show", "library").stdout
    with transaction(sessions(prepared)) as session:
        client = session.scalars(select(Client)).one()
        entry = session.scalars(select(TrailEntry).where(TrailEntry.event == "client.ended")).one()
    assert (entry.subject, entry.detail["channel"]) == (client.id, "cli")


@pytest.mark.parametrize("how", [(), ("--at-once",)])
def test_a_client_that_has_ended_is_given_no_secret(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path, how: tuple[str, ...]
) -> None:
    taipei_id("client", "add", written(tmp_path, a_client_form()))
    taipei_id("client", "end", "library")

    refused = taipei_id("client", "rotate-secret", "library", *how)

    assert (refused.exit_code, refused.stderr) == (1, "Error: library has ended already\n")
    assert kept_hashes(prepared) == set()


@pytest.mark.parametrize("words", [("end", "library"), ("rotate-secret", "library", "--at-once")])
def test_what_a_process_that_did_not_know_yet_issued_ends_as_well(
    prepared: Engine,
    environment: pytest.MonkeyPatch,
    taipei_id: Taipei,
    tmp_path: Path,
    words: tuple[str, ...],
) -> None:
    taipei_id("client", "add", written(tmp_path, a_client_form()))
    waited = []

    def issue_meanwhile(seconds: float) -> None:
        waited.append(seconds)
        with transaction(sessions(prepared)) as session:
            session.add(a_client_token(registry.get(session, "library").id, now=clock.now()))

    environment.setattr("web.cli.client.sleep", issue_meanwhile)

    assert taipei_id("client", *words).exit_code == 0

    assert [each > directory.FRESH.total_seconds() for each in waited] == [True]
    with transaction(sessions(prepared)) as session:
        assert session.scalars(select(ClientToken.revoked_at)).one() is not None


def test_a_client_is_shown_without_its_secrets(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    secret = taipei_id("client", "add", written(tmp_path, a_client_form())).stdout.strip()

    shown = taipei_id("client", "show", "library").stdout

    assert "redirect_uris\thttps://library.invalid/callback\n" in shown
    assert "purpose library-card\tbirthdate name\n" in shown
    assert "secrets\t1\n" in shown
    assert secret not in shown


# Not for an operator's eyes, or said in other words.
OTHERWISE = {
    *("id", "organisation_id", "name_zh", "name_en", "registration_hash"),
    *("created_at", "disabled_at"),
}


def test_everything_that_is_registered_is_shown(prepared: Engine, taipei_id: Taipei) -> None:
    with transaction(sessions(prepared)) as session:
        client = make.a_client(session, ping_uri="https://library.invalid/ping", jwks=None)
        registry.set_strength(
            session, "library", "library-card", least_acr=ACR[1], login_seconds=600
        )
        registry.rotate_secret(session, client.client_id, now=clock.now())

    shown = dict(
        line.split("\t", 1)
        for line in taipei_id("client", "show", "library").stdout.splitlines()
        if "\t" in line
    )

    assert {column.name for column in Client.__table__.columns} - OTHERWISE <= shown.keys()
    assert shown["ping_uri"] == "https://library.invalid/ping"
    assert shown["purpose library-card: login"] == f"{ACR[1]}, at most 600 s old"
    assert shown["secrets"].startswith("2, one until ")
    assert shown["response_types"] == "code"


@pytest.mark.parametrize(
    "words", [("show", "nobody"), ("rotate-secret", "nobody"), ("end", "nobody")]
)
def test_an_unknown_client_is_said_to_be_unknown(
    prepared: Engine, taipei_id: Taipei, words: tuple[str, str]
) -> None:
    result = taipei_id("client", *words)

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: client.not_found: No such client is registered; "
        "look at the spelling of its client_id\n"
    )


def test_a_client_is_registered_only_once(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    file = written(tmp_path, a_client_form())
    taipei_id("client", "add", file)

    again = taipei_id("client", "add", file)

    assert again.exit_code == 1
    assert again.stderr.startswith("Error: client.already_exists: ")


def test_a_client_without_secret_has_none_to_rotate(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    taipei_id("client", "add", written(tmp_path, a_client_form(auth_method="none")))

    rotated = taipei_id("client", "rotate-secret", "library")

    assert rotated.exit_code == 1
    assert rotated.stderr.startswith("Error: client.no_secret: ")


def test_each_field_that_does_not_fit_is_named(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    form = a_client_form(redirect_uris=["http://library.invalid/*"], purposes=[], colour="red")

    added = taipei_id("client", "add", written(tmp_path, form))

    assert added.exit_code == 1
    assert added.stderr.startswith("Error: client.form_invalid: ")
    for field in ("redirect_uris: ", "purposes: ", "colour: "):
        assert field in added.stderr
    assert len(added.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "said"), [(b"{", "is not JSON"), (b"\xff", "is not JSON"), (b"[]", "one JSON object")]
)
def test_a_file_that_is_no_registration_is_refused(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path, text: bytes, said: str
) -> None:
    file = tmp_path / "client.json"
    file.write_bytes(text)

    added = taipei_id("client", "add", str(file))

    assert added.exit_code == 1
    assert said in added.stderr


def test_a_missing_file_is_a_wrong_call(prepared: Engine, taipei_id: Taipei) -> None:
    assert taipei_id("client", "add", "nowhere.json").exit_code == 2
