"""What a reader is told of an agency's note, whatever stands beside it (6(1), 6(2), 10-II)."""

from datetime import datetime

import pytest

from consent.desk_answers import Opened, opened
from services.models import Activation
from tests.make import NOON


@pytest.mark.clause("6(1)")
@pytest.mark.parametrize(
    ("state", "disputed_at", "is_barred", "told"),
    [
        (None, None, False, Opened.UNKNOWN),
        (None, None, True, Opened.UNKNOWN),
        (Activation.ACTIVATED, None, False, Opened.ACTIVATED),
        (Activation.ACTIVATED, None, True, Opened.SUSPENDED),
        (Activation.ACTIVATED, NOON, False, Opened.DISPUTED),
        (Activation.SUSPENDED, None, False, Opened.SUSPENDED),
    ],
)
def test_a_sanction_looks_like_a_suspension_and_unknown_is_no_no(
    state: Activation | None, disputed_at: datetime | None, *, is_barred: bool, told: Opened
) -> None:
    assert opened(state, disputed_at, is_barred=is_barred) is told
