"""Count what merchants may know of a month, once it is over (10-I(4))."""

from datetime import datetime

from kernel.db import Sessions, transaction
from services import merchant_offers


def run(make: Sessions, *, now: datetime) -> None:
    """Count the month before this one, if nobody did."""
    with transaction(make) as session:
        merchant_offers.reckon_month(session, now=now)
