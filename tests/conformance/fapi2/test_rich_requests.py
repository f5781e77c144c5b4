"""FAPI 2.0 with authorization_request_type=rar: what the suite's variant adds to its modules."""

import json
from typing import Any

import pytest

from clients import registry
from idp.details import TYPE
from kernel import clock
from kernel.ids import new_id
from kernel.wording import Bilingual
from services import activations
from tests import make
from tests.conformance import plans
from tests.conformance.fapi import PAIRS, Fapi, Pair
from tests.live.server import DISCOVERY, Provider
from tests.live.visitor import Visitor

pytestmark = pytest.mark.slow
Detail = dict[str, str]


class Rich(Fapi):
    """One run of the variant: the client's agency has two services."""

    def __init__(self, provider: Provider, visitor: Visitor, pair: Pair) -> None:
        super().__init__(provider, visitor, pair)
        self.services = [f"service_{new_id().hex[-12:]}" for _ in range(2)]
        with provider.database() as session:
            agency = registry.get(session, self.client.client_id).organisation_id
            for code in self.services:
                name = Bilingual("服務", "Service")
                activations.open_service(
                    session, agency, code, name, sensitive=False, now=clock.now()
                )

    @property
    def both(self) -> list[Detail]:
        return [detail(code) for code in self.services]


@pytest.fixture(params=sorted(plans.PAIRS))
def rich(request: pytest.FixtureRequest, provider: Provider, visitor: Visitor) -> Rich:
    """Lend a client of each pair."""
    return Rich(provider, visitor, PAIRS[request.param])


def detail(service: str, **changes: str) -> Detail:
    purpose = make.a_purpose_form()["code"]
    return {"type": TYPE, "purpose": purpose, "service": service, **changes}


def written(*details: Any) -> str:  # JSON
    return json.dumps(details)


def test_discovery_names_the_type(rich: Rich) -> None:
    told = rich.provider.call(DISCOVERY).json()

    assert told["authorization_details_types_supported"] == [TYPE]


def test_the_tokens_say_what_was_agreed_and_refreshing_keeps_it(rich: Rich) -> None:
    asked = rich.both

    first = rich.tokens(authorization_details=written(*asked))
    second = rich.client.renew(first["refresh_token"]).json()

    assert first["authorization_details"] == second["authorization_details"] == asked
    assert rich.resource(first["access_token"]).status_code == 200


def test_a_code_gives_less_than_was_agreed_if_less_is_asked(rich: Rich) -> None:
    asked = rich.both
    code = rich.code(authorization_details=written(*asked))

    told = rich.client.redeem(code, authorization_details=written(asked[1])).json()

    assert told["authorization_details"] == asked[1:]


def test_details_that_do_not_hold_are_refused_where_they_are_pushed(rich: Rich) -> None:
    known = rich.both[0]
    for wrong in ({"type": "payment"}, {**known, "amount": "1"}, detail("pools")):
        response = rich.push(authorization_details=written(known, wrong))

        assert response.status_code == 400
        assert response.json()["error"] == "invalid_authorization_details"
