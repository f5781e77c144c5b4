"""Prove that a language is always found and that every text exists in both."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from gettext import NullTranslations
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from kernel.wording import CHINESE, ENGLISH, LANGUAGES
from web.catalogue import Catalogue
from web.i18n import choose, translations

WEB = Path(__file__).parents[2] / "web"
TEMPLATES = WEB / "templates"
CATALOGUE = WEB / "translations" / "en" / "LC_MESSAGES" / "messages.po"

CJK = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
PLACEHOLDER = re.compile(r"%\(\w+\)s")
QUOTED = re.compile("“([^”%]+)”")
SAID = {  # what people and programs say; no page, list or button is called so
    "- ",
    "Cannot be confirmed",
    "Log in with Taipei ID",
    "cannot be confirmed",
    "help confirm",
    "no",
    "not confirmed",
    "not confirmed here",
}
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
JINJA_STRING = re.compile(r"'[^']*'" + r'|"[^"]*"')

Message = str | tuple[str, ...]


def _texts(
    folder: Path, methods: list[tuple[str, str]], *keywords: str, **of_several: tuple[int, ...]
) -> Iterator[Message]:
    for _, _, message, _, _ in extract_from_dir(
        folder,
        methods,
        {"**.html": {"silent": "false"}},
        keywords={"ngettext": (1, 2), **dict.fromkeys(keywords), **of_several},
    ):
        yield message


@cache  # every template asks, and reading them all takes a second
def _template_texts() -> set[Message]:
    return set(_texts(TEMPLATES, [("**.html", "jinja2.ext:babel_extract")], "_"))


@cache
def _view_texts() -> set[Message]:
    return set(_texts(WEB, [("*.py", "python")], "say"))


def _english() -> dict[str, tuple[str, ...]]:
    with CATALOGUE.open("rb") as source:
        return {
            _first(entry.id): tuple(_several(entry.string or ""))
            for entry in read_po(source, locale=ENGLISH, abort_invalid=True)
            if entry.id
        }


def _several(message: Message | list[str]) -> list[str]:
    return [message] if isinstance(message, str) else list(message)


def _first(message: Message | list[str]) -> str:
    return _several(message)[0]


@pytest.mark.parametrize("texts", [_template_texts, _view_texts])
def test_every_text_has_english_words_without_chinese_characters(
    texts: Callable[[], set[Message]],
) -> None:
    english = _english()

    for message in texts():
        words = english.get(_first(message), ())

        assert words, f"no English for {message!r}"
        assert all(words), f"empty English for {message!r}"
        assert not any(CJK.search(each) for each in words), f"Chinese in the English of {message!r}"


def _bilinguals() -> set[tuple[str, str]]:
    """Return what code says in both languages at once: letters, refusals and their cures."""
    found: set[tuple[str, str]] = set()
    for room in (WEB, WEB.parent / "kernel"):
        for message in _texts(room, [("*.py", "python")], Bilingual=(1, 2)):
            if isinstance(message, tuple) and all(message):
                found.add((message[0], message[1]))
    return found


def test_a_name_quoted_in_english_is_what_the_page_calls_itself() -> None:
    both = {(chinese, each) for chinese, words in _english().items() for each in words}
    both |= _bilinguals()
    names = {english.casefold() for _, english in both}

    lost = {
        quoted
        for _, english in both
        for quoted in QUOTED.findall(english)
        if quoted not in SAID and not any(name.startswith(quoted.casefold()) for name in names)
    }

    assert lost == set()


def test_what_goes_on_in_the_next_line_is_no_new_sentence_glued_on() -> None:
    lines = CATALOGUE.read_text("utf-8").splitlines()
    glued = [
        after
        for before, after in pairwise(lines)
        if after.startswith('"') and before.split(" ", 1)[-1] != '""'
        if not before.endswith((' "', '\\n"')) and not after.startswith('" ')
    ]

    assert glued == []


def test_english_words_name_the_same_values_as_the_chinese_text() -> None:
    for chinese, words in _english().items():
        for each in words:
            assert set(PLACEHOLDER.findall(each)) == set(PLACEHOLDER.findall(chinese)), chinese


def test_the_catalogue_holds_nothing_that_no_page_says() -> None:
    said = {_first(message) for message in _template_texts() | _view_texts()}

    assert set(_english()) <= said


class _Untranslated(HTMLParser):
    """Collect Chinese text and attributes that are not inside an element said to be Chinese."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append((tag, ("lang", CHINESE) in attrs))
        self.found += [value for _, value in attrs if value and CJK.search(value)]

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if CJK.search(data) and not any(chinese for _, chinese in self.open):
            self.found.append(data.strip())


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_says_chinese_that_is_not_to_be_translated(path: Path) -> None:
    parser = _Untranslated()
    parser.feed(JINJA.sub("", path.read_text("utf-8")))

    assert parser.found == []


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_every_chinese_string_in_an_expression_is_marked_for_translation(path: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    marked = {part for message in _template_texts() for part in _several(message)}
    strings = [each[1:-1] for each in JINJA_STRING.findall(" ".join(JINJA.findall(source)))]

    assert [each for each in strings if CJK.search(each) and each not in marked] == []


def test_chinese_needs_no_catalogue() -> None:
    assert type(translations(CHINESE)) is NullTranslations
    assert translations(CHINESE).gettext("登入") == "登入"


def test_english_comes_from_the_catalogue() -> None:
    assert translations(ENGLISH).gettext("登入") == "Sign in"


def test_the_catalogue_reads_as_babel_reads_it() -> None:
    words = translations(ENGLISH)

    for text, (one, *more) in _english().items():
        assert words.gettext(text) == one
        assert words.ngettext(text, text, 1) == one
        assert words.ngettext(text, text, 2) == (more[0] if more else one)


@pytest.mark.parametrize("line", ['msgctxt "at the desk"', "msgid 登入", '"登入"', "登入"])
def test_a_catalogue_that_holds_more_than_we_read_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"^line 2 "):
        Catalogue(["# words", line])


