"""Ask whether the clock tells a stranger from a member, where one may ask about anybody: `--alike`.

As at the till (`bench.alike`): rounds about one of each kind, in an order drawn anew, and a p-value
by permutation. Passwords are hashed at a cost of next to nothing, for Argon2id would hide the rest:
that a stranger's costs one as well is a test of the adapter.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from sqlalchemy import delete

from bench import inside, stores
from bench.alike import Alike, Rounds
from kernel.ids import new_fraction
from kernel.throttle import Throttle
from members.models import Standing
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City, basic

KINDS = ("member", "stranger", "suspended")  # as long as a name, each of them
COUNTER = "counter"
WRONG = make.PASSWORD[::-1]
Ask = Callable[[], object]


def _as_it_is(_kind: str, ask: Ask) -> Ask:
    return ask


def measure(engines: Sequence[str], rounds: int, say: Callable[[str], None]) -> list[Alike]:
    """Measure each door on each engine."""
    return [
        Alike.found(where, taken)
        for engine in engines
        for where, taken in watched(engine, rounds, say)
    ]


def watched(
    engine_name: str,
    rounds: int,
    say: Callable[[str], None],
    *,
    plant: Callable[[str, Ask], Ask] = _as_it_is,
) -> Iterator[tuple[str, Rounds]]:
    """Yield each door of an engine and what it took; `plant` may put more into a kind's asking."""
    with stores.opened(engine_name) as (_, engine), inside.a_city(engine) as city:
        _settle(city)
        for door, asks in _doors(city).items():
            say(f"{engine_name}: {rounds} rounds, {door}")
            asked = {kind: plant(kind, ask) for kind, ask in asks.items()}
            yield f"{engine_name}, {door}", _rounds(asked, rounds, city)


def _rounds(asks: Mapping[str, Ask], count: int, city: City) -> Rounds:
    for _ in range(max(count // 20, 1)):  # until everything is warm
        _round(asks, city)
    return [_round(asks, city) for _ in range(count)]


def _round(asks: Mapping[str, Ask], city: City) -> Mapping[str, float]:
    with city.database() as session:
        session.execute(delete(Throttle))  # nobody is locked out
    order = sorted(KINDS, key=lambda _: new_fraction())
    taken = {kind: _timed(asks[kind]) for kind in order}
    return {kind: taken[kind] for kind in KINDS}


def _timed(ask: Ask) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def _doors(city: City) -> Mapping[str, Mapping[str, Ask]]:
    return {
        "a wrong password": {kind: _login(city, kind) for kind in KINDS},
        "a forgotten password": {kind: _forgotten(city, kind) for kind in KINDS},
        "a counter's hint": {kind: _hint(city, kind) for kind in KINDS},
    }


def _login(city: City, kind: str) -> Ask:
    browser = Browser(city)
    page = browser.get("/account/login")
    return partial(browser.submit, page, login_id=_name(kind), password=WRONG)


def _forgotten(city: City, kind: str) -> Ask:
    browser = Browser(city)
    return partial(browser.submit, browser.get("/recover/password"), login_id=_name(kind))


def _hint(city: City, kind: str) -> Ask:
    sent = {"scope": "openid", "login_hint": _name(kind)}
    return partial(city.call, "/bc-authorize", sent, headers=basic(COUNTER))


def _name(kind: str) -> str:
    return f"some.{kind:x<9}"


def _settle(city: City) -> None:
    grants = ["urn:openid:params:grant-type:ciba"]
    city.register(COUNTER, sector="counter.invalid", grant_types=grants, redirect_uris=[])
    city.enrol(_name("member"))
    city.enrol(_name("suspended"), standing=Standing.SUSPENDED)
