"""Write to the person of a case: that a proxy came, that there is news; the words say no more."""

from uuid import UUID

from counters.case_models import Case, CaseState
from web import notices, scope
from web.mails import Mail

TOLD = frozenset(  # of what happened meanwhile; the rest they see at the desk
    {
        CaseState.WAITING,
        CaseState.NOT_ACCEPTED,
        CaseState.DECIDED,
        CaseState.FULFILLED,
        CaseState.CLOSED,
        CaseState.STOPPED,
    }
)


def warn(case: Case, letter_id: UUID) -> None:
    """Tell the principal that somebody came with a letter; the link in the mail stops the case."""
    if case.member_id is None:  # an applicant has no confirmed address yet
        return
    notices.mail(
        scope.db(),
        Mail.PROXY_AT_COUNTER,
        member_id=case.member_id,
        language=case.language,
        now=scope.now(),
        notice=letter_id,
    )


def tell(case: Case) -> None:
    """Tell the person of a case that something happened."""
    if case.member_id is None or case.state not in TOLD:
        return
    notices.mail(
        scope.db(),
        Mail.CASE_NEWS,
        member_id=case.member_id,
        language=case.language,
        now=scope.now(),
    )
