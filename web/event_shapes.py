"""What clients are told by events (RFC 8417), and send to fetch them (RFC 8936)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from consent.models import EndReason
from members.models import RequestKind
from web.api_shapes import Shape


class SubjectTold(Shape):
    """The member, as this client and no other knows them (RFC 9493 3.2.2)."""

    format: Literal["iss_sub"]
    iss: str
    sub: str


class TokenHeader(BaseModel):
    """The header of an event's token."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    typ: Literal["secevent+jwt"]
    alg: Literal["ES256"]
    kid: str
    """A key of `/jwks.json`."""


class TokenTold(Shape):
    """The claims of an event's token."""

    iss: str
    aud: str
    """The `client_id`."""
    iat: int
    jti: str
    """The event's name: the same however often and by whichever way it comes."""
    toe: int
    """When it happened, in seconds; `iat` is when this token was signed."""
    sub_id: SubjectTold | None = None
    """Left out where the event is about nobody."""
    events: dict[str, JsonValue]
    """Exactly one, by its URI."""


class EndedTold(Shape):
    """A consent of the member that is no more."""

    purpose: str | None
    """The purpose's code; null if the client has it no more."""
    reason: EndReason


class MarketingEndedTold(Shape):
    """The data may stay, advertising may not (PDPA 20)."""

    purpose: str | None
    """The purpose's code; null if the client has it no more."""
    reason: Literal["refused"]


class RequestTold(Shape):
    """A member's request; what they wrote is read in the console, by the reference."""

    reference: str
    kind: RequestKind
    claims: tuple[str, ...]
    stage: Literal["asked", "done"]
    """`asked` where the client is to act, `done` where the city already did."""


class NothingTold(Shape):
    """Nothing more: what it is about is read in the console."""


class EventsAsked(BaseModel):
    """Where to go on; beside it what proves the client, unless a header does."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)
    __pydantic_extra__: dict[str, str]

    after: str = ""
    """`next` of the answer before; empty begins with the oldest that is kept."""


class EventsTold(Shape):
    """Events, the oldest first, at most fifty."""

    sets: dict[str, str]
    """The signed token of each, by its `jti`; they have no order."""
    moreAvailable: bool  # noqa: N815  # RFC 8936 2.2 writes it so
    next: str
    """To be sent as `after`."""
