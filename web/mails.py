"""The words of the notices members get by mail.

They name no client, no datum and no place: mail travels in the open and lies in mailboxes that
others read. What exactly happened stands in the account.
"""

from dataclasses import dataclass
from enum import StrEnum
from html import escape

from kernel.wording import LANGUAGES, Bilingual


class Mail(StrEnum):
    """Each notice there is; the code is all a job holds of its words."""

    NEW_BROWSER = "login.new_browser"
    LOCKED = "login.locked"
    LOGIN_WANTED = "login.wanted"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105  # no password
    RECOVERY_CODE = "recovery.code"
    PASSWORD_RESET = "password.reset"  # noqa: S105  # no password
    PASSWORD_RESET_BY_MAIL = "password.reset_by_mail"  # noqa: S105  # no password
    WARD_FORGOT = "recovery.ward"
    SLIP_GIVEN = "recovery.slip_given"
    CARD_READY = "card.ready"
    CARD_SENT = "card.sent"
    CARD_HANDED = "card.handed"
    CARD_DESTROYED = "card.destroyed"
    SLIP_PRINTED = "recovery.slip_printed"
    CARRIER_ADDED = "carrier.added"
    CARRIER_REMOVED = "carrier.removed"
    CARRIER_LOST = "carrier.lost"
    CARRIERS_REPORTED = "carrier.all_reported"
    CARRIER_FOUND = "carrier.found"
    CARRIER_COPIED = "carrier.copied"
    CARRIER_REVOKED = "carrier.revoked"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    APPROVAL_WANTED = "approval.wanted"
    APPROVAL_DECIDED = "approval.decided"
    CONSENT_WITHDRAWN_FOR_YOU = "consent.withdrawn_for_you"
    PROXY_ENTERED = "proxy.entered"
    PROXY_ACTED = "proxy.acted"
    SERVICE_DECIDED = "service.decided"
    SERVICE_OVER = "service.over"
    SERVICE_ENDS = "service.ends"
    SERVICE_ENDED = "service.ended"
    DISPUTE_ORPHANED = "dispute.orphaned"
    POWER_ENDED = "power.ended"
    PROXY_AT_COUNTER = "proxy.at_counter"
    PROXY_APPLIES = "proxy.applies"
    LAW_NOTED = "law.noted"
    CASE_NEWS = "case.news"
    WAIVER_RAN_OUT = "waiver.ran_out"
    REQUEST_RECEIVED = "request.received"
    REQUEST_NEWS = "request.news"
    RECORD_CORRECTED = "record.corrected"
    RECORD_CHANGED = "record.changed"
    CONTACT_CODE = "contact.code"
    CONTACT_MOVED = "contact.moved"
    CHANGE_ASKED = "change.asked"
    CHANGE_DECIDED = "change.decided"
    ARCHIVE_READY = "archive.ready"
    SERVICE_SUSPENDED = "service.suspended"
    SERVICE_RESTORED = "service.restored"
    PETITION_RECEIVED = "petition.received"
    PETITION_NEWS = "petition.news"
    SANCTION_HEARING = "sanction.hearing"
    SANCTION_DETERMINED = "sanction.determined"
    SANCTION_ENDED = "sanction.ended"
    SUSPENDED = "account.suspended"
    PROTECTED = "account.protected"
    REINSTATED = "account.reinstated"
    PAUSED = "account.paused"
    DELETION_ASKED = "deletion.asked"
    DELETION_SOON = "deletion.soon"
    DELETION_CANCELLED = "deletion.cancelled"
    WARD_APPLIES = "ward.applies"
    APPLIED_AS_YOU = "application.as_you"
    APPLICATION_RECEIVED = "application.received"
    APPLICATION_RETURNED = "application.returned"
    APPLICATION_APPROVED = "application.approved"
    APPLICATION_DECIDED = "application.decided"
    APPLICATION_LAPSED = "application.lapsed"
    NOTE_CONSOLIDATED = "note.consolidated"
    NOTE_CONFLICT = "note.conflict"
    NOTE_WITHDRAWN = "note.withdrawn"
    NOTE_SETTLED = "note.settled"
    IMPORT_DONE = "import.done"
    INCIDENT = "incident.told"


@dataclass(frozen=True)
class Words:
    """One notice: subject, what happened, what to do, and where in the account."""

    subject: Bilingual
    happened: Bilingual
    advice: Bilingual
    path: str


_NOT_YOU = Bilingual(
    "不是您本人嗎？請登出全部裝置，再變更密碼。",
    "Was it not you? Sign out of every device, then change your password.",
)
_YOURS_TO_STOP = Bilingual(
    "隨時可以結束委託，不必說明理由。",
    "You can end the power at any time, without giving a reason.",
)

_RIGHTS = Bilingual(
    "覺得不對，可以在那裡按「這不對」。您已經取得的權利不受影響。",
    "If it is wrong, say so there. Rights you have are not affected.",
)

