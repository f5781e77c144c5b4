"""Slips of those who were turned away: the reason, never the person (7(1))."""

import pytest
from sqlalchemy.orm import Session

from kernel.errors import NotFound, Refused
from members import refusal_slips
from members.admission import DocumentsMissing
from members.application_models import Channel, Document
from tests import make


@pytest.mark.clause("7(1)")
def test_who_comes_again_with_the_slip_is_told_what_was_missing(session: Session) -> None:
    missing = (Document.ID_CARD, Document.GUARDIAN_ID)
    slip = refusal_slips.record(
        session, DocumentsMissing(missing), channel=Channel.COUNTER, now=make.NOON
    )

    found = refusal_slips.get(session, slip.number.lower(), now=make.NOON)

    assert found == slip
    assert (found.code, found.missing) == ("case.documents_missing", missing)


def test_any_refusal_has_a_slip(session: Session) -> None:
    refused = Refused("member.under_age_7")

    slip = refusal_slips.record(session, refused, channel=Channel.SITE, now=make.NOON)

    assert (slip.code, slip.missing) == ("member.under_age_7", ())


@pytest.mark.refusal("slip.not_found")
def test_a_slip_is_good_for_thirty_days(session: Session) -> None:
    refused = Refused("member.under_age_7")
    slip = refusal_slips.record(session, refused, channel=Channel.SITE, now=make.NOON)

    with pytest.raises(NotFound, match=r"slip\.not_found"):
        refusal_slips.get(session, slip.number, now=make.NOON + refusal_slips.KEPT)
    with pytest.raises(NotFound, match=r"slip\.not_found"):
        refusal_slips.get(session, "\ud800", now=make.NOON)
