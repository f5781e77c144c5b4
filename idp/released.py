"""Give out claims: asked of consent at this very moment, and written to the ledger (PYOP 13)."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import footprint
from audit.lines import Kind
from clients.directory import RegisteredClient
from consent import catalogue, derived, rules, vouched
from consent.catalogue import ALWAYS, MARKETING, VERIFIED
from consent.derived import Relay
from consent.rules import Decided
from idp import verified_claims, verified_request
from idp.errors import ProtocolError
from idp.state import GrantState
from kernel import clock
from kernel.keyring import Keyring
from kernel.prebuilt import Row
from members import identity_checks
from members.models import Member
from members.profile import open_claims

NO_CONSENT = "flow.cross_agency_without_consent: the member's consent has ended"


class ReleasedClaims:
    """pyop's claims source for one request: it knows member, client, purpose and grant."""

    def __init__(
        self,
        state: GrantState,
        client: RegisteredClient | None,
        *,
        keyring: Keyring,
        channel: str,
        relay: Relay,
    ) -> None:
        """Release to `client` over `channel` (id_token or userinfo) what `state`'s grant allows."""
        self._state = state
        self._client = client
        self._keyring = keyring
        self._channel = channel
        self._relay = relay

    def get_claims_for(self, user_id: str, requested_claims: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Return the claims that may leave now.

        Raises ProtocolError `invalid_token` if the consent the grant rests on has ended.
        """
        if self._channel == "id_token" and not requested_claims:
            return {}  # the consent behind a fresh code was asked a moment ago
        grant, session, now = self._state.grant, self._state.session, self._state.now
        decisions, requested = self._state.decisions(), frozenset(requested_claims)
        allowed = allowed_claims(self._client, grant, decisions, requested, now=now)
        said = _marketing(self._client, grant, decisions, requested, now=now)
        if not allowed - {ALWAYS} and not said:
            return {}
        claims = self._values(allowed - {ALWAYS, VERIFIED}) | said
        verified = (
            self._verified(requested_claims[VERIFIED], decisions) if VERIFIED in allowed else []
        )
        if verified:
            claims[VERIFIED] = verified if len(verified) > 1 else verified[0]
        if claims:
            names = frozenset(claims).union(*(each["claims"] for each in verified))
            footprint.record(
                session,
                Kind.RELEASED,
                member_id=grant.member_id,
                now=now,
                client_id=grant.client_id,
                purpose_id=grant.purpose_id,
                claims=names,
                basis=_basis(decisions, names | {ALWAYS}),
                channel=self._channel,
                grant=str(grant.id),
            )
        return claims

    def _values(self, names: frozenset[str]) -> dict[str, Any]:
        """Return what the city knows of `names`; what it does not know is absent, never "no"."""
        state, grant = self._state, self._state.grant
        held = self._open(state.session, grant)
        values = {name: held.get(name) for name in sorted(names - derived.DERIVED - vouched.NAMES)}
        values |= self._derived(names & derived.DERIVED, held)
        values |= vouched.values(
            state.session,
            names,
            member_id=grant.member_id,
            purpose_id=grant.purpose_id,
            held=held,
            now=state.now,
        )
        return {name: value for name, value in values.items() if value is not None}

    def _derived(self, names: frozenset[str], held: Mapping[str, Any]) -> dict[str, Any]:
        if not names:  # few ask for any, and the key costs as much as all that is held
            return {}
        grant, today = self._state.grant, clock.taipei_day(self._state.now)
        key = self._relay.key_for(client_id=grant.client_id, member_id=grant.member_id)
        return {
            name: derived.derive(name, held, client_key=key, today=today) for name in sorted(names)
        }

    def _verified(self, wanted: Any, decisions: tuple[Decided, ...]) -> list[dict[str, Any]]:
        """Return what may leave of the verified claims asked for: each as if asked for plainly."""
        elements = verified_request.read(wanted)
        asked = verified_request.names(elements)
        state, grant = self._state, self._state.grant
        allowed = allowed_claims(self._client, grant, decisions, asked, now=state.now) & asked
        held = self._open(state.session, grant)
        checks = identity_checks.of_member(
            state.session, grant.member_id, held=held, keyring=self._keyring
        )
        values = {name: held[name] for name in allowed if name in held}
        return verified_claims.answers(elements, checks, values, now=state.now)

    def _open(self, session: Session, grant: Row) -> dict[str, Any]:
        data_key_sealed, profile_sealed = _sealed(session, grant)
        return open_claims(
            self._keyring,
            member_id=grant.member_id,
            data_key_sealed=data_key_sealed,
            profile_sealed=profile_sealed,
        )


def _sealed(session: Session, grant: Row) -> tuple[bytes, bytes]:
    """Return the member's sealed data; userinfo has read them along with the token."""
    if hasattr(grant, "profile_sealed"):
        return grant.data_key_sealed, grant.profile_sealed
    statement = select(Member.data_key_sealed, Member.profile_sealed)
    row = session.execute(statement.where(Member.id == grant.member_id)).one()
    return row.data_key_sealed, row.profile_sealed


def _marketing(
    client: RegisteredClient | None,
    grant: Row,
    decisions: Iterable[Decided],
    requested: frozenset[str],
    *,
    now: datetime,
) -> dict[str, bool]:
    """Return what the member said to marketing, if the client asks and is to be told (PDPA 20)."""
    purpose = None if client is None else client.find_purpose_by_id(grant.purpose_id)
    if MARKETING not in requested or purpose is None:
        return {}
    said = rules.marketing_answer(requested, rules.terms_of(purpose), decisions, now=now)
    return {} if said is None else {MARKETING: said}


def allowed_claims(
    client: RegisteredClient | None,
    grant: Row,
    decisions: Iterable[Decided],
    requested: frozenset[str],
    *,
    now: datetime,
) -> frozenset[str]:
    """Return what consent lets this grant release now.

    Raises ProtocolError `invalid_token` when nothing at all may leave: client or purpose gone,
    the merchant's contract over, consent withdrawn or expired.
    """
    purpose = None if client is None else client.find_purpose_by_id(grant.purpose_id)
    if client is None or purpose is None or not client.is_in_force(now=now):
        raise ProtocolError("invalid_token", NO_CONSENT, status=401)
    allowed = rules.releasable(
        catalogue.asked_by(requested), rules.terms_of(purpose), decisions, now=now
    )
    if not allowed:
        raise ProtocolError("invalid_token", NO_CONSENT, status=401)
    return catalogue.without_echoes(allowed, requested)


def _basis(decisions: Iterable[Decided], claims: AbstractSet[str]) -> frozenset[str]:
    """Return the ids of the receipts that a release of `claims` rests on."""
    return frozenset(str(each.receipt_id) for each in decisions if each.claim in claims)
