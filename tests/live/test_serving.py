"""What only a server of several processes can show."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.flows.provider import VERIFIER, challenge
from tests.live.server import DISCOVERY, Person, Provider
from tests.live.visitor import Visitor

pytestmark = pytest.mark.slow

CALLBACK = "https://library.invalid/callback"
RACERS = 8


def request_to(provider: Provider, client_id: str, **changes: str) -> str:
    parameters = {
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid profile",
        "state": "the-state",
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
        **changes,
    }
    url = requests.Request("GET", f"{provider.issuer}/authorize", params=parameters).prepare().url
    assert url is not None
    return url


def exchange(provider: Provider, client_id: str, code: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    return provider.call("/token", form)


def userinfo(provider: Provider, token: str) -> int:
    return provider.call("/userinfo", token=token).status_code


def sign_in(provider: Provider, visitor: Visitor, name: str) -> tuple[str, str]:
    """Return a new client and a code for it."""
    client_id = f"{name}-client"
    provider.register(client_id, auth_method="none", sector=f"{name}.invalid")
    visitor.stops.append(CALLBACK)
    visitor.open(request_to(provider, client_id)).log_in(provider.enrol(name)).consent("birthdate")
    return client_id, visitor.answer()["code"]


def test_the_issuer_published_is_the_address_served(provider: Provider) -> None:
    found = provider.call(DISCOVERY).json()

    assert found["issuer"] == provider.issuer


def test_a_code_raced_by_several_processes_is_exchanged_once(
    provider: Provider, visitor: Visitor
) -> None:
    client_id, code = sign_in(provider, visitor, "racing.code")

    with ThreadPoolExecutor(RACERS) as racers:
        answers = list(racers.map(lambda _: exchange(provider, client_id, code), range(RACERS)))

    errors = [answer.json().get("error") for answer in answers if not answer.ok]
    assert len(errors) >= RACERS - 1
    assert set(errors) == {"invalid_grant"}


def test_after_a_withdrawal_no_process_hands_out_claims(
    provider: Provider, visitor: Visitor
) -> None:
    client_id, code = sign_in(provider, visitor, "withdrawing.member")
    token = exchange(provider, client_id, code).json()["access_token"]
    before = userinfo(provider, token)

    visitor.open(f"{provider.issuer}/account/consents")
    link = visitor.page.split('/withdraw"')[0].rsplit('href="', 1)[1] + "/withdraw"
    visitor.open(provider.issuer + link).submit("withdraw_yes")

    with ThreadPoolExecutor(RACERS) as clients:
        after = list(clients.map(lambda _: userinfo(provider, token), range(RACERS)))
    assert before == 200
    assert set(after) == {401}


def test_guessing_through_several_processes_locks_the_account_once_and_for_all(
    provider: Provider,
) -> None:
    person = provider.enrol("guessed.member")

    def guess(number: int) -> int:
        with Visitor() as stranger:
            stranger.open(f"{provider.issuer}/account/login")
            return stranger.log_in(Person(person.login, f"wrong guess {number}")).status

    with ThreadPoolExecutor(RACERS) as strangers:
        answers = list(strangers.map(guess, range(RACERS)))
    with Visitor() as owner:
        after = owner.open(f"{provider.issuer}/account/login").log_in(person).status

    assert answers.count(429) == RACERS - 5
    assert after == 429
