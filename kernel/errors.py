"""Say no: the two refusals every room may raise."""


class Refused(Exception):
    """A rule said no.

    `code` is `room.reason`: stable, free of personal data, listed in `kernel.refusals` with
    its status, clause and wording.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotFound(Refused):
    """There is no such thing, or it is not yours; outside the two look alike."""

    def __init__(self, code: str = "record.not_found") -> None:
        super().__init__(code)
