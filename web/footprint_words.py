"""Say in plain words what a line of the footprint means; nobody has to read codes."""

from collections.abc import Mapping

from audit.lines import Kind, Line
from consent.catalogue import BY_NAME, in_order
from kernel.wording import ENGLISH, Bilingual
from web import datum_words

ACTORS: Mapping[str, Bilingual] = {  # by members.models.Relation
    "parent": Bilingual("您的法定代理人", "Your guardian"),
    "guardian": Bilingual("您的監護人", "Your guardian"),
    "assistant": Bilingual("您的輔助人", "Your assistant"),
    "proxy": Bilingual("您的受託人", "Your proxy"),
}
GUARDIAN = ACTORS["parent"]
ME = Bilingual("您", "You")
CITY = Bilingual("本服務", "This service")
SOMEBODY = Bilingual("有人", "Somebody")
GONE = Bilingual("已不在名冊上的單位", "An organisation no longer on the register")
WORDS: Mapping[str, Bilingual] = {
    Kind.LOGGED_IN: Bilingual("登入了帳號", "Signed in to your account"),
    Kind.LOGIN_FAILED: Bilingual(
        "試著登入您的帳號，沒有成功", "Tried to sign in to your account, without success"
    ),
    Kind.HANDED_OVER: Bilingual(
        "用手機讓另一台裝置登入", "Signed another device in with your phone"
    ),
    Kind.HANDOVER_STOPPED: Bilingual(
        "擋下了另一台裝置的登入", "Stopped another device from signing in"
    ),
    Kind.SIGNED_IN: Bilingual("登入「%(client)s」", "Signed in to %(client)s"),
    Kind.DEVICE_STOPPED: Bilingual(
        "擋下了「%(client)s」在另一台裝置的登入", "Stopped %(client)s on another device"
    ),
    Kind.SESSION_ENDED: Bilingual("登出了一個裝置", "Signed out of one device"),
    Kind.SESSIONS_ENDED: Bilingual("登出了全部裝置", "Signed out of every device"),
    Kind.ACCOUNT_OPENED: Bilingual(
        "啟用了帳號，選了帳號和密碼", "Opened the account, and chose its name and password"
    ),
    Kind.PASSWORD_CHANGED: Bilingual("變更了密碼", "Changed the password"),
    Kind.RECOVERY_ASKED: Bilingual(
        "說忘記了您的帳號或密碼", "Said that your account name or password was forgotten"
    ),
    Kind.ACCOUNT_TOLD: Bilingual("用郵件代碼查到了帳號", "Found the account name by a mailed code"),
    Kind.PASSWORD_RESET: Bilingual("重設了密碼", "Set a new password, the old one forgotten"),
    Kind.NUMBER_ENTERED: Bilingual(
        "照證件登錄了您的證號", "Entered your identity number from a document"
    ),
    Kind.CONSENT_GIVEN: Bilingual(
        "同意提供給「%(client)s」：%(claims)s", "Agreed to share with %(client)s: %(claims)s"
    ),
    Kind.CONSENT_APPROVED: Bilingual(
        "同意您提供給「%(client)s」：%(claims)s",
        "Approved that you share with %(client)s: %(claims)s",
    ),
    Kind.APPROVAL_REFUSED: Bilingual(
        "不同意您提供資料給「%(client)s」", "Did not approve that you share data with %(client)s"
    ),
    Kind.GUARDIAN_ASKED: Bilingual(
        "請法定代理人確認，要提供給「%(client)s」：%(claims)s",
        "Asked your guardian about sharing with %(client)s: %(claims)s",
    ),
    Kind.APPLICATION_DISOWNED: Bilingual(
        "說明用您證號的申請不是您送的，申請已撤銷",
        "You said that an application with your number was not yours; it was withdrawn",
    ),
    Kind.APPLICATION_AGREED: Bilingual(
        "同意一位孩子或受監護人成為會員", "Agreed that a child or ward becomes a member"
    ),
    Kind.GUARDIAN_APPROVED: Bilingual(
        "以法定代理人身分同意提供給「%(client)s」：%(claims)s",
        "Approved as a guardian, for %(client)s: %(claims)s",
    ),
    Kind.GUARDIAN_REFUSED: Bilingual(
        "以法定代理人身分不同意提供資料給「%(client)s」",
        "Did not approve as a guardian, for %(client)s",
    ),
    Kind.SLIP_PRINTED: Bilingual(
        "在申辦窗口印了讓您重設密碼的代碼（案件 %(reference)s）",
        "Printed a code at a counter that lets you set a new password (case %(reference)s)",
    ),
    Kind.SLIP_GIVEN: Bilingual(
        "拿了讓您重設密碼的代碼", "Got a code that lets you set a new password"
    ),
    Kind.GUARDIAN_GAVE_SLIP: Bilingual(
        "以法定代理人身分拿了讓 %(whom)s 重設密碼的代碼",
        "Got a code, as a guardian, that lets %(whom)s set a new password",
    ),
    Kind.GUARDIAN_WITHDREW: Bilingual(
        "替 %(whom)s 撤回了給「%(client)s」的同意",
        "Withdrew the consent given to %(client)s, for %(whom)s",
    ),
    Kind.PROXY_ASKED: Bilingual(
        "請受託人決定要不要提供給「%(client)s」：%(claims)s",
        "Asked your proxy whether to share with %(client)s: %(claims)s",
    ),
    Kind.PROXY_APPROVED: Bilingual(
        "以受託人身分替 %(whom)s 同意提供給「%(client)s」：%(claims)s",
        "Agreed as a proxy of %(whom)s, for %(client)s: %(claims)s",
    ),
    Kind.PROXY_REFUSED: Bilingual(
        "以受託人身分替 %(whom)s 回覆不同意提供給「%(client)s」",
        "Declined as a proxy of %(whom)s, for %(client)s",
    ),
    Kind.PROXY_WITHDREW: Bilingual(
        "以受託人身分替 %(whom)s 撤回了給「%(client)s」的同意",
        "Withdrew as a proxy of %(whom)s the consent given to %(client)s",
    ),
    Kind.PROXY_READ: Bilingual(
        "以受託人身分看了 %(whom)s 的足跡", "Read the footprint of %(whom)s as their proxy"
    ),
    Kind.PROXY_REQUESTED: Bilingual(
        "以受託人身分替 %(whom)s 提出了個資要求（編號 %(reference)s）",
        "Made a data request as a proxy of %(whom)s (number %(reference)s)",
    ),
    Kind.PROXY_REPLIED: Bilingual(
        "以受託人身分替 %(whom)s 補充了個資要求（編號 %(reference)s）",
        "Answered about a data request as a proxy of %(whom)s (number %(reference)s)",
    ),
    Kind.FOOTPRINT_READ: Bilingual("看了您的足跡", "Read your footprint"),
    Kind.POWER_GIVEN: Bilingual("登記了給 %(by)s 的委託書", "Gave %(by)s a power of attorney"),
    Kind.POWER_TAKEN: Bilingual(
        "成為 %(whom)s 的受託人", "Received a power of attorney from %(whom)s"
    ),
    Kind.LAW_NOTED: Bilingual(
        "登錄或結束了法院的宣告或法定代理關係",
        "Noted, or ended, a court's declaration or who acts for whom by law",
    ),
    Kind.POWER_ENDED: Bilingual(
        "%(whom)s 給 %(by)s 的委託結束了", "The power %(whom)s gave to %(by)s ended"
    ),
    Kind.CONSENT_REFUSED: Bilingual(
        "不同意提供資料給「%(client)s」", "Did not agree to share data with %(client)s"
    ),
    Kind.CONSENT_WITHDRAWN: Bilingual(
        "撤回了給「%(client)s」的同意", "Withdrew the consent given to %(client)s"
    ),
    Kind.CONSENT_EXPIRED: Bilingual(
        "給「%(client)s」的同意到期了", "The consent given to %(client)s came to its end"
    ),
    Kind.CONSENT_OVERRULED: Bilingual(
        "停止了給「%(client)s」的同意：依更正的出生日期，要由法定代理人決定",
        "Stopped the consent given to %(client)s: by the corrected birth date a guardian decides",
    ),
    Kind.CONSENT_CLIENT_ENDED: Bilingual(
        "結束了給「%(client)s」的同意：本服務不再提供資料給它",
        "Ended the consent given to %(client)s: this service no longer serves it",
    ),
    Kind.RELEASED: Bilingual("收到您的資料：%(claims)s", "Received your data: %(claims)s"),
    Kind.TILL_ANSWERED: Bilingual(
        "讀了您出示的條碼，我們答：%(answer)s",
        "Read the code you showed; our answer was: %(answer)s",
    ),
    Kind.CARD_USED: Bilingual(
        "在「%(client)s」的讀卡機出示了卡片", "Held a card to a reader of %(client)s"
    ),
    Kind.CARD_ORDERED: Bilingual("在申辦窗口訂製了新卡", "Ordered a new card at a counter"),
    Kind.CARD_READY: Bilingual(
        "新卡可以領取，或已寄出", "A new card can be collected, or was mailed"
    ),
    Kind.CARD_HANDED: Bilingual("在申辦窗口領取了新卡", "Collected a new card at the counter"),
    Kind.CARD_DESTROYED: Bilingual(
        "還沒有啟用的新卡已銷毀", "A new card that was not activated yet was destroyed"
    ),
    Kind.CARRIER_BOUND: Bilingual("新增了通行密鑰或卡片", "Added a passkey or a card"),
    Kind.CARRIER_RENAMED: Bilingual("改了載具的名稱", "Renamed a carrier"),
    Kind.CARRIER_LOST: Bilingual("掛失了載具", "Reported a carrier lost"),
    Kind.CARRIERS_REPORTED: Bilingual(
        "沒有登入，掛失了您全部的載具", "Reported all your carriers lost, without signing in"
    ),
    Kind.CARRIER_FOUND: Bilingual("恢復了被掛失的載具", "Took back the loss of a carrier"),
    Kind.CARRIER_COPIED: Bilingual(
        "停用了一個可能被複製的載具", "Stopped a carrier that may have been copied"
    ),
    Kind.CARRIER_REVOKED: Bilingual(
        "停用了一張被發證機構廢止的憑證", "Stopped a certificate its authority had revoked"
    ),
    Kind.DEVICE_CERTIFIED: Bilingual("領取了裝置的數位憑證", "Got a certificate for a device"),
    Kind.CARRIER_REMOVED: Bilingual("移除了載具", "Removed a carrier"),
    Kind.NOTE_CONSOLIDATED: Bilingual(
        "機關送來了您的服務紀錄（批次 %(reference)s）",
        "An agency sent a note about one of your services (batch %(reference)s)",
    ),
    Kind.NOTE_CONFLICT: Bilingual(
        "機關送來的資料和您的服務紀錄不一致（批次 %(reference)s）",
        "What an agency sent differs from a note about you (batch %(reference)s)",
    ),
    Kind.NOTE_WITHDRAWN: Bilingual(
        "機關收回了您的一筆服務紀錄（批次 %(reference)s）",
        "An agency took a note about you back (batch %(reference)s)",
    ),
    Kind.NOTE_SETTLED: Bilingual(
        "機關查明了不一致的服務紀錄（編號 %(reference)s）",
        "An agency looked into notes that differed (number %(reference)s)",
    ),
    Kind.NOTE_DISPUTED: Bilingual(
        "說一項服務的紀錄不對（編號 %(reference)s）",
        "Said that the record of a service is wrong (number %(reference)s)",
    ),
    Kind.SERVICE_SUSPENDED: Bilingual(
        "中止了您的一項服務（編號 %(reference)s）",
        "Suspended a service of yours (number %(reference)s)",
    ),
    Kind.SERVICE_RESTORED: Bilingual(
        "恢復了您的一項服務（編號 %(reference)s）",
        "Restored a service of yours (number %(reference)s)",
    ),
    Kind.PETITION_FILED: Bilingual(
        "對中止提出了陳情（編號 %(reference)s）",
        "Petitioned against a suspension (number %(reference)s)",
    ),
    Kind.PETITION_MOVED: Bilingual(
        "處理了您的陳情（編號 %(reference)s）", "Worked on your petition (number %(reference)s)"
    ),
    Kind.SANCTION_REPORTED: Bilingual(
        "請您陳述意見：可能有違規使用（編號 %(reference)s）",
        "Asked for your word: there may have been misuse (number %(reference)s)",
    ),
    Kind.SANCTION_ANSWERED: Bilingual(
        "陳述了意見（編號 %(reference)s）", "Stated your case (number %(reference)s)"
    ),
    Kind.SANCTION_DETERMINED: Bilingual(
        "認定違規，停了您的服務一段期間（編號 %(reference)s）",
        "Determined misuse, and stopped services for a time (number %(reference)s)",
    ),
    Kind.SANCTION_ENDED: Bilingual(
        "結束了違規停權（編號 %(reference)s）", "Ended a sanction (number %(reference)s)"
    ),
    Kind.SERVICE_ASKED: Bilingual(
        "申請一項服務（編號 %(reference)s）", "Applied for a service (number %(reference)s)"
    ),
    Kind.SERVICE_WITHDRAWN: Bilingual(
        "撤回了服務的申請（編號 %(reference)s）",
        "Withdrew the application for a service (number %(reference)s)",
    ),
    Kind.SERVICE_DECIDED: Bilingual(
        "決定了您申請的服務（編號 %(reference)s）",
        "Decided your application for a service (number %(reference)s)",
    ),
    Kind.SERVICE_OVER: Bilingual(
        "因為服務已經結束，駁回了您的申請（編號 %(reference)s）",
        "Refused your application because the service has closed (number %(reference)s)",
    ),
    Kind.VIEWED: Bilingual("看了您的資料：%(claims)s", "Looked at your data: %(claims)s"),
    Kind.RECORD_CHANGED: Bilingual("變更了資料：%(claims)s", "Changed data: %(claims)s"),
    Kind.CHANGE_ASKED: Bilingual(
        "申請變更資料：%(claims)s（編號 %(reference)s）",
        "Asked for a change of data: %(claims)s (number %(reference)s)",
    ),
    Kind.CHANGE_WITHDRAWN: Bilingual(
        "撤回了變更申請（編號 %(reference)s）",
        "Took back the wish for a change (number %(reference)s)",
    ),
    Kind.CHANGE_MOVED: Bilingual(
        "處理了您的變更申請（編號 %(reference)s）",
        "Worked on the change you asked for (number %(reference)s)",
    ),
    Kind.RECORD_CORRECTED: Bilingual(
        "更正了您的資料：%(claims)s", "Corrected your data: %(claims)s"
    ),
    Kind.ARCHIVE_ASKED: Bilingual("要求下載自己的資料", "Asked for a download of all data"),
    Kind.ARCHIVE_TAKEN: Bilingual("下載了自己的資料", "Downloaded all data"),
    Kind.REQUEST_MADE: Bilingual(
        "提出了個資要求（編號 %(reference)s）", "Made a data request (number %(reference)s)"
    ),
    Kind.REQUEST_ANSWERED: Bilingual(
        "補充了個資要求（編號 %(reference)s）",
        "Answered about a data request (number %(reference)s)",
    ),
    Kind.REQUEST_WITHDRAWN: Bilingual(
        "撤回了個資要求（編號 %(reference)s）", "Took a data request back (number %(reference)s)"
    ),
    Kind.REQUEST_MOVED: Bilingual(
        "處理了您的個資要求（編號 %(reference)s）",
        "Worked on your data request (number %(reference)s)",
    ),
    Kind.CASE_OPENED: Bilingual(
        "在申辦窗口收了一件您的案件（編號 %(reference)s）",
        "Took in a case of yours at a counter (number %(reference)s)",
    ),
    Kind.CASE_MOVED: Bilingual(
        "在申辦窗口處理了您的案件（編號 %(reference)s）",
        "Worked on your case at a counter (number %(reference)s)",
    ),
    Kind.PAUSED: Bilingual("暫停了帳號", "Paused the account"),
    Kind.RESUMED: Bilingual("恢復了帳號", "Resumed the account"),
    Kind.DELETION_ASKED: Bilingual("申請刪除帳號", "Asked for the account to be deleted"),
    Kind.DELETION_CANCELLED: Bilingual("取消刪除帳號", "Cancelled the deletion of the account"),
    Kind.DELETED: Bilingual("刪除了帳號", "Deleted the account"),
    Kind.SUSPENDED: Bilingual(
        "停用了您的帳號（編號 %(reference)s）", "Suspended your account (number %(reference)s)"
    ),
    Kind.REINSTATED: Bilingual(
        "恢復了您的帳號（編號 %(reference)s）", "Reinstated your account (number %(reference)s)"
    ),
    Kind.DECEASED: Bilingual(
        "因死亡登記關閉了帳號（編號 %(reference)s）",
        "Closed the account upon a death on record (number %(reference)s)",
    ),
    Kind.INCIDENT_TOLD: Bilingual(
        "通知您：一件事故影響到您的資料（編號 %(reference)s）",
        "Told you that an incident touched your data (number %(reference)s)",
    ),
    Kind.EXPORTED: Bilingual("下載了自己的足跡", "Downloaded this footprint"),
    Kind.DISOWNED: Bilingual(
        "回報「不是我」，全部裝置都登出了", "Reported “not me”; every device was signed out"
    ),
}
ANSWERS = {
    "yes": Bilingual("可以享用", "yes, the offer applies"),
    "no": Bilingual("這裡無法確認", "it cannot be confirmed here"),
}
OURS = frozenset(  # done by the city
    {
        Kind.CARRIER_COPIED,
        Kind.CARRIER_REVOKED,
        Kind.REQUEST_MOVED,
        Kind.CHANGE_MOVED,
        Kind.CASE_OPENED,
        Kind.CASE_MOVED,
        Kind.SLIP_PRINTED,
        Kind.DELETED,
        Kind.NUMBER_ENTERED,
        Kind.POWER_ENDED,
        Kind.LAW_NOTED,
        Kind.CONSENT_OVERRULED,
        Kind.CONSENT_CLIENT_ENDED,
        Kind.RECORD_CORRECTED,
        Kind.SUSPENDED,
        Kind.REINSTATED,
        Kind.DECEASED,
        Kind.SERVICE_DECIDED,
        Kind.SERVICE_OVER,
        Kind.SERVICE_SUSPENDED,
        Kind.SERVICE_RESTORED,
        Kind.PETITION_MOVED,
        Kind.SANCTION_REPORTED,
        Kind.SANCTION_DETERMINED,
        Kind.SANCTION_ENDED,
        Kind.INCIDENT_TOLD,
    }
)
ANYBODY = frozenset({Kind.LOGIN_FAILED, Kind.CARRIERS_REPORTED, Kind.RECOVERY_ASKED})
BY_GUARDIAN = frozenset({Kind.CONSENT_APPROVED, Kind.APPROVAL_REFUSED})
BY_OTHERS = BY_GUARDIAN | {
    Kind.SLIP_GIVEN,
    Kind.CONSENT_WITHDRAWN,
    Kind.FOOTPRINT_READ,
    Kind.REQUEST_MADE,
    Kind.REQUEST_ANSWERED,
}
NOBODY: Mapping[str, str] = {}
A_MEMBER = Bilingual("另一位會員", "another member")
METHODS: Mapping[str, Bilingual] = {
    "password": Bilingual("用密碼", "By password"),
    "passkey": Bilingual("用通行密鑰", "By passkey"),
    "certificate": Bilingual("用憑證", "By certificate"),
    "key-card": Bilingual("用晶片卡", "By chip card"),
    "smartcard": Bilingual("用卡片", "By card"),
    "phone": Bilingual("用手機確認", "By confirming on a phone"),
}
OTHER = Bilingual("其他紀錄（%(kind)s）", "Another record (%(kind)s)")
REPEATED = Bilingual(
    "同樣內容再讀取 %(num)s 次，從 %(time)s 起", "Same data read again, %(num)s ×, since %(time)s"
)
ONLY_SUB = Bilingual("只有專屬代號", "Only an identifier for that site")


