"""No bytes are a mistake of ours: every parser reads or refuses (`make fuzz` looks for longer)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzzing.mutating import bytes_for
from tests.fuzzing.targets import TARGETS, corpus


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_what_is_saved_is_read_or_refused(name: str) -> None:
    for raw in corpus(name):
        TARGETS[name].stands(raw)

    TARGETS[name].parse(corpus(name)[0])  # the first is sound


@pytest.mark.parametrize("name", sorted(TARGETS))
@settings(max_examples=25)
@given(data=st.data())
def test_what_is_changed_is_read_or_refused(name: str, data: st.DataObject) -> None:
    TARGETS[name].stands(data.draw(bytes_for(corpus(name))))
