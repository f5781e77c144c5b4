"""Say no: the two refusals every room may raise."""

from datetime import datetime


class Refused(Exception):
    """A rule said no.

    `code` is `room.reason`: stable, free of personal data, listed in `kernel.refusals` with
    its status, clause and wording. `retry_at` is when asking again makes sense, if that is known.
    """

    def __init__(self, code: str, *, retry_at: datetime | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_at = retry_at


class NotFound(Refused):
    """There is no such thing, or it is not yours; outside the two look alike."""

    def __init__(self, code: str = "record.not_found") -> None:
        super().__init__(code)
