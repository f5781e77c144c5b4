"""What people were told, and how often they were told nothing."""

from dataclasses import dataclass, field


@dataclass
class Promised:
    """What the people of one client were told. A code and its token have the same place."""

    attempts: int = 0
    codes_spent: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    ended: int = 0  # so many of the tokens, the first ones, ended with a consent
    claims_read: int = 0
    agreed: int = 0  # told so, or found it listed
    withdrawn: int = 0  # the same
    unheard: int = 0  # said yes, and were told nothing since
    unanswered: int = 0
