import pytest
from sqlalchemy import Engine, select

from adapters.smartcard.models import CardMasterKey
from audit.models import TrailEntry
from kernel.db import Sessions, transaction
from tests.cli.conftest import Taipei
from tests.cli.test_cli_doctor import line
from tests.smartcard.cards import MASTER, MASTER_BYTES

KIND = "taipei-card"


@pytest.mark.clause("7(6)1")
def test_keys_are_made_brought_listed_and_retired(
    prepared: Engine, taipei_id: Taipei, sessions: Sessions
) -> None:
    made = taipei_id("card-keys", "make", KIND)
    brought = taipei_id("card-keys", "import", KIND, typed=f"{MASTER_BYTES.hex()}\n")
    retired = taipei_id("card-keys", "retire", KIND, "1")
    listed = taipei_id("card-keys", "list").stdout.splitlines()

    assert made.stdout.startswith(f"{KIND}, version 1: sealed here, check value ")
    assert brought.stdout.endswith(
        f"{KIND}, version 2: sealed here, check value {MASTER.cmac(bytes(16))[:3].hex()}.\n"
    )
    assert "its cards are read no more" in retired.stdout
    assert "final" in retired.stdout
    assert [each.split("\t")[:2] for each in listed[1:]] == [[KIND, "1"], [KIND, "2"]]
    assert listed[2].endswith("–")
    for said in (made, brought, retired):
        assert MASTER_BYTES.hex() not in said.output
    with transaction(sessions) as session:
        assert len(session.scalars(select(CardMasterKey)).all()) == 2
        events = session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)).all()
    assert [each for each in events if each.startswith("cardkey")] == [
        "cardkey.made",
        "cardkey.made",
        "cardkey.retired",
    ]


@pytest.mark.refusal("cardkey.invalid")
def test_what_is_no_key_and_no_kind_is_refused_in_a_line(
    prepared: Engine, taipei_id: Taipei
) -> None:
    wrong = taipei_id("card-keys", "import", KIND, typed="not hex\n")
    storage = taipei_id("card-keys", "make", "storage-card")
    token = taipei_id("card-keys", "make", KIND, "--token-key", "cards")
    missing = taipei_id("card-keys", "retire", KIND, "5")

    assert "cardkey.invalid" in wrong.stderr
    assert "is no kind of card that has keys; there are: taipei-card" in storage.stderr
    assert "no token is set" in token.stderr
    assert "cardkey.not_found" in missing.stderr
    assert {each.exit_code for each in (wrong, storage, token, missing)} == {1}


def test_the_doctor_opens_every_key(
    prepared: Engine, taipei_id: Taipei, sessions: Sessions
) -> None:
    taipei_id("card-keys", "make", KIND)
    well = line(taipei_id("doctor").stdout, "card keys")
    with transaction(sessions) as session:
        session.scalars(select(CardMasterKey)).one().key_sealed = bytes(60)

    assert well == "✓ card keys: every kind of card with keys can be read"
    assert "a master key of taipei-card does not open" in line(
        taipei_id("doctor").stdout, "card keys"
    )
