"""Folding: what a page says is the same as before, and what never changes is said once."""

import pytest
from flask import Flask

from kernel.wording import CHINESE, ENGLISH, LANGUAGES
from tests.flows.provider import City
from web.folding import Folding

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOSTILE = "<b>&'\"%(x)s"


@pytest.fixture
def app() -> Flask:
    app = Flask("web", static_url_path="/static")
    app.add_url_rule("/<name>/page", endpoint="page", view_func=lambda name: name)
    app.config["SERVER_NAME"] = "id.example.invalid"
    return app


def rendered(app: Flask, source: str, tag: str = ENGLISH, **context: object) -> str:
    with app.app_context():
        return Folding(app, tag).from_string(source).render(**context)


def test_a_text_is_said_in_the_language_of_the_page(app: Flask) -> None:
    assert rendered(app, "{{ _('登入') }}", ENGLISH) == "Sign in"
    assert rendered(app, "{{ _('登入') }}", CHINESE) == "登入"


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_value_in_a_text_is_escaped(app: Flask, tag: str) -> None:
    page = rendered(app, "{{ _('登入「%(client)s」', client=name) }}", tag, name=HOSTILE)

    assert "&lt;b&gt;&amp;&#39;&#34;%(x)s" in page
    assert "<b>" not in page


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_folded_text_equals_the_text_that_is_looked_up(app: Flask, tag: str) -> None:
    folded = "{% set words = _('登入「%(client)s」', client=name) %}{{ words|striptags }}"
    looked_up = "{% set text = '登入「%(client)s」' %}{{ _(text, client=name)|striptags }}"

    assert rendered(app, folded, tag, name=HOSTILE) == rendered(app, looked_up, tag, name=HOSTILE)


def test_a_fixed_address_becomes_a_constant(app: Flask) -> None:
    source = "{{ url_for('static', filename='a b&c.css') }}"
    code = Folding(app, ENGLISH).compile(source, raw=True)

    assert "/static/a%20b&amp;c.css" in code
    assert "url_for" not in code


def test_an_address_with_values_is_built_when_they_are_known(app: Flask) -> None:
    with app.test_request_context():
        page = Folding(app, ENGLISH).from_string("{{ url_for('page', name=name) }}")

        assert page.render(name="a b") == "/a%20b/page"


def test_an_address_that_does_not_exist_fails_only_where_it_is_needed(app: Flask) -> None:
    assert rendered(app, "{% if demo %}{{ url_for('nowhere') }}{% endif %}ok") == "ok"


@pytest.mark.parametrize("tag", LANGUAGES)
@one_database
def test_every_page_says_its_texts_as_constants(city: City, tag: str) -> None:
    environment: Folding = city.app.extensions["pages"][tag]
    for name in environment.list_templates(extensions=["html"]):
        code = environment.compile(_source(environment, name), name, raw=True)

        assert "resolve('_')" not in code, name


def _source(environment: Folding, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]
