"""The worker puts what waits to the Bureau's rule, each application in a transaction of its own."""

import pytest
from sqlalchemy import select

from members.application_models import Application, State
from tests.flows.provider import City
from tests.members.test_approval_rules import ALWAYS, adopt, hand_in
from web import rule_reviews


@pytest.mark.clause("2(8)1")
def test_the_worker_puts_what_waits_to_the_rule(city: City) -> None:
    rooms = city.app.extensions["taipei_id"]
    with city.database() as session:
        hand_in(session, city.now)
    without = rule_reviews.run(rooms, now=city.now)
    with city.database() as session:
        adopt(session, city.now, sample_per_mille=ALWAYS)

    assert (without, rule_reviews.run(rooms, now=city.now)) == (0, 1)
    assert rule_reviews.run(rooms, now=city.now) == 0
    with city.database() as session:
        assert session.scalars(select(Application.state)).one() is State.REVIEW
