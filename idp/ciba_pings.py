"""Tell a client that its member has answered; what was answered it must ask itself (CIBA 10.2)."""

import json
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from idp import awaited
from idp.models import AwaitedRequest
from idp.provider import Provider
from kernel.db import Sessions, transaction
from kernel.jobs import JobDelayed, JobImpossible, Work
from kernel.keyring import Keyring
from kernel.outgoing import AddressForbidden, Answer, CallFailed

TAKEN = range(200, 300)
LATER = frozenset({408, 429, *range(500, 600)})  # anything else would be answered alike again

Send = Callable[..., Answer]  # kernel.outgoing.call, with the settings' hosts


class Ping:
    """The handler of these jobs."""

    def __init__(self, make: Sessions, provider: Provider, keyring: Keyring, send: Send) -> None:
        """Open what was sealed with `keyring`; `send` posts a body to an address."""
        self._make = make
        self._provider = provider
        self._keyring = keyring
        self._send = send

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Ping once; a redirect is not followed, and what the client refuses is not tried again."""
        found = self._open(UUID(work.payload["awaited"]), now=now)
        if found is None:
            return  # too late: the client has polled, or nobody waits any more
        address, handle, token = found
        body = json.dumps({"auth_req_id": handle}).encode()
        try:
            answer = self._send(
                address, body, content_type="application/json", authorization=f"Bearer {token}"
            )
        except AddressForbidden as forbidden:
            raise JobImpossible(forbidden.code) from None
        except CallFailed as failed:
            raise JobDelayed(failed.code) from None
        if answer.status in LATER:
            raise JobDelayed(f"call.status_{answer.status}")
        if answer.status not in TAKEN:
            raise JobImpossible(f"call.status_{answer.status}")

    def _open(self, awaited_id: UUID, *, now: datetime) -> tuple[str, str, str] | None:
        with transaction(self._make) as session:
            row = session.get(AwaitedRequest, awaited_id)
            if row is None or row.ping_sealed is None or awaited.last_poll(row) <= now:
                return None
            client = self._provider.directory.find_by_id(session, row.client_id, now=now)
            sealed = row.ping_sealed
        if client is None or client.ping_uri is None:
            return None
        opened = self._keyring.unseal(sealed, place=awaited.place_of(awaited_id))
        handle, token = json.loads(opened)
        return client.ping_uri, handle, token
