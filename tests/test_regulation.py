"""The trace of the regulation is true: each clause is proved, or waits for something named."""

from tests import regulation


def test_each_clause_is_proved_or_waits() -> None:
    proved = set(regulation.proofs())

    assert proved | set(regulation.WAITING) == set(regulation.CLAUSES)
    assert not proved & set(regulation.WAITING)


def test_the_document_says_what_the_markers_say() -> None:
    wanted = regulation.text(regulation.proofs())

    assert regulation.DOCUMENT.read_text("utf-8") == wanted, (
        "run python -m tests.regulation --write"
    )
