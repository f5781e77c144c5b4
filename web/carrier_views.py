"""Say what the list of carriers shows of each, and what a carrier is called."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import url_for

from adapters.certificate import devices
from carriers import bindings, loss_reports
from carriers.models import Binding, CarrierKind
from web import cards, carrier_history, device_certificates, pages, scope, sessions
from web.device_certificates import DeviceView


@dataclass(frozen=True, kw_only=True)
class CarrierView:
    """One carrier as its member sees it."""

    name: str  # the member's own word for it, empty if there is none
    kind: str
    is_card: bool
    state: str  # bound, lost, copied or revoked
    bound_at: datetime
    last_used_at: datetime | None
    suspended_at: datetime | None
    signed_in: int  # sessions that rest on it
    rename_url: str
    lost_url: str
    remove_url: str
    device: DeviceView | None
    reported_at: datetime | None  # by somebody who was not signed in; may be taken back
    found_url: str
    history: list[carrier_history.HistoryLine]


def listed(member_id: UUID) -> list[CarrierView]:
    """Return what the member can show, and what was reported lost."""
    session = scope.db()
    resting = [each.carrier_id for each in sessions.listed(session, member_id, now=scope.now())]
    issued = devices.newest_of(session, member_id)
    labels = cards.labels_of(member_id)
    events = bindings.history(session, member_id)
    reports = loss_reports.open_of(session, member_id)
    return [
        CarrierView(
            name=each.name,
            kind=kind_of(each, labels),
            is_card=each.kind is CarrierKind.CARD,
            state="bound" if each.suspension is None else each.suspension.value,
            bound_at=each.bound_at,
            last_used_at=each.last_used_at,
            suspended_at=each.suspended_at,
            signed_in=resting.count(each.id),
            device=device_certificates.view_of(each, issued.get(each.id)),
            reported_at=reports.get(each.id),
            history=[carrier_history.said(one) for one in events if one.binding_id == each.id],
            **_urls(each.id),
        )
        for each in bindings.live(session, member_id)
    ]


def _urls(carrier_id: UUID) -> dict[str, str]:
    return {
        "rename_url": url_for("account.rename_carrier", carrier_id=carrier_id),
        "lost_url": url_for("account.report_lost", carrier_id=carrier_id),
        "remove_url": url_for("account.remove_carrier_page", carrier_id=carrier_id),
        "found_url": url_for("account.found_carrier_page", carrier_id=carrier_id),
    }


def title_of(binding: Binding) -> str:
    """Return the member's word for a carrier, or what it is."""
    return binding.name or kind_of(binding, cards.labels_of(binding.member_id))


def kind_of(binding: Binding, labels: dict[UUID, str]) -> str:
    """Return what a carrier is, in words; `labels` name the cards that are told apart by kind."""
    words = {
        CarrierKind.CERTIFICATE: pages.say("憑證"),
        CarrierKind.DEVICE: pages.say("裝置"),
        CarrierKind.CARD: labels.get(binding.id) or pages.say("晶片卡"),
        CarrierKind.PASSKEY: pages.say("通行密鑰"),
    }
    return words[binding.kind]
