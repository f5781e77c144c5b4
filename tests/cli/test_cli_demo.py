import sys
from importlib import import_module
from types import ModuleType

import pytest

from tests.cli.conftest import Taipei
from web.cli.demo import RUNNER, SANDBOX


def test_the_demo_starts_the_city_and_the_sandbox_its_own_provider(
    taipei_id: Taipei, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    for name in (RUNNER, SANDBOX):
        runner = ModuleType(name)
        runner.__dict__["main"] = lambda name=name: started.append(name)
        monkeypatch.setitem(sys.modules, name, runner)

    assert taipei_id("demo").exit_code == 0
    assert taipei_id("sandbox").exit_code == 0
    assert started == [RUNNER, SANDBOX]


def test_without_its_extra_the_demo_says_what_to_install(
    taipei_id: Taipei, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Missing:
        def find_spec(self, name: str, *_: object) -> None:
            if name == RUNNER:
                raise ModuleNotFoundError("No module named 'authlib'", name="authlib")

    import_module("demo")
    monkeypatch.delitem(sys.modules, RUNNER, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])

    started = taipei_id("demo")

    assert started.exit_code == 1
    assert started.stderr == "Error: the demo needs its extra: pip install 'taipei-id[demo]'\n"


def test_any_other_missing_module_is_a_bug_and_not_hidden(
    taipei_id: Taipei, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.cli.demo.RUNNER", "demo.no_such_module")

    with pytest.raises(ModuleNotFoundError):
        taipei_id("demo")


def test_every_command_explains_itself(taipei_id: Taipei) -> None:
    shown = taipei_id("--help").stdout

    for command in ("serve", "db", "keys", "client", "member", "demo", "doctor", "purge"):
        assert f"\n  {command} " in shown
