"""Say in words what a check of eligibility found, and where it stands (6(3))."""

from kernel.wording import Bilingual
from services.eligibility_models import FactCode, FindingState, RunState

FACTS = {
    FactCode.MOVED_AWAY: Bilingual("戶籍已經遷出本市", "The household moved out of the city"),
    FactCode.STATUS_ENDED: Bilingual(
        "資格證明已到期或註銷", "The certificate of the status expired or was cancelled"
    ),
    FactCode.ABOVE_LIMIT: Bilingual("超過所得或財產標準", "Income or assets are above the limit"),
    FactCode.WRONG_AGE: Bilingual("不在規定的年齡內", "The age is outside the rule"),
    FactCode.LEFT_SCHOOL: Bilingual("已經離校或離職", "School or employment ended"),
    FactCode.HAS_ANOTHER: Bilingual(
        "已經有同性質的服務", "Another service of the same kind is in use"
    ),
    FactCode.RECORDS_DIFFER: Bilingual("只是資料不一致", "Records differ, and nothing else"),
}
RUNS = {
    RunState.SCHEDULED: Bilingual("已排定", "Planned"),
    RunState.RUNNING: Bilingual("查核中", "Running"),
    RunState.HALTED: Bilingual("已煞停", "Halted"),
    RunState.CLOSED: Bilingual("已結束", "Closed"),
}
RUN_LOOKS = {
    RunState.SCHEDULED: "info",
    RunState.RUNNING: "warn",
    RunState.HALTED: "bad",
    RunState.CLOSED: "plain",
}
FINDINGS = {
    FindingState.VERIFYING: Bilingual("待查證", "To be verified"),
    FindingState.CONFIRMED: Bilingual("已確認並中止", "Confirmed, and suspended"),
    FindingState.DISMISSED: Bilingual("不成立", "Dismissed"),
}
