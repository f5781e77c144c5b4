"""Services that were suspended for the member, as they go into the archive (6(3))."""

from clients.models import Organisation
from kernel.db import transaction
from kernel.wording import Bilingual
from services import findings
from web import eligibility_words
from web.archive_parts import PARTS, Whose, local, sheet
from web.sheets import Sheet

HEADS = {
    "reference": Bilingual("編號", "Number"),
    "service": Bilingual("服務", "Service"),
    "agency": Bilingual("機關", "Agency"),
    "fact": Bilingual("事實", "What was found"),
    "reason": Bilingual("理由", "Reason"),
    "evidence": Bilingual("案號", "File"),
    "since": Bilingual("中止於", "Suspended"),
    "restored_at": Bilingual("恢復於", "Restored"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return every suspension with its reasons; what is still looked into suspends nothing."""
    with transaction(whose.make) as session:
        rows = []
        for each in findings.suspensions_of(session, whose.member_id):
            service = each.run.service
            agency = session.get_one(Organisation, each.run.organisation_id)
            written = findings.reason(session, each, keyring=whose.rooms.keyring)
            rows.append(
                [
                    each.reference,
                    whose.text(Bilingual(service.name_zh, service.name_en)),
                    whose.text(Bilingual(agency.name_zh, agency.name_en)),
                    whose.text(eligibility_words.FACTS[each.fact]),
                    "\n".join(one.words for one in written),
                    each.evidence or "",
                    local(each.decided_at),
                    local(each.restored_at),
                ]
            )
    return sheet(whose, PARTS["suspensions"], HEADS, rows)
