"""What who acts may do: by law what needs them, by a letter what it names, and nothing else."""

from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.models import OrganisationKind
from consent.acting import MATTERS, Acting
from consent.models import Voice
from members.models import Relation
from members.proxy_models import Matter
from tests import make

kinds, voices = st.sampled_from(OrganisationKind), st.sampled_from(Voice)
matters = st.frozensets(st.sampled_from(Matter))


def an_acting(
    relation: Relation,
    *,
    until: datetime | None = make.NOON,
    matters: frozenset[Matter] = frozenset(),
) -> Acting:
    return Acting(
        id=UUID(int=1),
        member_id=UUID(int=2),
        by=UUID(int=3),
        relation=relation,
        until=until,
        matters=matters,
    )


@pytest.mark.clause("7(2)")
@given(kind=kinds, voice=voices, named=matters, approved=st.booleans())
def test_a_proxy_does_what_the_letter_names(
    kind: OrganisationKind, voice: Voice, named: frozenset[Matter], *, approved: bool
) -> None:
    by = an_acting(Relation.PROXY, matters=named)

    is_named = MATTERS[kind] in named
    assert by.may_withdraw(kind, approved=approved) is is_named
    assert by.may_answer(voice, kind) is (is_named and voice is Voice.PROXY_DECIDES)
    assert by.may_read() is (Matter.FOOTPRINT in named)
    assert by.may_ask() is (Matter.REQUESTS in named)
    assert not by.may_give_password()
    assert by.word_ends_at is None


@given(
    kind=kinds,
    relation=st.sampled_from((Relation.PARENT, Relation.ASSISTANT)),
    approved=st.booleans(),
)
def test_by_law_only_what_rests_on_their_word_is_theirs_to_withdraw(
    kind: OrganisationKind, relation: Relation, *, approved: bool
) -> None:
    by = an_acting(relation)

    assert by.may_withdraw(kind, approved=approved) is approved
    assert not by.may_read()
    assert not by.may_ask()
    assert by.word_ends_at == make.NOON


@given(kind=kinds, voice=voices, approved=st.booleans())
def test_who_is_under_guardianship_has_a_guardian_in_everything(
    kind: OrganisationKind, voice: Voice, *, approved: bool
) -> None:
    by = an_acting(Relation.GUARDIAN, until=None)

    assert by.may_withdraw(kind, approved=approved)
    assert an_acting(Relation.GUARDIAN).may_withdraw(kind, approved=approved) is approved
    assert by.may_answer(voice, kind) is (
        voice in {Voice.GUARDIAN_APPROVES, Voice.GUARDIAN_DECIDES}
    )
