"""An agency designs a form and writes a text, and DoIT confirms or returns them (5(4), 6(4))."""

import hashlib
import io
import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.models import TrailEntry
from clients import registry
from clients.officer_models import Role
from kernel.wording import Bilingual
from services import activations, attachments, content, forms, publishing
from services.content import Text
from services.publication_models import ContentVersion, FormVersion
from services.publishing import Step
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City, statements
from tests.make import NOON
from tests.services.publishing_people import TODAY
from tests.services.test_attachments import A_PDF
from tests.web import staff

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
FIELD = {
    "label_zh": "持證姓名",
    "label_en": "Name on the card",
    "kind": "text",
    "necessity_zh": "印在證上",
    "necessity_en": "It is printed on the card",
    "legal_basis": "圖書館法第 9 條",
    "is_mandatory": "yes",
}
TEXT = {
    "slug": "library-card",
    "kind": "service",
    "service": "library_card",
    "title_zh": "怎麼辦借閱證",
    "title_en": "How to get a library card",
    "body_zh": "帶身分證。\n\n- 滿 7 歲\n- [看窗口](/counters)",
    "body_en": "Bring your identity card.",
}
LETTER = {"document_number": "北市測字第 7 號"}
DIGEST = hashlib.sha256(A_PDF).hexdigest()
HELD_DOWN = {
    "Content-Type": "application/pdf",
    "Content-Disposition": 'attachment; filename="library-card-1.pdf"',
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
HOSTILE = ["", "\x00", "大" * 7000, "'; --", "9999-99-99", "<b>", "-1"]


@pytest.fixture
def agency(city: City) -> UUID:
    with city.database() as session:
        organisation_id = registry.get(session, "library").organisation_id
        name = Bilingual("借閱證", "Library card")
        activations.open_service(
            session, organisation_id, "library_card", name, sensitive=False, now=NOON
        )
    return organisation_id


@pytest.fixture
def officer(city: City, agency: UUID) -> Browser:
    member_id = staff.appoint(city, "of.ficer", Role.OFFICER, organisation_id=agency)
    return staff.sign_in(city, "of.ficer", member_id)


@pytest.fixture
def reviewer(city: City) -> Browser:
    return staff.an_officer(city)


def send(browser: Browser, path: str, form: dict[str, str]) -> TestResponse:
    shown = hidden(browser.get(path)) if path.startswith("/doit/") else {}
    return browser.post(path, {**hidden(browser.get("/console")), **shown, **form})


def a_submitted_form(officer: Browser) -> None:
    send(officer, "/agency/forms/library_card/draft", {"title_zh": "附表", "title_en": "Annex"})
    send(officer, "/agency/forms/library_card/field", FIELD)
    send(officer, "/agency/forms/library_card/submit", LETTER)


def a_submitted_text(officer: Browser) -> None:
    send(officer, "/agency/content/new", TEXT)
    send(officer, "/agency/content/library-card/submit", LETTER)


def waiting(reviewer: Browser, kind: str) -> str:
    found = re.search(rf"/doit/{kind}/[0-9a-f-]{{36}}", reviewer.get(f"/doit/{kind}").text)
    assert found is not None
    return found[0]


def events(city: City) -> list[str]:
    with city.database() as session:
        return list(session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)))


@pytest.mark.clause("5(4)")
def test_a_form_goes_from_the_agencys_desk_to_the_bureaus_and_into_force(
    city: City, officer: Browser, reviewer: Browser
) -> None:
    a_submitted_form(officer)
    page = waiting(reviewer, "forms")
    shown = reviewer.get(page).text

    decided = send(reviewer, page, {"decision": "approve"})

    assert decided.location == "/doit/forms?done=approve"
    for words in ("持證姓名", "印在證上", "圖書館法第 9 條", "北市測字第 7 號"):
        assert words in shown
    with city.database() as session:
        service = activations.get_service(session, "library_card")
        row = forms.in_force(session, service.id, on=TODAY)
        assert row is not None
        assert forms.read(row).find("f1") is not None
    assert {"annex.drafted", "annex.submitted", "publication.approve"} <= set(events(city))