WORDS = {
    Mail.NOTE_CONSOLIDATED: Words(
        Bilingual("有機關送來您的服務紀錄", "An agency sent a note about one of your services"),
        Bilingual(
            "一個機關把您開通服務的紀錄送到本系統。這是個人資料保護法第 9 條的告知：來源、依據、"
            "目的和您的權利，都寫在帳號裡。",
            "An agency sent us a note of whether a service is open for you. Under article 9 of the "
            "Personal Data Protection Act your account says where it came from, on which ground, "
            "for what, and which rights you have.",
        ),
        _RIGHTS,
        "/account/services",
    ),
    Mail.NOTE_CONFLICT: Words(
        Bilingual("有一筆服務紀錄不一致", "Records about one of your services differ"),
        Bilingual(
            "機關送來的資料和現有的紀錄不一致。我們沒有改變您的權利，機關會查清楚。",
            "What an agency sent differs from what is on record. Nothing of yours was changed; the "
            "agency looks into it.",
        ),
        _RIGHTS,
        "/account/services",
    ),
    Mail.NOTE_WITHDRAWN: Words(
        Bilingual("機關收回了一筆服務紀錄", "An agency took a note about a service back"),
        Bilingual(
            "機關收回了之前送來的一批資料，您的紀錄回到原來的樣子。",
            "An agency took back a file it had sent; your record is again as it was before.",
        ),
        _RIGHTS,
        "/account/services",
    ),
    Mail.NOTE_SETTLED: Words(
        Bilingual("不一致的服務紀錄查明了", "Records that differed were looked into"),
        Bilingual(
            "機關查明了一筆不一致的服務紀錄，結果寫在帳號裡。",
            "An agency looked into records that differed; your account shows the result.",
        ),
        _RIGHTS,
        "/account/services",
    ),
    Mail.IMPORT_DONE: Words(
        Bilingual("一批歸戶資料處理完了", "A batch of consolidation is done"),
        Bilingual(
            "您經手的一批歸戶資料處理完了。結果檔和不一致的清單在機關的工作頁。",
            "A batch that you uploaded or confirmed is done. Its outcome and its conflicts are in "
            "your agency's console.",
        ),
        Bilingual(
            "不一致的資料請另一位承辦人查明；民眾的權利不變。",
            "Another officer looks into what differs; nobody's right changes meanwhile.",
        ),
        "/console",
    ),
    Mail.NEW_BROWSER: Words(
        Bilingual("有新的瀏覽器登入您的帳號", "A new browser signed in to your account"),
        Bilingual(
            "有一個以前沒用過的瀏覽器登入了您的帳號。",
            "A browser that was not used before signed in to your account.",
        ),
        _NOT_YOU,
        "/account/sessions",
    ),
    Mail.LOCKED: Words(
        Bilingual("您的帳號暫時不能登入", "Signing in to your account is paused"),
        Bilingual(
            "有人多次輸入錯誤的密碼，所以我們暫停您的帳號登入十五分鐘。",
            "Somebody entered a wrong password several times, so signing in is paused for "
            "fifteen minutes.",
        ),
        Bilingual(
            "您不必做什麼；如果不是您本人，密碼並沒有被猜中。",
            "You need not do anything. If it was not you, your password was not guessed.",
        ),
        "/help",
    ),
    Mail.LOGIN_WANTED: Words(
        Bilingual("有一個機關請您確認身分", "An agency asks you to confirm who you are"),
        Bilingual(
            "有一個機關的承辦人請您確認是您本人在辦事。確認之前，什麼都不會提供。",
            "A clerk of an agency asks you to confirm that it is you they are serving. Until you "
            "do, nothing is given.",
        ),
        Bilingual(
            "您沒有在辦事嗎？請擋下，不要輸入別人告訴您的號碼。",
            "You are not being served? Stop it, and type no number that somebody tells you.",
        ),
        "/account",
    ),
    Mail.PASSWORD_CHANGED: Words(
        Bilingual("您的密碼已變更", "Your password was changed"),
        Bilingual(
            "您的密碼已變更，其他裝置都已登出。",
            "Your password was changed, and every other device was signed out.",
        ),
        Bilingual(
            "不是您本人嗎？請立刻帶身分證件到任一申辦窗口。",
            "Was it not you? Take your identity card to any service counter at once.",
        ),
        "/account",
    ),
    Mail.RECOVERY_CODE: Words(
        Bilingual("您的代碼", "Your code"),
        Bilingual(
            "有人說忘記了帳號或密碼，可能就是您。",
            "Somebody said that an account name or a password was forgotten; it may have been you.",
        ),
        Bilingual(
            "請在原來的視窗輸入下面的代碼，三十分鐘內有效。"
            "不是您本人就不用理會；代碼不要告訴任何人，我們也不會問。",
            "Type the code below in the window where you asked, within thirty minutes. If it was "
            "not you, do nothing. Tell nobody the code; we never ask for it.",
        ),
        "/recover",
    ),
    Mail.PASSWORD_RESET: Words(
        Bilingual("您的密碼已重設", "Your password was set anew"),
        Bilingual(
            "您的密碼已重設，全部裝置都已登出。",
            "Your password was set anew, and every device was signed out.",
        ),
        Bilingual(
            "不是您本人嗎？請立刻掛失全部載具，再帶身分證件到任一申辦窗口。",
            "Was it not you? Report all your carriers lost at once, and take your identity card to "
            "any service counter.",
        ),
        "/account/footprint",
    ),
    Mail.PASSWORD_RESET_BY_MAIL: Words(
        Bilingual("您的密碼已用郵件重設", "Your password was set anew by mail"),
        Bilingual(
            "您的密碼已用電子郵件的代碼重設，全部裝置都已登出。"
            "七十二小時內，這個密碼不能改登入方式、聯絡資料和密碼，也不能刪除帳號。",
            "Your password was set anew by a mailed code, and every device was signed out. For "
            "seventy-two hours it changes no way of signing in, no contact data and no password, "
            "and deletes nothing.",
        ),
        Bilingual(
            "不是您本人嗎？請在這段時間內用通行密鑰或卡片登入重設密碼，或帶身分證件到任一申辦窗口。",
            "Was it not you? Within that time sign in with a passkey or a card and set a password, "
            "or take your identity card to any service counter.",
        ),
        "/account/footprint",
    ),
    Mail.WARD_FORGOT: Words(
        Bilingual("您代理的人忘記了密碼", "Somebody you act for forgot a password"),
        Bilingual(
            "您以法定代理人身分代理的人說忘記了密碼。未成年人的密碼由法定代理人協助重設。",
            "Somebody you act for as a guardian said that their password was forgotten. A minor's "
            "password is set anew with their guardian's help.",
        ),
        Bilingual(
            "請先問過本人，再登入「代理與監護」給他一個重設代碼。沒有這回事，就不用理會。",
            "Ask them first, then sign in and give them a code under “Guardians and proxies”. "
            "If it is not so, do nothing.",
        ),
        "/account/guardians",
    ),
    Mail.SLIP_PRINTED: Words(
        Bilingual("申辦窗口印了您的重設代碼", "A counter printed a reset code for you"),
        Bilingual(
            "申辦窗口核對證件之後，印了一個讓您自己設新密碼的代碼。",
            "A counter checked a document and printed a code that lets you set a new password.",
        ),
        Bilingual(
            "您沒有到窗口嗎？請立刻用通行密鑰或卡片登入，或打電話給申辦窗口。",
            "Were you not there? Sign in with a passkey or a card at once, or call a counter.",
        ),
        "/account/footprint",
    ),
    Mail.SLIP_GIVEN: Words(
        Bilingual("您的法定代理人拿了重設代碼", "Your guardian got a reset code"),
        Bilingual(
            "您的法定代理人拿了一個代碼，讓您自己設新密碼。",
            "Your guardian got a code that lets you set a new password yourself.",
        ),
        Bilingual(
            "您沒有請他幫忙嗎？請告訴您信任的大人，或到任一申辦窗口。",
            "Did you not ask for it? Tell a grown-up you trust, or go to any service counter.",
        ),
        "/recover/slip",
    ),
    Mail.CARD_READY: Words(
        Bilingual("您的新卡片可以領取了", "Your new card can be collected"),
        Bilingual(
            "您訂製的卡片到了原申辦窗口，會保留 30 天。",
            "The card you ordered is at the counter where you ordered it, for thirty days.",
        ),
        Bilingual(
            "請本人帶身分證明文件領取；領取後，我們會寄啟用碼給您。",
            "Come yourself, with an identity document. Once you have it, we send you its code.",
        ),
        "/account/card-orders",
    ),
    Mail.CARD_SENT: Words(
        Bilingual("您的新卡片寄出了", "Your new card is in the mail"),
        Bilingual(
            "您訂製的卡片已寄出。收到以後，用這封信裡的啟用碼啟用；啟用以前什麼都不能用。",
            "The card you ordered was mailed. Once it is there, activate it with the code in this "
            "letter; before, it opens nothing.",
        ),
        Bilingual(
            "30 天內沒有收到嗎？請洽原申辦窗口。",
            "It does not come within thirty days? Ask the counter where you ordered it.",
        ),
        "/account/card-orders",
    ),
    Mail.CARD_HANDED: Words(
        Bilingual("請啟用您的新卡片", "Activate your new card"),
        Bilingual(
            "您領取了新卡片。請用這封信裡的啟用碼啟用；啟用以前什麼都不能用。",
            "You collected your new card. Activate it with the code in this letter; before, it "
            "opens nothing.",
        ),
        Bilingual(
            "不是您本人領取嗎？不要啟用，並請立刻洽申辦窗口。",
            "It was not you who collected it? Do not activate it, and tell the counter at once.",
        ),
        "/account/card-orders",
    ),
    Mail.CARD_DESTROYED: Words(
        Bilingual("您的新卡片已銷毀", "Your new card was destroyed"),
        Bilingual(
            "您訂製的卡片已經銷毀，不能再領取或啟用。",
            "The card you ordered was destroyed; it can no longer be collected or activated.",
        ),
        Bilingual(
            "需要的話，請再到申辦窗口訂製。", "If you need one, order it at a counter again."
        ),
        "/account/card-orders",
    ),
    Mail.CARRIER_ADDED: Words(
        Bilingual("您的帳號新增了登入方式", "A way of signing in was added to your account"),
        Bilingual(
            "您的帳號新增了一個通行密鑰或卡片，可以用它登入。",
            "A passkey or a card was added to your account. It can be used to sign in.",
        ),
        Bilingual(
            "不是您本人嗎？請立刻掛失它，再變更密碼。",
            "Was it not you? Report it lost at once, then change your password.",
        ),
        "/account/carriers",
    ),
    Mail.CARRIER_REMOVED: Words(
        Bilingual("您的帳號移除了登入方式", "A way of signing in was removed from your account"),
        Bilingual(
            "您的帳號移除了一個通行密鑰或卡片，不能再用它登入。",
            "A passkey or a card was removed from your account. It can no longer sign you in.",
        ),
        _NOT_YOU,
        "/account/carriers",
    ),
    Mail.CARRIER_LOST: Words(
        Bilingual("您的載具已掛失", "It was reported lost"),
        Bilingual(
            "您的一個載具已掛失，立刻不能再用；用它登入的地方都已登出。",
            "One of your carriers was reported lost. It cannot be used any more, and wherever it "
            "was used to sign in you are signed out.",
        ),
        _NOT_YOU,
        "/account/carriers",
    ),
    Mail.CARRIER_REVOKED: Words(
        Bilingual("您的一張憑證已停用", "A certificate of yours was stopped"),
        Bilingual(
            "發證機構廢止了您綁定的一張憑證，所以不能再用它登入。",
            "Its authority revoked a certificate bound to your account, so it signs nobody in now.",
        ),
        Bilingual(
            "換發新憑證之後，用新憑證登入就會恢復。",
            "Once you have a new one, sign in with it and it works again.",
        ),
        "/account/carriers",
    ),
    Mail.CARRIERS_REPORTED: Words(
        Bilingual("有人掛失了您的載具", "Your carriers were reported lost"),
        Bilingual(
            "有人沒有登入，用您的帳號和出生日期掛失了您的卡片與裝置。它們已全部停用。",
            "Somebody who was not signed in, but knew your account name and birth date, reported "
            "your cards and devices lost. All of them are stopped.",
        ),
        Bilingual(
            "如果是您，請登入確認掛失了哪一個。如果沒有掉，登入後可以恢復。密碼沒有停用。",
            "If it was you, sign in and confirm which one is lost. If nothing is lost, you can "
            "take it back there. Your password still works.",
        ),
        "/account/carriers",
    ),
    Mail.CARRIER_FOUND: Words(
        Bilingual("您的載具恢復使用", "A carrier of yours works again"),
        Bilingual(
            "您的一個被掛失的載具已恢復，可以再用它登入。",
            "A carrier of yours that was reported lost works again and can be used to sign in.",
        ),
        _NOT_YOU,
        "/account/carriers",
    ),
    Mail.CARRIER_COPIED: Words(
        Bilingual("我們停用了您的通行密鑰", "We stopped one of your passkeys"),
        Bilingual(
            "您的一個通行密鑰可能被人複製，我們已停用它；用它登入的地方都已登出。",
            "One of your passkeys may have been copied, so we stopped it. Wherever it was used to "
            "sign in you are signed out.",
        ),
        Bilingual(
            "請用密碼登入查看，或帶身分證件到任一申辦窗口。",
            "Sign in with your password and see, or take your identity card to any service "
            "counter.",
        ),
        "/account/carriers",
    ),
    Mail.CONSENT_GIVEN: Words(
        Bilingual("您同意了提供資料", "You agreed to share data"),
        Bilingual(
            "您同意了一個單位使用您的資料。同意收據在您的帳號裡，可以列印或下載。",
            "You agreed to let an organisation use your data. The receipt is in your account, "
            "to print or download.",
        ),
        Bilingual(
            "隨時可以撤回，立刻生效。",
            "You can withdraw at any time, with effect at once.",
        ),
        "/account/consents",
    ),
    Mail.CONSENT_WITHDRAWN: Words(
        Bilingual("您撤回了同意", "You withdrew a consent"),
        Bilingual(
            "您撤回了一項同意，對方立刻不能再向我們取得您的資料。",
            "You withdrew a consent. As of then they cannot get your data from us.",
        ),
        _NOT_YOU,
        "/account/consents",
    ),
    Mail.APPROVAL_WANTED: Words(
        Bilingual("有一件同意要請您確認", "Your approval is asked for"),
        Bilingual(
            "有一位由您代理或監護的會員，想請您決定要不要提供資料；您同意才算數。",
            "A member for whom you act asks you whether data should be shared. It counts once you "
            "approve.",
        ),
        Bilingual(
            "請登入看過內容再決定；七天內沒有回覆就不提供。",
            "Sign in, read and decide. Without your answer within seven days nothing is shared.",
        ),
        "/account/guardians",
    ),
    Mail.APPROVAL_DECIDED: Words(
        Bilingual("法定代理人已經回覆", "A guardian has answered"),
        Bilingual(
            "一件要法定代理人同意的事，已經有一位法定代理人回覆了。",
            "A question to the guardians was answered by one of them.",
        ),
        Bilingual("隨時可以撤回，立刻生效。", "It can be withdrawn at any time, at once."),
        "/account/guardians",
    ),
    Mail.CONSENT_WITHDRAWN_FOR_YOU: Words(
        Bilingual("法定代理人撤回了一項同意", "A guardian withdrew a consent"),
        Bilingual(
            "一項需要法定代理人同意的同意，已由其中一位撤回，對方立刻不能再向我們取得資料。",
            "A consent that needs a guardian was withdrawn by one of them. As of then the data "
            "cannot be had from us.",
        ),
        Bilingual("想知道原因，可以問問法定代理人。", "To know why, please ask the guardian."),
        "/account/guardians",
    ),
    Mail.PROXY_ENTERED: Words(
        Bilingual("登記了一份您的委託書", "A power of attorney of yours was entered"),
        Bilingual(
            "申辦窗口登記了一份您的委託書。從開始日起，受託人可以用自己的帳號替您辦信上寫明的事。",
            "A counter entered a power of attorney of yours. From its first day your proxy can act "
            "for you, in what the letter names, with an account of their own.",
        ),
        _YOURS_TO_STOP,
        "/account/guardians",
    ),
    Mail.PROXY_ACTED: Words(
        Bilingual("您的受託人替您辦了一件事", "Your proxy acted for you"),
        Bilingual(
            "您的受託人剛才替您辦了一件事。辦了什麼，寫在您的足跡裡。",
            "Your proxy has just acted for you. What was done stands in your footprint.",
        ),
        _YOURS_TO_STOP,
        "/account/footprint",
    ),
    Mail.PROXY_AT_COUNTER: Words(
        Bilingual("有人拿委託書到窗口替您辦事", "Somebody came to a counter for you with a letter"),
        Bilingual(
            "有人帶著您的委託書，到申辦窗口替您辦一件事。辦什麼，寫在您的足跡裡。",
            "Somebody came to a service counter with a power of attorney of yours. What for stands "
            "in your footprint.",
        ),
        Bilingual(
            "不是您委託的嗎？請用下面的連結說「不是我」，案件馬上停止。",
            "You did not ask for it? Say so with the link below; the case stops at once.",
        ),
        "/account/footprint",
    ),
    Mail.LAW_NOTED: Words(
        Bilingual("登錄了一件和代理有關的事", "Who acts for whom was noted"),
        Bilingual(
            "申辦窗口或資訊局看過文件後，登錄或結束了法院的宣告或法定代理關係。"
            "誰可以替誰辦事，寫在「代理與監護」。",
            "A service counter or the Department of Information Technology saw the documents and "
            "noted, or ended, a court's declaration or who acts for whom by law. It stands under "
            "“Guardians and proxies”.",
        ),
        Bilingual(
            "不對的話，請馬上到任何一個申辦窗口，或撥 1999。",
            "If this is wrong, go to any service counter at once, or call 1999.",
        ),
        "/account/guardians",
    ),
    Mail.PROXY_APPLIES: Words(
        Bilingual("有人拿委託書替您申辦會員", "Somebody applies for you with a letter"),
        Bilingual(
            "有人帶著您的委託書，到申辦窗口替您申辦單一識別會員。",
            "Somebody came to a service counter with a power of attorney of yours, to make you a "
            "member.",
        ),
        Bilingual(
            "不是您委託的嗎？請用下面的連結說「不是我」，申請馬上停止。",
            "You did not ask for it? Say so with the link below; the application stops at once.",
        ),
        "/track",
    ),
    Mail.CASE_NEWS: Words(
        Bilingual("您在窗口的案件有進度", "There is news of your case at a counter"),
        Bilingual(
            "您在申辦窗口的案件有新的進度，寫在您的足跡裡；也可以用收件單查。",
            "Your case at a service counter has moved on. It stands in your footprint, and can be "
            "followed with the receipt.",
        ),
        Bilingual(
            "沒有辦過事嗎？請到任一申辦窗口說明。",
            "You have no case? Tell any service counter.",
        ),
        "/account/footprint",
    ),
    Mail.SERVICE_DECIDED: Words(
        Bilingual("您申請的服務有決定了", "Your application for a service was decided"),
        Bilingual(
            "機關決定了您申請的服務。結果和理由寫在您的帳號裡。",
            "The agency decided your application. The outcome and its reason stand in your "
            "account.",
        ),
        Bilingual(
            "不服決定可以向機關陳情；服務還開放，就可以重新申請。",
            "You may petition the agency, and apply again as long as the service is open.",
        ),
        "/account/services",
    ),
    Mail.SERVICE_OVER: Words(
        Bilingual("您有一件申請的服務已經結束", "A service you had an application about is closed"),
        Bilingual(
            "在決定您的申請之前，這項服務就結束了，所以申請駁回。理由寫在您的帳號裡。",
            "The service closed before your application was decided, so the application is "
            "refused. The reason stands in your account.",
        ),
        Bilingual(
            "您不必做什麼；有疑問請洽任一申辦窗口。",
            "You need not do anything; any service counter answers questions.",
        ),
        "/account/services",
    ),
    Mail.DISPUTE_ORPHANED: Words(
        Bilingual("沒有機關能查您的一筆紀錄", "No agency can look into a record of yours"),
        Bilingual(
            "您說過一筆服務紀錄不對。登錄的機關已經裁撤，沒有機關承接，所以沒有人能查明。"
            "這筆紀錄不再提供給任何單位。",
            "You said that a record of a service is wrong. The agency that wrote it is no more and "
            "no other followed it, so nobody can look into it. Nobody receives the record any "
            "more.",
        ),
        Bilingual(  # there is no "this is wrong" any more
            "您不必做什麼，您已經取得的權利不受影響。有疑問請洽任一申辦窗口。",
            "You need not do anything; rights you have are not affected. Any service counter "
            "answers questions.",
        ),
        "/account/services",
    ),
    Mail.SERVICE_ENDS: Words(
        Bilingual("您有一項服務要結束了", "A service you have will end"),
        Bilingual(
            "機關登錄了一項服務的結束日，寫在您的帳號裡。您已經取得的權利不受影響。",
            "An agency announced the end of a service you have; the day stands in your account. "
            "Rights you acquired stand.",
        ),
        Bilingual(
            "您不必做什麼；有疑問請洽機關。",
            "You need not do anything; the agency answers questions.",
        ),
        "/account/services",
    ),
    Mail.SERVICE_ENDED: Words(
        Bilingual("您有一項服務結束了", "A service you have is closed"),
        Bilingual(
            "您的一項服務已經結束，不再開放。您已經取得的權利不受影響，紀錄仍在您的帳號裡。",
            "A service you have is closed and not offered any more. Rights you acquired stand, and "
            "the record stays in your account.",
        ),
        Bilingual(
            "您不必做什麼；有疑問請洽任一申辦窗口。",
            "You need not do anything; any service counter answers questions.",
        ),
        "/account/services",
    ),
    Mail.POWER_ENDED: Words(
        Bilingual("一份委託書結束了", "A power of attorney ended"),
        Bilingual(
            "一份和您有關的委託書已經結束，從現在起不能再用。",
            "A power of attorney that concerns you ended. It cannot be used any more.",
        ),
        Bilingual(
            "要再委託，請帶委託書和雙方證件到申辦窗口。",
            "To give one again, take a letter and both identity cards to a service counter.",
        ),
        "/account/guardians",
    ),
    Mail.REQUEST_RECEIVED: Words(
        Bilingual("我們收到您的要求", "We received your request"),
        Bilingual(
            "我們收到您關於個人資料的要求。編號和答覆期限在您的帳號裡。",
            "We received your request about your personal data. Its number and the day by which "
            "it is answered are in your account.",
        ),
        _NOT_YOU,
        "/account/requests",
    ),
    Mail.REQUEST_NEWS: Words(
        Bilingual("您的要求有新進度", "There is news about your request"),
        Bilingual(
            "您關於個人資料的要求有新進度。",
            "There is news about your request concerning your personal data.",
        ),
        Bilingual(
            "如果我們在等您補充，期限會先暫停。",
            "If we wait for an answer of yours, the clock stands still.",
        ),
        "/account/requests",
    ),
    Mail.RECORD_CORRECTED: Words(
        Bilingual("您的資料更正了", "Your record was corrected"),
        Bilingual(
            "我們更正了您登錄的資料；收過這項資料的單位，我們也通知了。",
            "We corrected something on your record, and told whoever had received it from us.",
        ),
        Bilingual(
            "理由寫在您的足跡裡。不對的話，請到任一申辦窗口。",
            "Your footprint says why. If it is wrong, go to any service counter.",
        ),
        "/account/footprint",
    ),
    Mail.RECORD_CHANGED: Words(
        Bilingual("您的資料已變更", "Your data were changed"),
        Bilingual(
            "您在帳號裡變更了資料。收過舊資料的單位，我們會告訴它們。",
            "You changed data in your account. Whoever received what was before hears of it.",
        ),
        _NOT_YOU,
        "/account/personal/history",
    ),
    Mail.CONTACT_CODE: Words(
        Bilingual("確認您的信箱", "Confirm your mailbox"),
        Bilingual(
            "有一位會員填了這個信箱，要我們確認收得到信。",
            "A member gave this mailbox and asked us to confirm that letters arrive.",
        ),
        Bilingual(
            "是您的話，請在帳號裡輸入下面的代碼，三十分鐘內有效。不是您就不用理會。",
            "If it was you, type the code below in your account within thirty minutes. If not, do "
            "nothing.",
        ),
        "/account/personal",
    ),
    Mail.CONTACT_MOVED: Words(
        Bilingual("您的通知改寄到另一個信箱", "Your notices go to another mailbox now"),
        Bilingual(
            "您的帳號換了信箱，以後的通知不會再寄到這裡。",
            "Your account has another mailbox; notices will not come here any more.",
        ),
        Bilingual(
            "不是您本人嗎？請立刻登入變更密碼，或帶身分證件到任一申辦窗口。",
            "Was it not you? Sign in at once and change your password, or take your identity card "
            "to any service counter.",
        ),
        "/account/personal",
    ),
    Mail.CHANGE_ASKED: Words(
        Bilingual("收到您的資料變更申請", "You asked for a change of your data"),
        Bilingual(
            "我們收到您的資料變更申請。證明文件看過以後，由資訊局決定。",
            "We received your wish to have data changed. When the documents were seen, the Bureau "
            "decides.",
        ),
        _NOT_YOU,
        "/account/personal/change",
    ),
    Mail.CHANGE_DECIDED: Words(
        Bilingual("您的資料變更申請有結果了", "The change you asked for is decided"),
        Bilingual(
            "您申請的資料變更有了決定，結果和理由在帳號裡。",
            "The change of data you asked for is decided. Result and reason stand in your account.",
        ),
        Bilingual(
            "不同意這個結果，可以在帳號裡提出陳情。",
            "If you do not agree, you can file a petition in your account.",
        ),
        "/account/personal/change",
    ),
    Mail.WAIVER_RAN_OUT: Words(
        Bilingual("有一件免整合到期了", "A waiver has run out"),
        Bilingual(
            "有一個系統或卡證免整合的期限已過，官網的公告也拿掉了。",
            "The time for which a login or card was excused is over, and it left the public list.",
        ),
        Bilingual(
            "請機關整合、停用，或備文申請延長；資訊局請追蹤。",
            "The agency integrates it, retires it or asks for more time; DoIT follows it up.",
        ),
        "/console",
    ),
    Mail.ARCHIVE_READY: Words(
        Bilingual("您的資料可以下載了", "Your data are ready to download"),
        Bilingual(
            "您要求的資料已經準備好，可以下載三天，之後會刪除。",
            "What you asked for is ready. You can download it for three days; then it is deleted.",
        ),
        _NOT_YOU,
        "/account/download",
    ),
    Mail.SERVICE_SUSPENDED: Words(
        Bilingual("您的一項服務已中止", "One of your services was suspended"),
        Bilingual(
            "機關定期查核資格，查證後中止了您的一項服務。其他服務和您的帳號都不受影響。",
            "An agency checked who is entitled, and after verifying it suspended one of your "
            "services. Your other services and your account are not affected.",
        ),
        Bilingual(
            "請登入看事實、理由和生效時間。您可以向機關陳情，也可以馬上重新申請。",
            "Sign in to read the facts, the reasons and the time. You can petition the agency, or "
            "apply again at once.",
        ),
        "/account/petitions",
    ),
    Mail.SERVICE_RESTORED: Words(
        Bilingual("您的一項服務已恢復", "One of your services is back"),
        Bilingual(
            "您的陳情有理由，機關恢復了您的服務。",
            "Your petition was upheld, and the agency gave the service back to you.",
        ),
        Bilingual("請登入看決定的內容。", "Sign in to read the decision."),
        "/account/petitions",
    ),
    Mail.PETITION_RECEIVED: Words(
        Bilingual("收到一件陳情", "A petition was received"),
        Bilingual(
            "收到您對服務中止的陳情，由沒有經手的人查明。",
            "Your petition against a suspension was received. Somebody who had no part in it looks "
            "into it.",
        ),
        Bilingual(
            "不是您提出的嗎？請登入查看，並告訴我們。",
            "Was it not you? Sign in, look, and tell us.",
        ),
        "/account/petitions",
    ),
    Mail.PETITION_NEWS: Words(
        Bilingual("您的陳情有新進度", "News about your petition"),
        Bilingual("您的陳情有新進度。", "There is news about your petition."),
        Bilingual("請登入看內容。", "Sign in to read it."),
        "/account/petitions",
    ),
    Mail.SANCTION_HEARING: Words(
        Bilingual("請您陳述意見", "Please state your case"),
        Bilingual(
            "有機關認為您的身分可能被違規使用。還沒有決定，先聽您說。",
            "It looks as if your identity may have been misused. Nothing is decided: you are heard "
            "first.",
        ),
        Bilingual(
            "請在期限前登入，看事實並寫下您的意見。",
            "Sign in before the day that is named there, read the facts, and write your answer.",
        ),
        "/account/petitions",
    ),
    Mail.SANCTION_DETERMINED: Words(
        Bilingual("有服務停用一段期間", "Services are stopped for a time"),
        Bilingual(
            "認定有違規使用，有關的服務停用一段期間；期滿自動恢復。您的帳號和其他服務照常。",
            "Misuse was determined, and the services it is about are stopped for a time; they come "
            "back by themselves. Your account and other services go on.",
        ),
        Bilingual(
            "請登入看理由、期間和救濟方法。",
            "Sign in to read the reasons, the period, and how to appeal.",
        ),
        "/account/petitions",
    ),
    Mail.SANCTION_ENDED: Words(
        Bilingual("違規停權結束了", "A sanction has ended"),
        Bilingual("一件違規停權已解除或撤案。", "A sanction was lifted or dropped."),
        Bilingual("請登入看內容。", "Sign in to read it."),
        "/account/petitions",
    ),
    Mail.SUSPENDED: Words(
        Bilingual("您的帳號已停用", "Your account is suspended"),
        Bilingual(
            "資訊局認定後停用了您的帳號：不能登入，我們也不再提供您的資料。",
            "The Department of Information Technology has suspended your account: nobody can sign "
            "in, and we share no data of yours.",
        ),
        Bilingual(
            "理由、依據和救濟方法另以書面送達。有疑問請到申辦窗口；各機關的權利不因此消失。",
            "The reasons, the law and the remedies reach you on paper. Ask at a counter; what "
            "agencies owe you is not lost by this.",
        ),
        "/help",
    ),
    Mail.PROTECTED: Words(
        Bilingual("我們先停用了您的帳號來保護您", "We suspended your account to protect you"),
        Bilingual(
            "可能有別人在用您的帳號，所以我們先停用：不能登入，資料也不再提供。",
            "Somebody else may be using your account, so we suspended it: nobody can sign in, and "
            "we share no data of yours.",
        ),
        Bilingual(
            "請帶身分證明到申辦窗口確認；確認後馬上恢復。",
            "Come to a counter with your identity document; it is reinstated at once.",
        ),
        "/help",
    ),
    Mail.REINSTATED: Words(
        Bilingual("您的帳號已恢復", "Your account is reinstated"),
        Bilingual(
            "您的帳號又可以用了。停用前同意提供的資料，要再登入各網站才會提供。",
            "Your account can be used again. Sites get what you agreed to when you sign in again.",
        ),
        Bilingual(
            "登入後可以在「我的足跡」看到停用和恢復的時間。",
            "Once signed in, you see in your footprint when it was suspended and reinstated.",
        ),
        "/account/footprint",
    ),
    Mail.PAUSED: Words(
        Bilingual("您的帳號已暫停", "Your account is paused"),
        Bilingual(
            "您的帳號已暫停：不能登入，我們也不再提供您的資料。",
            "Your account is paused: nobody can sign in, and we share no data of yours.",
        ),
        Bilingual(
            "要恢復的話，請用您的帳號和密碼。不是您本人嗎？請到申辦窗口。",
            "To resume it, use your account name and password. Was it not you? Go to a counter.",
        ),
        "/resume",
    ),
    Mail.DELETION_ASKED: Words(
        Bilingual("您申請了刪除帳號", "You asked for your account to be deleted"),
        Bilingual(
            "您申請了刪除帳號。到期之前，登入就可以取消。",
            "You asked for your account to be deleted. Until the day comes you can sign in and "
            "cancel it.",
        ),
        _NOT_YOU,
        "/account/delete",
    ),
    Mail.DELETION_SOON: Words(
        Bilingual("您的帳號明天刪除", "Your account will be deleted tomorrow"),
        Bilingual(
            "依您的申請，您的帳號將在一天之內刪除。這是我們寄給您的最後一封信。",
            "As you asked, your account will be deleted within a day. "
            "This is our last letter to you.",
        ),
        Bilingual(
            "改變主意的話，現在登入就可以取消。",
            "If you have changed your mind, sign in now and cancel it.",
        ),
        "/account/delete",
    ),
    Mail.DELETION_CANCELLED: Words(
        Bilingual("您的帳號不刪除了", "Your account will not be deleted"),
        Bilingual(
            "刪除帳號的申請已取消，一切照舊。",
            "The deletion was cancelled. Everything stays as it was.",
        ),
        _NOT_YOU,
        "/account",
    ),
}
_RECEIPT = Bilingual(
    "請用收據號碼和密碼查看；不必登入。",
    "Follow it with the number and secret of your receipt; you need not sign in.",
)
WORDS |= {
    Mail.WARD_APPLIES: Words(
        Bilingual("有人申請會員，請您同意", "Somebody applies and needs your yes"),
        Bilingual(
            "有人申請成為會員，寫您是他的父母或監護人。",
            "Somebody applies to become a member and names you as parent or guardian.",
        ),
        Bilingual(
            "不認識這個人，或不同意，就不必做什麼。",
            "If you do not know this person or do not agree, you need not do anything.",
        ),
        "/account/applying",
    ),
    Mail.APPLIED_AS_YOU: Words(
        Bilingual("有人用您的證號申辦會員", "Somebody applies with your identity number"),
        Bilingual(
            "有人在網路上用您現在或以前的證號申辦會員。您已經是會員，不必再申辦。",
            "Somebody applied online with an identity number that is or was yours. You are a "
            "member already and need not apply.",
        ),
        Bilingual(
            "不是您嗎？請在帳號的「訊息」裡按「不是我」，這件申請就會撤銷；對方不會知道您是會員。"
            "證號換新了的話，請帶新證件到申辦窗口登記。",
            "Was it not you? Press “Not me” under “Messages” in your account: the application is "
            "withdrawn, and nobody learns that you are a member. If your number is new, bring the "
            "document to a counter.",
        ),
        "/account/messages",
    ),
    Mail.APPLICATION_RECEIVED: Words(
        Bilingual("收到一件申請", "We have an application"),
        Bilingual(
            "我們收到一件申辦會員的申請。",
            "We received an application to become a member.",
        ),
        _RECEIPT,
        "/track",
    ),
    Mail.APPLICATION_RETURNED: Words(
        Bilingual("有一件申請要補正", "An application needs a correction"),
        Bilingual(
            "您的申請有地方要改。原因寫在進度頁上。",
            "Something in your application has to be corrected; your receipt leads to what.",
        ),
        _RECEIPT,
        "/track",
    ),
    Mail.APPLICATION_APPROVED: Words(
        Bilingual("申請通過了", "An application was approved"),
        Bilingual(
            "您的申請通過了。請在 14 天內打開連結，選您的帳號和密碼。",
            "Your application was approved. Open the link within 14 days and choose account name "
            "and password.",
        ),
        Bilingual(
            "連結只能用一次，還要輸入出生日期；不要轉寄給別人。",
            "The link works once and asks for your birth date as well; do not pass it on.",
        ),
        "/activate",
    ),
    Mail.APPLICATION_DECIDED: Words(
        Bilingual("有一件申請有結果了", "An application was decided"),
        Bilingual(
            "您的申請沒有通過。依據、原因和不服時可以怎麼做，寫在進度頁上。",
            "Your application was turned down. The page of your receipt says by which rule, why, "
            "and how to appeal.",
        ),
        _RECEIPT,
        "/track",
    ),
    Mail.APPLICATION_LAPSED: Words(
        Bilingual("有一件申請逾期失效", "An application has lapsed"),
        Bilingual(
            "我們等您的資料超過 30 天，這件申請已經失效。您隨時可以重新申辦。",
            "We waited more than 30 days, so this application has lapsed. You can apply again at "
            "any time.",
        ),
        _RECEIPT,
        "/track",
    ),
    Mail.INCIDENT: Words(
        Bilingual("有一件事故影響到您的資料", "An incident touched your data"),
        Bilingual(
            "一件資安事故影響到您的資料。發生什麼事、哪些資料、我們做了什麼，寫在公告裡。",
            "A security incident touched data about you. What happened, which data and what we "
            "did stands in the notice.",
        ),
        Bilingual(
            "請看看足跡有沒有不是您做的事；不確定時，先變更密碼。有人自稱市府打電話向您要密碼，都是假的。",
            "Look in your footprint for what was not you, and change your password when in doubt. "
            "Whoever calls for the city and asks for a password is a fraud.",
        ),
        "/incidents",
    ),
}

