"""Files of public texts: known by their bytes, frozen with the version (6(4))."""

import io
import zipfile
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from services import attachments, content, pictures, publishing
from services.attachments import ODT, PDF
from services.publication_models import Attachment, ContentItem, ContentVersion
from tests.make import NOON
from tests.services import files_made
from tests.services.city import an_agency
from tests.services.publishing_people import (
    DAY,
    NUMBER,
    OFFICER,
    REVIEWER,
    WORDS,
    an_item,
    confirmed,
)

A_PDF = files_made.pdf()
A_PNG = files_made.picture()
TITLE = Bilingual("申請書", "Application form")


def an_odt(media_type: str = ODT) -> bytes:
    """Return a package as an office program writes it."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        package.writestr("mimetype", media_type)
        package.writestr("content.xml", "<office/>", zipfile.ZIP_DEFLATED)
    return written.getvalue()


@pytest.fixture
def item(session: Session) -> ContentItem:
    return an_item(session, an_agency(session).organisation_id)


@pytest.fixture
def row(session: Session, item: ContentItem) -> ContentVersion:
    return content.save(session, item, WORDS, by=OFFICER, now=NOON)


def add(session: Session, row: ContentVersion, content: bytes = A_PDF, by: UUID = OFFICER) -> str:
    return attachments.add(session, row, TITLE, content, by=by, now=NOON).digest


def kept(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Attachment)) or 0


def test_what_a_file_is_its_bytes_say() -> None:
    known = {A_PDF: PDF, an_odt(): ODT, A_PNG: "image/png", b"\xff\xd8\xff\xe0": "image/jpeg"}
    others = [
        *(
            b"",
            b"<html>%PDF-1.7 %%EOF",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"MZ",
            A_PDF[:20],
        ),
        *(an_odt(f"{ODT}-template"), an_odt("application/epub+zip"), b"mimetype" + ODT.encode()),
        bytes(30) + b"mimetype" + ODT.encode() + b"PK",
    ]

    assert {each: attachments.kind_of(each) for each in known} == known
    assert [attachments.kind_of(each) for each in others] == [None] * len(others)


@pytest.mark.clause("6(4)")
@pytest.mark.refusal("publish.wrong_step")
def test_what_is_submitted_keeps_its_files_and_the_next_version_begins_with_them(
    session: Session, item: ContentItem, row: ContentVersion
) -> None:
    digest, picture = add(session, row), add(session, row, A_PNG)
    publishing.submit(session, row, document_number=NUMBER, by=OFFICER, now=NOON)
    for change in (
        lambda: add(session, row, an_odt()),
        lambda: attachments.remove(session, row, digest, by=OFFICER, now=NOON),
    ):
        with pytest.raises(Refused, match=r"publish\.wrong_step"):
            change()
    confirmed(session, row)

    later = content.save(session, item, WORDS, by=OFFICER, now=NOON + DAY)
    attachments.remove(session, later, picture, by=OFFICER, now=NOON + DAY)

    assert [each.digest for each in row.attachments] == [digest, picture]
    assert [each.digest for each in later.attachments] == [digest]
    assert kept(session) == 2


def test_the_bytes_go_with_the_last_draft_that_has_them(
    session: Session, row: ContentVersion
) -> None:
    digest = add(session, row)
    other = content.save(
        session, an_item(session, row.item.organisation_id, "other"), WORDS, by=OFFICER, now=NOON
    )
    add(session, other)

    attachments.remove(session, row, digest, by=OFFICER, now=NOON)
    first = kept(session)
    attachments.remove(session, other, digest, by=OFFICER, now=NOON)

    assert (first, kept(session)) == (1, 0)
    with pytest.raises(NotFound):
        attachments.remove(session, other, digest, by=OFFICER, now=NOON)


@pytest.mark.refusal("case.self_dealing")
def test_who_put_a_file_to_it_does_not_confirm(session: Session, row: ContentVersion) -> None:
    add(session, row, by=REVIEWER)
    publishing.submit(session, row, document_number=NUMBER, by=OFFICER, now=NOON)

    with pytest.raises(Refused, match=r"case\.self_dealing"):
        content.approve(session, row, by=REVIEWER, now=NOON)


@pytest.mark.clause("6(4)")
def test_a_picture_is_kept_without_what_it_does_not_show(
    session: Session, row: ContentVersion
) -> None:
    digest = add(session, row, files_made.picture(says=True))

    kept = session.get_one(Attachment, digest)
    assert kept.content == pictures.redrawn("image/png", A_PNG)
    assert kept.size == len(kept.content)
    with pytest.raises(Refused, match=r"attachment\.exists"):
        add(session, row, A_PNG)


@pytest.mark.refusal("attachment.acts")
def test_a_pdf_with_a_script_is_not_taken(session: Session, row: ContentVersion) -> None:
    with pytest.raises(Refused, match=r"attachment\.acts"):
        add(session, row, files_made.pdf("<</S/JavaScript/JS(1)>>"))
    assert kept(session) == 0


@pytest.mark.refusal("attachment.title_missing", "attachment.too_large", "attachment.unreadable")
@pytest.mark.refusal("attachment.exists", "attachment.too_many")
def test_what_does_not_fit_is_refused(session: Session, row: ContentVersion) -> None:
    large = A_PDF + bytes(attachments.LARGEST) + A_PDF
    for number in range(attachments.MOST - 1):
        add(session, row, A_PDF + b"%d %%%%EOF" % number)
    for title, sent, why in (
        (Bilingual("名", " "), A_PDF, "title_missing"),
        (Bilingual("名" * 201, "n"), A_PDF, "title_missing"),
        (TITLE, large, "too_large"),
        (TITLE, b"<script>", "unreadable"),
        (TITLE, A_PDF + b"0 %%EOF", "exists"),
        (TITLE, A_PNG, ""),
        (TITLE, an_odt(), "too_many"),
    ):
        if not why:
            add(session, row, sent)
            continue
        with pytest.raises(Refused, match=rf"attachment\.{why}"):
            attachments.add(session, row, title, sent, by=OFFICER, now=NOON)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_file_comes_before_the_submission_or_not_at_all(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        item = an_item(session, an_agency(session).organisation_id)
        row_id = content.save(session, item, WORDS, by=OFFICER, now=NOON).id
    both, outcomes = Barrier(2), {}

    def act(name: str) -> None:
        with sessions() as session:
            row = publishing.get(session, ContentVersion, row_id)
            both.wait()
            try:
                if name == "submit":
                    publishing.submit(session, row, document_number=NUMBER, by=OFFICER, now=NOON)
                else:
                    add(session, row)
                session.commit()
                outcomes[name] = True
            except Refused:
                outcomes[name] = False

    threads = [Thread(target=act, args=[name]) for name in ("submit", "attach")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with transaction(sessions) as session:
        row = publishing.get(session, ContentVersion, row_id)
        assert outcomes["submit"]
        assert len(row.attachments) == outcomes["attach"]
