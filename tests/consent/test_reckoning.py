"""What a corrected birth date leaves in force: deny by default, and no more than the table."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.models import OrganisationKind
from consent import reckoning, representation
from consent.models import Consent, Decision, Voice
from consent.representation import Band
from kernel.settings import Representation
from tests.make import NOON

TABLE = representation.table_of(Representation().model_dump())
CLIENT, PURPOSE, RECEIPT = UUID(int=1), UUID(int=2), UUID(int=3)
kinds, bands = st.sampled_from(OrganisationKind), st.sampled_from(Band)
claims = st.frozensets(st.sampled_from(["sub", "name", "age_over_18", "district"]), min_size=1)


def a_consent(claim: str, **changes: object) -> Consent:
    values = {
        "claim": claim,
        "client_id": CLIENT,
        "purpose_id": PURPOSE,
        "receipt_id": RECEIPT,
        "decision": Decision.GIVEN,
        "given_at": NOON,
        "expires_at": NOON + timedelta(days=90),
        "ended_at": None,
    }
    return Consent(**{**values, **changes})


def overruled(consents: list[Consent], band: Band, **changes: object) -> set[UUID]:
    more = {"approved": frozenset(), "kinds": {CLIENT: OrganisationKind.MERCHANT}, **changes}
    found = reckoning.overruled(consents, band=band, table=TABLE, **more)  # type: ignore[arg-type]  # of several types
    return {each.purpose_id for each in found}


@pytest.mark.clause("10-I(4)")
@given(given_claims=claims, kind=kinds, band=bands)
def test_what_stands_is_what_could_be_given_alone(
    given_claims: frozenset[str], kind: OrganisationKind, band: Band
) -> None:
    rows = [a_consent(each) for each in sorted(given_claims)]

    ended = overruled(rows, band, kinds={CLIENT: kind})

    voice = representation.voice_of(band, kind, given_claims, table=TABLE)
    assert ended == (set() if voice is Voice.ALONE else {PURPOSE})


def test_what_a_guardian_approved_what_ended_and_what_was_refused_are_left_alone() -> None:
    other = UUID(int=9)

    assert overruled([a_consent("name")], Band.CHILD) == {PURPOSE}
    assert overruled([a_consent("name")], Band.CHILD, approved=frozenset({RECEIPT})) == set()
    assert overruled([a_consent("name", ended_at=NOON)], Band.CHILD) == set()
    assert overruled([a_consent("name", decision=Decision.REFUSED)], Band.CHILD) == set()
    assert overruled([a_consent("name"), a_consent("sub", purpose_id=other)], Band.CHILD) == {
        PURPOSE
    }


def test_a_client_that_is_gone_counts_as_a_merchant() -> None:
    assert overruled([a_consent("name")], Band.YOUTH, kinds={}) == {PURPOSE}
