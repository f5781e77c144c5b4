"""Say in words how far the systems that identify people have come, and what excuses them (3)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from kernel.wording import Bilingual
from services import plans
from services.inventory import Line
from services.inventory_models import Integration, PlanVersion, SystemKind, Waiver, WaiverState
from services.milestones import Progress
from web import dates
from web.publication_words import Lines

KINDS: Mapping[SystemKind, Bilingual] = {
    SystemKind.LOGIN: Bilingual("登入系統", "Login"),
    SystemKind.CARD: Bilingual("卡證", "Card"),
}
STATUSES: Mapping[Integration, tuple[Bilingual, str]] = {
    Integration.INTEGRATED: (Bilingual("已整合", "Integrated"), "ok"),
    Integration.INTEGRATING: (Bilingual("整合中", "Being integrated"), "info"),
    Integration.EXEMPTED: (Bilingual("經同意免整合", "Excused by a waiver"), "plain"),
    Integration.RETIRED: (Bilingual("已停用", "Retired"), "plain"),
}
NO_STATUS = (Bilingual("還沒填", "No status yet"), "warn")
OVERDUE = (Bilingual("逾期", "Overdue"), "bad")
WAIVERS: Mapping[WaiverState, tuple[Bilingual, str]] = {
    WaiverState.REQUESTED: (Bilingual("審核中", "Awaits DoIT"), "info"),
    WaiverState.GRANTED: (Bilingual("同意", "Granted"), "ok"),
    WaiverState.DENIED: (Bilingual("不同意", "Denied"), "bad"),
    WaiverState.EXTENDED: (Bilingual("已由新的同意取代", "Replaced by a later one"), "plain"),
    WaiverState.ENDED: (Bilingual("已終止", "Ended"), "plain"),
}
RUN_OUT = (Bilingual("已到期", "Ran out"), "bad")
PARTS: Mapping[str, Bilingual] = {
    "process": Bilingual("歸戶流程", "Consolidation"),
    "replacement": Bilingual("以後改用", "Instead"),
    "holders": Bilingual("原持有人", "Holders"),
    "milestones": Bilingual("期程", "Timetable"),
    "sunset": Bilingual("落日", "Last day"),
}


def status(line: Line) -> tuple[Bilingual, str]:
    """Return how a system stands, in words and as the shape of a tag."""
    if line.is_overdue:
        return OVERDUE
    return STATUSES[line.system.status] if line.system.status else NO_STATUS


def waiver(row: Waiver, *, on: date) -> tuple[Bilingual, str]:
    """Return how a request stands on a day."""
    is_over = row.state is WaiverState.GRANTED and row.until is not None and row.until < on
    return RUN_OUT if is_over else WAIVERS[row.state]


def rows(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Return what a list says of systems, the overdue first."""
    found = [row(each) for each in lines]
    return sorted(found, key=lambda each: (not each["is_overdue"], each["deadline"]))


def row(line: Line) -> dict[str, Any]:
    """Return what a list says of a system."""
    return {
        "id": line.system.id,
        "name": Bilingual(line.system.name_zh, line.system.name_en),
        "agency": Bilingual(line.system.organisation.name_zh, line.system.organisation.name_en),
        "kind": KINDS[line.system.kind],
        "status": status(line),
        "is_overdue": line.is_overdue,
        "deadline": line.system.deadline,
        "excused_until": line.waiver.until if line.waiver else None,
        "sunset_on": line.plan.sunset_on if line.plan else None,
        "late_steps": line.late_steps,
        "steps": steps(line.steps),
    }


def steps(found: Sequence[Progress]) -> list[dict[str, Any]]:
    """Return what a page says of the steps of a plan, and of those that were done."""
    return [
        {
            "value": f"{each.step.on} {each.step.what.zh}",
            "on": each.step.on,
            "what": each.step.what,
            "is_late": each.is_late,
            "mark": each.mark,
        }
        for each in found
    ]


def plan(version: PlanVersion, found: Sequence[Progress], *, on: date) -> dict[str, Any]:
    """Return what everybody reads of a plan."""
    system = version.system
    return {
        "id": system.id,
        "name": Bilingual(system.name_zh, system.name_en),
        "agency": Bilingual(system.organisation.name_zh, system.organisation.name_en),
        "kind": KINDS[system.kind],
        "process": Bilingual(version.process_zh, version.process_en),
        "replacement": Bilingual(version.replacement_zh, version.replacement_en),
        "holders": Bilingual(version.holders_zh, version.holders_en),
        "milestones": steps(found),
        "sunset_on": version.sunset_on,
        "is_over": version.sunset_on < on,
        "document": version.document_number,
    }


def plan_lines(version: PlanVersion, language: str) -> Lines:
    """Return what a plan says, part by part."""
    steps = tuple(
        f"{dates.roc_date(each.on, language)} {each.what.zh} / {each.what.en}"
        for each in plans.milestones(version)
    )
    return {
        "process": (PARTS["process"], (version.process_zh, version.process_en)),
        "replacement": (PARTS["replacement"], (version.replacement_zh, version.replacement_en)),
        "holders": (PARTS["holders"], (version.holders_zh, version.holders_en)),
        "milestones": (PARTS["milestones"], steps),
        "sunset": (PARTS["sunset"], (dates.roc_date(version.sunset_on, language),)),
    }