@pytest.mark.clause("6(4)")
@pytest.mark.refusal("publish.wrong_step")
@pytest.mark.parametrize("form", [{"decision": "approve"}, {"decision": "return", "reason": "缺"}])
def test_a_stale_page_decides_nothing_about_what_was_put_right_since(
    city: City, officer: Browser, reviewer: Browser, form: dict[str, str]
) -> None:
    a_submitted_text(officer)
    page = waiting(reviewer, "content")
    read = hidden(reviewer.get(page))
    send(reviewer, page, {"decision": "return", "reason": "缺英文"})
    city.wait(seconds=1)
    send(officer, "/agency/content/library-card/draft", TEXT | {"body_zh": "沒有人讀過"})
    send(officer, "/agency/content/library-card/submit", LETTER)

    decided = reviewer.post(page, {**read, **form})

    assert decided.status_code == 409
    assert "沒有人讀過" in decided.text
    with city.database() as session:
        assert session.scalars(select(ContentVersion.step)).one() is Step.SUBMITTED
    assert send(reviewer, page, form).status_code == 303


@pytest.mark.clause("5(4)")
def test_the_bureau_sees_old_and_new_side_by_side_and_returns_with_a_reason(
    officer: Browser, reviewer: Browser
) -> None:
    a_submitted_form(officer)
    send(reviewer, waiting(reviewer, "forms"), {"decision": "approve"})
    send(officer, "/agency/forms/library_card/field?key=f1", FIELD | {"label_zh": "姓名"})
    send(officer, "/agency/forms/library_card/submit", LETTER)
    page = waiting(reviewer, "forms")
    shown = reviewer.get(page).text

    without = send(reviewer, page, {"decision": "return"})
    returned = send(reviewer, page, {"decision": "return", "reason": "姓名不必再問"})

    assert "<del>持證姓名</del>" in shown
    assert "<ins>姓名</ins>" in shown
    assert "<del>印在證上</del>" not in shown
    assert (without.status_code, returned.status_code) == (422, 303)
    assert "姓名不必再問" in officer.get("/agency/forms/library_card").text


def test_fields_are_ordered_taken_out_and_previewed(officer: Browser) -> None:
    a_form = "/agency/forms/library_card"
    send(officer, f"{a_form}/field", FIELD)
    send(officer, f"{a_form}/field", FIELD | {"label_zh": "取證分館"})
    send(officer, f"{a_form}/move", {"key": "f2", "move": "up"})
    up = officer.get(f"{a_form}/preview").text
    send(officer, f"{a_form}/move", {"key": "f1", "move": "out"})
    out = officer.get(f"{a_form}/preview").text

    assert up.index("取證分館") < up.index("持證姓名")
    assert "持證姓名" not in out


@pytest.mark.clause("6(4)")
def test_a_text_goes_the_same_way_and_is_shown_to_everybody(
    city: City, officer: Browser, reviewer: Browser
) -> None:
    a_submitted_text(officer)
    page = waiting(reviewer, "content")
    shown = reviewer.get(page).text
    send(reviewer, page, {"decision": "approve"})

    assert "怎麼辦借閱證" in shown
    assert "Bring your identity card." in shown
    assert "公開中" in officer.get("/agency/content").text
    own = officer.get("/agency/content/library-card").text
    assert '<a class="back" href="/counters">看窗口</a>' in own
    assert {"content.drafted", "content.submitted"} <= set(events(city))


