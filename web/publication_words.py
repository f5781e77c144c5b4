"""Say in words what is published in versions: how far each has come, and what it holds."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from kernel.wording import Bilingual
from services import forms, publishing
from services.forms import FieldKind, FormField
from services.publication_models import ContentAttachment, ContentKind, ContentVersion, FormVersion
from services.publishing import Publication, Stage
from web import attachments, dates

STAGES: Mapping[Stage, tuple[Bilingual, str]] = {
    Stage.DRAFT: (Bilingual("草稿", "Draft"), "plain"),
    Stage.SUBMITTED: (Bilingual("送審中", "Awaits DoIT"), "info"),
    Stage.RETURNED: (Bilingual("退回補正", "Returned"), "warn"),
    Stage.SCHEDULED: (Bilingual("已核准，等生效", "Confirmed, to come"), "info"),
    Stage.EFFECTIVE: (Bilingual("現行", "In force"), "ok"),
    Stage.SUPERSEDED: (Bilingual("已有新版", "Replaced"), "plain"),
    Stage.RETIRED: (Bilingual("已停用", "Retired"), "plain"),
}
FIELD_KINDS: Mapping[FieldKind, Bilingual] = {
    FieldKind.TEXT: Bilingual("文字", "Text"),
    FieldKind.NUMBER: Bilingual("數字", "Number"),
    FieldKind.DATE: Bilingual("日期", "Date"),
    FieldKind.YES_NO: Bilingual("是或否", "Yes or no"),
    FieldKind.CHOICE: Bilingual("選一項", "One of several"),
}
CONTENT_KINDS: Mapping[ContentKind, Bilingual] = {
    ContentKind.SERVICE: Bilingual("服務說明", "About a service"),
    ContentKind.OFFER: Bilingual("優惠", "Offer"),
    ContentKind.NOTICE: Bilingual("公告", "Notice"),
}
MANDATORY, VOLUNTARY = Bilingual("必填", "Mandatory"), Bilingual("可以不填", "Optional")
PARTS: Mapping[str, Bilingual] = {
    "title": Bilingual("名稱", "Title"),
    "zh": Bilingual("中文", "Chinese"),
    "en": Bilingual("英文", "English"),
    "days": Bilingual("期間", "Days"),
    "files": Bilingual("附件", "Files"),
}
FIRST, LAST = Bilingual("從", "From"), Bilingual("到", "Until")
Lines = dict[str, tuple[Bilingual, tuple[str, ...]]]  # by part: its name, and what it says


def history(found: Sequence[Publication], *, on: date) -> list[dict[str, Any]]:
    """Return what a list says of each version."""
    rows = []
    for row in found:
        words, shape = STAGES[publishing.stage(row, found, on=on)]
        rows.append({"row": row, "said": words, "shape": shape})
    return rows


def form_lines(row: FormVersion, language: str) -> Lines:
    """Return what a form asks, field by field."""
    form = forms.read(row)
    lines: Lines = {"title": (PARTS["title"], tuple(form.title))}
    for place, field in enumerate(form.fields, start=1):
        label = Bilingual(f"第 {place} 欄", f"Field {place}")
        lines[field.key] = (label, tuple(_field_lines(field, language)))
    return lines


def _field_lines(field: FormField, language: str) -> list[str]:
    kind = FIELD_KINDS[field.kind].text(language)
    options = ["／".join(field.options)] if field.options else []
    must = (MANDATORY if field.is_mandatory else VOLUNTARY).text(language)
    return [*field.label, kind, *options, must, *field.necessity, field.legal_basis]


def content_lines(row: ContentVersion, language: str) -> Lines:
    """Return what a public text says, in both languages."""
    days = [
        f"{word.text(language)} {dates.roc_date(day, language)}"
        for word, day in ((FIRST, row.wanted_on), (LAST, row.valid_until))
        if day is not None
    ]
    return {
        "title": (PARTS["title"], (row.title_zh, row.title_en)),
        "zh": (PARTS["zh"], tuple(row.body_zh.splitlines())),
        "en": (PARTS["en"], tuple(row.body_en.splitlines())),
        "days": (PARTS["days"], tuple(days)),
        "files": (PARTS["files"], tuple(_file_line(each) for each in row.attachments)),
    }


def _file_line(found: ContentAttachment) -> str:
    """Return a file in words; the digest tells two of the same name apart."""
    return f"{found.title_zh} / {found.title_en} ({attachments.what(found)}) {found.digest[:8]}"


def differences(before: Lines, after: Lines) -> list[dict[str, Any]]:
    """Return both side by side, part by part; a line the other side lacks is marked."""
    rows = []
    for part in dict.fromkeys([*after, *before]):
        old = before[part][1] if part in before else ()
        new = after[part][1] if part in after else ()
        rows.append(
            {
                "label": (after if part in after else before)[part][0],
                "before": [(line, line not in new) for line in old if line],
                "after": [(line, line not in old) for line in new if line],
                "is_changed": old != new,
            }
        )
    return rows
