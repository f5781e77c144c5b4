from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.evidence import Evidence, State, evidence

DAY = date(2026, 11, 23)
notes = st.fixed_dictionaries(
    {
        "noted": st.none() | st.booleans(),
        "source": st.none() | st.sampled_from(["", "臺北市立圖書館"]),
        "as_of": st.none() | st.just(DAY),
        "disputed": st.booleans(),
    }
)


def a_note(*, noted: bool | None, disputed: bool = False) -> Evidence:
    return evidence(noted=noted, source="臺北市立圖書館", as_of=DAY, disputed=disputed)


@pytest.mark.clause("10-II")
@given(notes)
def test_only_an_undisputed_dated_note_of_an_agency_is_a_no(note: dict[str, object]) -> None:
    found = evidence(**note)  # type: ignore[arg-type]  # as drawn

    sure = note["noted"] is False and note["source"] and note["as_of"] and not note["disputed"]
    assert found.is_denied() is bool(sure)


@pytest.mark.clause("2(6)")
def test_not_activated_and_unknown_are_different_facts() -> None:
    unknown = evidence(noted=None, source=None, as_of=None, disputed=False)

    assert a_note(noted=False).claim() == {
        "state": "not_activated",
        "disputed": False,
        "source": "臺北市立圖書館",
        "as_of": "2026-11-23",
    }
    assert unknown.claim() == {"state": "unknown", "disputed": False}


def test_an_activated_note_says_so_with_its_source_and_day() -> None:
    assert a_note(noted=True).state is State.ACTIVATED
    assert a_note(noted=True).claim()["as_of"] == "2026-11-23"


@pytest.mark.clause("10-II")
@pytest.mark.parametrize("noted", [True, False])
def test_a_disputed_note_is_neither_yes_nor_no(noted: bool) -> None:  # noqa: FBT001  # a parameter
    disputed = a_note(noted=noted, disputed=True)

    assert disputed.state is State.DISPUTED
    assert disputed.claim()["disputed"] is True


@pytest.mark.clause("10-II")
@pytest.mark.parametrize("noted", [None, True, False])
def test_evidence_cannot_be_taken_for_yes_or_no(noted: bool | None) -> None:  # noqa: FBT001  # same
    with pytest.raises(TypeError, match="ask for the state"):
        bool(a_note(noted=noted))
