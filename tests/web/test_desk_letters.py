"""A decision is printed with everything the law wants in it, or not at all (APA 96)."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counters.case_models import CaseMatter
from kernel.errors import Refused
from kernel.wording import Bilingual
from tests.flows.provider import City
from tests.web import office as offices
from tests.web.office import Office
from web import desk_letters, pdf
from web.desk_letters import Decision

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
WORDS = Bilingual("字", "words")
PARTS = tuple(Decision.__dataclass_fields__)
WHOLE = Decision(**dict.fromkeys(PARTS, WORDS))


@pytest.fixture
def office(city: City) -> Office:
    return offices.open_office(city)


def facts(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page))


@pytest.mark.clause("7(1)")
@one_database
def test_a_refusal_says_whom_what_why_by_which_clause_by_whom_and_what_now(
    office: Office,
) -> None:
    number = office.opened(matter="change")
    office.step(number, "refuse", reason="case.identity_unverifiable")

    page = office.browser.get(f"/counter/cases/{number}/letter")

    assert page.status_code == 200
    said = facts(page.text)
    assert said["受文者"].startswith("陳美玉 A12345")
    assert said["主旨"] == "您的申請不予核可。"
    assert "無法驗證" in said["理由"]
    assert "第 7(1) 點" in said["法令依據"]
    assert "30 天內" in said["救濟"]
    assert "訴願" in said["救濟"]
    assert "within" in said["Remedy"]
    assert all(words.strip() for words in said.values())
    assert 'class="seal"' in page.text
    last = offices.views_of(office.city, office.mei)[-1]
    assert last.detail["case"] == number


@one_database
def test_an_approval_names_the_point_it_rests_on(office: Office) -> None:
    number = office.opened(matter="change")
    assert office.browser.get(f"/counter/cases/{number}/letter").status_code == 404
    office.step(number, "finish")

    page = office.browser.get(f"/counter/cases/{number}/letter").text

    assert "print_letter" in office.browser.get(f"/counter/cases/{number}").text
    assert facts(page)["主旨"] == "您的申請核可了，已經辦好。"
    assert "第 2(8)5 點" in page


@pytest.mark.refusal("letter.incomplete")
@given(part=st.sampled_from(PARTS), gap=st.sampled_from(["", " ", "\u3000\n"]), zh=st.booleans())
def test_no_letter_has_a_gap(part: str, gap: str, *, zh: bool) -> None:
    words = Bilingual(gap, "words") if zh else Bilingual("字", gap)

    with pytest.raises(Refused, match=r"^letter\.incomplete$"):
        replace(WHOLE, **{part: words})


def test_every_matter_has_its_ground() -> None:
    assert set(desk_letters.GROUNDS) == set(CaseMatter)


# As PDF


@one_database
def test_without_the_extra_no_pdf_is_offered(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "_maker", lambda: None)
    number = office.opened()

    assert 'id="as_pdf"' not in office.browser.get(f"/counter/cases/{number}/slip").text
    assert office.browser.get(f"/counter/cases/{number}/slip?as=pdf").status_code == 404


@one_database
def test_receipts_refusals_and_decisions_go_through_one_door(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list[str]()

    class Sheet:
        def __init__(self, string: str) -> None:
            made.append(string)

        def write_pdf(self, **_how: object) -> bytes:
            return b"%PDF-1.7 made here"

    fake = SimpleNamespace(HTML=Sheet, CSS=lambda filename: filename)
    monkeypatch.setattr(pdf, "_maker", lambda: fake)
    number = office.opened(matter="change")
    office.step(number, "refuse", reason="case.identity_unverifiable")
    slip = office.take_in(()).location
    paths = [f"/counter/cases/{number}/slip", f"/counter/cases/{number}/letter", slip]

    for path in paths:
        assert f'href="{path}?as=pdf"' in office.browser.get(path).text
        response = office.browser.get(f"{path}?as=pdf")
        assert (response.mimetype, response.data[:5]) == ("application/pdf", b"%PDF-")
        assert response.headers["Cache-Control"] == "no-store"
    assert len(made) == len(paths)
    assert all("http" not in each and "<script" not in each for each in made)


@pytest.mark.slow
@one_database
def test_the_library_makes_one(office: Office) -> None:
    if not pdf.is_offered():
        pytest.skip("the extra pdf is not installed here")
    number = office.opened(language="en")

    response = office.browser.get(f"/counter/cases/{number}/slip?as=pdf")

    assert response.data.startswith(b"%PDF-")
    assert len(response.data) > 5000
