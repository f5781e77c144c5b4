"""The quick start's own words, run: what developers copy signs in at a running provider."""

import os
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask, session

from tests.live.server import Provider
from tests.live.visitor import Visitor
from tests.relying_parties import node_client
from tests.relying_parties.registering import register
from web.developers import ISSUER, LANGUAGES, NOT_RUN, SAMPLES

pytestmark = pytest.mark.slow
BACK = "http://localhost/callback"  # where Flask's test client thinks it is
NODE_BACK = "https://service.example/callback"  # as the sample says
DRIVER = """
import { createInterface } from 'node:readline/promises'
import { callback, login } from './sample.mjs'
const session = {}
console.log((await login(session)).href)
const lines = createInterface({ input: process.stdin })
const url = new URL(await lines.question(''))
lines.close()
console.log(JSON.stringify(await callback(session, url)))
"""
PARSER = """
import com.sun.source.util.JavacTask;
import java.nio.file.Path;
import java.util.List;
import javax.tools.*;
class Parse {
  public static void main(String[] named) throws Exception {
    var compiler = ToolProvider.getSystemJavaCompiler();
    var found = new DiagnosticCollector<JavaFileObject>();
    var files = compiler.getStandardFileManager(found, null, null);
    var sources = files.getJavaFileObjects(Path.of(named[0]));
    ((JavacTask) compiler.getTask(null, files, found, null, null, sources)).parse();
    found.getDiagnostics().forEach(System.out::println);
  }
}
"""


def sample(name: str, provider: Provider, client_id: str, secret: str | None) -> str:
    """Return a sample as a developer fills it in."""
    text = (SAMPLES / f"{name}.txt").read_text("utf-8").replace(ISSUER, provider.issuer)
    return text.replace("CLIENT_ID", client_id).replace("CLIENT_SECRET", secret or "")


def test_the_python_sample_signs_in(
    provider: Provider, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    secret = register(provider, "quick-python", redirect_uris=[BACK])
    module = ModuleType("quick_start")
    exec(sample("python", provider, "quick-python", secret), vars(module))  # noqa: S102  # ours
    app: Flask = module.app
    app.add_url_rule("/seen", "seen", lambda: dict(session))
    visitor.stops.append(BACK)
    browser = app.test_client()

    visitor.open(browser.get("/login").location)
    visitor.log_in(provider.enrol("quick.python")).consent("email")
    answer = browser.get(visitor.url)

    seen: dict[str, Any] = browser.get("/seen").get_json()
    assert answer.location == "/"
    assert seen["email"] == "mei.chen@mail.invalid"
    assert seen["sub"]


def test_the_javascript_sample_signs_in(
    provider: Provider, visitor: Visitor, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    node_client.require_installed(Path(tmp_path_factory.getbasetemp()).parent / "node.lock")
    secret = register(provider, "quick-node", redirect_uris=[NODE_BACK])
    text = sample("node", provider, "quick-node", secret)
    proof = f"oidc.ClientSecretBasic('{secret}'),"
    assert proof in text  # only here, for the provider of the tests speaks http on loopback
    text = text.replace(proof, f"{proof} {{ execute: [oidc.allowInsecureRequests] }},")
    (tmp_path / "sample.mjs").write_text(text)
    (tmp_path / "driver.mjs").write_text(DRIVER)
    (tmp_path / "node_modules").symlink_to(node_client.HERE / "node_modules")
    visitor.stops.append(NODE_BACK)

    with node_client.script("driver.mjs", folder=tmp_path) as client:
        visitor.open(client.start()).log_in(provider.enrol("quick.node")).consent("email")
        told = client.finish(visitor.url)

    assert told["email"] == "mei.chen@mail.invalid"


def test_the_java_sample_is_java(provider: Provider, tmp_path: Path) -> None:
    """Spring is not here; whether the compiler can read it is."""
    if shutil.which("javac") is None:
        pytest.skip("javac is not here")
    _, _, code = sample("java", provider, "quick-java", "").partition("// Security.java")
    body = code.partition("\n")[2]
    (tmp_path / "Parse.java").write_text(PARSER)
    (tmp_path / "Security.java").write_text(f"class Security {{\n{body}\n}}\n")

    read = subprocess.run(
        ["java", "Parse.java", "Security.java"],
        cwd=tmp_path,
        env=os.environ,
        check=True,
        capture_output=True,
        text=True,
    )

    assert "SecurityFilterChain security" in body
    assert read.stdout == ""


def test_the_page_says_which_samples_nobody_runs() -> None:
    assert {"java", "csharp", "php"} == set(NOT_RUN)
    assert set(LANGUAGES) - set(NOT_RUN) == {"python", "node"}
