"""Rules of a service: versions in words, its agency's own, never changed backwards (6(3), 7(5))."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from kernel.errors import Refused
from kernel.wording import Bilingual
from services import activations, rules
from services.eligibility_models import RuleVersion
from tests import make
from tests.make import NOON
from tests.services.checking import CODE, DRAFT, FINDER, World, a_world
from tests.services.city import TODAY

NOTHING = Bilingual("", "")


def adopted(world: World, **changes: Any) -> RuleVersion:
    return rules.adopt(
        world.session,
        world.service,
        replace(DRAFT, **changes),
        organisation_id=world.agency.organisation_id,
        by=FINDER,
        now=NOON,
    )


@pytest.mark.clause("6(3)")
def test_a_later_version_takes_over_on_its_day_and_the_former_stays_on_record(
    session: Session,
) -> None:
    world = a_world(session)
    later = adopted(world, rule={"age_at_least": 70}, effective_on=TODAY + timedelta(days=9))
    of = world.service.id

    now, then = (rules.rule_in_force(session, of, on=TODAY + timedelta(days=x)) for x in (8, 9))

    assert now is not None
    assert (now.version, then) == (1, later)
    assert rules.rule_in_force(session, of, on=TODAY - timedelta(days=1)) is None
    assert [each.version for each in rules.versions(session, [of])] == [2, 1]


@pytest.mark.clause("6(3)")
def test_a_version_is_read_in_both_languages(session: Session) -> None:
    world = a_world(session)
    version = adopted(world, rule={"activated": "library_card"})

    said = rules.words(version, rules.names_in(session, [version]))

    assert said == [
        Bilingual("有library_card", "has the library_card"),
        Bilingual("領有敬老證明", "Holds the certificate"),
    ]
    assert rules.words(adopted(world, by_hand=NOTHING), {})[0].zh == "已滿 65 歲，而且住在臺北市"


@pytest.mark.refusal("eligibility.rule_invalid")
@pytest.mark.parametrize(
    "wrong",
    [
        {"rule": None, "by_hand": NOTHING},
        {"by_hand": Bilingual("只有中文", " ")},
        {"by_hand": Bilingual("長" * 601, "long")},
        {"basis": " "},
        {"basis": "b" * 101},
        {"rule": {"age_at_least": 0}},
        {"rule": {"activated": "nothing_we_know"}},
    ],
)
def test_a_rule_that_nobody_can_read_is_refused(session: Session, wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="rule_invalid"):
        adopted(a_world(session, holders=0), **wrong)


@pytest.mark.clause("7(5)", "10-I(3)")
def test_a_rule_asks_about_no_other_agencys_service(session: Session) -> None:
    world = a_world(session, holders=0)
    other = make.a_client(session, "sports", organisation=make.words("體育局", "Sports"))
    activations.open_service(
        session,
        other.organisation_id,
        "pool",
        Bilingual("泳池", "pool"),
        sensitive=False,
        now=NOON,
    )

    with pytest.raises(Refused, match="rule_invalid"):
        adopted(world, rule={"activated": "pool"})
    with pytest.raises(Refused, match="not_yours"):
        rules.adopt(
            session,
            activations.get_service(session, CODE),
            DRAFT,
            organisation_id=other.organisation_id,
            by=FINDER,
            now=NOON,
        )


@pytest.mark.refusal("eligibility.backdated")
def test_no_rule_begins_yesterday(session: Session) -> None:
    with pytest.raises(Refused, match="backdated"):
        adopted(a_world(session, holders=0), effective_on=TODAY - timedelta(days=1))


@pytest.mark.clause("10-II")
@pytest.mark.parametrize(
    ("held", "kept_out"),
    [
        ({"birthdate": "1950-01-01", "address": {"region": "臺北市"}}, False),
        ({"birthdate": "2000-01-01", "address": {"region": "臺北市"}}, True),
        ({}, False),  # what is not known is no no
    ],
)
def test_only_whom_the_rule_says_no_of_is_kept_out(
    session: Session, held: dict[str, Any], *, kept_out: bool
) -> None:
    member_id = a_world(session).holders[0].id

    found = rules.keeps_out(session, CODE, member_id, held=held, now=NOON)

    assert found is kept_out


@pytest.mark.clause("6(3)")
def test_a_service_without_a_rule_of_figures_keeps_nobody_out(session: Session) -> None:
    world = a_world(session)
    adopted(world, rule=None)

    assert not rules.keeps_out(session, CODE, world.holders[0].id, held={}, now=NOON)
