"""Name what generator and database have agreed on. Kept small: every generator imports it."""

from dataclasses import dataclass

CLIENT = "bench-library"
REDIRECT_URI = "http://localhost:8601/callback"
SERVICE, KIND = "library_card", "taipei-card"  # what readers at desks ask about
AGENCY = "bench-agency"  # a client of FAPI 2.0
AGENCY_KEY = {  # a synthetic client's, which signs its assertions and its proofs
    "kty": "EC",
    "crv": "P-256",
    "x": "Thix8v8vDlGjlHGQyA_U3KSC3mS4y2zM6KapmN_IHLQ",
    "y": "cGpB5tPINyqnyV2cpIDYfJja4QA3akYgMsWhKcillUM",
    "d": "27JO0_0NHtgUFmmtMtQ1UyClqVViXJYiVaI-1C7pZfs",
}
PASSWORD = "rain on the Tamsui 2026"  # noqa: S105  # a synthetic member's


@dataclass(frozen=True)
class City:
    """What a generator needs to know of the seeded database."""

    secret: str
    cookies: tuple[str, ...]  # sessions of members who have consented
    newcomers: tuple[str, ...]  # account names of members who have not
    readers: tuple[str, ...] = ()  # numbers of the agency's readers
    cards: tuple[str, ...] = ()  # numbers of the members' cards

    def part(self, number: int, count: int) -> "City":
        """Return the share of one of `count` generators."""
        return City(
            self.secret,
            *(
                each[number::count]
                for each in (self.cookies, self.newcomers, self.readers, self.cards)
            ),
        )
