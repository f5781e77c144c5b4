"""Say which event is pushed by whom: for the worker, and for clients that fetch them."""

from collections.abc import Mapping

from idp import client_notices, member_notices, organisation_notices
from idp.client_notices import Push, Send
from web.rooms import Rooms


def by_kind(rooms: Rooms, send: Send) -> Mapping[str, Push]:
    """Return what signs and pushes each kind of event there is."""
    parts = (rooms.sessions, rooms.provider, send)
    return {
        client_notices.KIND: client_notices.ConsentEnded(*parts),
        client_notices.MARKETING: client_notices.MarketingEnded(*parts),
        member_notices.REQUESTED: member_notices.SubjectRequested(*parts),
        member_notices.PURGED: member_notices.AccountPurged(*parts),
        **dict.fromkeys(organisation_notices.EVENTS, organisation_notices.SomethingWaits(*parts)),
    }
