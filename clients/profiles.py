"""Settle what specifications say differently, as data: one row of rules for each profile.

Nothing else asks which profile a client has (docs/decisions/0050).
"""

from dataclasses import dataclass

from clients.models import Profile


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a profile demands of its clients."""

    pkce: bool  # a code challenge with every request (RFC 9700 2.1.1; FAPI 2.0 5.3.2.2)


RULES: dict[Profile, Rules] = {
    Profile.BASIC: Rules(pkce=True),
    Profile.CORE: Rules(pkce=False),
    Profile.FAPI2: Rules(pkce=True),
}


def rules_of(profile: Profile) -> Rules:
    """Return what clients of this profile must keep to."""
    return RULES[profile]
