import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from demo import city, desk, setup, startpage, wallet
from demo.addresses import FIXED
from kernel.db import Sessions
from tests.flows.provider import the_settings
from web.app import create_app

ISSUER = FIXED.provider.origin


@pytest.fixture
def visitor(
    sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FlaskClient]:
    monkeypatch.setenv(setup.DATA_VARIABLE, str(tmp_path))
    app: Flask = create_app(the_settings(demo=True, issuer=ISSUER), database=sessions)
    startpage.init(app)
    with app.test_client() as client:
        yield client


def page(visitor: FlaskClient, language: str) -> str:
    answer = visitor.get("/demo", base_url=ISSUER, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.text


def test_the_start_page_names_everybody_with_their_password(visitor: FlaskClient) -> None:
    text = page(visitor, "zh-TW")

    for persona in city.personas():
        assert f">{persona.login_id}</code>" in text
        assert persona.password in text
        assert persona.special.zh in text


def test_the_start_page_leads_to_both_sites(visitor: FlaskClient) -> None:
    text = page(visitor, "en")

    assert 'href="http://localhost:8601/"' in text
    assert 'href="http://localhost:8602/"' in text


def test_the_english_start_page_marks_what_stays_chinese(visitor: FlaskClient) -> None:
    text = page(visitor, "en")

    assert "The demo city" in text
    assert '<span lang="zh-Hant-TW">陳小美</span>' in text


def test_outside_demo_mode_there_is_no_start_page(sessions: Sessions) -> None:
    app = create_app(the_settings(), database=sessions)

    with pytest.raises(startpage.NotADemo):
        startpage.init(app)
    assert app.test_client().get("/demo").status_code == 404


def lay(visitor: FlaskClient, card: str, **headers: str) -> int:
    token = re.search(r'name="csrf_token" value="([^"]*)"', page(visitor, "en"))
    assert token
    form = {"csrf_token": token[1], "card": card}
    return visitor.post("/demo/reader", data=form, base_url=ISSUER, headers=headers).status_code


@pytest.mark.parametrize("card", [each.id for each in wallet.owned()])
def test_every_card_can_be_laid_on_the_reader_and_taken_away(
    visitor: FlaskClient, tmp_path: Path, card: str
) -> None:
    assert f'value="{card}"' in page(visitor, "en")

    assert lay(visitor, card) == 303
    assert desk.lying(tmp_path) == card
    assert "On the reader: take it away" in page(visitor, "en")
    lay(visitor, "")

    assert desk.lying(tmp_path) == ""


def test_what_is_no_card_of_the_city_is_not_laid_anywhere(
    visitor: FlaskClient, tmp_path: Path
) -> None:
    lay(visitor, "../../etc/passwd")

    assert desk.lying(tmp_path) == ""


def test_another_site_lays_no_card_on_the_reader(visitor: FlaskClient, tmp_path: Path) -> None:
    assert lay(visitor, wallet.owned()[0].id, **{"Sec-Fetch-Site": "cross-site"}) == 403

    assert desk.lying(tmp_path) == ""
