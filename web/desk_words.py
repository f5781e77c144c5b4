"""Say what stands in a case in plain words: matters, states, papers, and how to cure a refusal."""

from collections.abc import Mapping

from counters.case_models import CaseMatter, CaseState
from counters.documents import Need, Paper, Represented, Whose
from counters.faces import Likeness
from kernel.wording import ENGLISH, Bilingual
from members.application_models import PersonKind, State
from members.models import Capacity, Relation, Standing

MATTERS: Mapping[CaseMatter, Bilingual] = {
    CaseMatter.JOIN: Bilingual("申辦會員", "Become a member"),
    CaseMatter.BIND: Bilingual("綁定卡片或載具", "Bind a card or another carrier"),
    CaseMatter.UNBIND: Bilingual("解除綁定", "Unbind a carrier"),
    CaseMatter.LOSS: Bilingual("掛失並重新綁定", "Report a loss, and bind another"),
    CaseMatter.ACTIVATION: Bilingual("開通服務", "Activate a service"),
    CaseMatter.CHANGE: Bilingual("變更個人資料", "Change personal data"),
    CaseMatter.RECOVERY: Bilingual("查詢帳號或重設密碼", "Find the account, or reset the password"),
    CaseMatter.PROXY_END: Bilingual("結束委託", "End a power of attorney"),
}
STATES: Mapping[CaseState, tuple[Bilingual, str]] = {  # words and the shape of the tag
    CaseState.INTAKE: (Bilingual("收件中", "Being taken in"), "plain"),
    CaseState.ACCEPTED: (Bilingual("已受理", "Accepted"), "info"),
    CaseState.COLLECTED: (Bilingual("已代收", "Collected for another counter"), "info"),
    CaseState.FORWARDED: (Bilingual("已轉送", "Forwarded"), "info"),
    CaseState.NOT_ACCEPTED: (Bilingual("不予受理", "Not accepted"), "bad"),
    CaseState.IN_PROCESS: (Bilingual("處理中", "In process"), "info"),
    CaseState.WAITING: (Bilingual("等候補正", "Waiting for the applicant"), "warn"),
    CaseState.DECIDED: (Bilingual("已決定", "Decided"), "info"),
    CaseState.FULFILLED: (Bilingual("已辦好", "Done"), "ok"),
    CaseState.CLOSED: (Bilingual("已結案", "Closed"), "ok"),
    CaseState.STOPPED: (Bilingual("已停止", "Stopped"), "bad"),
}
KINDS: Mapping[PersonKind, Bilingual] = {
    PersonKind.NATIONAL: Bilingual("設有戶籍的國民", "National with household registration"),
    PersonKind.UNREGISTERED: Bilingual("無戶籍國民", "National without household registration"),
    PersonKind.FOREIGN: Bilingual("外國人", "Foreign national"),
    PersonKind.STATELESS: Bilingual("無國籍人", "Stateless person"),
    PersonKind.HK_MACAU: Bilingual("港澳居民", "Resident from Hong Kong or Macau"),
    PersonKind.MAINLAND: Bilingual("大陸地區人民", "Resident from the Mainland"),
}
APPLICATIONS: Mapping[State, Bilingual] = {
    State.CONFIRMING: Bilingual("等窗口確認", "Waiting for a counter to confirm"),
    State.REVIEW: Bilingual("等資訊局審核", "Waiting for the Bureau's decision"),
    State.RETURNED: Bilingual("等補正", "Waiting for corrections"),
    State.APPROVED: Bilingual("通過", "Approved"),
    State.REJECTED: Bilingual("沒有通過", "Not approved"),
    State.WITHDRAWN: Bilingual("已撤回", "Withdrawn"),
    State.LAPSED: Bilingual("逾期失效", "Lapsed"),
}
PAPERS: Mapping[Paper, Bilingual] = {
    Paper.FORM: Bilingual("申請表（附件一）", "Application form (annex 1)"),
    Paper.ANNEX: Bilingual("服務附表", "Annex form of the service"),
    Paper.ID_CARD: Bilingual("國民身分證", "National identity card"),
    Paper.HOUSEHOLD: Bilingual("戶口名簿", "Household certificate"),
    Paper.HEALTH_CARD: Bilingual("健保卡", "Health insurance card"),
    Paper.RESIDENCE_PERMIT: Bilingual("居留證", "Residence permit"),
    Paper.PASSPORT: Bilingual("護照", "Passport"),
    Paper.ENTRY_PERMIT: Bilingual("入出境許可證", "Entry permit"),
    Paper.CONSENT: Bilingual("法定代理人同意書", "Guardian's consent"),
    Paper.LETTER: Bilingual("委託書（附件二）", "Power of attorney (annex 2)"),
    Paper.COURT: Bilingual("法院裁定", "Court decision"),
    Paper.EVIDENCE: Bilingual("資格證明", "Evidence of eligibility"),
}
REPRESENTED: Mapping[Represented, Bilingual] = {
    Represented.NOBODY: Bilingual("自己辦（未成年由父母）", "Themselves; a minor, by a parent"),
    Represented.GUARDIAN: Bilingual(
        "未成年，由監護人（法院選定或遺囑指定）", "A minor, by an appointed guardian"
    ),
    Represented.GUARDED: Bilingual(
        "成年，受監護宣告，由監護人", "An adult under guardianship, by the guardian"
    ),
    Represented.ASSISTED: Bilingual("成年，受輔助宣告", "An adult under assistance"),
}
CAPACITIES: Mapping[Capacity, Bilingual] = {
    Capacity.GUARDED: Bilingual("監護宣告", "Guardianship"),
    Capacity.ASSISTED: Bilingual("輔助宣告", "Assistance"),
}
RELATIONS: Mapping[Relation, Bilingual] = {
    Relation.PARENT: Bilingual("父母（戶籍資料）", "Parent, by the household register"),
    Relation.GUARDIAN: Bilingual("監護人（法院裁定）", "Guardian, by a court's decision"),
    Relation.ASSISTANT: Bilingual("輔助人（法院裁定）", "Assistant, by a court's decision"),
}
WHOSE: Mapping[Whose, Bilingual] = {
    Whose.APPLICANT: Bilingual("申請人", "Applicant"),
    Whose.GUARDIAN: Bilingual("法定代理人", "Guardian"),
    Whose.PROXY: Bilingual("受託人", "Proxy"),
}
STANDINGS: Mapping[Standing, tuple[Bilingual, str]] = {
    Standing.ACTIVE: (Bilingual("會員", "Member"), "ok"),
    Standing.SUSPENDED: (Bilingual("停用中", "Suspended"), "bad"),
    Standing.PAUSED: (Bilingual("本人暫停使用", "Paused by the member"), "warn"),
    Standing.CLOSED: (Bilingual("已註銷", "Closed"), "bad"),
}
LIKENESS: Mapping[Likeness, Bilingual] = {
    Likeness.SAME: Bilingual("相同", "The same"),
    Likeness.VARIANT: Bilingual("字形或拼寫不同，請看清楚", "Another form; look closely"),
    Likeness.DIFFERENT: Bilingual("不符", "Different"),
}
HAPPENED: Mapping[str, Bilingual] = {  # what a step says beside its state
    "face.same": Bilingual("卡面核對：相同", "Card face compared: the same"),
    "face.variant": Bilingual("卡面核對：字形不同，承辦人確認", "Card face compared: attested"),
    "member.approved": Bilingual("已成為會員", "Became a member"),
    "card.shown": Bilingual("本人出示了卡片", "The person showed their card"),
    "counter.closed": Bilingual("原來的窗口沒有開放", "The counter before is closed"),
    "change.noted": Bilingual("登錄了變更", "The change was entered"),
    "withdrawn": Bilingual("申請人撤回", "Taken back by the applicant"),
    "lapsed": Bilingual("等候申請人逾期，申請失效", "The applicant was waited for too long"),
    "not_theirs": Bilingual(
        "持有這個號碼的會員說：不是我申請的", "The member with this number said: that was not me"
    ),
    "replaced": Bilingual("由新的申請取代", "A new application took its place"),
    "revoked": Bilingual("本人撤回委託", "The principal took the letter back"),
    "disowned": Bilingual("本人說：不是我委託的", "The principal said: that was not me"),
}
RARE = (  # CJK extensions and the private-use area of CNS 11643
    range(0x3400, 0x4DC0),
    range(0xE000, 0xF900),
    range(0x20000, 0x110000),
)
_BRING = Bilingual(
    "備齊以後再來一次，出示這張單子的編號。", "Come again with them, and show this number."
)
CURES: Mapping[str, Bilingual] = {  # what to do about a refusal, by its code
    "case.documents_missing": _BRING,
    "case.annex_form_missing": _BRING,
    "case.poa_missing": Bilingual(
        "請本人寫好委託書：寫明受託人、委託事項、日期和期限，並簽名。",
        "Let the principal write and sign a power of attorney with proxy, matters, day and term.",
    ),
    "case.poa_expired": Bilingual("請本人另寫一份還在期限內的委託書。", "A new letter is needed."),
    "case.poa_scope": Bilingual(
        "請本人另寫一份寫明這件事的委託書，或由本人來辦。",
        "A letter that names this matter is needed; or the principal comes in person.",
    ),
    "case.poa_proxy_mismatch": Bilingual(
        "請由委託書上寫的受託人帶證件來辦。", "The person the letter names must come."
    ),
    "case.proxy_id_missing": Bilingual(
        "請受託人帶自己的身分證明文件。", "The proxy brings their own identity document."
    ),
    "case.identity_unverifiable": Bilingual(
        "請帶有效、可以辨認的身分證明文件再來一次。", "Come with a valid document that can be read."
    ),
    "case.service_out_of_scope": Bilingual(
        "這項服務不在本服務的項目裡，請洽主管機關。", "Ask the agency in charge of that service."
    ),
    "member.under_age_7": Bilingual(
        "滿七歲以後就可以申請。", "Apply from the seventh birthday on."
    ),
    "member.guardian_required": Bilingual(
        "請和法定代理人一起來，並帶同意書。", "Come with a guardian and their written consent."
    ),
    "member.capacity_representative_required": Bilingual(
        "請由監護人帶法院裁定和身分證明文件來辦。",
        "Let the guardian come, with the court's decision and a document of their own.",
    ),
    "member.already_exists": Bilingual(
        "已經有帳號；忘記了可以在這裡查詢或重設密碼。",
        "There is an account; it can be found, or its password reset, here.",
    ),
    "application.already_open": Bilingual(
        "已有一件申請在等資訊局審核；要改的話，先到原窗口撤回那一件。",
        "An application is with the Bureau; to change it, take it back at its counter first.",
    ),
    "eligibility.agency_rule": Bilingual(
        "資格由服務機關決定；有疑問請洽該機關，條件改變後可以再申請。",
        "The agency decides who is entitled; ask it, or apply again when things have changed.",
    ),
}
ASK_AGAIN = Bilingual("請洽原申辦窗口。", "Ask at the counter where you applied.")


def cure(code: str) -> Bilingual:
    """Return what to do about a refusal."""
    return CURES.get(code, ASK_AGAIN)


def need(one: Need, language: str) -> str:
    """Return what was missing, as a person says it."""
    between = " or " if language == ENGLISH else "或"
    papers = between.join(PAPERS[each].text(language) for each in one.papers)
    if one.whose is Whose.APPLICANT:
        return papers
    colon = ": " if language == ENGLISH else "："
    return f"{WHOSE[one.whose].text(language)}{colon}{papers}"


def rare(name: str) -> list[str]:
    """Return the characters of a name that a printer may not have, each with its code point."""
    return [f"{each} (U+{ord(each):X})" for each in name if any(ord(each) in one for one in RARE)]
