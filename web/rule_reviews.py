"""Let the worker put waiting applications to the Bureau's rule, each in its own transaction."""

from datetime import datetime
from uuid import UUID

import structlog

from audit import trail
from kernel.db import transaction
from kernel.errors import Refused
from members import approval_rules
from web.rooms import Rooms

BATCH = 50


def run(rooms: Rooms, *, now: datetime) -> int:
    """Return how many were put to the rule; none while no rule holds."""
    with transaction(rooms.sessions) as session:
        rule = approval_rules.current(session)
        found = [] if rule is None else approval_rules.waiting(session, most=BATCH)
    return sum(_one(rooms, each, now=now) for each in found)


def _one(rooms: Rooms, application_id: UUID, *, now: datetime) -> bool:
    try:
        with transaction(rooms.sessions) as session:
            rule = approval_rules.current(session)
            if rule is None:
                return False
            verdict = approval_rules.apply_to(
                session, application_id, rule, keyring=rooms.keyring, now=now
            )
            if verdict is None:
                return False
            trail.record(
                session,
                "application.put_to_rule",
                actor=None,
                subject=application_id,
                now=now,
                version=rule.version,
                verdict=verdict.value,
            )
    except Refused as refused:  # a person was quicker
        structlog.get_logger().info("rule.overtaken", reason=refused.code, id=str(application_id))
        return False
    return True
