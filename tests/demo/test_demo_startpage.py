from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from demo import city, startpage
from demo.addresses import FIXED
from kernel.db import Sessions
from tests.flows.provider import the_settings
from web.app import create_app

ISSUER = FIXED.provider.origin


@pytest.fixture
def visitor(sessions: Sessions) -> Iterator[FlaskClient]:
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
