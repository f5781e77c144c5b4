"""Ask whether a till could tell from the time it waits what it is not told (10(4)): `--alike`.

Members who are old, hold a card, were noted as having none, dispute that, are unknown or suspended
show codes to one shop. Each round asks about one of each kind, in an order drawn anew, so that
whatever slows the machine slows all kinds alike. If the kinds are alike, their ranks within a round
are chance: the p-value is how often shuffled ranks differ as much as those measured (Friedman's
statistic, by permutation). Differences planted into one kind show what would have been found.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy.orm import Session

from bench import stores
from bench.seeding import FORM, PURPOSE, WORDS
from bench.statements import sender
from bench.wire import FORM as FORM_TYPE
from bench.wire import Send, Unexpected
from clients import registry
from consent import till_codes
from idp import keys
from kernel import clock
from kernel.db import Sessions, sessions, transaction
from kernel.ids import new_fraction
from kernel.keyring import Keyring
from kernel.settings import Settings
from kernel.wording import Bilingual
from members import register
from members.models import Member, Standing
from members.profile import Profile
from services import activations, offers, populations
from services.activations import Provenance
from services.models import Activation, Channel
from web import till
from web.app import create_app
from web.cli.opening import keyring_of

SHOP, OFFER, CARD = "bench-cafe", "senior", "senior_card"
EACH = 12  # members of a kind
PERMUTATIONS = 1_000
PLANTED = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # of the median
FOUND = 0.01  # a p-value below is what `visible` takes for found
SURE = 0.001  # below this twice, one look after the other, is no chance: once in a million
MICRO = 1e6
RULE = {"any_of": [{"age_at_least": 65}, {"activated": CARD}]}
OLD, YOUNG = "1950-01-01", "1990-01-01"
KINDS: Mapping[str, tuple[str, Activation | None, bool, Standing]] = {
    "yes, by age": (OLD, None, False, Standing.ACTIVE),
    "yes, by card": (YOUNG, Activation.ACTIVATED, False, Standing.ACTIVE),
    "no: nothing is known": (YOUNG, None, False, Standing.ACTIVE),
    "no: noted as none": (YOUNG, Activation.NOT_ACTIVATED, False, Standing.ACTIVE),
    "no: disputed": (YOUNG, Activation.NOT_ACTIVATED, True, Standing.ACTIVE),
    "no: suspended": (OLD, Activation.ACTIVATED, False, Standing.SUSPENDED),
}
Rounds = Sequence[Mapping[str, float]]  # of each kind, how long it took


@dataclass(frozen=True, kw_only=True)
class Alike:
    """What was found on one engine."""

    engine: str
    rounds: int
    medians_us: Mapping[str, float]
    p_value: float
    visible: float | None  # the least planted share of the median that is found; None if none is

    @classmethod
    def found(cls, engine: str, taken: Rounds) -> Self:
        """Judge what each kind took, round by round, in seconds."""
        return cls(
            engine=engine,
            rounds=len(taken),
            medians_us={kind: median(each[kind] for each in taken) * MICRO for kind in taken[0]},
            p_value=p_value(taken),
            visible=visible(taken),
        )


def statistic(ranked: Sequence[Sequence[int]]) -> float:
    """Return how far the mean ranks of the kinds lie apart; rows are rounds (Friedman 1937)."""
    return float(sum(sum(column) ** 2 for column in zip(*ranked, strict=True)))


def ranks(row: Sequence[float]) -> list[int]:
    """Return the place of each value in its round."""
    order = sorted(range(len(row)), key=row.__getitem__)
    return [order.index(place) for place in range(len(row))]


def p_value(rounds: Rounds, *, permutations: int = PERMUTATIONS) -> float:
    """Return how often chance alone tells the kinds apart as well as these rounds do."""
    ranked = [ranks(list(each.values())) for each in rounds]
    found = statistic(ranked)
    as_much = sum(
        statistic([_shuffled(row) for row in ranked]) >= found for _ in range(permutations)
    )
    return (as_much + 1) / (permutations + 1)


def _shuffled(row: Sequence[int]) -> list[int]:
    return sorted(row, key=lambda _: new_fraction())


def visible(rounds: Rounds) -> float | None:
    """Return how large a difference, as a share of the median, these rounds would show."""
    return next((each for each in PLANTED if p_value(planted(rounds, each)) < FOUND), None)


def planted(rounds: Rounds, share: float) -> Rounds:
    """Return the rounds with one kind made slower by a share of the median."""
    slower = next(iter(rounds[0]))
    more = share * median(value for each in rounds for value in each.values())
    return [{**each, slower: each[slower] + more} for each in rounds]


def told_apart(look: Callable[[], Mapping[str, float]]) -> frozenset[str]:
    """Return where the clock tells, by p-values at each place: looked at twice, if at all.

    Of a thousand looks at what is alike one is below SURE; of a million pairs of looks one is.
    """
    suspected = _unlikely(look())
    return suspected & _unlikely(look()) if suspected else suspected


def _unlikely(p_values: Mapping[str, float]) -> frozenset[str]:
    return frozenset(where for where, each in p_values.items() if each < SURE)


def measure(engines: Sequence[str], rounds: int, say: Callable[[str], None]) -> list[Alike]:
    """Measure on each engine."""
    return [
        Alike.found(where, taken)
        for engine in engines
        for where, taken in watched(engine, rounds, say)
    ]


def watched(
    engine_name: str, rounds: int, say: Callable[[str], None]
) -> Iterator[tuple[str, Rounds]]:
    """Yield where was asked on an engine, and what it took."""
    with stores.opened(engine_name) as (store, engine):
        shop = _settle(sessions(engine), store.settings)
        say(f"{engine_name}: {rounds} rounds at the till")
        _rounds(shop, max(rounds // 20, 1))  # until everything is warm
        taken = _rounds(shop, rounds)
    say(f"{engine_name}: shuffling")
    yield engine_name, taken


@dataclass(frozen=True)
class Shop:
    """A till, and the members of each kind who come to it."""

    send: Send
    secret: str
    database: Sessions
    key: bytes
    members: Mapping[str, Sequence[UUID]]

    def ask(self, member_id: UUID) -> float:
        """Let a member show a code, and return how many seconds the answer took."""
        now = clock.now()
        with transaction(self.database) as session:
            code_id = till_codes.show(session, member_id=member_id, key=self.key, now=now)
        code = till_codes.code_of(code_id, key=self.key)
        form = {"client_id": SHOP, "client_secret": self.secret, "code": code, "offer": OFFER}
        body, headers = urlencode(form).encode(), {"Content-Type": FORM_TYPE}
        began = time.perf_counter()
        answer = self.send("POST", till.PATH, headers, body)
        took = time.perf_counter() - began
        if answer.status != 200:  # noqa: PLR2004  # OK
            raise Unexpected(f"the till was answered {answer.status}: {answer.body[:200]!r}")
        return took


def _rounds(shop: Shop, count: int) -> Rounds:
    return [_round(shop, number) for number in range(count)]


def _round(shop: Shop, number: int) -> Mapping[str, float]:
    order = sorted(KINDS, key=lambda _: new_fraction())
    taken = {kind: shop.ask(shop.members[kind][number % EACH]) for kind in order}
    return {kind: taken[kind] for kind in KINDS}


def _settle(database: Sessions, settings: Settings) -> Shop:
    keyring, now = keyring_of(settings), clock.now()
    with transaction(database) as session:
        keys.ensure(session, keyring, now=now)
        registry.add(session, registry.parse(FORM), now=now)
        secret = registry.add(session, registry.parse(_shop_form()), now=now)
        _offer(session)
        members = {
            kind: [_member(session, f"{number}-{place}", kind, keyring) for place in range(EACH)]
            for number, kind in enumerate(KINDS)
        }
    app = create_app(settings, database=database)
    key = app.extensions["taipei_id"].till.key
    return Shop(sender(app), str(secret), database, key, members)


def _shop_form() -> dict[str, object]:
    purpose = {**PURPOSE, "code": OFFER, "kind": "offer", "claims": []}
    today = clock.taipei_day(clock.now())
    return {
        **FORM,
        "client_id": SHOP,
        "kind": "merchant",
        "body": "merchant",
        "auth_method": "client_secret_post",
        "sector": "cafe.invalid",
        "purposes": [purpose],
        "contract": {
            "number": "bench",
            "business_number": "04595252",
            "starts_on": date(today.year, 1, 1).isoformat(),
            "ends_on": date(today.year + 1, 12, 31).isoformat(),
        },
    }


def _offer(session: Session) -> None:
    now = clock.now()
    today, words = clock.taipei_day(now), Bilingual(WORDS["zh"], WORDS["en"])
    agency = registry.get(session, str(FORM["client_id"])).organisation_id
    activations.open_service(session, agency, CARD, words, sensitive=False, now=now)
    figures = {populations.EVERYBODY: 10_000, '{"age_at_least":65}': 2_000}
    figures[f'{{"activated":"{CARD}"}}'] = 1_900
    for condition, people in figures.items():
        populations.enter(
            session, condition, people, source="bench", document="bench", as_of=today, now=now
        )
    purpose = registry.get(session, SHOP).purposes[0]
    terms = offers.Terms(
        title=words,
        rule=RULE,
        document_number="1",
        valid_from=today,
        valid_until=date(today.year + 1, 12, 31),
    )
    offer = offers.submit(session, purpose.id, terms, now=now)
    offers.approve(session, offer.id, approval_number="2", smallest=50, now=now)


def _member(session: Session, login: str, kind: str, keyring: Keyring) -> UUID:
    born, state, is_disputed, standing = KINDS[kind]
    now = clock.now()
    member: Member = register.add(
        session, login, Profile(name="陳美玉", birthdate=born), keyring=keyring, now=now
    )
    member.standing = standing
    if state is not None:
        service = activations.get_service(session, CARD)
        activations.note(
            session,
            service,
            state,
            Provenance(channel=Channel.KEYED, actor="bench", reference="bench"),
            member_id=member.id,
            organisation_id=service.organisation_id,
            as_of=clock.taipei_day(now),
            now=now,
        )
    if is_disputed:
        activations.dispute(session, CARD, member_id=member.id, now=now)
    return member.id
