"""The checker: everything that was promised is there, once, and the records agree with it."""

from audit import verifying
from idp import checkpoints
from idp.keys import Keys
from kernel import clock
from kernel.db import sessions
from tests.faults import records
from tests.faults.people import Somebody
from tests.live.server import KEYRING, Provider


def settle(provider: Provider, people: list[Somebody]) -> None:
    """Hold what people were told against what the provider has; raise AssertionError."""
    for each in people:
        each.mind.find_out()
        _tokens_live(provider, each)
        _codes_are_spent(provider, each)
        with provider.database() as session:
            records.agree(session, each.client_id, each.promised)
    _ledger_verifies(provider)


def _tokens_live(provider: Provider, somebody: Somebody) -> None:
    promised = somebody.promised
    for token in promised.tokens[promised.ended :]:
        assert provider.call("/userinfo", token=token).status_code == 200, "a token was lost"
        promised.claims_read += 1
        promised.attempts += 1
    for token in promised.tokens[: promised.ended][-1:]:  # the records tell of the others
        assert provider.call("/userinfo", token=token).status_code == 401


def _codes_are_spent(provider: Provider, somebody: Somebody) -> None:
    # The last one: a spent code shown again ends its grant, and each of the others is like it.
    for code in somebody.promised.codes_spent[-1:]:
        again = provider.call("/token", somebody.form(code))
        assert again.json()["error"] == "invalid_grant", "a code was good twice"


def _ledger_verifies(provider: Provider) -> None:
    make, keys = sessions(provider.engine), Keys(KEYRING)
    checkpoints.seal(make, keys, issuer=provider.issuer, now=clock.now())
    with provider.database() as session:
        jwks = keys.signer(session, now=clock.now()).jwks

    assert list(verifying.verify(make, check=checkpoints.checking_with(jwks))) == []
    assert verifying.pending(make) == 0
