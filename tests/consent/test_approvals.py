"""A question to another: one a purpose, answered once, remembered when it was a no."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient, RegisteredPurpose, view_of
from consent import approvals
from consent.ledger import Answer
from consent.models import ApprovalRequest, ApprovalState, Voice
from consent.parts import Part
from kernel.errors import NotFound
from tests import make

GIVEN = frozenset({"sub", "name"})
NOW = make.NOON
WEEK = timedelta(days=7)


class Asker:
    """A member, a client and a purpose to ask about."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.client: RegisteredClient = view_of(make.a_client(session))
        self.purpose: RegisteredPurpose = self.client.purposes[0]
        self.member_id = make.a_member(session).id

    def ask(self, *, until: datetime | None = None) -> UUID:
        answer = Answer(
            given=GIVEN, refused=frozenset(), duration="90d", language="en", text="x", acr="acr"
        )
        assert approvals.ask(
            self.session,
            self.client,
            self.purpose,
            answer,
            member_id=self.member_id,
            voice=Voice.GUARDIAN_APPROVES,
            until=until,
            now=NOW,
        )
        (row,) = approvals.waiting(self.session, [self.member_id], now=NOW)
        return row.id

    def newest(self, *, since: datetime = NOW, now: datetime = NOW) -> ApprovalRequest | None:
        self.session.expire_all()
        return approvals.newest(
            self.session,
            self.purpose,
            Part.WHOLE,
            member_id=self.member_id,
            since=since,
            now=now,
        )

    def refused(self, given: frozenset[str] = GIVEN, *, since: datetime = NOW - WEEK) -> bool:
        found = approvals.find_refused(
            self.session, self.purpose, given, member_id=self.member_id, since=since
        )
        return found is not None


@pytest.fixture
def asker(session: Session) -> Asker:
    return Asker(session)


@pytest.mark.refusal("approval.not_found")
def test_a_question_that_is_none_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        approvals.get(session, UUID(int=1))


def test_it_waits_a_week_or_until_nobody_has_to_be_asked(asker: Asker) -> None:
    assert approvals.get(asker.session, asker.ask()).expires_at == NOW + WEEK
    sooner = NOW + timedelta(days=1)
    assert approvals.get(asker.session, asker.ask(until=sooner)).expires_at == sooner


def test_it_stands_until_it_is_answered_or_too_old(asker: Asker) -> None:
    assert asker.newest() is None
    asked = asker.ask()

    waiting = asker.newest()
    assert waiting is not None
    assert waiting.state is ApprovalState.WAITING
    assert asker.newest(now=NOW + WEEK) is None
    assert not approvals.decide(
        asker.session, asked, ApprovalState.APPROVED, by=asker.member_id, now=NOW + WEEK
    )
    assert approvals.decide(
        asker.session, asked, ApprovalState.APPROVED, by=asker.member_id, now=NOW
    )
    assert asker.newest() is not None
    assert asker.newest(since=NOW + timedelta(seconds=1)) is None


def test_a_no_answers_the_same_question_for_a_while(asker: Asker) -> None:
    approvals.decide(asker.session, asker.ask(), ApprovalState.REFUSED, by=asker.member_id, now=NOW)

    assert asker.refused()
    assert not asker.refused(GIVEN - {"name"})
    assert not asker.refused(since=NOW)


def test_a_question_about_a_text_since_changed_says_nothing(asker: Asker) -> None:
    asked = approvals.get(asker.session, asker.ask())
    asked.text_version += 1
    asker.session.flush()

    assert asker.newest() is None


def test_who_asked_may_take_it_back(asker: Asker) -> None:
    asker.ask()
    parties = {"member_id": asker.member_id, "purpose_id": asker.purpose.id}

    assert approvals.take_back(asker.session, **parties, now=NOW)
    assert not approvals.take_back(asker.session, **parties, now=NOW)
