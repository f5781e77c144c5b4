import os
import re
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from audit.models import TrailEntry
from idp.keys import Keys
from idp.models import KeyState, PublishedKey, SigningKey
from idp.signing import ALGORITHMS
from kernel import clock
from kernel.db import sessions, transaction
from kernel.keyring import Keyring, new_master_key
from tests.cli.conftest import Taipei


def keys(engine: Engine, state: KeyState) -> dict[str, str]:
    with transaction(sessions(engine)) as session:
        rows = session.scalars(select(SigningKey).where(SigningKey.state == state)).all()
        return {row.alg: row.kid for row in rows}


def test_a_master_key_is_made_without_any_settings(
    monkeypatch: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    monkeypatch.setenv("TAIPEI_ID_ISSUER", "not even a URL")

    first, second = taipei_id("keys", "master"), taipei_id("keys", "master")

    Keyring(first.stdout.strip())
    assert first.stdout != second.stdout


def test_the_first_rotation_makes_an_active_and_a_next_key_for_each_algorithm(
    prepared: Engine, keyring: Keyring, taipei_id: Taipei
) -> None:
    rotated = taipei_id("keys", "rotate")

    assert rotated.stdout == "".join(f"{alg}: first keys made.\n" for alg in ALGORITHMS)
    assert set(keys(prepared, KeyState.ACTIVE)) == set(ALGORITHMS)
    assert set(keys(prepared, KeyState.NEXT)) == set(ALGORITHMS)
    with transaction(sessions(prepared)) as session:
        assert Keys(keyring).signer(session, now=clock.now()).sign({"a": 1}, alg="ES256")


def test_a_rotation_lets_the_announced_key_sign(prepared: Engine, taipei_id: Taipei) -> None:
    taipei_id("keys", "rotate")
    announced, active = keys(prepared, KeyState.NEXT), keys(prepared, KeyState.ACTIVE)

    refused = taipei_id("keys", "rotate", "--alg", "ES256")
    rotated = taipei_id("keys", "rotate", "--alg", "ES256", "--at-once")

    assert "announced less than an hour ago" in refused.stderr
    assert rotated.stdout == "ES256: rotated.\n"
    assert keys(prepared, KeyState.ACTIVE) == {**active, "ES256": announced["ES256"]}
    assert keys(prepared, KeyState.RETIRING) == {"ES256": active["ES256"]}


def test_a_key_stays_published_as_long_as_the_settings_say(
    prepared: Engine, environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    environment.setenv("TAIPEI_ID_SIGNING__RETIRING_DAYS", "30")
    taipei_id("keys", "rotate")
    before = clock.now()

    taipei_id("keys", "rotate", "--alg", "ES256", "--at-once")

    with transaction(sessions(prepared)) as session:
        retires = session.scalars(
            select(SigningKey.retires_at).where(SigningKey.state == KeyState.RETIRING)
        ).one()
    assert retires is not None
    assert retires >= before + timedelta(days=30)


def test_all_keys_rotate_or_none_and_only_what_was_done_is_said(
    prepared: Engine, taipei_id: Taipei
) -> None:
    taipei_id("keys", "rotate")
    with transaction(sessions(prepared)) as session:  # all but RS256 are known by now
        known = update(SigningKey).where(SigningKey.alg != "RS256")
        session.execute(known.values(created_at=clock.now() - timedelta(hours=2)))
    active = keys(prepared, KeyState.ACTIVE)

    refused = taipei_id("keys", "rotate")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "RS256: announced less than an hour ago, nothing was rotated" in refused.stderr
    assert keys(prepared, KeyState.ACTIVE) == active


def test_a_key_that_was_rotated_away_can_be_withdrawn_and_one_that_signs_cannot(
    prepared: Engine, taipei_id: Taipei
) -> None:
    taipei_id("keys", "rotate")
    stolen = keys(prepared, KeyState.ACTIVE)["ES256"]
    too_early = taipei_id("keys", "withdraw", stolen)
    taipei_id("keys", "rotate", "--alg", "ES256", "--at-once")

    withdrawn = taipei_id("keys", "withdraw", stolen)
    again = taipei_id("keys", "withdraw", stolen)

    assert (too_early.exit_code, withdrawn.exit_code, again.exit_code) == (1, 0, 1)
    assert "rotate first" in too_early.stderr
    assert keys(prepared, KeyState.RETIRING) == {}
    with transaction(sessions(prepared)) as session:
        entry = session.scalars(select(TrailEntry).where(TrailEntry.event == "key.withdrawn")).one()
        assert session.get(PublishedKey, stolen) is not None
    assert entry.detail == {"kid": stolen, "channel": "cli"}


@pytest.mark.parametrize("kid", ["-2cnSiVV", "-hx2", "--x", "-"])
@pytest.mark.usefixtures("prepared")
def test_a_key_whose_name_begins_with_a_hyphen_is_no_option(taipei_id: Taipei, kid: str) -> None:
    taipei_id("keys", "rotate")

    assert "no key of this name" in taipei_id("keys", "withdraw", kid).stderr


@pytest.mark.clause("9")
def test_the_key_of_the_last_checkpoint_is_withdrawn_only_after_the_next_seal(
    prepared: Engine, taipei_id: Taipei
) -> None:
    taipei_id("keys", "rotate")
    stolen = keys(prepared, KeyState.ACTIVE)["ES256"]
    taipei_id("ledger", "seal")
    in_use = taipei_id("keys", "withdraw", stolen)
    for _ in range(2):
        taipei_id("keys", "rotate", "--alg", "ES256", "--at-once")

    too_early = taipei_id("keys", "withdraw", stolen)
    taipei_id("ledger", "seal")
    withdrawn = taipei_id("keys", "withdraw", stolen)

    assert (in_use.exit_code, too_early.exit_code, withdrawn.exit_code) == (1, 1, 0)
    assert "rotate first" in in_use.stderr
    assert "run 'taipei-id ledger seal' first" in too_early.stderr
    assert taipei_id("ledger", "seal").exit_code == 0


@pytest.mark.clause("9")
def test_a_key_is_withdrawn_from_under_a_checkpoint_if_somebody_insists(
    prepared: Engine, taipei_id: Taipei
) -> None:
    taipei_id("keys", "rotate")
    stolen = keys(prepared, KeyState.ACTIVE)["ES256"]
    taipei_id("ledger", "seal")
    taipei_id("keys", "rotate", "--alg", "ES256", "--at-once")

    withdrawn = taipei_id("keys", "withdraw", stolen, "--anyway")

    assert withdrawn.exit_code == 0
    assert "no key of ours signed" in taipei_id("ledger", "seal").stderr


def test_a_rotation_is_on_the_trail(prepared: Engine, taipei_id: Taipei) -> None:
    taipei_id("keys", "rotate", "--alg", "RS256")

    with transaction(sessions(prepared)) as session:
        entry = session.scalars(select(TrailEntry)).one()
    assert entry.event == "key.rotated"
    assert entry.detail == {"alg": "RS256", "channel": "cli"}


def test_the_list_shows_public_facts_only(prepared: Engine, taipei_id: Taipei) -> None:
    taipei_id("keys", "rotate")

    heading, *lines = taipei_id("keys", "list").stdout.splitlines()

    assert heading.split("\t") == [
        "kid", "algorithm", "state", "made", "in use since", "retires", "kept in",
    ]  # fmt: skip
    assert len(lines) == 8
    day = clock.taipei_day(clock.now()).isoformat()
    assert all(
        re.fullmatch(
            rf"[\w-]{{43}}\t(ES256|RS256|PS256|EdDSA)\t(active\t{day}\t{day}|next\t{day}\t–)\t–\tdatabase",
            line,
        )
        for line in lines
    )


def test_keys_sealed_under_another_master_key_stop_the_service(
    prepared: Engine, environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    taipei_id("keys", "rotate")
    environment.setenv("TAIPEI_ID_MASTER_KEY", new_master_key())

    served = taipei_id("serve")

    assert served.exit_code == 1
    assert "the master key is not the one it was sealed under" in served.stderr
    assert os.environ["TAIPEI_ID_MASTER_KEY"] not in served.stderr


def test_an_unknown_algorithm_is_a_wrong_call(prepared: Engine, taipei_id: Taipei) -> None:
    assert taipei_id("keys", "rotate", "--alg", "none").exit_code == 2


def make_older(engine: Engine, age: timedelta) -> None:
    with transaction(sessions(engine)) as session:
        session.execute(update(SigningKey).values(activated_at=clock.now() - age))


def test_the_doctor_asks_for_a_rotation_a_week_after_the_calendar_wanted_one(
    prepared: Engine, environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    taipei_id("keys", "rotate")
    make_older(prepared, timedelta(days=98))

    late = taipei_id("doctor").stdout
    environment.setenv("TAIPEI_ID_SIGNING__ACTIVE_DAYS", "400")
    in_time = taipei_id("doctor").stdout

    assert "✗ signing keys: ES256 has signed for 98 days, signing.active_days is 90; " in late
    assert "run 'taipei-id keys rotate --alg ES256'" in late
    assert "✓ signing keys" in in_time
