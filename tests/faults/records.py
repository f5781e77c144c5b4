"""What is on record of a client, held against what its people were told, line by line.

Nobody here renews a token: a code that was spent has its tokens, and an unspent one has none.
"""

from collections import Counter, defaultdict
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.lines import Kind
from audit.models import LedgerLine
from clients.grant_types import REFRESH
from clients.models import Client
from consent.models import Consent, Decision, EndReason, Receipt
from idp.models import Grant, Token, TokenKind
from kernel.ids import digest
from tests.faults.promises import Promised

DECIDED = (Kind.CONSENT_GIVEN, Kind.CONSENT_REFUSED)
Answers = list[tuple[str, list[str], list[str]]]  # of each receipt: its id, what is given, refused


def agree(session: Session, client_id: str, promised: Promised) -> None:
    """Hold what a client's people were told against what is on record; raise AssertionError."""
    client = session.scalars(select(Client).where(Client.client_id == client_id)).one()
    _tokens(session, client, promised)
    _footprint(session, client, promised)
    _answers(session, client, promised)


def _tokens(session: Session, client: Client, promised: Promised) -> None:
    grants = {
        each.code_hash: each
        for each in session.execute(
            select(Grant.code_hash, Grant.id, Grant.code_used_at, Grant.ended_at).where(
                Grant.client_id == client.id
            )
        )
    }
    issued, kinds = dict[bytes, UUID](), defaultdict[UUID, Counter[TokenKind]](Counter)
    for each in session.execute(
        select(Token.token_hash, Token.grant_id, Token.kind)
        .join(Grant, Grant.id == Token.grant_id)
        .where(Grant.client_id == client.id)
    ):
        issued[each.token_hash] = each.grant_id
        kinds[each.grant_id][each.kind] += 1
    due = Counter({TokenKind.ACCESS: 1, TokenKind.REFRESH: int(REFRESH in client.grant_types)})
    for grant in grants.values():
        has = due if grant.code_used_at else Counter()
        assert kinds[grant.id] == has, "a code gave more tokens than it is good for, or fewer"
    for place, token in enumerate(promised.tokens):
        its = grants.get(digest(promised.codes_spent[place]))
        assert its is not None, "a code that was given is not on record"
        assert issued.get(digest(token)) == its.id, "a token is not its code's"
        assert its.ended_at or place >= promised.ended, "a token outlived its consent"
    used, told = sum(bool(each.code_used_at) for each in grants.values()), len(promised.tokens)
    assert told <= used <= told + promised.unanswered, "a token of which nobody was told"


def _footprint(session: Session, client: Client, promised: Promised) -> None:
    signed_in = Counter(
        session.scalars(select(Grant.member_id).where(Grant.client_id == client.id))
    )
    assert _lines(session, client, Kind.SIGNED_IN) == signed_in, (
        "a sign-in without its line, or a line without it"
    )
    released, read = _lines(session, client, Kind.RELEASED).total(), promised.claims_read
    assert read <= released <= read + promised.unanswered, "claims were read, or not, unwritten"
    withdrawn, told = _lines(session, client, Kind.CONSENT_WITHDRAWN).total(), promised.withdrawn
    assert told <= withdrawn <= told + promised.unanswered, "a withdrawal without its line"


def _lines(session: Session, client: Client, kind: Kind) -> Counter[UUID]:
    """Count a kind of line by whose footprint it stands in."""
    ours = LedgerLine.client_id == client.id, LedgerLine.kind == kind
    return Counter(session.scalars(select(LedgerLine.member_id).where(*ours)))


def _answers(session: Session, client: Client, promised: Promised) -> None:
    consents = defaultdict[UUID, list[Consent]](list)
    for receipt in session.scalars(select(Receipt.id).where(Receipt.client_id == client.id)):
        consents[receipt] = []
    for each in session.scalars(select(Consent).where(Consent.client_id == client.id)):
        consents[each.receipt_id].append(each)
    assert _kept(consents) == _written(session, client), "an answer that is not what was written"
    ends = Counter[EndReason | None]()
    for answers in consents.values():
        reasons = {each.end_reason if each.ended_at else None for each in answers}
        assert len(reasons) == 1, "a part of an answer has ended"
        ends += Counter(reasons)
    withdrawn = _lines(session, client, Kind.CONSENT_WITHDRAWN).total()
    assert ends[EndReason.WITHDRAWN] == withdrawn, "a consent ended without its line"
    given, live = len(consents), promised.agreed - promised.withdrawn
    unheard = promised.unanswered + promised.unheard
    assert promised.agreed <= given <= promised.agreed + unheard, "an answer of which nobody knows"
    assert live <= ends[None] <= live + promised.unheard, "a consent was lost, or is one too many"


def _kept(consents: dict[UUID, list[Consent]]) -> Answers:
    return sorted(
        (
            str(receipt),
            sorted(each.claim for each in answers if each.decision is Decision.GIVEN),
            sorted(each.claim for each in answers if each.decision is Decision.REFUSED),
        )
        for receipt, answers in consents.items()
    )


def _written(session: Session, client: Client) -> Answers:
    lines = session.execute(
        select(LedgerLine.basis, LedgerLine.claims, LedgerLine.detail).where(
            LedgerLine.client_id == client.id, LedgerLine.kind.in_(DECIDED)
        )
    )
    return sorted(
        (" ".join(each.basis), sorted(each.claims), sorted(each.detail.get("refused", ())))
        for each in lines
    )
