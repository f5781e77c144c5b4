import re

import pytest

from kernel.cures import CURES, KINDS, cure
from kernel.refusals import CATALOGUE


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_refusal_has_a_cure_in_both_languages(code: str) -> None:
    words = cure(code)

    assert re.search(r"[\u4e00-\u9fff]", words.zh)
    assert words.en.strip()
    assert words.en.isascii()


def test_no_cure_is_written_for_what_nobody_refuses() -> None:
    assert CURES.keys() <= CATALOGUE.keys()
    assert {entry.status for entry in CATALOGUE.values()} <= KINDS.keys()


def test_words_of_its_own_come_before_those_of_its_kind() -> None:
    assert cure("case.poa_scope") == CURES["case.poa_scope"]
    assert cure("session.not_found") == KINDS[404]
