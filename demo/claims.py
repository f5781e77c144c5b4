"""Show claims to the person they are about: a label, a value, and what was not given."""

import hashlib
from typing import Any, NamedTuple

from demo.site import text

LABELS = {
    "offer_eligible": ("可享優惠", "Entitled to the offer"),
    "marketing_allowed": ("可以寄廣告", "May be sent advertisements"),
    "name": ("姓名", "Full name"),
    "birthdate": ("出生日期", "Date of birth"),
    "age_over_18": ("已滿 18 歲", "18 or older"),
    "email": ("電子郵件", "E-mail address"),
    "relay_email": ("轉寄信箱", "Forwarding address"),
}
NOT_PERSONAL = {"sub"}


class Shown(NamedTuple):
    """One line of the table; `value` is None if it was not given."""

    name: str
    label: str
    value: str | None


def shown(asked: list[str], received: dict[str, Any]) -> list[Shown]:
    """Return a line for everything asked for, then for anything that came besides."""
    besides = [name for name in received if name not in asked and name not in NOT_PERSONAL]
    return [Shown(name, _label(name), _value(received.get(name))) for name in (*asked, *besides)]


def asked_for(record: dict[str, Any]) -> list[str]:
    """Return the names of the claims this client's first purpose may receive."""
    return [claim["name"] for claim in record["registration"]["purposes"][0]["claims"]]


def fingerprint(secret: str | None) -> str:
    """Return six characters that tell two tokens apart and give neither away."""
    return hashlib.sha256(secret.encode()).hexdigest()[:6] if secret else "-"


def _label(name: str) -> str:
    return text(*LABELS.get(name, (name, name)))


def _value(value: Any) -> str | None:  # a claim is any JSON
    if value is None:
        return None
    if isinstance(value, bool):
        return text("是", "yes") if value else text("否", "no")
    if isinstance(value, dict):
        return str(value.get("formatted", ""))
    return str(value)