def action(
    line: Line, *, client: Bilingual | None, language: str, people: Mapping[str, str] = NOBODY
) -> str:
    """Return what was done, as a sentence after the name of who did it.

    `people` are the names of who acted and of for whom, by the ids in the line.
    """
    words = WORDS.get(line.kind, OTHER).text(language)
    name = (client or GONE).text(language)
    values = {
        "client": name,
        "claims": claims(line.claims, language),
        "kind": line.kind,
        "answer": answer(line, language),
        "reference": line.detail.get("reference", ""),
        **{side: _person(line, side, people, language) for side in ("by", "whom")},
    }
    return words % values


def _person(line: Line, side: str, people: Mapping[str, str], language: str) -> str:
    return people.get(line.detail.get(side, "")) or A_MEMBER.text(language)


def answer(line: Line, language: str) -> str:
    """Return what a till was told; never a reason, for there is none on record."""
    return ANSWERS.get(line.detail.get("answer", ""), ANSWERS["no"]).text(language)


def method(name: object, language: str) -> str:
    """Return how somebody signed in; empty for a line that does not say."""
    words = METHODS.get(str(name))
    return "" if words is None else words.text(language)


def claims(names: tuple[str, ...] | list[str], language: str) -> str:
    """Return the labels of claims, in the catalogue's order; one that is gone keeps its name."""
    labels = [claim.label.text(language) for claim in in_order(names)]
    labels += [datum_words.label(name, language) for name in names if name not in BY_NAME]
    between = ", " if language == ENGLISH else "、"
    return between.join(labels) or ONLY_SUB.text(language)


