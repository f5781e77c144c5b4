"""What a suspension means to the other processes of a running server: at once, not in a second."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kernel import clock
from members import register
from members.standing_models import OrderKind
from members.standings import Proposal
from tests.flows.provider import VERIFIER
from tests.live.server import KEYRING, Provider
from tests.live.test_serving import CALLBACK, request_to
from tests.live.test_withdrawal import WORKERS_ARE_BOTH_ASKED, BackEnd
from tests.live.visitor import Visitor
from web import standing_acts

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]


def suspend(provider: Provider, login: str) -> None:
    proposal = Proposal(kind=OrderKind.PROTECTION, clause="6(1)", evidence="115-001", reason="冒用")
    with provider.database() as session:
        member = register.find_by_login(session, login)
        assert member is not None
        standing_acts.propose(
            session, proposal, member_id=member.id, by=None, keyring=KEYRING, now=clock.now()
        )


@pytest.mark.clause("6(1)")
def test_every_process_refuses_a_suspended_member_at_once(
    provider: Provider, visitor: Visitor
) -> None:
    secret = provider.register("suspended-from", sector="suspended.invalid")
    assert secret is not None
    client = BackEnd(provider, secret, "suspended-from")
    visitor.stops.append(CALLBACK)
    who = provider.enrol("mei.is.suspended")
    visitor.open(request_to(provider, "suspended-from")).log_in(who)
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

    suspend(provider, "mei.is.suspended")
    with ThreadPoolExecutor(WORKERS_ARE_BOTH_ASKED) as asking:
        names = [name for name in calls for _ in range(WORKERS_ARE_BOTH_ASKED // len(calls))]
        answers = list(asking.map(lambda name: (name, calls[name]()), names))

    assert set(warm) == {200, True}
    assert set(answers) == {("userinfo", 401), ("introspection", False), ("refresh", 400)}
