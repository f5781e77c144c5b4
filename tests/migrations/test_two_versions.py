"""Two neighbouring versions serve one database at once, and each goes on where the other stopped.

Both are nodes behind one name: what holds between them holds between any two nodes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import postgres
from tests.faults.accounts import settle
from tests.faults.people import Somebody, signed_in, signing_in
from tests.flows.provider import VERIFIER
from tests.live.server import Provider, serving
from tests.live.test_serving import CALLBACK, request_to
from tests.live.test_withdrawal import BackEnd
from tests.live.visitor import Visitor
from tests.migrations.next_version import NextVersion, made_of_this_one

pytestmark = pytest.mark.slow

CLIENT = "meets-both"


class Wanderer(Somebody):
    """Somebody whom a balancer sends to another node with each request."""

    def __init__(self, nodes: list[Provider], name: str) -> None:
        self._nodes, self._turns = nodes, count()
        super().__init__(nodes[0], name)

    @property
    def provider(self) -> Provider:
        """Return the node whose turn it is."""
        return self._nodes[next(self._turns) % len(self._nodes)]

    @provider.setter
    def provider(self, first: Provider) -> None:
        assert first in self._nodes


@dataclass(frozen=True)
class Neighbours:
    """A node of this version and one of the next, and who signed in while the tables changed."""

    old: Provider
    new: Provider
    version: NextVersion
    people: list[Somebody]


@pytest.fixture(scope="module")
def neighbours(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Neighbours]:
    folder: Path = tmp_path_factory.mktemp("versions")
    with postgres.fresh_database(postgres_server) as url, serving(url, folder) as old:
        version, nodes = made_of_this_one(old, url, folder), [old]
        people: list[Somebody] = [Wanderer(nodes, f"wanders.{number}") for number in range(2)]
        with signing_in(people):
            version.upgrade()
        with version.serving() as new:
            nodes.append(new)
            yield Neighbours(old, new, version, people)


def test_nobody_notices_that_the_nodes_are_of_two_versions(neighbours: Neighbours) -> None:
    people = neighbours.people

    for each in people * 3:
        each.sign_in()

    assert signed_in(people) >= 6
    assert [each.promised.unanswered for each in people] == [0, 0]
    assert neighbours.version.hues() == {"grey", "blue"}  # both wrote, each what it knows
    assert neighbours.old.call("/health/ready").status_code == 200
    settle(neighbours.new, people)


def test_what_begins_at_one_version_goes_on_at_the_other(neighbours: Neighbours) -> None:
    old, new = neighbours.old, neighbours.new
    secret = old.register(CLIENT, sector="both.invalid")
    assert secret is not None
    at_old, at_new = (BackEnd(node, secret, CLIENT) for node in (old, new))
    with Visitor(CALLBACK) as visitor:
        visitor.open(request_to(old, CLIENT)).log_in(old.enrol("mei.meets")).consent()
        code = visitor.answer()["code"]

        first = tokens(at_new.post("/token", **exchanging(code)))
        second = tokens(
            at_old.post("/token", grant_type="refresh_token", refresh_token=first["refresh_token"])
        )
        claims = [node.call("/userinfo", token=second["access_token"]) for node in (old, new)]
        again = at_old.post("/token", **exchanging(code))
        silently = visitor.open(request_to(new, CLIENT, prompt="none")).answer()
        visitor.open(f"{new.issuer}/logout").submit("logout_yes")
        afterwards = visitor.open(request_to(old, CLIENT, prompt="none")).answer()

    assert first["access_token"] != second["access_token"]
    assert again.json()["error"] == "invalid_grant"
    assert [each.status_code for each in claims] == [200, 200]
    assert silently["code"]
    assert afterwards["error"] == "login_required"


def exchanging(code: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }


def tokens(answer: requests.Response) -> dict[str, Any]:  # JSON
    assert answer.ok, answer.text
    told: dict[str, Any] = answer.json()
    return told