def test_a_text_without_words_is_said_as_it_is() -> None:
    words = Catalogue([])

    assert words.gettext("登入") == "登入"
    assert words.ngettext("一筆", "多筆", 1) == "一筆"
    assert words.ngettext("一筆", "多筆", 2) == "多筆"


def test_english_counts() -> None:
    counted = "有效的同意 %(num)s 筆"

    assert translations(ENGLISH).ngettext(counted, counted, 1) == "%(num)s consent in force"
    assert translations(ENGLISH).ngettext(counted, counted, 2) == "%(num)s consents in force"


@pytest.mark.parametrize("language", ["", "de", "../../etc"])
def test_a_language_we_do_not_speak_has_no_words(language: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(language)}$"):
        translations(language)


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh", CHINESE),
        ("zh-TW", CHINESE),
        ("zh-Hant", CHINESE),
        ("zh_TW", CHINESE),
        ("ZH-hant-tw", CHINESE),
        ("en", ENGLISH),
        ("en-GB", ENGLISH),
        ("fr", CHINESE),
        ("english", CHINESE),
        ("", CHINESE),
    ],
)
def test_a_tag_means_the_language_it_begins_with(tag: str, language: str) -> None:
    assert choose(ui_locales=tag, cookie="", accept_language="") == language


def test_the_clients_wish_comes_before_the_cookie_and_the_browser() -> None:
    assert choose(ui_locales="en zh-TW", cookie="zh-Hant-TW", accept_language="zh") == ENGLISH


def test_the_cookie_comes_before_the_browser() -> None:
    assert choose(ui_locales="fr", cookie="en", accept_language="zh-TW") == ENGLISH


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-TW;q=0.5, en;q=0.9", ENGLISH),
        ("fr, en;q=0.8, zh;q=0.8", ENGLISH),
        ("en;q=0, zh;q=0.1", CHINESE),
        ("en;q=0", CHINESE),
        ("*", CHINESE),
        ("en;q=nan", CHINESE),
        ("en;q=2", CHINESE),
        ("en;q=1.000", ENGLISH),
        (",,;;q=,en", ENGLISH),
    ],
)
def test_the_browser_is_heard_by_weight(header: str, language: str) -> None:
    assert choose(ui_locales="", cookie="", accept_language=header) == language


@given(ui_locales=st.text(), cookie=st.text(), accept_language=st.text())
def test_whatever_is_sent_a_language_is_chosen(
    ui_locales: str, cookie: str, accept_language: str
) -> None:
    chosen = choose(ui_locales=ui_locales, cookie=cookie, accept_language=accept_language)

    assert chosen in LANGUAGES


@given(
    weights=st.lists(st.tuples(st.sampled_from(["zh-TW", "en-US"]), st.integers(0, 1000))),
)
def test_the_heaviest_range_wins(weights: list[tuple[str, int]]) -> None:
    header = ",".join(f"{tag};q={weight / 1000:.3f}" for tag, weight in weights[:20])
    heaviest = max(weights[:20], key=lambda pair: pair[1], default=("zh", 0))
    expected = ENGLISH if heaviest[0] == "en-US" and heaviest[1] > 0 else CHINESE

    assert choose(ui_locales="", cookie="", accept_language=header) == expected
