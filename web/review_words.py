"""Say in words what a reviewer reads about an application."""

from collections.abc import Mapping

from kernel.wording import Bilingual
from members.application_models import Channel, Document, PersonKind, State
from members.review_checks import Check
from members.rule_models import RuleVerdict

KINDS: Mapping[PersonKind, Bilingual] = {
    PersonKind.NATIONAL: Bilingual("國民", "National"),
    PersonKind.UNREGISTERED: Bilingual("無戶籍國民", "National without household registration"),
    PersonKind.FOREIGN: Bilingual("外國人", "Foreign national"),
    PersonKind.STATELESS: Bilingual("無國籍人", "Stateless person"),
    PersonKind.HK_MACAU: Bilingual("港澳居民", "Resident of Hong Kong or Macau"),
    PersonKind.MAINLAND: Bilingual("大陸地區人民", "Person from the Mainland area"),
}
CHANNELS: Mapping[Channel, Bilingual] = {
    Channel.COUNTER: Bilingual("申辦窗口", "Counter"),
    Channel.SITE: Bilingual("官網", "Official site"),
    Channel.AGENCY: Bilingual("機關網站", "An agency's site"),
}
STATES: Mapping[State, Bilingual] = {
    State.CONFIRMING: Bilingual("等窗口確認", "Awaits a counter"),
    State.REVIEW: Bilingual("等待審核", "Awaits review"),
    State.RETURNED: Bilingual("退回補正", "Returned for correction"),
    State.APPROVED: Bilingual("已核准", "Approved"),
    State.REJECTED: Bilingual("已駁回", "Turned down"),
    State.WITHDRAWN: Bilingual("已撤回", "Withdrawn"),
    State.LAPSED: Bilingual("逾期失效", "Lapsed"),
}
DOCUMENTS: Mapping[Document, Bilingual] = {
    Document.ID_CARD: Bilingual("身分證", "Identity card"),
    Document.HOUSEHOLD_CERTIFICATE: Bilingual("戶籍資料", "Household certificate"),
    Document.HEALTH_CARD: Bilingual("健保卡", "Health insurance card"),
    Document.PASSPORT: Bilingual("護照", "Passport"),
    Document.RESIDENCE_PERMIT: Bilingual("居留證", "Residence permit"),
    Document.GUARDIAN_ID: Bilingual("法定代理人身分證明", "Guardian's identity document"),
    Document.GUARDIAN_CONSENT: Bilingual("法定代理人同意書", "Guardian's consent"),
    Document.COURT_DECISION: Bilingual("法院裁定", "Court decision"),
}
CHECKS: Mapping[Check, Bilingual] = {
    Check.FORM: Bilingual("證號、年齡、居留與代理", "Number, age, residence, representation"),
    Check.DOCUMENTS: Bilingual("應備文件", "Documents"),
    Check.NEW: Bilingual("沒有其他帳號", "No other account"),
    Check.CONFIRMED: Bilingual("窗口已確認", "Confirmed at a counter"),
}
RULE: Mapping[RuleVerdict, Bilingual] = {
    RuleVerdict.APPROVED: Bilingual("規則已核准", "Approved by the rule"),
    RuleVerdict.SAMPLED: Bilingual(
        "規則可核准，抽中由人審核", "The rule would; drawn for a person"
    ),
    RuleVerdict.PERSON: Bilingual("規則不適用，由人審核", "Not for the rule: a person decides"),
}
CLAUSES: Mapping[str, Bilingual] = {
    "2(8)1": Bilingual("第二點第八款第一目：年齡或身分", "2(8)1: age or identity"),
    "7(1)": Bilingual("第七點第一款：文件或資格", "7(1): documents or entitlement"),
    "8(1)": Bilingual("第八點第一款：國民或居留", "8(1): nationality or residence"),
    "10-I(1)": Bilingual("第十點第一款：資料正確性", "10-I(1): correctness of the record"),
}
