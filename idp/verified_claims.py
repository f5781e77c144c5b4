"""Answer a request for verified claims from what is recorded of checks, and nothing else.

Pure (OpenID Connect for Identity Assurance 1.0, 5 and 6). Only what was asked for is told; a
condition that no check fulfils leaves the whole element out, and the request goes on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from idp.verified_request import Element
from kernel.clock import TAIPEI
from members.identity_checks import METHODS, TYPES, VERIFIABLE, Checked
from members.models import CheckKind

TRUST_FRAMEWORK = "tw_taipei_id"
LIMITS = frozenset({"value", "values", "max_age"})
RECORDED = frozenset({"check_method", "organization", "time"})  # of how a check was made
DETAILS = {CheckKind.DOCUMENT: "document_details", CheckKind.RECORD: "record"}
METADATA: Mapping[str, Any] = {  # lists and a boolean (7)
    "verified_claims_supported": True,
    "trust_frameworks_supported": [TRUST_FRAMEWORK],
    "claims_in_verified_claims_supported": list(VERIFIABLE),
    "evidence_supported": [kind.value for kind in CheckKind],
    "documents_supported": list(TYPES[CheckKind.DOCUMENT]),
    "documents_check_methods_supported": list(METHODS),
    "electronic_records_supported": list(TYPES[CheckKind.RECORD]),
}


def answers(
    wanted: Iterable[Element],
    checks: Sequence[Checked],
    values: Mapping[str, Any],
    *,
    now: datetime,
) -> list[Element]:
    """Return what may be told of `values`, check by check, each claim under its newest one."""
    return [found for each in wanted for found in _answered(each, checks, values, now=now)]


def _answered(
    wanted: Element, checks: Sequence[Checked], values: Mapping[str, Any], *, now: datetime
) -> Iterator[Element]:
    still = {
        name
        for name, limit in wanted["claims"].items()
        if name in values and _fits(values[name], limit)
    }
    for check in checks:
        names = still & check.claims
        verification = _verification(wanted["verification"], check, now=now) if names else None
        if verification is not None:
            still -= names
            claims = {name: values[name] for name in sorted(names)}
            yield {"verification": verification, "claims": claims}


def _verification(
    asked: Mapping[str, Any], check: Checked, *, now: datetime
) -> Mapping[str, Any] | None:
    """Return what is told of a check, None if it is not one that was asked for."""
    if not _fits(TRUST_FRAMEWORK, asked["trust_framework"]):
        return None
    told: dict[str, Any] = {"trust_framework": TRUST_FRAMEWORK}
    for name, limit in asked.items():
        if name == "trust_framework":
            continue
        part = _PARTS.get(name, _unrecorded)(limit, check, now)
        if part is None:
            return None
        told |= {name: part} if part else {}
    return told


def _unrecorded(asked: object, check: Checked, now: datetime) -> str | None:
    """Leave out what nobody wrote down; refuse where it is insisted on."""
    del check, now
    pending = [asked]
    while pending:  # not by recursion: the request may be as deep as it is long
        each = pending.pop()
        if isinstance(each, Mapping):
            if each.get("essential") is True or LIMITS & each.keys():
                return None
            pending += each.values()
        elif isinstance(each, list):
            pending += each
    return ""


def _time(asked: object, check: Checked, now: datetime) -> str | None:
    """Return the day of a check: its second would be the same for every client (10(3))."""
    if not _is_recent(asked, check, now=now):
        return None
    midnight = check.checked_at.astimezone(TAIPEI).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    day = midnight.isoformat()
    return day if _fits(day, asked) else None


def _is_recent(asked: object, check: Checked, *, now: datetime) -> bool:
    longest = asked.get("max_age") if isinstance(asked, Mapping) else None
    if longest is None:
        return True
    is_number = isinstance(longest, int | float) and not isinstance(longest, bool)
    return is_number and (now - check.checked_at).total_seconds() <= longest


def _evidence(asked: object, check: Checked, now: datetime) -> list[Any] | None:
    """Return the one piece of evidence of a check, if it is of a kind that was asked for."""
    entries = asked if isinstance(asked, list) and asked else [{}]
    for entry in entries:
        piece = _piece(entry, check, now=now) if isinstance(entry, Mapping) else None
        if piece is not None:
            return [piece]
    return None


def _piece(asked: Mapping[str, Any], check: Checked, *, now: datetime) -> Mapping[str, Any] | None:
    if not _fits(check.kind.value, asked.get("type")):
        return None
    told: dict[str, Any] = {"type": check.kind.value}
    for name, limit in asked.items():
        if name == "type":
            continue
        part = _part_of_piece(name, limit, check, now=now)
        if part is None:
            return None
        told |= {name: part} if part else {}
    return told


def _part_of_piece(name: str, asked: object, check: Checked, *, now: datetime) -> Any:
    # a part is a list, an object, or empty where there is nothing to tell
    if name == "check_details":
        return _check_details(asked, check, now=now)
    if name != DETAILS[check.kind]:
        return _unrecorded(asked, check, now)
    wanted = asked if isinstance(asked, Mapping) else {}
    if not _fits(check.of_type, wanted.get("type")):
        return None
    rest = [limit for each, limit in wanted.items() if each != "type"]
    return None if _unrecorded(rest, check, now) is None else {"type": check.of_type}


def _check_details(asked: object, check: Checked, *, now: datetime) -> list[Any] | None:
    entries = asked if isinstance(asked, list) and asked else [{}]
    for entry in entries:
        detail = _detail(entry, check, now=now) if isinstance(entry, Mapping) else None
        if detail is not None:
            return [detail]
    return None


def _detail(asked: Mapping[str, Any], check: Checked, *, now: datetime) -> Element | None:
    """Return how a check was made, if it is what was asked for in every respect."""
    rest = [limit for name, limit in asked.items() if name not in RECORDED]
    if _unrecorded(rest, check, now) is None:
        return None
    if not _fits(check.method, asked.get("check_method")):
        return None
    if not _fits(check.office, asked.get("organization")):
        return None
    told = {"check_method": check.method}
    if "organization" in asked:
        told["organization"] = check.office
    if "time" in asked:
        day = _time(asked["time"], check, now)
        if day is None:
            return None
        told["time"] = day
    return told


def _fits(value: object, limit: object) -> bool:
    """Say whether a value keeps to what a request demands of it (OIDC Core 5.5.1)."""
    if not isinstance(limit, Mapping):
        return True
    if "value" in limit and value != limit["value"]:
        return False
    listed = limit.get("values")
    return not isinstance(listed, list) or value in listed


_PARTS = {"time": _time, "evidence": _evidence}
