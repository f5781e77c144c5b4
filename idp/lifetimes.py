"""How long the things of the protocol live."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class TokenLifetimes:
    """Durations, decided by the operator's settings."""

    code: timedelta
    access: timedelta
    refresh: timedelta
    refresh_grace: timedelta  # how long a used refresh token still answers (lost responses)
    id_token: timedelta
    interaction: timedelta
