"""What the pages for developers say holds everything there is to say."""

import ast
from collections.abc import Iterator
from pathlib import Path

import web
from demo.city import PERSONAS
from web import personas
from web.developers import CARDS, STANDINGS
from web.protocol_errors import PROTOCOL_ERRORS

HOUSE = Path(web.__file__).parent.parent


def raised(tree: ast.Module) -> Iterator[str]:
    """Give each OAuth error a module refuses with."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=error), *_]):
                if name in {"ProtocolError", "AuthorizationRefused"}:
                    yield str(error)
            case ast.Call(
                func=ast.Attribute(attr="refuse"), args=[_, ast.Constant(value=error), _]
            ):
                yield str(error)


def test_every_oauth_error_of_ours_has_a_cause_and_a_cure() -> None:
    sources = [path for room in ("idp", "web") for path in (HOUSE / room).rglob("*.py")]
    errors = {error for path in sources for error in raised(ast.parse(path.read_text("utf-8")))}

    assert len(errors) > 15
    assert errors <= PROTOCOL_ERRORS.keys()
    for advice in PROTOCOL_ERRORS.values():
        for words in (advice.cause, advice.cure):
            assert words.zh
            assert words.en
            assert words.en.isascii()


def test_every_card_of_theirs_has_words() -> None:
    everybody = personas.read(PERSONAS)

    assert {card for each in everybody for card in each.cards} == CARDS.keys()
    assert {each.standing for each in everybody} == {"active", *STANDINGS}
