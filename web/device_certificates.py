"""Say what the list of carriers shows of a device's certificate."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from adapters.certificate import authority
from adapters.certificate.models import DeviceCertificate
from carriers.models import Binding, CarrierKind
from web import scope

CERTIFIED = frozenset({CarrierKind.PASSKEY, CarrierKind.DEVICE})


@dataclass(frozen=True)
class DeviceView:
    """What the list of carriers shows of a device's certificate."""

    ends_at: datetime | None  # None where there is none yet
    certify_url: str
    download_url: str


def view_of(binding: Binding, issued: DeviceCertificate | None) -> DeviceView | None:
    """Return what to show of a carrier's certificate; None where none is issued to its kind."""
    if binding.kind not in CERTIFIED or not binding.is_usable:
        return None
    if issued is None and authority.find(scope.db()) is None:
        return None
    return DeviceView(
        ends_at=None if issued is None else issued.ends_at,
        certify_url=url_for("account.certify_carrier", carrier_id=binding.id),
        download_url=url_for("account.carrier_certificate", carrier_id=binding.id),
    )
