"""What a withdrawal means to the other processes of a running server: at once, not in a second."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.flows.provider import VERIFIER
from tests.live.server import Provider
from tests.live.test_serving import CALLBACK, request_to
from tests.live.visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]

CLIENT = "withdrawn-from"
WORKERS_ARE_BOTH_ASKED = 12  # calls at once: two processes share them


class BackEnd:
    """A client's own server, with its secret."""

    def __init__(self, provider: Provider, secret: str, client_id: str = CLIENT) -> None:
        self.issuer = provider.issuer
        basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        self.headers = {"Authorization": f"Basic {basic}"}

    def post(self, path: str, **form: str) -> requests.Response:
        with requests.Session() as http:
            http.trust_env = False
            return http.post(self.issuer + path, data=form, headers=self.headers, timeout=60)


@pytest.mark.clause("10(3)")
def test_within_a_second_every_process_refuses_userinfo_introspection_and_refresh(
    provider: Provider, visitor: Visitor
) -> None:
    secret = provider.register(CLIENT, sector="withdrawn.invalid")
    assert secret is not None
    client = BackEnd(provider, secret)
    visitor.stops.append(CALLBACK)
    visitor.open(request_to(provider, CLIENT)).log_in(provider.enrol("mei.withdraws"))
    visitor.consent("birthdate")
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK}
    code = visitor.answer()["code"]
    tokens: dict[str, Any] = client.post("/token", code=code, code_verifier=VERIFIER, **form).json()
    access, refresh = tokens["access_token"], tokens["refresh_token"]
    calls: dict[str, Callable[[], object]] = {
        "userinfo": lambda: provider.call("/userinfo", token=access).status_code,
        "introspection": lambda: client.post("/introspect", token=access).json()["active"],
        "refresh": lambda: (
            client.post("/token", grant_type="refresh_token", refresh_token=refresh).status_code
        ),
    }
    warm = [calls[name]() for name in ("userinfo", "introspection") for _ in range(4)]
    visitor.open(f"{provider.issuer}/account/consents")
    link = visitor.page.split('/withdraw"')[0].rsplit('href="', 1)[1] + "/withdraw"
    visitor.open(provider.issuer + link)

    visitor.submit("withdraw_yes")
    with ThreadPoolExecutor(WORKERS_ARE_BOTH_ASKED) as asking:
        names = [name for name in calls for _ in range(WORKERS_ARE_BOTH_ASKED // len(calls))]
        answers = list(asking.map(lambda name: (name, calls[name]()), names))

    assert set(warm) == {200, True}
    assert set(answers) == {("userinfo", 401), ("introspection", False), ("refresh", 400)}
