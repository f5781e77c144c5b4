"""Put an answer before who acts for the member: guardians by law, proxies at the member's wish."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from uuid import UUID

from audit import footprint
from audit.lines import Kind
from clients.models import OrganisationKind
from consent import approvals, ledger, representation
from consent.acting import Acting
from consent.ledger import Answer
from consent.models import ApprovalRequest, ApprovalState, Voice
from consent.parts import Part
from consent.representation import Band
from idp.interaction import AskConsent
from idp.requests import AuthorizationRequest
from kernel.db import transaction
from kernel.errors import Refused
from kernel.throttle import Policy
from members import capacities, guardians, proxies, register
from web import acting, consent_page, notices, pages, scope
from web import guardians as people
from web.mails import Mail

# Whoever cannot take no for an answer fills nobody's mailbox.
ASKING = Policy(name="ask-others", limit=5, window=timedelta(hours=24), lockout=timedelta(hours=24))


def everything(asked: AuthorizationRequest) -> frozenset[str]:
    """Return all this request could come to give."""
    return asked.claims & asked.purpose.approved


def band_of(member_id: UUID, kind: OrganisationKind, given: AbstractSet[str]) -> Band:
    """Return where a member stands; the record is opened only where an age matters."""
    session, table = scope.db(), scope.rooms().representation
    declared = capacities.find(session, member_id)
    if declared is None and not representation.depends_on_age(kind, given, table=table):
        return Band.ADULT
    member = register.read(session, member_id)
    born = register.claims_of(member, keyring=scope.rooms().keyring).get("birthdate")
    return representation.band_of(born, declared, now=scope.now())


def voice_of(member_id: UUID, kind: OrganisationKind, given: AbstractSet[str]) -> Voice:
    """Return whose word counts if the member gives these claims to such an organisation."""
    table = scope.rooms().representation
    return representation.voice_of(band_of(member_id, kind, given), kind, given, table=table)


def is_alone(member_id: UUID, kind: OrganisationKind, given: Collection[str]) -> bool:
    """Say whether the member could give these claims alone."""
    return voice_of(member_id, kind, frozenset(given)) is Voice.ALONE


def is_young(asked: AuthorizationRequest) -> bool:
    """Say whether the visitor is addressed as a child or a youth."""
    band = band_of(scope.member_id(), asked.client.kind, everything(asked))
    return band in {Band.CHILD, Band.YOUTH}


def voice(asked: AuthorizationRequest, given: AbstractSet[str]) -> Voice:
    """Return whose word counts for this answer of the visitor."""
    return voice_of(scope.member_id(), asked.client.kind, given)


def another_decides(asked: AuthorizationRequest) -> bool:
    """Say whether the visitor cannot answer at all: a guardian does."""
    return voice(asked, everything(asked)) is Voice.GUARDIAN_DECIDES


def helpers(asked: AuthorizationRequest) -> list[Acting]:
    """Return the visitor's proxies who may answer for them here."""
    session, now = scope.db(), scope.now()
    given = map(acting.by_letter, proxies.given_by(session, scope.member_id(), now=now))
    return [each for each in given if each.may_answer(Voice.PROXY_DECIDES, asked.client.kind)]


def helpers_by_name(asked: AuthorizationRequest) -> list[str]:
    """Return the names of these proxies; none for who cannot answer alone."""
    found = helpers(asked)
    if not found or voice(asked, everything(asked)) is not Voice.ALONE:
        return []
    keyring = scope.rooms().keyring
    return [people.name_of(scope.db(), each.by, keyring=keyring) for each in found]


def asked_of(asked: AuthorizationRequest, whose: Voice) -> list[Acting]:
    """Return who is asked when this is whose word counts."""
    if whose is Voice.PROXY_DECIDES:
        return helpers(asked)
    links = guardians.guardians_of(scope.db(), scope.member_id(), now=scope.now())
    return [acting.by_law(each) for each in links]