@pytest.mark.clause("6(4)")
@pytest.mark.refusal("attachment.unreadable")
def test_a_file_goes_with_its_text_and_yesterdays_page_keeps_it(
    city: City, officer: Browser, reviewer: Browser
) -> None:
    send(officer, "/agency/content/new", TEXT)
    path = "/agency/content/library-card"
    disguised = attach(officer, b"<script>" + bytes(300_000), "form.pdf")
    attach(officer, A_PDF, "evil.html")
    send(officer, f"{path}/submit", LETTER)
    early = city.call(f"/news/library-card/files/{DIGEST}")
    page = waiting(reviewer, "content")
    looked = reviewer.get(f"{page}/files/{DIGEST}")
    lines = reviewer.get(page).text
    send(reviewer, page, {"decision": "approve"})
    shown = city.call("/news/library-card", headers={"Accept-Language": "en"}).text

    sent = city.call(f"/news/library-card/files/{DIGEST}")

    assert "附件要是完好的 PDF" in disguised.text
    assert (early.status_code, looked.data, sent.data) == (404, A_PDF, A_PDF)
    assert f"申請書 / Application form (PDF, 1 KB) {DIGEST[:8]}" in lines
    assert f'href="/news/library-card/files/{DIGEST}">Application form (PDF, 1 KB)</a>' in shown
    assert HELD_DOWN.items() <= dict(sent.headers).items()
    assert "Set-Cookie" not in sent.headers
    again = city.call(
        f"/news/library-card/files/{DIGEST}", headers={"If-None-Match": sent.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
    city.wait(days=1)
    without_it(city)
    past = f"/news/library-card/files/{DIGEST}?on={TODAY.isoformat()}"
    assert city.call(f"/news/library-card/files/{DIGEST}").status_code == 404
    assert city.call(past).data == A_PDF
    assert past in city.call(f"/news/library-card?on={TODAY.isoformat()}").text
    assert "content.attached" in events(city)
    hostile = ("%00" * 64, "a" * 64, "A" * 64, "..", "é")
    assert {city.call(f"/news/library-card/files/{each}").status_code for each in hostile} == {404}


def attach(officer: Browser, content: bytes, name: str) -> TestResponse:
    """Send a file with the form of a draft."""
    page = officer.get("/agency/content/library-card")
    form = {**hidden(page), "file_zh": "申請書", "file_en": "Application form"}
    sent: dict[str, Any] = {**form, "file": (io.BytesIO(content), name)}
    return officer.post("/agency/content/library-card/files", sent)


def without_it(city: City) -> None:
    """Publish the next version of the text, without the file."""
    now, by = city.now, UUID(int=5)
    with city.database() as session:
        before = content.public(session, "library-card", on=TODAY)
        text = Text(title=Bilingual("新", "New"), body=Bilingual("新", "New"))
        row = content.save(session, before.item, text, by=by, now=now)
        attachments.remove(session, row, DIGEST, by=by, now=now)
        publishing.submit(session, row, document_number="北市測字第 8 號", by=by, now=now)
        content.approve(session, row, by=UUID(int=6), now=now)


def test_what_is_public_can_be_written_anew_or_taken_off(
    city: City, officer: Browser, reviewer: Browser
) -> None:
    a_submitted_text(officer)
    a_submitted_form(officer)
    for kind in ("content", "forms"):
        send(reviewer, waiting(reviewer, kind), {"decision": "approve"})
    begun = officer.get("/agency/content/library-card/draft").text
    send(officer, "/agency/content/library-card/draft", TEXT | {"title_zh": "新的標題"})
    for path in ("/agency/content/library-card/retire", "/agency/forms/library_card/retire"):
        assert send(officer, path, {}).status_code == 303
        assert send(officer, path, {}).status_code == 409

    assert "帶身分證。" in begun
    assert "新的標題" in officer.get("/agency/content/library-card").text
    assert {"content.retired", "annex.retired"} <= set(events(city))


@pytest.mark.refusal("publish.waiting")
@pytest.mark.refusal("publish.document_no_missing")
def test_a_refusal_is_said_above_the_form(officer: Browser) -> None:
    send(officer, "/agency/content/new", TEXT)
    path = "/agency/content/library-card"
    numberless = send(officer, f"{path}/submit", {"document_number": " "})
    send(officer, f"{path}/submit", LETTER)
    waits = send(officer, f"{path}/draft", TEXT)
    again = send(officer, "/agency/content/new", TEXT)
    send(officer, "/agency/forms/library_card/field", FIELD | {"label_en": ""})
    incomplete = send(officer, "/agency/forms/library_card/submit", LETTER)

    assert "缺來文文號" in numberless.text
    assert "已送資訊局審核" in waits.text
    assert "這個網址名稱已經用過" in again.text
    assert "附表還不完整" in incomplete.text


@pytest.mark.clause("10(3)")
def test_another_agencys_forms_and_texts_are_not_found(city: City, officer: Browser) -> None:
    a_submitted_text(officer)
    city.register("museum", sector="museum.invalid", organisation=make.words("博物館", "Museum"))
    with city.database() as session:
        other = registry.get(session, "museum").organisation_id
    member_id = staff.appoint(city, "other.one", Role.OFFICER, organisation_id=other)
    stranger = staff.sign_in(city, "other.one", member_id)

    files = "/agency/content/library-card/files"
    for path in ("/agency/forms/library_card", "/agency/content/library-card"):
        assert stranger.get(path).status_code == 404
    assert "library" not in stranger.get("/agency/content").text.partition("<main")[2]
    assert send(stranger, "/agency/forms/library_card/draft", {}).status_code == 404
    assert send(stranger, files, {}).status_code == 404
    assert stranger.get(f"{files}/{UUID(int=1)}/{DIGEST}").status_code == 404


@pytest.mark.refusal("officer.not_for_you")
def test_only_the_bureau_decides_and_an_auditor_only_looks(
    city: City, officer: Browser, reviewer: Browser
) -> None:
    a_submitted_text(officer)
    page = waiting(reviewer, "content")
    auditor = staff.an_officer(city, Role.AUDITOR, "au.ditor")

    assert officer.get(page).status_code == 403
    assert send(officer, page, {"decision": "approve"}).status_code == 403
    assert "approve_version" not in auditor.get(page).text
    assert send(auditor, page, {"decision": "approve"}).status_code == 403
    assert send(reviewer, page, {"decision": "nonsense"}).status_code == 404
    with city.database() as session:
        assert session.scalars(select(ContentVersion.step)).one() is Step.SUBMITTED


@pytest.mark.parametrize("value", HOSTILE)
def test_whatever_is_typed_is_never_our_mistake(
    officer: Browser, reviewer: Browser, value: str
) -> None:
    a_submitted_form(officer)
    for path, form in (
        ("/agency/content/new", TEXT),
        ("/agency/forms/library_card/draft", {"title_zh": "", "title_en": "", "wanted_on": ""}),
        ("/agency/forms/library_card/field", FIELD | {"options": ""}),
        ("/agency/forms/library_card/move", {"key": "", "move": ""}),
        ("/agency/forms/library_card/submit", LETTER),
        (waiting(reviewer, "forms"), {"decision": "return", "reason": ""}),
    ):
        browser = reviewer if path.startswith("/doit") else officer
        assert send(browser, path, dict.fromkeys(form, value)).status_code < 500
    for path in (f"/agency/content/{value}", f"/agency/forms/library_card/field?key={value}"):
        assert officer.get(path).status_code < 500


def test_the_lists_cost_the_same_however_long(
    city: City, agency: UUID, officer: Browser, reviewer: Browser
) -> None:
    def cost() -> list[int]:
        counts = []
        for browser, path in (
            (officer, "/agency/forms"),
            (officer, "/agency/content"),
        ):
            with statements(city.sessions.kw["bind"]) as seen:
                browser.get(path)
            counts.append(len(seen))
        return counts

    a_submitted_text(officer)
    a_submitted_form(officer)
    before = cost()
    with city.database() as session:
        for code in ("one", "two"):
            activations.open_service(
                session, agency, code, Bilingual(code, code), sensitive=False, now=NOON
            )
    for slug in ("one", "two"):
        send(officer, "/agency/content/new", TEXT | {"slug": slug})

    assert cost() == before
    with city.database() as session:
        assert publishing.count_waiting(session, FormVersion) == 1
