"""Decide whether a member may act at all."""

from kernel.errors import Refused
from members.models import Standing


def require_active(standing: Standing) -> None:
    """Let only active members pass (6(1), 10(1)).

    Raises Refused `member.suspended`, `member.paused` or `member.closed`.
    """
    if standing is Standing.SUSPENDED:
        raise Refused("member.suspended")
    if standing is Standing.PAUSED:
        raise Refused("member.paused")
    if standing is Standing.CLOSED:
        raise Refused("member.closed")
