"""The bench weighs people's workers and programs' as the deployed units do."""

import pytest

from bench import pools
from tests.live.fronts import DEPLOY
from tests.test_deploy import weight


def test_people_yield_to_programs_as_much_as_under_systemd() -> None:
    people = weight((DEPLOY / "taipei-id.service").read_text("utf-8"))
    programs = weight((DEPLOY / "taipei-id-programs.service.d/programs.conf").read_text("utf-8"))
    weighed = 1.25**pools.YIELDING  # sched(7)

    assert weighed == pytest.approx(programs / people, rel=0.1)