_AT = Bilingual("時間：%s（臺北時間）", "Time: %s (Taipei)")
_WHERE = Bilingual("在您的帳號裡查看：%s", "See it in your account: %s")
_NOT_ME = Bilingual(
    "不是您的意思嗎？打開下面的連結，按「不是我」，委託立刻停止，不必登入：",
    "Is this not what you wanted? Open this link and press “Not me”: the power ends at once, "
    "without signing in:",
)
_NEVER = Bilingual(
    "我們不會用郵件要您的密碼。這封信請勿回覆。",
    "We never ask for your password by mail. Please do not answer this mail.",
)


@dataclass(frozen=True)
class Written:
    """A notice in words, both languages, the reader's first."""

    subject: str
    text: str
    html: str


def write(
    mail: Mail,
    *,
    language: str,
    service: Bilingual,
    issuer: str,
    at: Bilingual,
    not_me: str = "",
    code: str = "",
    link: str = "",
) -> Written:
    """Return the words of a notice; `at` is the moment in words.

    `not_me` is a link that objects; `code` is what the reader types elsewhere; `link` where to go
    instead of into the account.
    """
    words = WORDS[mail]
    order = sorted(LANGUAGES, key=lambda each: each != language)
    paragraphs = {
        each: _paragraphs(words, each, issuer=issuer, at=at, not_me=not_me, code=code, link=link)
        for each in order
    }
    text = "\n\n----\n\n".join("\n\n".join(paragraphs[each]) for each in order)
    sections = "".join(
        f'<section lang="{each}">{"".join(map(_in_html, lines))}</section>'
        for each, lines in paragraphs.items()
    )
    subject = f"{service.text(language)}: {words.subject.text(language)}"
    html = (
        f'<!doctype html><html lang="{order[0]}"><head><meta charset="utf-8">'
        f"<title>{escape(subject)}</title></head><body>{sections}</body></html>"
    )
    return Written(subject, text + "\n", html)


def _in_html(line: str) -> str:
    words = escape(line)
    is_link = line.startswith(("https://", "http://"))
    return f'<p><a href="{words}">{words}</a></p>' if is_link else f"<p>{words}</p>"


def _paragraphs(
    words: Words, language: str, *, issuer: str, at: Bilingual, not_me: str, code: str, link: str
) -> list[str]:
    return [
        words.happened.text(language),
        _AT.text(language) % at.text(language),
        words.advice.text(language),
        *((_NOT_ME.text(language), not_me) if not_me else ()),
        *((code,) if code else ()),
        *((link,) if link else (_WHERE.text(language) % (issuer + words.path),)),
        _NEVER.text(language),
    ]
