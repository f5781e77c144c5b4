"""Look into petitions and decide them: never who found or suspended, never one's own (6(3)).

What is upheld is restored with effect from the suspension: the member was entitled all along.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.db import changed
from kernel.errors import Refused
from kernel.keyring import Keyring
from members import letters
from members.letters import Author
from services import petitions, suspensions
from services.petition_models import NoProcess, Petition, PetitionState, Result
from services.suspensions import Act


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where an officer works on petitions: at which moment, with which keys."""

    session: Session
    keyring: Keyring
    by: UUID
    now: datetime

    def accept(self, petition: Petition) -> None:
        """Take a petition up."""
        self._require_fit(petition)
        self._move(petition, only=(PetitionState.FILED,), state=PetitionState.ACCEPTED)

    def refer(self, petition: Petition, to: UUID, reason: str) -> None:
        """Tell the member which agency is competent; nothing of theirs is passed on (APA 172)."""
        self._end(petition, "referral", reason, state=PetitionState.REFERRED, referred_to=to)

    def turn_away(self, petition: Petition, ground: NoProcess, reason: str) -> None:
        """Say why a petition is not processed (APA 173)."""
        self._end(petition, "refusal", reason, state=PetitionState.NOT_PROCESSED, ground=ground)

    def investigate(self, petition: Petition, found: str) -> None:
        """Write down what was looked into, and what it showed."""
        self._require_fit(petition)
        self._move(
            petition,
            only=(PetitionState.ACCEPTED,),
            state=PetitionState.INVESTIGATED,
            words_sealed=self._with(petition, "investigation", found),
        )

    def decide(self, petition: Petition, result: Result, reason: str) -> None:
        """Decide, and give the service back as far as the petition is upheld.

        Raises Refused `appeal.second_person` for who found or suspended, `case.self_dealing`,
        `request.words_missing` or `case.wrong_state`.
        """
        self._require_fit(petition)
        self._move(
            petition,
            only=(PetitionState.INVESTIGATED,),
            state=PetitionState.DECIDED,
            result=result,
            decided_by=self.by,
            closed_at=self.now,
            words_sealed=self._with(petition, "decision", reason),
        )
        if result is not Result.NOT_UPHELD:
            self._restore(petition, result)

    def _restore(self, petition: Petition, result: Result) -> None:
        """Lift the suspension it is about, or the gap that it left if something lifted it since.

        The finding stands no more, whatever the note says by now: it is neither petitioned against
        again nor counted by the brake.
        """
        finding = petition.finding
        act = Act(
            member_id=petition.member_id,
            service=finding.run.service,
            actor=self.by,
            reference=petition.reference,
        )
        is_upheld = result is Result.UPHELD
        as_of = taipei_day((finding.decided_at if is_upheld else None) or self.now)
        upon = finding.reference
        is_back = suspensions.restore(self.session, act, upon=upon, as_of=as_of, now=self.now)
        if is_upheld and not is_back:
            suspensions.close_gap(self.session, act, since=as_of, now=self.now)
        finding.restored_at = self.now
        self.session.flush()

    def _require_fit(self, petition: Petition) -> None:
        if self.by in {petition.suspended_by, petition.found_by}:
            raise Refused("appeal.second_person")
        if self.by == petition.member_id:
            raise Refused("case.self_dealing")

    def _end(
        self,
        petition: Petition,
        occasion: str,
        reason: str,
        **values: Any,  # columns of several types
    ) -> None:
        self._require_fit(petition)
        sealed = self._with(petition, occasion, reason)
        self._move(
            petition,
            only=(PetitionState.FILED, PetitionState.ACCEPTED),
            words_sealed=sealed,
            decided_by=self.by,
            closed_at=self.now,
            **values,
        )

    def _with(self, petition: Petition, occasion: str, words: str) -> bytes:
        if not words.strip():
            raise Refused("request.words_missing")
        new = letters.letter(Author.CITY, occasion, words, now=self.now)
        return petitions.with_letter(self.session, petition, new, keyring=self.keyring)

    def _move(
        self,
        petition: Petition,
        *,
        only: Collection[PetitionState],
        **values: Any,  # columns of several types
    ) -> None:
        moved = self.session.execute(
            update(Petition)
            .where(Petition.id == petition.id, Petition.state.in_(only))
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        if changed(moved) != 1:
            raise Refused("case.wrong_state")
        self.session.refresh(petition)
