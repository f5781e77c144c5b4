"""Shape the decision that suspended a service, with everything it has to say (APA 96)."""

from typing import Any

from clients.models import Organisation
from kernel.wording import Bilingual
from services import findings, rules, suspensions
from services.eligibility_models import Finding
from services.models import ServiceState
from web import eligibility_words as words
from web import scope
from web.agency_eligibility import told


def of(finding: Finding) -> dict[str, Any]:
    """Return facts, reason, rule and moment of a suspension, whether it stands and is heard of.

    Of an agency that is no more, and that nobody followed, nobody hears a petition (6(3)).
    """
    session, run = scope.db(), finding.run
    written = findings.reason(session, finding, keyring=scope.rooms().keyring)
    return {
        "reference": finding.reference,
        "code": run.service.code,
        "service": service(finding),
        "agency": agency(finding),
        "fact": words.FACTS[finding.fact],
        "reasons": [each.words for each in written],
        "evidence": finding.evidence,
        "rule": told(run.rule, rules.names_in(session, [run.rule])),
        "since": finding.decided_at,
        "restored_at": finding.restored_at,
        "may_petition": finding.restored_at is None and run.service.organisation.ended_at is None,
        "may_apply": run.service.state is ServiceState.OPEN,
        "periods": suspensions.periods(session, finding.member_id, run.service_id),
    }


def agency(finding: Finding) -> Bilingual:
    """Return the name of the agency that suspended."""
    found = scope.db().get_one(Organisation, finding.run.organisation_id)
    return Bilingual(found.name_zh, found.name_en)


def service(finding: Finding) -> Bilingual:
    """Return the name of the service that was suspended."""
    return Bilingual(finding.run.service.name_zh, finding.run.service.name_en)
