"""Say where a value came from, how far a change has come, and what to bring for it."""

from collections.abc import Mapping

from kernel.wording import ENGLISH, Bilingual
from members.change_models import ChangeState, Channel
from members.change_requests import DOCUMENTS

CHANNELS: Mapping[Channel, Bilingual] = {
    Channel.MEMBER: Bilingual("您自己在這裡變更", "You changed it here"),
    Channel.COUNTER: Bilingual("申辦窗口登打", "A counter keyed it in"),
    Channel.INTERFACE: Bilingual("機關系統介接", "An agency's system sent it"),
    Channel.AGREED: Bilingual("資訊局同意的方式", "It came in a way the Bureau agreed to"),
    Channel.CITY: Bilingual("資訊局審核後變更", "The Bureau changed it after review"),
}
STATES: Mapping[ChangeState, tuple[Bilingual, str]] = {  # and the tone of its tag
    ChangeState.ASKED: (Bilingual("等看文件", "To be shown"), "warn"),
    ChangeState.DOCUMENTED: (Bilingual("審核中", "In review"), "plain"),
    ChangeState.GRANTED: (Bilingual("已變更", "Changed"), "ok"),
    ChangeState.REFUSED: (Bilingual("沒有變更", "Not changed"), "bad"),
    ChangeState.WITHDRAWN: (Bilingual("您撤回了", "You took it back"), "plain"),
}
PAPERS: Mapping[str, Bilingual] = {
    "idcard": Bilingual("國民身分證", "identity card"),
    "household_register": Bilingual("戶口名簿或戶籍謄本", "household register or its transcript"),
    "residence_permit": Bilingual("居留證", "residence permit"),
}


def bring(field: str, language: str) -> str:
    """Return what to bring for a field; one of several will do."""
    papers = [PAPERS[each].text(language) for each in DOCUMENTS[field]]
    return (" or " if language == ENGLISH else "或").join(papers)
