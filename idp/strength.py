"""Hold a sign-in to what its service demands: a password alone opens no card service (2(8)2).

The demand is data of the purpose, so no client can forget it. It counts when the member signs in,
and again whenever data are asked for: a token from before is answered with a challenge (RFC 9470).
"""

from datetime import datetime

from clients.directory import RegisteredClient, RegisteredPurpose
from idp import acr
from idp.errors import InsufficientAuthentication
from kernel.prebuilt import Row


def acceptable(least: str | None, essential: tuple[str, ...]) -> tuple[str, ...]:
    """Return the acr values that will do: those the client demands, none below the purpose's.

    What the purpose demands stands in for values that are too weak, not for a demand of which
    we know no value: that one is not met (OIDC Core 5.5.1.1).
    """
    if least is None or (essential and acr.KNOWN.isdisjoint(essential)):
        return essential
    return tuple(each for each in essential if acr.reaches(each, (least,))) or (least,)


def told(reached: str, demanded: tuple[str, ...], *, least: str | None) -> str:
    """Return the acr a client is told: of those it demands the strongest that was reached.

    A login may be worth more than any of them (OIDC Core 5.5.1.1); never less than the purpose's.
    """
    met = [
        each
        for each in acceptable(least, demanded)
        if each in demanded and 0 < acr.level(each) <= acr.level(reached)
    ]
    return max(met, key=acr.level, default=reached)


def newest(login_seconds: int | None, max_age: int | None) -> int | None:
    """Return how old a login may be, in seconds: the shorter of the two demands."""
    return min((each for each in (login_seconds, max_age) if each is not None), default=None)


def require_enough(client: RegisteredClient | None, grant: Row, *, now: datetime) -> None:
    """Refuse a token of too weak or too old a login. Raises InsufficientAuthentication (401)."""
    purpose = None if client is None else client.find_purpose_by_id(grant.purpose_id)
    if purpose is None:
        return  # then consent says no
    if not is_strong_enough(purpose, grant):
        raise InsufficientAuthentication(
            "a stronger login is needed", {"acr_values": str(purpose.least_acr)}
        )
    if not is_new_enough(purpose, grant, now=now):
        raise InsufficientAuthentication(
            "a newer login is needed", {"max_age": str(purpose.login_seconds)}
        )


def is_strong_enough(purpose: RegisteredPurpose, grant: Row) -> bool:
    """Say whether the grant's login is as strong as this purpose demands."""
    return purpose.least_acr is None or acr.reaches(grant.acr, (purpose.least_acr,))


def is_new_enough(purpose: RegisteredPurpose, grant: Row, *, now: datetime) -> bool:
    """Say whether the grant's login is as new as this purpose demands."""
    age = (now - grant.authenticated_at).total_seconds()
    return purpose.login_seconds is None or age <= purpose.login_seconds
