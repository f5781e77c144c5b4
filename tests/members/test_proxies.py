"""Powers of attorney: two people, named matters, a time; ended at once, used wholly or not."""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from members import proxies
from members.proxy_models import Letter, Matter, PowerEnd
from tests import make

NOW = make.NOON
YEAR = timedelta(days=365)
KEY = b"k" * 32


def enter(
    session: Session,
    principal_id: UUID,
    proxy_id: UUID,
    *,
    matters: tuple[Matter, ...] = (Matter.SERVICES,),
    reference: str = "115-委-7",
    starts_at: datetime = NOW,
    ends_at: datetime = NOW + YEAR,
    now: datetime = NOW,
) -> UUID:
    return proxies.enter(
        session,
        principal_id=principal_id,
        proxy_id=proxy_id,
        matters=matters,
        letter=Letter.PAPER,
        reference=reference,
        starts_at=starts_at,
        ends_at=ends_at,
        now=now,
    )


@pytest.fixture
def both(session: Session) -> tuple[UUID, UUID]:
    """Put a principal and a proxy on record."""
    return make.a_member(session, "principal").id, make.a_member(session, "proxy").id


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("poa.is_principal", "case.poa_missing", "case.poa_expired")
def test_what_is_missing_has_its_own_refusal(session: Session, both: tuple[UUID, UUID]) -> None:
    principal, proxy = both

    with pytest.raises(Refused, match=r"poa\.is_principal"):
        enter(session, principal, principal)
    with pytest.raises(Refused, match=r"case\.poa_missing"):
        enter(session, principal, proxy, matters=())
    with pytest.raises(Refused, match=r"case\.poa_missing"):
        enter(session, principal, proxy, reference="  ")
    with pytest.raises(Refused, match=r"case\.poa_expired"):
        enter(session, principal, proxy, ends_at=NOW)
    with pytest.raises(Refused, match=r"case\.poa_expired"):
        enter(session, principal, proxy, starts_at=NOW + YEAR)


@pytest.mark.refusal("poa.already_entered")
def test_one_power_at_a_time_until_it_is_over(session: Session, both: tuple[UUID, UUID]) -> None:
    first = enter(session, *both, ends_at=NOW + timedelta(days=1))

    with pytest.raises(Refused, match=r"poa\.already_entered"):
        enter(session, *both)
    later = NOW + timedelta(days=1)
    second = enter(session, *both, now=later)

    assert proxies.of(session, first).end is PowerEnd.REPLACED
    assert [each.id for each in proxies.held_by(session, both[1], now=later)] == [second]


def test_a_power_of_a_later_day_is_known_but_not_in_force(
    session: Session, both: tuple[UUID, UUID]
) -> None:
    principal, proxy = both
    power_id = enter(session, principal, proxy, starts_at=NOW + timedelta(days=1))

    assert proxies.given_by(session, principal, now=NOW)
    assert not proxies.held_by(session, proxy, now=NOW)
    assert proxies.find(session, power_id, proxy_id=proxy, now=NOW) is None


def test_only_the_proxy_named_holds_it(session: Session, both: tuple[UUID, UUID]) -> None:
    principal, proxy = both
    power_id = enter(session, principal, proxy)

    assert proxies.find(session, power_id, proxy_id=proxy, now=NOW) is not None
    assert proxies.find(session, power_id, proxy_id=principal, now=NOW) is None
    assert proxies.find(session, power_id, proxy_id=proxy, now=NOW + YEAR) is None


@pytest.mark.refusal("poa.not_found")
def test_it_ends_once(session: Session, both: tuple[UUID, UUID]) -> None:
    power_id = enter(session, *both)

    assert proxies.end(session, power_id, PowerEnd.REVOKED, now=NOW)
    assert not proxies.end(session, power_id, PowerEnd.RESIGNED, now=NOW)
    session.expire_all()
    assert proxies.of(session, power_id).end is PowerEnd.REVOKED
    with pytest.raises(NotFound):
        proxies.of(session, UUID(int=1))


def test_the_secret_of_a_notice_is_kept_nowhere_and_works_once_and_in_time(
    session: Session, both: tuple[UUID, UUID]
) -> None:
    power_id = enter(session, *both)
    notice_id = proxies.announce(session, power_id, key=KEY, now=NOW)
    secret = proxies.secret_of(notice_id, key=KEY)

    found = proxies.noticed(session, secret)
    assert found.id == notice_id
    assert secret.encode() not in found.secret_hash
    with pytest.raises(NotFound):
        proxies.noticed(session, proxies.secret_of(notice_id, key=b"x" * 32))
    assert not proxies.use(session, notice_id, now=NOW + proxies.NOTICE_LASTS)
    assert proxies.use(session, notice_id, now=NOW)
    assert not proxies.use(session, notice_id, now=NOW)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_act_happens_wholly_before_the_end_or_not_at_all(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        proxy = make.a_member(session, "proxy").id
        power_id = enter(session, make.a_member(session, "principal").id, proxy)
    together, order = Barrier(2), list[str]()

    def acts() -> None:
        with transaction(sessions) as session:
            held = proxies.find(session, power_id, proxy_id=proxy, now=NOW)
            assert held is not None
            together.wait()
            order.append("acted")

    def revokes() -> None:
        together.wait()
        with transaction(sessions) as session:
            proxies.end(session, power_id, PowerEnd.REVOKED, now=NOW)
            order.append("ended")

    threads = [Thread(target=each) for each in (acts, revokes)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert order == ["acted", "ended"]
    with transaction(sessions) as session:
        assert proxies.find(session, power_id, proxy_id=proxy, now=NOW) is None


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_act_that_waited_for_the_end_finds_nothing(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        proxy = make.a_member(session, "proxy").id
        power_id = enter(session, make.a_member(session, "principal").id, proxy)
    ended, found = Barrier(2), list[object]()

    def acts() -> None:
        ended.wait()
        with transaction(sessions) as session:
            found.append(proxies.find(session, power_id, proxy_id=proxy, now=NOW))

    thread = Thread(target=acts)
    thread.start()
    with transaction(sessions) as session:
        proxies.end(session, power_id, PowerEnd.DISOWNED, now=NOW)
        ended.wait()
    thread.join()

    assert found == [None]
