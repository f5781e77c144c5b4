"""`taipei-id approval-rule` and `taipei-id views`."""

import pytest
from sqlalchemy import Engine, select

from audit.models import TrailEntry
from kernel import clock
from kernel.db import sessions, transaction
from kernel.ids import new_id
from tests.cli.conftest import Taipei
from tests.web.test_audit_exceptions import look

ADOPT = ("approval-rule", "adopt", "--kind", "national", "--channel", "counter")
NUMBER = ("--document-no", "府資創字第1號")


@pytest.mark.clause("2(8)1")
def test_a_rule_is_adopted_listed_and_ended_and_the_trail_says_so(
    prepared: Engine, taipei_id: Taipei
) -> None:
    adopted = taipei_id(*ADOPT, *NUMBER, "--sample", "100")
    listed = taipei_id("approval-rule", "list").stdout
    ended = taipei_id("approval-rule", "end")

    assert (adopted.exit_code, adopted.stdout) == (0, "version 1 holds\n")
    assert listed.splitlines()[1].split("\t")[:6] == [
        "1", "national", "counter", "18", "100", "府資創字第1號"
    ]  # fmt: skip
    assert "holds" in listed
    assert ended.stdout.startswith("every application")
    assert taipei_id("approval-rule", "end").stdout == "no rule held\n"
    with transaction(sessions(prepared)) as session:
        events = set(session.scalars(select(TrailEntry.event)))
    assert events == {"rule.adopted", "rule.ended"}


def test_a_rule_without_a_sample_is_refused(prepared: Engine, taipei_id: Taipei) -> None:
    del prepared

    assert taipei_id(*ADOPT, *NUMBER, "--sample", "0").exit_code == 1


@pytest.mark.clause("9")
def test_looks_without_a_case_are_counted(prepared: Engine, taipei_id: Taipei) -> None:
    actor = new_id()
    with transaction(sessions(prepared)) as session:
        look(session, actor, clock.now(), reason="民眾來電")

    rows = taipei_id("views").stdout.splitlines()

    assert rows == ["officer\twithout_case\tlooks", f"{actor}\t1\t1"]
