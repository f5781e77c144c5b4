"""Say in words what organisations are."""

from collections.abc import Mapping

from clients.models import Body, Organisation
from kernel.wording import Bilingual

BODIES: Mapping[Body, Bilingual] = {
    Body.DEPARTMENT: Bilingual("局處", "Department"),
    Body.INSTITUTION: Bilingual("所屬機關（構）", "Subordinate institution"),
    Body.SCHOOL: Bilingual("學校", "School"),
    Body.CORPORATION: Bilingual("公司", "Corporation"),
    Body.MERCHANT: Bilingual("特約商店", "Contracted merchant"),
}


def name(organisation: Organisation) -> Bilingual:
    """Return what an organisation is called today."""
    return Bilingual(organisation.name_zh, organisation.name_en)
