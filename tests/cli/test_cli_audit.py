"""`taipei-id audit`: anybody draws the sample again, and checks evidence without us."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from audit import audits, trail
from audit.audit_models import Act
from audit.audits import Plan
from idp import audit_evidence
from idp.keys import Keys
from kernel import clock
from kernel.db import sessions, transaction
from kernel.ids import new_id
from kernel.keyring import Keyring
from tests.audit.tampering import intruder, run
from tests.cli.conftest import Taipei

CLERK = new_id()


@pytest.fixture
def drawn(prepared: Engine) -> str:
    """Draw the sample of an audit about two acts; return its number."""
    now = clock.now()
    with transaction(sessions(prepared)) as session:
        for _ in range(2):
            trail.record(session, "case.opened", actor=CLERK, now=now - timedelta(minutes=1))
        wanted = Plan(
            organisation_id=new_id(),
            counter_id=None,
            since=now - timedelta(days=1),
            until=now,
            acts=frozenset({Act.CASES}),
            size=5,
            is_announced=False,
        )
        audit = audits.plan(session, wanted, by=new_id(), now=now)
        audits.draw(session, audit, actors=frozenset({CLERK}), clients=frozenset(), now=now)
        return audit.reference


@pytest.mark.clause("9")
def test_the_sample_is_drawn_again_until_the_records_change(
    prepared: Engine, taipei_id: Taipei, drawn: str
) -> None:
    same = taipei_id("audit", "redraw", drawn)
    with intruder(prepared) as sql:
        run(sql, "DELETE FROM trail WHERE actor = :clerk", clerk=CLERK)

    other = taipei_id("audit", "redraw", drawn)

    assert same.stdout == "the same sample, drawn from the same 2 acts.\n"
    assert (other.exit_code, "another sample" in other.stderr) == (1, True)
    assert taipei_id("audit", "redraw", "NOSUCH22").exit_code == 1


@pytest.mark.clause("9")
def test_evidence_is_checked_with_the_public_keys_alone(
    prepared: Engine, taipei_id: Taipei, keyring: Keyring, tmp_path: Path
) -> None:
    assert taipei_id("keys", "rotate").exit_code == 0
    with transaction(sessions(prepared)) as session:
        signer = Keys(keyring).signer(session, now=clock.now())
    file, jwks = tmp_path / "audit.jwt", tmp_path / "jwks.json"
    file.write_text(audit_evidence.sign(signer, {"audit": "ABCD2345", "sample": []}))
    jwks.write_text(json.dumps(signer.jwks))
    good = taipei_id("audit", "evidence", str(file), "--jwks", str(jwks))
    file.write_text(file.read_text()[:-8] + "AAAAAAAA")

    bad = taipei_id("audit", "evidence", str(file), "--jwks", str(jwks))

    assert good.stdout == "audit ABCD2345: 0 acts, as they were signed.\n"
    assert bad.exit_code == 1
