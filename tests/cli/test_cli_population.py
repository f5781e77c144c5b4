import pytest
from sqlalchemy import Engine

from tests.cli.conftest import Taipei

pytestmark = pytest.mark.clause("10-I(4)")
SENIORS = '{"age_at_least": 65}'


def entering(taipei_id: Taipei, condition: str = SENIORS, **changes: str) -> tuple[int, str]:
    options = {"source": "District statistics", "as_of": "2026-01-01", "document": "table 1"}
    options |= changes
    words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    result = taipei_id("population", "enter", condition, "560000", *words)
    return result.exit_code, result.stderr


def test_a_figure_is_entered_with_its_source_and_day_and_listed(
    prepared: Engine, taipei_id: Taipei
) -> None:
    assert entering(taipei_id) == (0, "")
    assert entering(taipei_id, "everybody")[0] == 0

    listed = taipei_id("population", "list").stdout

    assert '{"age_at_least":65}\t560000\t2026-01-01\tpublished\tDistrict statistics\ttable 1' in (
        listed
    )
    assert "everybody\t560000" in listed


def test_a_figure_that_was_counted_says_so_and_stands_beside_the_published_one(
    prepared: Engine, taipei_id: Taipei
) -> None:
    words = ("population", "enter", SENIORS, "40", "--source", "the record", "--counted")

    assert entering(taipei_id)[0] == 0
    assert taipei_id(*words, "--as-of", "2026-01-01").exit_code == 0
    assert taipei_id(*words, "--as-of", "2026-01-01", "--document", "x").exit_code == 2

    assert "\t40\t2026-01-01\tcounted\tthe record\t–" in taipei_id("population", "list").stdout


@pytest.mark.refusal(
    "population.source_missing", "population.document_missing", "population.day_in_future"
)
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"source": "  "}, "population.source_missing"),
        ({"source": "x" * 201}, "population.source_missing"),
        ({"document": " "}, "population.document_missing"),
        ({"document": "x" * 201}, "population.document_missing"),
        ({"as_of": "2999-01-01"}, "population.day_in_future"),
        ({"condition": '{"shoe_size": 44}'}, "offer.rule_invalid"),
        ({"condition": "nobody"}, "offer.rule_invalid"),
    ],
)
def test_a_figure_without_source_of_a_day_to_come_or_of_nothing_is_refused(
    prepared: Engine, taipei_id: Taipei, changes: dict[str, str], code: str
) -> None:
    status, said = entering(taipei_id, **changes)

    assert status == 1
    assert code in said


@pytest.mark.refusal("population.exists")
def test_a_figure_is_entered_once_a_day(prepared: Engine, taipei_id: Taipei) -> None:
    entering(taipei_id)

    status, said = entering(taipei_id)

    assert status == 1
    assert "population.exists" in said