def require_somebody(
    asked: AuthorizationRequest, given: frozenset[str], whose: Voice
) -> list[Acting]:
    """Return who is asked.

    Raises Refused `member.guardian_required`, or `member.age_unknown` for who may well be of age;
    `case.poa_missing` where a proxy was wished for.
    """
    found = asked_of(asked, whose)
    if not found and whose is Voice.PROXY_DECIDES:
        raise Refused("case.poa_missing")
    if not found:
        is_unknown = band_of(scope.member_id(), asked.client.kind, given) is Band.UNKNOWN
        raise Refused("member.age_unknown" if is_unknown else "member.guardian_required")
    return found


def whole(asked: AuthorizationRequest, step: AskConsent) -> Answer:
    """Return the question that another answers altogether: everything asked, nothing chosen."""
    # Who answers for another sees every claim at once, and each is still decided by itself.
    pages_at_once = AskConsent(step.claims | step.later) if step.later else step
    prepared = consent_page.prepare(asked, pages_at_once, anew=False)
    offered = ledger.durations(asked.purpose)
    visitor = scope.visitor()
    return Answer(
        given=prepared.asking.claims,
        refused=frozenset(),
        duration=offered[min(1, len(offered) - 1)],
        language=pages.language(),
        text=prepared.text,
        acr="" if visitor is None else visitor.acr,
        part=step.part,
    )


def _services(asked: AuthorizationRequest) -> list[str]:
    return [each.service for each in asked.details]


def find_refused(asked: AuthorizationRequest, given: frozenset[str]) -> ApprovalRequest | None:
    """Return the no that still answers this question."""
    lasts = scope.rooms().settings.lifetimes.of("refused_approval")
    return approvals.find_refused(
        scope.db(),
        asked.purpose,
        given,
        member_id=scope.member_id(),
        services=_services(asked),
        since=scope.now() - lasts,
    )


def ask(asked: AuthorizationRequest, answer: Answer, whose: Voice) -> None:
    """Ask everybody who may answer.

    Raises what `require_somebody` raises, or Refused `approval.too_many`.
    """
    people = require_somebody(asked, answer.given, whose)
    _count()
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    ends = [each.word_ends_at for each in people]
    is_new = approvals.ask(
        session,
        asked.client,
        asked.purpose,
        answer,
        member_id=member_id,
        voice=whose,
        until=min((each for each in ends if each is not None), default=None),
        services=_services(asked),
        now=now,
    )
    if is_new:
        footprint.record(
            session,
            Kind.PROXY_ASKED if whose is Voice.PROXY_DECIDES else Kind.GUARDIAN_ASKED,
            member_id=member_id,
            now=now,
            client_id=asked.client.id,
            purpose_id=asked.purpose.id,
            claims=answer.given,
        )
        tell([each.by for each in people], Mail.APPROVAL_WANTED)


def _count() -> None:
    """Count before asking. Raises Refused `approval.too_many`."""
    key = ASKING.key(str(scope.member_id()), secret=scope.rooms().throttle_key)
    scope.keep()
    with transaction(scope.rooms().sessions) as session:
        verdict = ASKING.hit(session, key, now=scope.now())
    if not verdict.allowed:
        raise Refused("approval.too_many")


def tell(members: Collection[UUID], words: Mail, *, but: UUID | None = None) -> None:
    """Write to these members, but for the one who knows already."""
    for each in members:
        if each != but:
            notices.mail(
                scope.db(), words, member_id=each, language=pages.language(), now=scope.now()
            )


def newest(asked: AuthorizationRequest, part: Part, *, since: datetime) -> ApprovalRequest | None:
    """Return the visitor's question as it stands for this sign-in; None if there is none."""
    found = approvals.newest(
        scope.db(),
        asked.purpose,
        part,
        member_id=scope.member_id(),
        services=_services(asked),
        since=since,
        now=scope.now(),
    )
    return None if found is None or found.state is ApprovalState.TAKEN_BACK else found
