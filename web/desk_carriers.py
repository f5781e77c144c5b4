"""Show a clerk what the person of a case carries: what it is and whether it works."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carriers import bindings, loss_reports
from carriers.models import CarrierKind
from counters.case_models import CaseMatter
from web import cards, carrier_views, scope

BINDING = frozenset({CaseMatter.JOIN, CaseMatter.BIND, CaseMatter.UNBIND, CaseMatter.LOSS})


@dataclass(frozen=True, kw_only=True)
class CarrierLine:
    """One carrier as a clerk sees it: what it is and whether it works; not what it opened."""

    id: UUID
    name: str
    kind: str
    is_card: bool
    state: str
    is_reported: bool  # lost, by somebody who did not sign in: its member may still say it is not
    bound_at: datetime


def of_member(member_id: UUID) -> list[CarrierLine]:
    """Return what a person carries."""
    labels = cards.labels_of(member_id)
    reported = loss_reports.open_of(scope.db(), member_id)
    return [
        CarrierLine(
            id=each.id,
            name=each.name,
            kind=carrier_views.kind_of(each, labels),
            is_card=each.kind is CarrierKind.CARD,
            state="bound" if each.suspension is None else each.suspension.value,
            is_reported=each.id in reported,
            bound_at=each.bound_at,
        )
        for each in bindings.live(scope.db(), member_id)
    ]
