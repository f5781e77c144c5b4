"""What members are told inside their accounts: theirs alone, in order, a page at a time."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.errors import NotFound
from kernel.ids import new_id
from members import inbox
from members.inbox_models import InboxMessage
from tests import make


def deliver(session: Session, member_id: UUID, kind: str = "login.locked") -> UUID:
    return inbox.deliver(session, member_id, kind=kind, facts={}, now=make.NOON)


def test_a_message_is_a_code_and_ids(session: Session) -> None:
    member_id, about = make.a_member(session).id, str(new_id())

    inbox.deliver(session, member_id, kind="proxy.entered", facts={"notice": about}, now=make.NOON)

    (message,) = inbox.page(session, member_id).messages
    assert (message.kind, message.facts) == ("proxy.entered", {"notice": about})
    assert (message.sent_at, message.read_at) == (make.NOON, None)


def test_who_is_no_member_gets_nothing(session: Session) -> None:
    deliver(session, new_id())

    assert session.scalar(select(func.count()).select_from(InboxMessage)) == 0


def test_pages_go_on_where_the_last_one_ended(session: Session) -> None:
    member_id = make.a_member(session).id
    sent = sorted((deliver(session, member_id) for _ in range(5)), reverse=True)

    seen, before = [], None
    for _ in range(3):
        page = inbox.page(session, member_id, before=before, size=2)
        seen += [each.id for each in page.messages]
        before = page.older

    assert (seen, before) == (sent, None)


def test_unread_and_topic_narrow_the_page(session: Session) -> None:
    member_id = make.a_member(session).id
    locked, changed = deliver(session, member_id), deliver(session, member_id, "password.changed")
    inbox.mark(session, locked, member_id=member_id, read_at=make.NOON)

    unread = inbox.page(session, member_id, unread_only=True).messages
    about_locks = inbox.page(session, member_id, kinds={"login.locked"}).messages

    assert [each.id for each in unread] == [changed]
    assert [each.id for each in about_locks] == [locked]
    assert inbox.unread(session, member_id) == 1


@pytest.mark.refusal("message.not_found")
def test_another_s_message_is_not_there(session: Session) -> None:
    owner, other = make.a_member(session, "owner").id, make.a_member(session, "other").id
    message_id = deliver(session, owner)

    with pytest.raises(NotFound, match=r"message\.not_found"):
        inbox.mark(session, message_id, member_id=other, read_at=make.NOON)

    assert inbox.unread(session, owner) == 1
    assert inbox.page(session, other).messages == []


def test_what_came_after_the_page_stays_unread(session: Session) -> None:
    member_id = make.a_member(session).id
    first, second, later = sorted(deliver(session, member_id) for _ in range(3))

    marked = inbox.mark_all(session, member_id, until=second, now=make.NOON + timedelta(1))

    assert marked == 2
    unread = inbox.page(session, member_id, unread_only=True).messages
    assert [each.id for each in unread] == [later]
    assert first < second
