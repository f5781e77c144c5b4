"""A shop with a till: the provider decides about its offer as the test says."""

from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from consent import till_codes
from kernel.errors import Refused
from tests import make
from tests.flows.provider import City, basic
from web import till as till_api

OFFER = "senior-10-percent"


@pytest.fixture
def shop(city: City) -> City:
    with city.database() as session:
        make.a_shop(session, now=city.now)
    decide_always(city, says=True)
    return city


def decide_always(city: City, *, says: bool | Refused) -> None:
    def decide(*_asked: object, **_more: object) -> bool:
        if isinstance(says, Refused):
            raise says
        return says

    rooms = city.app.extensions["taipei_id"]
    till = replace(rooms.till, decide=decide)
    city.app.extensions["taipei_id"] = replace(rooms, till=till)


def shown(city: City, login: str = "mei.chen") -> str:
    key = city.app.extensions["taipei_id"].till.key
    member_id = city.member_id(login)
    with city.database() as session:
        code_id = till_codes.show(session, member_id=member_id, key=key, now=city.now)
    return till_codes.code_of(code_id, key=key)


def ask(
    city: City, code: str, offer: str = OFFER, client_id: str = "cafe", **more: Any
) -> TestResponse:
    form = {"code": code, "offer": offer}
    return city.call(till_api.PATH, form, headers=basic(client_id), **more)
