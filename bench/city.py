"""Name what generator and database have agreed on. Kept small: every generator imports it."""

from dataclasses import dataclass

CLIENT = "bench-library"
REDIRECT_URI = "http://localhost:8601/callback"
PASSWORD = "rain on the Tamsui 2026"  # noqa: S105  # a synthetic member's


@dataclass(frozen=True)
class City:
    """What a generator needs to know of the seeded database."""

    secret: str
    cookies: tuple[str, ...]  # sessions of members who have consented
    newcomers: tuple[str, ...]  # account names of members who have not

    def part(self, number: int, count: int) -> "City":
        """Return the share of one of `count` generators."""
        return City(self.secret, self.cookies[number::count], self.newcomers[number::count])
