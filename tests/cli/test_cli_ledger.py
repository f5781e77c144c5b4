"""`taipei-id ledger`: seal, verify, and name what somebody changed."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select

from audit import footprint, proofs, sealing, verifying
from audit.lines import Kind
from audit.models import LedgerCheckpoint, TrailEntry
from idp.keys import Keys
from idp.signing import LocalSigner, SigningKeyPair, new_key
from kernel import clock
from kernel.db import sessions, transaction
from kernel.ids import new_id
from kernel.keyring import Keyring
from members import register
from tests import make
from tests.audit.tampering import intruder, run
from tests.cli.conftest import Taipei

MEI = new_id()


@pytest.fixture
def lines(prepared: Engine, taipei_id: Taipei) -> list[UUID]:
    """Write and seal three lines of one member."""
    assert taipei_id("keys", "rotate").exit_code == 0
    with transaction(sessions(prepared)) as session:
        written = [
            footprint.record(session, Kind.LOGGED_IN, member_id=MEI, now=clock.now())
            for _ in range(3)
        ]
    assert taipei_id("ledger", "seal").stdout.startswith("3 lines sealed.\n")
    return written


def export(engine: Engine, folder: Path, keyring: Keyring) -> tuple[Path, Path]:
    """Write a footprint and the public keys to files, as a member would download them."""
    make = sessions(engine)
    with transaction(make) as session:
        until = proofs.last_of(session, MEI)
        assert until is not None
        found = proofs.oldest_first(session, MEI, after=None, until=until, most=100)
        document = {
            "format": proofs.FORMAT,
            "member_id": str(MEI),
            "proof": proofs.end_of(session, MEI),
            "lines": [each.form() for each in found],
        }
        keys = Keys(keyring).signer(session, now=clock.now()).jwks
    file, jwks = folder / "export.json", folder / "jwks.json"
    file.write_text(json.dumps(document))
    jwks.write_text(json.dumps(keys))
    return file, jwks


@pytest.fixture
def exported(
    prepared: Engine, tmp_path: Path, keyring: Keyring, lines: list[UUID]
) -> tuple[Path, Path]:
    """Lend the files of an export and of the public keys."""
    return export(prepared, tmp_path, keyring)


def other_keys(folder: Path) -> Path:
    """Write the public key of somebody else to a file."""
    key = new_key("ES256")
    path = folder / "others.json"
    path.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    return path


@pytest.mark.clause("9")
def test_an_untouched_ledger_is_confirmed(
    prepared: Engine, taipei_id: Taipei, lines: list[UUID]
) -> None:
    with transaction(sessions(prepared)) as session:
        footprint.record(session, Kind.LOGGED_IN, member_id=MEI, now=clock.now())

    verified = taipei_id("ledger", "verify")

    assert verified.exit_code == 0
    assert verified.stdout.splitlines() == [
        "3 lines under 1 checkpoints are as they were sealed; 1 wait for their seal.",
        "4 entries of the trail are as they were sealed.",
    ]
    with transaction(sessions(prepared)) as session:
        kept = verifying.last(session)
    assert kept is not None
    assert (kept.lines, kept.entries, kept.findings) == (3, 4, 0)


@pytest.mark.clause("9")
def test_an_edited_line_is_named_and_ends_with_1(
    prepared: Engine, taipei_id: Taipei, lines: list[UUID]
) -> None:
    with intruder(prepared) as sql:
        run(sql, "UPDATE ledger SET kind = 'login.failed' WHERE id = :id", id=lines[1])

    verified = taipei_id("ledger", "verify")

    assert verified.exit_code == 1
    assert verified.stdout == (
        f"line {lines[1]}: edited or moved: it is not what was sealed here\n"
    )
    assert "1 things are not as they were sealed" in verified.stderr


def test_the_keys_of_somebody_else_vouch_for_nothing(
    prepared: Engine, taipei_id: Taipei, lines: list[UUID], tmp_path: Path
) -> None:
    verified = taipei_id("ledger", "verify", "--jwks", str(other_keys(tmp_path)))

    assert verified.exit_code == 1
    assert verified.stdout.splitlines() == [
        f"{each}checkpoint 1: no key of ours signed it, nor one after it" for each in ("", "trail ")
    ]


def test_a_checkpoint_kept_elsewhere_is_found_again(
    prepared: Engine, taipei_id: Taipei, lines: list[UUID], tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(taipei_id("ledger", "checkpoint").stdout)
    same = taipei_id("ledger", "verify", "--kept", str(kept))
    with intruder(prepared) as sql:
        for table in ("ledger", "ledger_seal", "ledger_checkpoint"):
            run(sql, f"DELETE FROM {table}")  # noqa: S608  # constants

    without = taipei_id("ledger", "verify")
    compared = taipei_id("ledger", "verify", "--kept", str(kept))

    assert (same.exit_code, without.exit_code, compared.exit_code) == (0, 0, 1)
    assert "checkpoint 1: it is not the one that was kept elsewhere" in compared.stdout
    with transaction(sessions(prepared)) as session:
        last = verifying.last(session)
    assert last is not None  # what the pages and the alarms show
    assert last.findings == 1


@pytest.mark.clause("9")
@pytest.mark.parametrize("whose", ["ledger", "trail"])
def test_an_end_that_was_cut_off_differs_from_what_the_last_verification_kept(
    prepared: Engine, taipei_id: Taipei, lines: list[UUID], tmp_path: Path, whose: str
) -> None:
    kept = tmp_path / "checkpoints"
    first = taipei_id("ledger", "verify", "--keep", str(kept))
    before = kept.read_text()
    with intruder(prepared) as sql:
        for table in (whose, f"{whose}_seal", f"{whose}_checkpoint"):
            run(sql, f"DELETE FROM {table}")  # noqa: S608  # constants

    weekly = taipei_id("ledger", "verify", "--keep", str(kept))

    assert (first.exit_code, weekly.exit_code) == (0, 1)
    assert "checkpoint 1: it is not the one that was kept elsewhere" in weekly.stdout
    assert before == kept.read_text()
    assert len(before.splitlines()) == 2


@pytest.mark.clause("9")
def test_a_verification_before_the_first_seal_keeps_nothing_to_compare_with(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    assert taipei_id("keys", "rotate").exit_code == 0
    kept = tmp_path / "checkpoints"

    first = taipei_id("ledger", "verify", "--keep", str(kept))
    was_kept = kept.exists()
    taipei_id("ledger", "seal")
    weekly = taipei_id("ledger", "verify", "--keep", str(kept))

    assert (first.exit_code, was_kept, weekly.exit_code) == (0, False, 0)
    assert kept.read_text().strip()


def somebody_elses(name: str) -> tuple[str, str]:
    """Return a checkpoint signed with a key that is not ours, and the key's public half."""
    key = new_key("ES256")
    signer = LocalSigner([SigningKeyPair(key.thumbprint(), "ES256", active=True, key=key)])
    signed = signer.sign({"number": 1, "format": name}, alg="ES256", typ=sealing.TYP)
    return signed, json.dumps(signer.jwks["keys"][0])


