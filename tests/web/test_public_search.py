"""How well an entry answers a question, whatever is asked."""

from hypothesis import given
from hypothesis import strategies as st

from kernel.wording import Bilingual
from web import public_search


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_score_is_a_small_number_whatever_is_asked(asked: str, text: str) -> None:
    entry = public_search.Entry(kind="page", title=Bilingual(text, text), url="/", text=text)

    assert 0 <= entry.score(" ".join(public_search.plainly(asked).split())) <= 3
