"""Say in plain words what a stream may hold, how far a batch is, and what it does."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from clients import bases
from kernel.db import Json
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services.consolidation_files import Encoding
from services.consolidation_models import (
    Batch,
    BatchRow,
    BatchState,
    Conflict,
    Outcome,
    Stream,
)
from services.consolidation_schema import HEADINGS, Field
from services.models import Activation, Channel, Service
from web import pages


def heading(field: str) -> str:
    """Return the heading of a column."""
    return HEADINGS[Field(field)].text(pages.language())


def channels() -> dict[str, str]:
    """Return the ways in which an agency may send notes (7(9))."""
    return {
        Channel.INTERFACE.value: pages.say("介接"),
        Channel.AGREED.value: pages.say("資訊局同意的方式"),
    }


def encodings() -> list[dict[str, Any]]:
    """Return how a file may be written."""
    words = {
        "": pages.say("自動判斷"),
        Encoding.UTF_8.value: "UTF-8",
        Encoding.BIG5_HKSCS.value: "Big5 (HKSCS)",
        Encoding.CP950.value: "Big5 (Windows)",
    }
    return [{"value": value, "label": label} for value, label in words.items()]


def outcome(found: Outcome) -> str:
    """Return what a row does."""
    return {
        Outcome.INSERTED: pages.say("新增"),
        Outcome.CHANGED: pages.say("變更"),
        Outcome.UNCHANGED: pages.say("不變"),
        Outcome.CONFLICT: pages.say("不一致"),
        Outcome.UNKNOWN: pages.say("不是會員"),
        Outcome.DUPLICATE: pages.say("重複"),
        Outcome.BAD: pages.say("不能用"),
    }[found]


def state(found: Batch) -> tuple[str, str]:
    """Return how far a batch has come, and the look of it."""
    if found.stopped_by is not None and found.state is BatchState.APPLIED:
        return pages.say("提前停止"), "warn"
    return {
        BatchState.READING: (pages.say("讀取中"), "info"),
        BatchState.DRY_RUN: (pages.say("等第二人確認"), "warn"),
        BatchState.APPLYING: (pages.say("寫入中"), "info"),
        BatchState.APPLIED: (pages.say("已寫入"), "ok"),
        BatchState.ROLLING_BACK: (pages.say("復原中"), "info"),
        BatchState.ROLLED_BACK: (pages.say("已復原"), "plain"),
        BatchState.CANCELLED: (pages.say("不採用"), "plain"),
        BatchState.UNREADABLE: (pages.say("讀不出來"), "bad"),
    }[found.state]


def note(found: Activation | None) -> str:
    """Return the word of a note."""
    if found is None:
        return pages.say("沒有紀錄")
    return {
        Activation.ACTIVATED: pages.say("已開通"),
        Activation.NOT_ACTIVATED: pages.say("未開通"),
        Activation.SUSPENDED: pages.say("已中止"),
    }[found]


def stream(found: Stream) -> dict[str, Any]:
    """Return what a list says of a stream."""
    if found.approved_at is not None:
        look = (pages.say("已確認"), "ok")
    elif found.decided_at is not None:
        look = (pages.say("未同意"), "bad")
    else:
        look = (pages.say("等資訊局確認"), "warn")
    return {
        "id": found.id,
        "service": name(found.service),
        "agency": Bilingual(found.organisation.name_zh, found.organisation.name_en),
        "columns": [heading(each) for each in Field if each in found.columns],
        "basis": bases.BY_CODE[found.basis].words,
        "provision": found.provision,
        "channel": channels()[found.channel.value],
        "look": look,
        "waits": found.decided_at is None,
        "hash": found.schema_hash.hex()[:16],
    }


def batch(found: Batch) -> dict[str, Any]:
    """Return what a list says of a batch."""
    return {
        "number": found.number,
        "service": name(found.service),
        "at": found.uploaded_at,
        "look": state(found),
        "stopped": refusal(found.stopped_by).title.text(pages.language())
        if found.stopped_by
        else "",
        "rows": found.read_rows,
        "applied_at": found.applied_at,
        "rolled_back_at": found.rolled_back_at,
        "schema": found.schema_hash.hex()[:16],
        "file": found.file_hash.hex()[:16],
        "format": found.format.upper(),
        "is_busy": found.state
        in (BatchState.READING, BatchState.APPLYING, BatchState.ROLLING_BACK),
    }


def progress(found: Batch, total: int) -> tuple[int, int] | None:
    """Return how many rows of how many are done, of a batch that is being worked on."""
    if found.state is BatchState.APPLYING:
        return min(found.applied_rows, total), total
    if found.state is BatchState.ROLLING_BACK:
        return min(found.undone_rows, total), total
    return None


def difference(row: BatchRow) -> dict[str, Any]:
    """Return one row that changes a note or contradicts it."""
    before: Json | None = row.prior
    return {
        "number": row.number,
        "outcome": outcome(row.outcome),
        "said": _said(row.state, row.since, row.as_of),
        "before": None if before is None else kept(before),
        "why": refusal(row.code).title.text(pages.language()) if row.code else "",
    }


def conflict(found: Conflict) -> dict[str, Any]:
    """Return a conflict: what the file says, what is noted, and why that is none."""
    return {
        "number": found.number,
        "service": name(found.service),
        "batch": found.batch.number,
        "row": found.row_number,
        "at": found.opened_at,
        "why": refusal(found.code).title.text(pages.language()),
        "said": _said(found.said_state, found.said_since, found.said_as_of),
        "noted": kept(found.noted),
    }


def kept(before: Mapping[str, Any]) -> str:
    """Return a note that was kept, in words."""
    since = None if before["since"] is None else date.fromisoformat(before["since"])
    return _said(Activation(before["state"]), since, date.fromisoformat(before["as_of"]))


def _said(state_: Activation | None, since: date | None, as_of: date | None) -> str:
    days = [
        pages.say("開通：%(date)s", date=since.isoformat()) if since else "",
        pages.say("資料日期：%(date)s", date=as_of.isoformat()) if as_of else "",
    ]
    return " · ".join(each for each in (note(state_), *days) if each)


def name(service: Service) -> Bilingual:
    """Return the name of a service."""
    return Bilingual(service.name_zh, service.name_en)