@pytest.mark.clause("9")
def test_sealing_goes_on_from_nothing_that_somebody_else_signed_unless_told_to(
    prepared: Engine, taipei_id: Taipei, lines: list[UUID]
) -> None:
    """The key stands in the table of keys, as the owner of the database can write it."""
    signed, jwk = somebody_elses("theirs")
    with intruder(prepared) as sql:
        run(sql, "UPDATE ledger_checkpoint SET signed = :signed", signed=signed)
        run(
            sql,
            "INSERT INTO signing_key (kid, alg, state, private_sealed, public_jwk, created_at)"
            " SELECT 'theirs', alg, 'retiring', NULL, :jwk, created_at FROM signing_key"
            " WHERE alg = 'ES256' AND state = 'active'",
            jwk=jwk,
        )

    refused = taipei_id("ledger", "seal")
    name = hashlib.sha256(signed.encode()).hexdigest()
    mistyped = taipei_id("ledger", "seal", "--over", name[:-1])
    gone_on = taipei_id("ledger", "seal", "--over", name.upper())

    assert (refused.exit_code, mistyped.exit_code, gone_on.exit_code) == (1, 1, 0)
    assert "--over names no last checkpoint" in mistyped.stderr
    assert f"no key of ours signed ledger_checkpoint 1, {name}" in refused.stderr
    with transaction(sessions(prepared)) as session:
        entry = session.scalars(
            select(TrailEntry).where(TrailEntry.event == "ledger.gone_on")
        ).one()
        assert entry.detail == {"sha256": name, "channel": "cli"}
        assert session.scalar(select(func.count()).select_from(LedgerCheckpoint)) == 2
    assert taipei_id("ledger", "seal").exit_code == 0


