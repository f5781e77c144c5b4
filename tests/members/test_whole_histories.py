"""What was ever entered about somebody is found by an index, also what is over: for an archive."""

import pytest
from sqlalchemy import Engine, inspect


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("account_deletion", "member_id"),
        ("capacity_note", "member_id"),
        ("guardian_link", "ward_id"),
        ("officer_post", "member_id"),
        ("power_of_attorney", "principal_id"),
    ],
)
def test_a_whole_history_is_found_without_reading_everybodys(
    database: Engine, table: str, column: str
) -> None:
    indexes = inspect(database).get_indexes(table)

    whole = [each for each in indexes if not any("where" in it for it in each["dialect_options"])]
    assert column in [each["column_names"][0] for each in whole]
