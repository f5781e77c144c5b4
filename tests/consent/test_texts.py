from typing import Any
from uuid import UUID

import pytest

from clients.differences import diff
from clients.directory import RegisteredClient, RegisteredPurpose
from clients.forms import PurposeForm
from clients.models import AuthMethod, OrganisationKind, Profile
from consent import texts
from kernel.wording import CHINESE, ENGLISH, LANGUAGES, Bilingual
from tests import make
from tests.consent.test_questions import a_purpose

LIBRARY = RegisteredClient(
    id=UUID(int=2),
    client_id="library",
    kind=OrganisationKind.AGENCY,
    name=Bilingual("圖書館", "Library"),
    organisation=Bilingual("臺北市立圖書館", "Taipei Public Library"),
    home_uri="https://library.invalid/",
    profile=Profile.BASIC,
    auth_method=AuthMethod.NONE,
    jwks=None,
    sector="library.invalid",
    redirect_uris=frozenset(),
    post_logout_redirect_uris=frozenset(),
    grant_types=frozenset(),
    id_token_alg="ES256",
    resource_server=False,
    secrets=(),
    purposes=(),
)
CARD = a_purpose("name", "birthdate", "age_over_18", required=("name",))


def told(purpose: RegisteredPurpose = CARD, language: str = CHINESE, **more: Any) -> list[str]:
    claims = frozenset({"sub"}) | purpose.approved
    return texts.consent_text(LIBRARY, purpose, claims, language=language, **more).split("\n")


def changes(**changed: Any) -> list[str]:
    before = PurposeForm.model_validate(make.a_purpose_form())
    after = PurposeForm.model_validate(make.a_purpose_form(**changed))
    return [texts.change_words(each, language=CHINESE) for each in diff(before, after)]


@pytest.mark.clause("10(3)")
def test_the_text_names_recipient_purpose_reasons_and_each_datum() -> None:
    assert told() == [
        "提供對象: 臺北市立圖書館 — 圖書館",
        "用途: 說明",
        "說明: 說明",
        "依據: 說明",
        "保存: 說明",
        "不提供的影響: 說明",
        "同意最長: 365 天",
        "版本: 1",
        "資料: 專屬代號",
        "資料: 姓名 說明 · 必要",
        "資料: 出生日期 說明 · 可以只提供：已滿 18 歲",
    ]


def test_the_english_text_says_the_same() -> None:
    assert told(language=ENGLISH)[-2:] == [
        "Datum: Full name words · required",
        "Datum: Date of birth words · this is enough: 18 or older",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_earlier_choices_are_repeated_and_not_asked(language: str) -> None:
    lines = told(language=language, kept={"name": True, "birthdate": False, "gone": True})

    expected = {
        CHINESE: ["先前的選擇: 姓名 提供", "先前的選擇: 出生日期 不提供"],
        ENGLISH: ["Earlier choice: Full name given", "Earlier choice: Date of birth not given"],
    }
    assert lines[-2:] == expected[language]
    assert len(lines) == 8 + 2 + 2


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"text": make.words("寄廣告")}, "用途改為：寄廣告（原本：辦理借閱證）"),
        ({"max_days": 730}, "同意最長改為：730 天（原本：365 天）"),
        ({"claims": [make.a_claim_form("name", required=True)]}, "不再要求：出生日期"),
        (
            {"claims": make.a_purpose_form()["claims"] + [make.a_claim_form("email")]},
            "新增：電子郵件",
        ),
        (
            {"claims": [make.a_claim_form("name"), make.a_claim_form("birthdate")]},
            "「姓名」的理由改為：為了辦證",
        ),
    ],
)
def test_a_change_is_said_in_words(changed: dict[str, Any], words: str) -> None:
    assert changes(**changed) == [words]


def test_changes_are_part_of_the_text_and_so_of_the_proof() -> None:
    before = PurposeForm.model_validate(make.a_purpose_form())
    after = PurposeForm.model_validate(make.a_purpose_form(text=make.words("寄廣告")))

    lines = told(changes=diff(before, after))

    assert "變更: 用途改為：寄廣告（原本：辦理借閱證）" in lines
    assert texts.fingerprint("\n".join(lines)) != texts.fingerprint("\n".join(told()))


def test_the_first_wording_and_a_claim_no_longer_in_the_catalogue_can_be_said() -> None:
    first = PurposeForm.model_validate(make.a_purpose_form(claims=[make.a_claim_form("forgotten")]))

    words = [texts.change_words(each, language=ENGLISH) for each in diff(None, first)]

    assert "New: forgotten" in words
    assert "Purpose is now: To issue a library card" in words
