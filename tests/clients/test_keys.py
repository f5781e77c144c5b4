"""Keys that clients publish themselves: fetched when needed, seldom, and never believed blindly."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import update

from clients import keys
from clients.grant_types import CIBA
from clients.keys import ClientKeys, kid_of, read
from clients.models import Client
from kernel.outgoing import MOST_BYTES, Answer, CallFailed
from tests import proofs
from tests.flows.provider import ISSUER, City

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
OLD, NEW = proofs.new_key(), proofs.new_key()
ADDRESS = "https://robot.invalid/jwks.json"
SHORT = {"kty": "RSA", "kid": "short", "n": "sXch" * 43, "e": "AQAB"}  # a thousand bits


class Site:
    """What a client publishes, and how often somebody came to look."""

    def __init__(self) -> None:
        self.body = b""
        self.status = 200
        self.away = False
        self.looks: list[str] = []
        self.publish(OLD)

    def publish(self, *published: ECKey) -> None:
        self.body = json.dumps(proofs.public_set(*published)).encode()

    def __call__(self, url: str, **_options: object) -> Answer:
        self.looks.append(url)
        if self.away:
            raise CallFailed("call.no_connection")
        return Answer(self.status, self.body)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def robot(city: City, site: Site) -> City:
    provider = city.app.extensions["taipei_id"].provider
    provider.client_keys = ClientKeys(city.sessions, site)
    city.register("robot", auth_method="private_key_jwt", jwks_uri=ADDRESS)
    return city


def status(city: City, key: ECKey = OLD, client_id: str = "robot") -> int:
    """Return what the endpoint says that asks nothing of a client but who it is."""
    proof = proofs.assertion(key, client_id, ISSUER, now=city.now)
    form = {"token": "x", "client_assertion_type": proofs.ASSERTION, "client_assertion": proof}
    return city.call("/revoke", form).status_code


def test_a_key_the_client_publishes_proves_it_and_is_fetched_once(robot: City, site: Site) -> None:
    assert [status(robot), status(robot), status(robot)] == [200, 200, 200]
    assert site.looks == [ADDRESS]


@one_database
def test_a_new_key_is_looked_for_as_soon_as_it_is_used(robot: City, site: Site) -> None:
    assert status(robot) == 200
    site.publish(NEW)
    robot.wait(seconds=60)

    assert status(robot, NEW) == 200
    assert status(robot, OLD) == 401
    assert len(site.looks) == 2


@one_database
def test_whoever_sends_unknown_keys_sends_us_to_look_once_in_a_while(
    robot: City, site: Site
) -> None:
    assert status(robot) == 200
    for _ in range(8):
        assert status(robot, proofs.new_key()) == 401
        robot.wait(seconds=5)

    assert len(site.looks) == 2  # at the start, and once in forty seconds


@one_database
def test_a_site_that_never_answered_is_waited_for_once_in_a_while(robot: City, site: Site) -> None:
    site.away = True
    for _ in range(4):
        assert status(robot) == 401
        robot.wait(seconds=5)

    assert len(site.looks) == 1


@one_database
def test_nobody_looks_anywhere_for_a_client_with_registered_keys(robot: City, site: Site) -> None:
    robot.register("clerk", auth_method="private_key_jwt", jwks=proofs.public_set(OLD))

    assert status(robot, OLD, "clerk") == 200
    assert status(robot, NEW, "clerk") == 401
    assert site.looks == []


@one_database
def test_a_withdrawn_key_stops_counting_within_the_hour(robot: City, site: Site) -> None:
    assert status(robot) == 200
    site.publish(NEW)
    robot.wait(minutes=59)
    before = status(robot)
    robot.wait(minutes=1)

    assert (before, status(robot)) == (200, 401)


@one_database
def test_a_site_that_is_away_keeps_its_keys_for_a_day(robot: City, site: Site) -> None:
    assert status(robot) == 200
    site.away = True
    robot.wait(hours=23)
    before = status(robot)
    robot.wait(hours=1)

    assert (before, status(robot)) == (200, 401)
    site.away = False
    robot.wait(seconds=20)
    assert status(robot) == 200


@one_database
def test_keys_of_an_address_the_client_has_left_do_not_count(robot: City, site: Site) -> None:
    assert status(robot) == 200
    with robot.database() as session:
        moved = update(Client).where(Client.client_id == "robot")
        session.execute(moved.values(jwks_uri="https://robot.invalid/moved.json"))
    site.publish(NEW)
    robot.wait(seconds=1)

    assert [status(robot), status(robot, NEW)] == [401, 200]
    assert site.looks == [ADDRESS, "https://robot.invalid/moved.json"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_many_who_want_to_look_at_once_one_does(robot: City, site: Site) -> None:
    together = Barrier(4)

    def come(_number: int) -> int:
        together.wait()
        return status(robot)

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(come, range(4)))

    assert site.looks == [ADDRESS]
    assert 200 in told
    assert status(robot) == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"keys": 7}',
        b'{"keys": {}}',
        b'{"keys": [7, null, [], {}]}',
        b'{"keys": [{"kty": "oct", "k": "AAAA"}]}',
        b'{"keys": [{"kty": "EC", "crv": "P-256", "x": "!", "y": 7}]}',
        b'{"keys": [{"kty": ["EC"]}]}',
        b'{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}',
        b"\xff\xfe",
        b"[" * 20_000,
        b"x" * MOST_BYTES,
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
@one_database
def test_what_is_no_set_of_keys_proves_nothing(robot: City, site: Site, body: bytes) -> None:
    site.body = body

    assert status(robot) == 401


@one_database
def test_an_answer_that_is_no_success_is_no_set_of_keys(robot: City, site: Site) -> None:
    site.status = 302

    assert status(robot) == 401


def test_strange_keys_are_passed_over() -> None:
    good = proofs.public_set(OLD)["keys"][0]
    leaked = {**NEW.as_dict(private=True), "kid": "leaked"}
    strange: list[Any] = [{"kty": "PQC", "kid": "strange"}, leaked, SHORT]

    document = read(json.dumps({"keys": [*strange, {**good, "x5u": "https://x"}]}).encode())

    assert document == {"keys": [good]}


def test_no_more_keys_are_read_than_a_client_needs() -> None:
    many = json.dumps({"keys": proofs.public_set(OLD)["keys"] * 1000}).encode()

    assert len((read(many) or {})["keys"]) == keys.MOST_KEYS


@pytest.mark.parametrize("signed", ["", ".", "\u5e02.x.y", "e30.e30.", "W10.x", "bnVsbA.x", "!!"])
def test_a_header_without_a_name_names_no_key(signed: str) -> None:
    assert kid_of(signed) is None


@one_database
def test_a_request_signed_with_a_published_key_is_opened(robot: City, site: Site) -> None:
    claims = {"iss": "robot", "aud": ISSUER, "client_id": "robot", "state": "inside"}
    wanted = {"response_type": "code", "redirect_uri": "https://library.invalid/callback"}
    signed = proofs.signed(OLD, {**claims, **wanted}, kid=OLD.thumbprint())

    response = robot.call(f"/authorize?client_id=robot&request={signed}")

    assert "state=inside" in response.location  # what it lacks is told by what it signed
    assert site.looks == [ADDRESS]


def signed_request(city: City, key: ECKey, **more: object) -> dict[str, str]:
    """Return a signed request and the proof of who sends it, the latter by the first key."""
    stamp = int(city.now.timestamp())
    claims = {"iss": "robot", "aud": ISSUER, "iat": stamp, "nbf": stamp, "exp": stamp + 60}
    return {
        "request": proofs.signed(key, {**claims, "jti": "one", **more}, kid=key.thumbprint()),
        "client_assertion_type": proofs.ASSERTION,
        "client_assertion": proofs.assertion(OLD, "robot", ISSUER, now=city.now),
    }


@one_database
def test_a_pushed_request_with_a_key_nobody_publishes_waits_for_no_lock_of_its_own(
    robot: City, site: Site
) -> None:
    response = robot.call("/par", signed_request(robot, NEW, client_id="robot"))

    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request_object")
    assert site.looks == [ADDRESS]


@one_database
@pytest.mark.parametrize("hinted", [False, True])
def test_a_counters_new_key_is_looked_for_before_anything_is_written(
    robot: City, site: Site, *, hinted: bool
) -> None:
    with robot.database() as session:
        session.execute(update(Client).values(grant_types=[CIBA]))
    assert status(robot) == 200  # the old key is known now
    robot.wait(seconds=60)
    site.publish(OLD, NEW)
    whom = {"login_hint_token": hint(robot, NEW)} if hinted else {"login_hint": "mei.chen"}
    sent = signed_request(robot, OLD if hinted else NEW, scope="openid", **whom)

    response = robot.call("/bc-authorize", sent)

    assert response.status_code == 200, response.text
    assert site.looks == [ADDRESS, ADDRESS]


def hint(city: City, key: ECKey) -> str:
    whom = {"format": "iss_sub", "iss": ISSUER, "sub": "a-stranger"}
    claims = {"iss": "robot", "aud": ISSUER, "exp": int(city.now.timestamp()) + 60, "sub_id": whom}
    return proofs.signed(key, claims, kid=key.thumbprint())
