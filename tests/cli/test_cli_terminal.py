import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine

from clients import registry
from consent import reader_lists
from consent.seen_cards import ReaderKeys
from idp.keys import Keys
from idp.reader_lists import sign
from kernel import clock
from kernel.db import Sessions, transaction
from kernel.keyring import Keyring
from tests import make
from tests.cli.conftest import Taipei
from tests.cli.test_cli_clients import written
from tests.consent.test_reader_lists import a_card, agency_of


@pytest.mark.clause("6(2)")
def test_a_list_is_verified_and_a_card_looked_up_in_it(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path, sessions: Sessions, keyring: Keyring
) -> None:
    taipei_id("client", "add", written(tmp_path, make.a_client_form()))
    taipei_id("keys", "rotate")
    key = taipei_id("terminal", "key", "library").stdout.strip()
    with transaction(sessions) as session:
        agency = agency_of(session, registry.get(session, "library"))
        agency = replace(agency, keys=ReaderKeys.of(keyring), now=clock.now())
        agency.sees("0a", a_card(session, "0a")[1])
        made = agency.list()
        signer = Keys(keyring).signer(session, now=clock.now())
        token = sign(signer, reader_lists.document(made, agency.asked, issuer="https://id.invalid"))
        (tmp_path / "jwks.json").write_text(json.dumps(signer.jwks))
    (tmp_path / "list.jwt").write_text(token)
    (tmp_path / "forged.jwt").write_text(token[:-8] + "AAAAAAAA")
    (tmp_path / "large.jwt").write_text(" " * (5 << 20))
    known = ("--jwks", str(tmp_path / "jwks.json"), "--key", key, "--kind", "taipei-card")

    def said(file: str, *words: str) -> Result:
        return taipei_id("terminal", "verify-list", str(tmp_path / file), *known, *words)

    assert "The card is good; service: unknown." in said("list.jwt", "--number", "0a").stdout
    assert "The card is not on it." in said("list.jwt", "--number", "0b").stdout
    assert "terminal.list_invalid" in said("forged.jwt").stderr
    assert "too large" in said("large.jwt").stderr
    assert "--key is not" in said("list.jwt", "--key", "é").stderr


@pytest.mark.clause("6(2)")
def test_a_reader_is_registered_listed_and_ended(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    taipei_id("client", "add", written(tmp_path, make.a_client_form()))

    number = taipei_id("terminal", "add", "library", "Main hall, desk 1").stdout.strip()
    listed = taipei_id("terminal", "list", "library").stdout
    ended = taipei_id("terminal", "end", number)
    again = taipei_id("terminal", "end", number)

    assert f"{number}\tMain hall, desk 1\t" in listed
    assert listed.rstrip().endswith("no")
    assert (ended.exit_code, again.exit_code) == (0, 1)
    assert not taipei_id("terminal", "list", "library").stdout.rstrip().endswith("no")