def actor(
    line: Line, *, client: Bilingual | None, language: str, people: Mapping[str, str] = NOBODY
) -> str:
    """Return who did it: the member, who acts for them, a client's system, or staff."""
    if line.kind in BY_OTHERS and (line.detail.get("by") or line.kind in BY_GUARDIAN):
        return _representative(line, people, language)
    if line.kind == Kind.VIEWED:
        return _staff(line, language)
    if line.kind in {Kind.RELEASED, Kind.TILL_ANSWERED}:
        return (client or GONE).text(language)
    return _other(line).text(language)


def _other(line: Line) -> Bilingual:
    if line.kind in ANYBODY:
        return SOMEBODY
    return CITY if line.kind in OURS else ME


def _representative(line: Line, people: Mapping[str, str], language: str) -> str:
    """Return who acted in the member's stead; lines of before did not say who."""
    relation = ACTORS.get(line.detail.get("relation", ""), GUARDIAN).text(language)
    return f"{relation} {people.get(line.detail.get('by', ''), '')}".strip()


def _staff(line: Line, language: str) -> str:
    parts = [
        Bilingual(*line.detail.get(name, ("", ""))).text(language) for name in ("office", "role")
    ]
    return " · ".join(part for part in (*parts, line.detail.get("viewer", "")) if part)
