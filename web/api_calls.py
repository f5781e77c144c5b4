"""Let programs in to an interface of ours by the token they bring, and tell them what they get."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from flask import request
from pydantic import BaseModel
from werkzeug.wrappers import Response

from idp import bearers
from idp.bearers import Caller
from kernel.errors import Refused
from kernel.throttle import Policy
from web import programs, scope

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Door:
    """The way in to one interface: where it is, and how often a minute each scope may be used."""

    address: str
    most: Mapping[str, int]

    def caller(self, needed: str) -> Caller:
        """Return whose program calls, with what it may do.

        Raises ProtocolError `invalid_token`; Refused `program.too_many`, or
        `flow.merchant_contract_inactive` for a merchant without a contract.
        """
        rooms = scope.rooms()
        caller = bearers.caller(
            rooms.provider,
            scope.db(),
            authorization=request.headers.get("Authorization"),
            shown=programs.shown(),
            audience=rooms.provider.issuer + self.address,
            now=scope.now(),
        )
        policy = self._policy(needed)
        key = policy.key(str(caller.client.id), secret=rooms.throttle_key)
        verdict = policy.hit(scope.db(), key, now=scope.now())
        scope.keep()  # the call counts and its proof is spent, whatever comes of it
        if not verdict.allowed:
            raise Refused("program.too_many", retry_at=verdict.retry_at)
        if not caller.client.is_in_force(now=scope.now()):
            raise Refused("flow.merchant_contract_inactive")
        return caller

    def let_in(self, needed: str) -> Caller:
        """Return whose program calls. Raises Refused `program.scope_missing` besides."""
        caller = self.caller(needed)
        if needed not in caller.scopes:
            raise Refused("program.scope_missing")
        return caller

    def _policy(self, needed: str) -> Policy:
        name = f"{self.address.rpartition('/')[2]}.{needed}"
        return Policy(name=name, limit=self.most[needed], window=MINUTE, lockout=MINUTE)


def told(answer: BaseModel, *, status: int = HTTPStatus.OK) -> Response:
    """Return an answer that nobody keeps on the way."""
    return said(answer.model_dump_json().encode(), status=status)


def said(body: bytes, *, status: int) -> Response:
    """Return JSON that is written already."""
    response = Response(body, status, mimetype=programs.JSON)
    response.headers["Cache-Control"] = "no-store"
    return response
