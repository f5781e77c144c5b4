"""Search the website: services, counters, offers, texts, files, forms, pages, in both languages.

What is public is little and fits in memory, so each search reads it anew: nothing to keep in step.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from flask import request, url_for
from werkzeug.wrappers import Response

from counters import published
from kernel.lines import printable
from kernel.wording import Bilingual
from services import attachments, content, forms, offers, plain_text, plans, publishing
from services.publication_models import FormVersion
from web import counter_words, scope
from web.public import bp, page, today

LONGEST, MOST = 60, 40  # characters of a question, answers
ENOUGH = 0.4  # of a question's pairs of characters
KINDS = {
    "page": Bilingual("網頁", "Page"),
    "service": Bilingual("服務", "Service"),
    "counter": Bilingual("申辦窗口", "Counter"),
    "offer": Bilingual("優惠", "Offer"),
    "text": Bilingual("公告與說明", "News"),
    "file": Bilingual("附件", "File"),
    "form": Bilingual("附表", "Annex form"),
    "sunset": Bilingual("落日公告", "Sunset"),
}
PAGES = (
    ("apply.start", "申辦會員 申請帳號 加入", "Become a member, apply for an account"),
    ("track.ask", "查詢進度 收據", "Follow an application"),
    ("recover.index", "忘記帳號或密碼 重設密碼 找回", "Forgot your account or password?"),
    ("lost.page", "掛失 卡片或手機掉了 遺失", "Report a lost card or phone"),
    ("counters.index", "申辦窗口 櫃檯 地址 時間", "Counters, addresses, hours"),
    ("counters.services", "服務項目和辦理天數", "Services and working days"),
    ("public.all_offers", "特約商店優惠", "Offers of contracted merchants"),
    ("public.annexes", "附表 表單 下載", "Annex forms"),
    ("public.news", "公告與說明", "News"),
    ("public.sunset", "落日公告 舊卡 停用", "Logins and cards that end"),
    ("public.waivers", "免整合公告 豁免", "Waivers"),
    ("public.working_days", "工作日 放假 停班 行事曆", "Working days and holidays"),
    ("public.data_files", "個人資料檔案 清單", "Files of personal data"),
    ("public.purposes", "這項服務的目的", "What this service is for"),
    ("public.status", "系統狀態 故障", "Status of the system"),
    ("pages.help", "說明 怎麼登入 通行密鑰 晶片卡", "Help, how to sign in, passkeys, chip cards"),
    ("pages.privacy", "個資保護 隱私", "Privacy"),
    ("pages.accessibility", "無障礙聲明", "Accessibility"),
    ("pages.developers", "開發者 OpenID Connect API", "Developers, OpenID Connect, API"),
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that can be found."""

    kind: str
    title: Bilingual
    url: str
    text: str = ""

    def score(self, asked: str) -> float:
        """Return how well it answers; 0 if it does not."""
        titles, text = plainly(" ".join(self.title)), plainly(self.text)
        words = asked.split()
        if all(word in titles for word in words):
            return 3
        if all(word in titles or word in text for word in words):
            return 2
        share = _share(asked.replace(" ", ""), titles + " " + text)
        return share if share >= ENOUGH else 0


def plainly(words: str) -> str:
    """Return words as they are compared: one width, one case, one way to write Taipei."""
    return unicodedata.normalize("NFKC", words).casefold().replace("臺", "台")


def _share(asked: str, text: str) -> float:
    """Return how many of the pairs of characters asked for are there: Chinese has no spaces."""
    pairs = {asked[place : place + 2] for place in range(len(asked) - 1)}
    if asked.isascii() or not pairs:
        return 0
    return sum(each in text for each in pairs) / len(pairs)


@bp.get("/search")
def search() -> Response:
    """Show what fits a question, the best first."""
    typed = printable(request.args.get("q", "")).strip()[:LONGEST]
    asked = " ".join(plainly(typed).split())
    found = sorted(
        ((each.score(asked), each) for each in _entries()) if asked else (),
        key=lambda pair: -pair[0],
    )
    return page(
        "search",
        typed=typed,
        found=[
            {"kind": KINDS[each.kind], "title": each.title, "url": each.url}
            for score, each in found[:MOST]
            if score
        ],
    )


def _entries() -> Iterator[Entry]:
    session, on, now = scope.db(), today(), scope.now()
    for endpoint, zh, en in PAGES:
        title = Bilingual(zh.split()[0], en.split(",")[0])
        yield Entry(kind="page", title=title, url=url_for(endpoint), text=f"{zh} {en}")
    for each in published.services(session, now=now):
        row = each.service
        yield Entry(
            kind="service",
            title=Bilingual(row.name_zh, row.name_en),
            url=url_for("public.service", code=row.code),
            text=f"{row.organisation.name_zh} {row.organisation.name_en}",
        )
    for one in published.counters(session, now=now):
        yield Entry(
            kind="counter",
            title=counter_words.name(one.counter),
            url=url_for("counters.one", code=one.counter.code),
            text=" ".join(
                (
                    *counter_words.address(one.counter),
                    *counter_words.DISTRICTS[one.counter.district],
                )
            ),
        )
    for offer in offers.in_force(session, on=on):
        yield Entry(
            kind="offer",
            title=offer.title,
            url=url_for("public.all_offers"),
            text=" ".join(offer.merchant),
        )
    yield from _texts()
    for form in publishing.all_in_force(session, FormVersion, on=on):
        yield Entry(
            kind="form",
            title=forms.read(form).title,
            url=url_for("public.annex", code=form.service.code),
        )
    for plan in plans.published(session, on=on):
        yield Entry(
            kind="sunset",
            title=Bilingual(plan.system.name_zh, plan.system.name_en),
            url=url_for("public.sunset"),
            text=f"{plan.process_zh} {plan.process_en}",
        )


def _texts() -> Iterator[Entry]:
    """Return the texts of today and their files; a file is found by its name, and read there."""
    texts = {each.id: each for each in content.published(scope.db(), on=today())}
    for text in texts.values():
        yield Entry(
            kind="text",
            title=Bilingual(text.title_zh, text.title_en),
            url=url_for("public.article", slug=text.item.slug),
            text=f"{plain_text.plain(text.body_zh)} {plain_text.plain(text.body_en)}",
        )
    for file in attachments.of_versions(scope.db(), texts.keys()):
        text = texts[file.version_id]
        yield Entry(
            kind="file",
            title=Bilingual(file.title_zh, file.title_en),
            url=url_for("public.article", slug=text.item.slug, _anchor="files"),
            text=f"{text.title_zh} {text.title_en}",
        )
