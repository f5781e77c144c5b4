"""Decide what somebody who acts for a member may do: answer for them, or withdraw for them.

Pure. By law a guardian answers what needs one; by a power of attorney a proxy answers what the
member put before them, in the matters the letter names (Civil Code 103, 167, 1098).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clients.models import OrganisationKind
from consent.models import Voice
from members.models import Relation
from members.proxy_models import Matter

MATTERS = {
    OrganisationKind.AGENCY: Matter.SERVICES,
    OrganisationKind.MERCHANT: Matter.MERCHANTS,
}


@dataclass(frozen=True, kw_only=True)
class Acting:
    """One member who acts for another, by which link or power, and until when."""

    id: UUID
    member_id: UUID
    by: UUID
    relation: Relation
    until: datetime | None
    matters: frozenset[Matter] = frozenset()

    @property
    def is_proxy(self) -> bool:
        """Say whether a letter lets them act, not the law."""
        return self.relation is Relation.PROXY

    @property
    def word_ends_at(self) -> datetime | None:
        """Return when a consent they give ends at the latest: a minor's, with coming of age."""
        return None if self.is_proxy else self.until

    def detail(self) -> dict[str, str]:
        """Return what a line of a footprint says of it: ids; names are looked up when read."""
        return {"by": str(self.by), "whom": str(self.member_id), "relation": self.relation.value}

    def may_answer(self, voice: Voice, kind: OrganisationKind) -> bool:
        """Say whether a question put with this voice is theirs to answer."""
        if self.is_proxy:
            return voice is Voice.PROXY_DECIDES and MATTERS[kind] in self.matters
        return voice in {Voice.GUARDIAN_APPROVES, Voice.GUARDIAN_DECIDES}

    def may_withdraw(self, kind: OrganisationKind, *, approved: bool) -> bool:
        """Say whether a consent is theirs to withdraw; `approved`: it rests on another's word.

        What a minor may give alone, a minor alone takes back. Who is under guardianship has a
        guardian in everything.
        """
        if self.is_proxy:
            return MATTERS[kind] in self.matters
        return approved or (self.relation is Relation.GUARDIAN and self.until is None)

    def may_give_password(self) -> bool:
        """Say whether a ward who forgot the password gets a new one by them.

        An adult under assistance decides alone who signs in as them (Civil Code 15-2).
        """
        return self.relation in {Relation.PARENT, Relation.GUARDIAN}

    def may_read(self) -> bool:
        """Say whether the member's footprint is theirs to read."""
        return Matter.FOOTPRINT in self.matters

    def may_ask(self) -> bool:
        """Say whether requests about the member's data are theirs to make (PDPA 3)."""
        return Matter.REQUESTS in self.matters
