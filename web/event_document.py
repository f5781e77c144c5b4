"""Say which events clients are pushed, and how they fetch at `/api/events` what they missed."""

from idp import client_notices, member_notices, organisation_notices
from kernel.wording import Bilingual
from web.api_interfaces import Interface, Operation, Webhook
from web.event_shapes import (
    EndedTold,
    EventsAsked,
    EventsTold,
    MarketingEndedTold,
    NothingTold,
    RequestTold,
)

ADDRESS = "/api/events"
WEBHOOKS = (
    Webhook(
        kind=client_notices.KIND,
        uri=client_notices.EVENT,
        name=Bilingual("同意結束", "A consent ended"),
        told=EndedTold,
        told_example={"purpose": "lending", "reason": "withdrawn"},
    ),
    Webhook(
        kind=client_notices.MARKETING,
        uri=client_notices.MARKETING_EVENT,
        name=Bilingual("不再同意行銷", "Marketing ended"),
        told=MarketingEndedTold,
        told_example={"purpose": "senior-10-percent", "reason": "refused"},
    ),
    Webhook(
        kind=member_notices.REQUESTED,
        uri=member_notices.REQUEST_EVENT,
        name=Bilingual("當事人的請求", "A member's request"),
        told=RequestTold,
        told_example={
            "reference": "M7K2P9QW",
            "kind": "correct",
            "claims": ["address"],
            "stage": "asked",
        },
    ),
    Webhook(
        kind=member_notices.PURGED,
        uri=member_notices.PURGED_EVENT,
        name=Bilingual("帳號已刪除", "An account is gone"),
        told=NothingTold,
        told_example={},
    ),
    Webhook(
        kind=organisation_notices.APPLIED,
        uri=organisation_notices.EVENTS[organisation_notices.APPLIED],
        name=Bilingual("有人申請開通", "An application to have a service"),
        told=NothingTold,
        told_example={},
    ),
    Webhook(
        kind=organisation_notices.PETITIONED,
        uri=organisation_notices.EVENTS[organisation_notices.PETITIONED],
        name=Bilingual("有人陳情", "A petition"),
        told=NothingTold,
        told_example={},
    ),
    Webhook(
        kind=organisation_notices.CONTRACT_ENDED,
        uri=organisation_notices.EVENTS[organisation_notices.CONTRACT_ENDED],
        name=Bilingual("契約結束", "The contract ended"),
        told=NothingTold,
        told_example={},
        about_member=False,
    ),
)
WORDS = {each.kind: each.name for each in WEBHOOKS}
INTERFACE = Interface(
    address=ADDRESS,
    base="/api",
    title="events for clients",
    version="1.0",
    description=(
        "Signed events (RFC 8417) are pushed to the client's registered `notice_uri` (RFC 8935); "
        "what was missed is fetched here for thirty days (RFC 8936), by the client's "
        "authentication as at the token endpoint. Nothing is acknowledged. There will be more "
        "kinds of events: pass over those you do not know."
    ),
    scopes={},
    webhooks=WEBHOOKS,
    operations=(
        Operation(
            method="post",
            path="/events",
            scope="",
            name=Bilingual("取自己的通知", "Fetch one's own events"),
            sent=EventsAsked,
            told=EventsTold,
            codes=(
                *("http.400", "client.authentication_failed"),
                *("event.not_found", "program.too_many"),
            ),
            sent_example={"after": "5f2c7d1e90ab44c1a8e3d0b6f7124c95"},
            told_example={
                "sets": {"b81d0c2f5e7a4d639c04e1f7a2b6d358": "eyJ0eXAiOiJzZWNldmVudCtqd3QifQ.…"},
                "moreAvailable": False,
                "next": "b81d0c2f5e7a4d639c04e1f7a2b6d358",
            },
        ),
    ),
)