def test_before_the_first_seal_there_is_no_checkpoint(prepared: Engine, taipei_id: Taipei) -> None:
    printed = taipei_id("ledger", "checkpoint")

    assert printed.exit_code == 1
    assert "nothing was sealed yet" in printed.stderr


def test_an_export_is_verified_without_settings_or_database(
    exported: tuple[Path, Path],
    environment: pytest.MonkeyPatch,
    taipei_id: Taipei,
    lines: list[UUID],
) -> None:
    file, jwks = exported
    environment.setenv("TAIPEI_ID_ISSUER", "not even a URL")

    verified = taipei_id("ledger", "verify", "--file", str(file), "--jwks", str(jwks))
    file.write_text(file.read_text().replace(Kind.LOGGED_IN, Kind.LOGIN_FAILED, 1))
    changed = taipei_id("ledger", "verify", "--file", str(file), "--jwks", str(jwks))

    assert verified.stdout == "3 lines are as they were sealed.\n"
    assert changed.exit_code == 1
    assert f"line {lines[0]}: edited" in changed.stdout


def test_lines_exported_before_their_seal_are_counted(
    prepared: Engine, keyring: Keyring, taipei_id: Taipei, lines: list[UUID], tmp_path: Path
) -> None:
    with transaction(sessions(prepared)) as session:
        later = clock.now() + timedelta(seconds=1)
        footprint.record(session, Kind.LOGGED_IN, member_id=MEI, now=later)
    file, jwks = export(prepared, tmp_path, keyring)

    verified = taipei_id("ledger", "verify", "--file", str(file), "--jwks", str(jwks))

    assert verified.exit_code == 0
    assert "1 lines were exported before they were sealed" in verified.stderr


@pytest.mark.parametrize(
    ("content", "words"), [("{}", "not an exported footprint"), ("{", "is not JSON")]
)
def test_a_file_that_is_no_export_is_called_that(
    taipei_id: Taipei, tmp_path: Path, content: str, words: str
) -> None:
    file, jwks = tmp_path / "export.json", other_keys(tmp_path)
    file.write_text(content)

    verified = taipei_id("ledger", "verify", "--file", str(file), "--jwks", str(jwks))

    assert verified.exit_code == 1
    assert words in verified.stderr


def test_an_export_without_keys_is_a_wrong_call(taipei_id: Taipei, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text("{}")

    assert taipei_id("ledger", "verify", "--file", str(tmp_path / "export.json")).exit_code == 2


@pytest.mark.clause("9")
def test_a_copy_kept_elsewhere_finds_what_was_removed_from_the_trail(
    prepared: Engine, taipei_id: Taipei, lines: list[UUID], tmp_path: Path
) -> None:
    folder = tmp_path / "worm"
    folder.mkdir()
    written = taipei_id("ledger", "export", str(folder))
    again = taipei_id("ledger", "export", str(folder))
    same = taipei_id("ledger", "compare", str(folder))
    with intruder(prepared) as sql:
        run(sql, "DELETE FROM trail")

    differs = taipei_id("ledger", "compare", str(folder))

    assert written.stdout == "000001.jsonl written.\n"
    assert again.stdout == "nothing was sealed since.\n"
    assert same.stdout == "the database holds everything the copy does.\n"
    assert (differs.exit_code, differs.stdout.count(": removed")) == (1, 4)
    with transaction(sessions(prepared)) as session:
        last = verifying.last(session)
    assert last is not None
    assert last.findings == 4
    (folder / "000001.jsonl").chmod(0o644)
    (folder / "000001.jsonl").write_text("{}")
    assert "000001.jsonl" in taipei_id("ledger", "export", str(folder)).stderr


@pytest.mark.clause("7(9)")
def test_records_are_held_against_their_histories_at_once(
    prepared: Engine, taipei_id: Taipei, keyring: Keyring
) -> None:
    with transaction(sessions(prepared)) as session:
        register.add(session, "mei.chen", make.a_profile(), keyring=keyring, now=clock.now())
    sound = taipei_id("ledger", "records")
    with intruder(prepared) as connection:
        run(connection, "UPDATE member SET standing = 'paused'")
        run(connection, "DELETE FROM record_check")

    found = taipei_id("ledger", "records")

    assert (sound.exit_code, sound.stdout) == (0, "Every record follows from its history.\n")
    assert found.exit_code == 1
    assert "standing_unfounded: member " in found.stdout
