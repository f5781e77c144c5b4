"""Compile a page once a language: its words and its fixed addresses stand in it as constants.

A page says some forty texts and twenty addresses that are the same in every request. To look each
of them up again took longer than everything else that renders it (docs/decisions/0037).
"""

from gettext import NullTranslations

from flask import Flask
from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer
from markupsafe import Markup
from werkzeug.routing import BuildError, MapAdapter

from web import i18n

WORDS, ADDRESS = "_", "url_for"


class Page(Template):
    """A template that imports macros without comparing globals: none are given to one alone."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:  # noqa: ARG002
        return super()._get_default_module()


class Folding(Environment):
    """Jinja for one language of the site."""

    template_class = Page

    def __init__(self, app: Flask, tag: str) -> None:
        """Read the templates of `app`; say their words in the language `tag`."""
        super().__init__(
            app, extensions=["jinja2.ext.i18n"], autoescape=True, auto_reload=app.debug
        )
        self._words, self._addresses = i18n.translations(tag), app.url_map
        self.install_gettext_callables(  # type: ignore[attr-defined]  # the extension's
            self._words.gettext, self._words.ngettext, newstyle=True
        )
        self.globals[ADDRESS] = app.url_for

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,  # noqa: FBT001, FBT002  # Jinja's signature
    ) -> str:
        """Fold before code is made: the hook Jinja names for it."""
        folder = _Folder(self, self._words, self._addresses.bind(""))
        return super()._generate(folder.visit(source), name, filename, defer_init)


class _Folder(NodeTransformer):
    """Puts constants where a call would always answer the same."""

    def __init__(
        self, environment: Environment, words: NullTranslations, addresses: MapAdapter
    ) -> None:
        self._environment = environment
        self._words = words
        self._addresses = addresses

    def visit_Call(self, call: nodes.Call) -> nodes.Expr:  # noqa: N802  # Jinja's way of naming
        self.generic_visit(call)
        name = call.node.name if isinstance(call.node, nodes.Name) else ""
        fold = {WORDS: self._said, ADDRESS: self._address}.get(name)
        text = _only_text(call)
        return call if fold is None or text is None else fold(call, text)

    def _said(self, call: nodes.Call, chinese: str) -> nodes.Expr:
        # As the extension's gettext does it: marked safe, then formatted, even without values.
        words = Markup(self._words.gettext(chinese))  # noqa: S704  # ours, not a stranger's
        if not call.kwargs:
            return self._constant(call, words % {})
        pairs = [
            nodes.Pair(nodes.Const(each.key), each.value, lineno=call.lineno)
            for each in call.kwargs
        ]
        return nodes.Mod(
            self._constant(call, words),
            nodes.Dict(pairs, lineno=call.lineno),
            lineno=call.lineno,
            environment=self._environment,
        )

    def _address(self, call: nodes.Call, endpoint: str) -> nodes.Expr:
        values = {
            each.key: each.value.value
            for each in call.kwargs
            if isinstance(each.value, nodes.Const) and not each.key.startswith("_")
        }
        if len(values) < len(call.kwargs):
            return call
        try:
            return self._constant(call, self._addresses.build(endpoint, values))
        except BuildError:
            return call  # a page of the demonstration, in a branch that is not taken

    def _constant(self, call: nodes.Call, value: str) -> nodes.Const:
        return nodes.Const(value, lineno=call.lineno, environment=self._environment)


def _only_text(call: nodes.Call) -> str | None:
    """Return the fixed text that is the only unnamed argument of a call."""
    if call.dyn_args or call.dyn_kwargs or len(call.args) != 1:
        return None
    first = call.args[0]
    return str(first.value) if isinstance(first, nodes.Const) else None
