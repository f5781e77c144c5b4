"""What the shapes of every interface for programs have in common."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Something sent or told: exactly its fields, of exactly their types."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


class PageTold(Shape):
    """A part of a list, in an order that stays."""

    next: str | None
    """The cursor of the next part; the same address stands in `Link`. Null at the end."""


class WordsTold(Shape):
    """A text in both languages."""

    zh: str
    en: str


class ProblemTold(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    type: str
    """`urn:taipei-id:error:` and a code that never changes."""
    title: str
    status: int
    detail: str | None = None
    clause: str | None = None
    case: str | None = None
    """The number of the refusal's slip; the applicant may show it at a counter."""
    reference: str | None = None
