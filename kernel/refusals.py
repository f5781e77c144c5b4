"""The catalogue of refusals: what each code means to HTTP, to the regulation and to a person.

A code is stable. `clause` is the point of the regulation that demands the refusal, None where
only good engineering does. The title says what happened and blames nobody.
"""

from dataclasses import dataclass

from kernel.wording import Bilingual


@dataclass(frozen=True)
class Refusal:
    """One entry: HTTP status, clause of the regulation, title shown to the person."""

    status: int
    clause: str | None
    title: Bilingual


def refusal(code: str) -> Refusal:
    """Return the entry of `code`; an unknown code gets one that gives nothing away."""
    return CATALOGUE.get(code, UNKNOWN)


def _entry(status: int, zh: str, en: str, *, clause: str | None = None) -> Refusal:
    return Refusal(status, clause, Bilingual(zh, en))


_FAILED_CLIENT = _entry(401, "網站無法證明自己的身分", "The site could not prove who it is")
_REQUEST = _entry(400, "不能從那個網站登入", "You cannot sign in from that site")
_NO_PAGE = _entry(404, "找不到這個頁面", "We cannot find this page")

UNKNOWN = _entry(400, "這件事現在不能辦", "This cannot be done now")
PASSWORDS = "10-I(2)"  # the Bureau strengthens security: control table, identification

CATALOGUE = {
    # members
    "member.already_exists": _entry(
        409,
        "已有會員帳號；請登入，證號換新的話到申辦窗口登記",
        "There is a member account already; sign in, and have a new number entered at a counter",
        clause="10(1)",
    ),
    "idno.format": _entry(
        422,
        "這不是身分證號或統一證號：共 10 碼，先是英文字母",
        "This is no identity number: ten characters, a letter first",
        clause="8(1)",
    ),
    "idno.checksum": _entry(
        422,
        "檢查碼不符；請對照證件再輸入一次",
        "The last digit does not fit; compare with the document and type it again",
        clause="8(1)",
    ),
    "idno.kind_not_allowed": _entry(
        422, "這裡不受理這種證號", "This kind of number is not taken here", clause="8(1)"
    ),
    "idno.sunset": _entry(
        422,
        "舊式統一證號自 2031 年起停用；請用新式統一證號",
        "Old resident numbers are void since 2031; use the new one",
        clause="8(1)",
    ),
    "idno.changed_meanwhile": _entry(
        409,
        "剛才有人登錄了另一個證號；請重新查看",
        "Somebody entered another number just now; look again",
        clause="8(1)",
    ),
    "member.under_age_7": _entry(
        422,
        "申請人未滿七歲；滿七歲那天起就能申辦",
        "The applicant is under seven; come from the seventh birthday on",
        clause="2(8)1",
    ),
    "member.not_approved": _entry(
        403,
        "審核中：申請還沒通過",
        "Your application is still being reviewed",
        clause="2(8)1",
    ),
    "member.login_format": _entry(
        422,
        "帳號至少 4 個字，中間不能有空格",
        "An account name has at least four characters and no spaces",
    ),
    "member.login_taken": _entry(
        409, "這個帳號有人用了，請換一個", "Somebody has this account name; choose another"
    ),
    "activation.used": _entry(
        409,
        "這個啟用連結用過了或過期了；請用收據查進度，可以再拿一個",
        "This link was used or is too old; follow your receipt to get another",
        clause="2(8)1",
    ),
    "activation.by_mail_only": _entry(
        403,
        "由受託人申辦的，啟用碼只寄到本人的電子郵件",
        "Joined by a proxy: the code goes to the person's own mailbox only",
        clause="7(2)",
    ),
    "activation.wrong": _entry(
        422,
        "啟用碼或出生日期不對，或啟用碼過期了；請對照後再輸入一次",
        "Code or birth date is wrong, or the code has expired; compare and type them again",
        clause="2(8)1",
    ),
    "day.format": _entry(
        422, "請填年、月、日，例如 2027-06-30", "Give year, month and day, such as 2027-06-30"
    ),
    "case.service_out_of_scope": _entry(
        422,
        "非申請表所列申辦服務項目；請重新選擇",
        "A service that is not offered here was chosen; choose again",
        clause="5(4)",
    ),
    "name.format": _entry(
        422,
        "請照證件填寫姓名，最多 50 個字",
        "Write the name as on the document, at most 50 characters",
        clause="7(1)",
    ),
    "phone.format": _entry(
        422,
        "請填電話號碼，像是 0912345678",
        "Give a telephone number such as 0912345678",
    ),
    "mail.format": _entry(
        422, "請填電子郵件，像是 name@example.tw", "Give a mail address such as name@example.tw"
    ),
    "idno.document_mismatch": _entry(
        422,
        "證件和填寫的資料不符；請對照後更正",
        "The document does not fit what was filled in; compare and correct",
        clause="7(1)",
    ),
    "residency.not_national_or_arc": _entry(
        422,
        "線上申辦要有我國國籍或居留證；沒有的話，請到申辦窗口詢問",
        "Online applications are for nationals and holders of a residence permit; ask at a counter",
        clause="8(1)",
    ),
    "residency.permit_expired": _entry(
        422,
        "居留證已逾期；請換發後再申辦",
        "The residence permit has expired; renew it and apply again",
        clause="8(1)",
    ),
    "case.documents_missing": _entry(
        422,
        "未備齊身分或資格證明文件，不予受理；請帶齊再來",
        "Documents are missing, so it cannot be accepted; come again with all of them",
        clause="7(1)",
    ),
    "case.document_unseen": _entry(
        422,
        "請先看過證明文件，再勾選「看過」",
        "Look at the document first, then tick that you have seen it",
        clause="7(1)",
    ),
    "case.terms_not_accepted": _entry(
        409,
        "請先閱讀申辦規定，再勾選同意",
        "Read the terms first, then tick that you agree",
        clause="8(2)1",
    ),
    "case.terms_version_changed": _entry(
        409,
        "規定已更新，請再看一次並重新同意",
        "The terms have changed; read them again and agree anew",
        clause="8(2)1",
    ),
    "case.counter_confirmation_pending": _entry(
        409,
        "尚未由申辦窗口確認資料",
        "No counter has confirmed the data yet",
        clause="8(2)2",
    ),
    "application.already_open": _entry(
        409,
        "這個證號已有申請在辦理；請用收據號碼查進度，沒有收據就到申辦窗口",
        "An application with this number is open; follow your receipt, or ask at a counter",
        clause="10(1)",
    ),
    "application.not_found": _NO_PAGE,
    "application.reason_missing": _entry(
        422,
        "請寫下依據和原因，申請人會看到",
        "Give the clause and the reason; the applicant reads it",
    ),
    "slip.not_found": _NO_PAGE,
    "terms.version_taken": _entry(
        409, "這個版本已經用過", "This version exists already", clause="8(2)1"
    ),
    "terms.incomplete": _entry(
        422,
        "請填版本（最多 32 個字）和中文、英文全文",
        "Give the version (at most 32 characters) and the text in both languages",
        clause="8(2)1",
    ),
    "terms.day_passed": _entry(
        422,
        "現行版本在那一天以後才生效；從那天起的版本永遠不會生效",
        "The version in force began later than that day, so it would never hold",
        clause="8(2)1",
    ),
    "member.login_empty": _entry(422, "請輸入帳號", "Enter an account name"),
    "member.guardian_required": _entry(
        422,
        "要法定代理人同意；請和法定代理人一起到申辦窗口登記",
        "A guardian must approve; come to a service counter together to register",
        clause="2(8)1",
    ),
    "member.age_unknown": _entry(
        422,
        "我們不知道您幾歲；請到申辦窗口補登出生日期",
        "We do not know how old you are; have your birth date entered at a service counter",
        clause="2(8)1",
    ),
    "guardian.is_ward": _entry(
        422, "不能當自己的法定代理人", "Nobody is their own guardian", clause="7(2)"
    ),
    "guardian.of_age": _entry(
        422,
        "已滿 18 歲，也沒有監護或輔助宣告，不需要法定代理人",
        "Who is of age needs no guardian unless a court declared so",
        clause="2(8)1",
    ),
    "guardian.not_the_relation": _entry(
        422,
        "關係和宣告不符：監護宣告由監護人，輔助宣告由輔助人",
        "Guardianship has a guardian, assistance an assistant",
        clause="2(8)1",
    ),
    "capacity.source_missing": _entry(
        422, "請寫下裁定字號", "Give the number of the court's decree"
    ),
    "capacity.already_noted": _entry(
        409, "已經登錄過宣告，請先解除", "A declaration is noted already; lift it first"
    ),
    "capacity.not_noted": _entry(404, "沒有登錄宣告", "No declaration is noted"),
    "member.capacity_representative_required": _entry(
        422,
        "受監護宣告者須由監護人代為辦理",
        "A guardian acts for an adult under guardianship",
        clause="2(8)1",
    ),
    "guardian.not_adult": _entry(
        422,
        "法定代理人要滿 18 歲，沒有受監護宣告；監護人和輔助人也不能受輔助宣告",
        "Who acts is of age and under no guardianship; whom a court appoints, under no assistance",
        clause="2(8)1",
    ),
    "guardian.already_linked": _entry(409, "已經登記過了", "They are linked already"),
    "guardian.not_linked": _NO_PAGE,
    "poa.is_principal": _entry(
        422, "不能當自己的受託人", "Nobody is their own proxy", clause="7(2)"
    ),
    "poa.not_adult": _entry(
        422,
        "委託人和受託人都要滿 18 歲",
        "Both principal and proxy must be of age",
        clause="7(2)",
    ),
    "poa.already_entered": _entry(
        409, "這兩個人之間已有有效的委託書", "A power between the two is in force already"
    ),
    "poa.not_found": _NO_PAGE,
    "case.poa_missing": _entry(
        422,
        "委託書欠缺：要寫明委託事項和文件編號",
        "The power of attorney must name its matters and where the letter is kept",
        clause="7(2)",
    ),
    "case.poa_expired": _entry(
        422, "委託書已逾期", "The power of attorney is past its last day", clause="7(2)"
    ),
    "case.poa_scope": _entry(
        422, "委託書的範圍不含這件事", "The power of attorney does not cover this", clause="7(2)"
    ),
    "case.poa_proxy_mismatch": _entry(
        422,
        "來的人不是委託書上的受託人",
        "Who came is not the person the power of attorney names",
        clause="7(2)",
    ),
    "case.proxy_id_missing": _entry(
        422,
        "缺受託人的身分證明文件",
        "The proxy's identity document is missing",
        clause="7(2)",
    ),
    "case.cooling_off": _entry(
        409,
        "受託人代辦這件事要等一段時間，讓本人可以說不",
        "What a proxy asks for here waits a while, so that the principal can object",
        clause="7(2)",
    ),
    # cases at a counter
    "case.not_found": _NO_PAGE,
    "case.identity_unverifiable": _entry(
        422,
        "申辦窗口無法驗證資格，不予受理",
        "The counter cannot verify who this is, so the matter is not taken in",
        clause="7(1)",
    ),
    "case.annex_form_missing": _entry(
        422, "缺這項服務的附表", "The annex form of the service is missing", clause="7(1)"
    ),
    "case.not_about_them": _entry(
        422,
        "這個窗口沒有這個人的這件案件，或已經結案",
        "There is no such open case about this person at this counter",
        clause="9",
    ),
    "case.reason_missing": _entry(422, "請選擇原因", "Choose a reason"),
    "service.review_pending": _entry(
        409,
        "主管機關還在審核這項服務",
        "The agency in charge is still reviewing this service",
        clause="2(8)6",
    ),
    "eligibility.agency_rule": _entry(
        422,
        "不符服務機關所定的資格",
        "The agency's conditions for this service are not met",
        clause="6(3)",
    ),
    "letter.incomplete": _entry(
        409,
        "決定書有空白的欄位，不能發出",
        "A decision with an empty part cannot be issued",
        clause="7(1)",
    ),
    "case.no_carrier_bound": _entry(
        409,
        "結案前至少要綁定一張卡或一個載具",
        "No case closes before a card or another carrier is bound",
        clause="7(4)",
    ),
    "carrier.visible_info_mismatch": _entry(
        422,
        "卡面資訊和申請人的資料不符",
        "What is printed on the card does not fit the applicant",
        clause="7(3)",
    ),
    "approval.not_found": _NO_PAGE,
    "approval.too_many": _entry(
        429, "今天問太多次了", "You have asked too often today", clause="10-I(2)"
    ),
    "approval.over": _entry(
        409, "這件事已經有人決定或過期了", "This was decided already, or its time is over"
    ),
    "member.not_found": _NO_PAGE,
    "member.birthdate_impossible": _entry(
        422, "這不可能是出生日期", "Nobody of this city was born on that day", clause="2(8)1"
    ),
    "member.birthdate_same": _entry(
        409, "登錄的就是這個出生日期", "This birth date is on record already"
    ),
    "member.reason_missing": _entry(
        422, "請寫下更正的理由", "Say why the record is corrected", clause="2(8)5"
    ),
    "member.suspended": _entry(403, "帳號停用", "The account is suspended", clause="6(1)"),
    "member.paused": _entry(403, "帳號暫停中", "The account is paused", clause="10-I(1)"),
    "member.closed": _entry(403, "帳號已註銷", "The account is closed", clause="10(1)"),
    "session.not_found": _NO_PAGE,
    # clients
    "client.already_exists": _entry(
        409, "這個 client_id 已經登記", "This client_id is registered already"
    ),
    "client.basis_not_offered": _entry(
        422,
        "這種單位不能用這個法律依據",
        "A body of this kind cannot rely on this legal basis",
        clause="2(1)",
    ),
    "client.change_empty": _entry(422, "這份修改和現行內容一樣", "The change changes nothing"),
    "client.change_open": _entry(
        409, "這個用途已有一份修改等待審核", "A change of this purpose is waiting already"
    ),
    "client.change_not_found": _entry(
        404, "這個用途沒有等待審核的修改", "No change of this purpose is waiting"
    ),
    "client.change_wrong_state": _entry(
        409, "這份修改現在不能這樣處理", "The change has come too far, or not far enough, for that"
    ),
    "client.purpose_not_found": _entry(
        404, "沒有登記這個用途", "No such purpose is registered for this client"
    ),
    "client.reason_missing": _entry(422, "退回修改要說明理由", "Say why the change is returned"),
    "client.form_invalid": _entry(422, "登記資料不正確", "The registration is not valid"),
    "client.no_secret": _entry(409, "這個網站不使用密鑰", "This client uses no secret"),
    "client.not_waiting": _entry(
        409, "這個網站沒有在等審核", "This client does not wait for a decision", clause="10(3)"
    ),
    "registration.token_used": _entry(
        401, "這個登記憑證不能再用", "This registration token opens nothing any more"
    ),
    "event.not_found": _entry(404, "找不到這則通知", "There is no such event"),
    "sandbox.no_such_fault": _entry(
        404, "沒有這一項，或這一項還沒試", "There is no such check, or it was not tried yet"
    ),
    "registration.token_not_found": _entry(
        404, "沒有這個登記憑證", "There is no such registration token"
    ),
    "client.not_found": _entry(404, "沒有登記這個網站", "No such client is registered"),
    "client.contract_days": _entry(
        422,
        "契約只能在起迄日之間提前終止",
        "A contract can only end earlier, and not before it starts",
        clause="2(8)4",
    ),
    "client.contract_exists": _entry(
        409, "這個契約編號已經登記", "A contract with this number is recorded already"
    ),
    "client.contract_not_found": _entry(404, "沒有這份契約", "No such contract is recorded"),
    "client.contract_not_merchant": _entry(
        422, "只有特約商店有契約", "Only merchants have contracts", clause="2(8)4"
    ),
    "resource.address_invalid": _entry(
        422,
        "介面的位址要是 https 開頭的完整網址，不能有 #",
        "An interface is known by a whole https address without #",
    ),
    "resource.already_exists": _entry(
        409, "這個介面已經登記", "This interface is registered already"
    ),
    "resource.name_missing": _entry(
        422,
        "請填中文和英文名稱，各不超過 200 個字",
        "Give the name in both languages, at most 200 characters each",
    ),
    "resource.not_an_agencys": _entry(
        422,
        "只有能證明身分的機關網站可以提供介面",
        "Only an agency's client that can prove itself serves interfaces",
        clause="10(3)",
    ),
    "resource.not_approved": _entry(404, "沒有核准過這一項", "This was not approved"),
    "resource.not_found": _entry(404, "沒有登記這個介面", "No such interface is registered"),
    "resource.scope_invalid": _entry(
        422,
        "權限名稱要像 cases.read：小寫英文，中間有點或冒號",
        "A scope looks like cases.read: small letters with a dot or colon between",
    ),
    "client.authentication_failed": _FAILED_CLIENT,
    "client.authentication_ambiguous": _FAILED_CLIENT,
    "request.client_missing": _REQUEST,
    "request.client_unknown": _REQUEST,
    "request.redirect_uri_unknown": _REQUEST,
    "request.pushed_unknown": _entry(
        400,
        "這次登入的連結已經失效",
        "This sign-in link no longer works",
    ),
    # agencies' programs
    "program.body_invalid": _entry(
        422, "送來的內容不合規格", "What was sent is not of the shape that is described"
    ),
    "program.cursor_invalid": _entry(
        400, "cursor 不是這份清單的", "The cursor is not one of this list"
    ),
    "program.key_in_use": _entry(
        409,
        "同一個 Idempotency-Key 的第一次還在處理",
        "The first call with this Idempotency-Key is still at work",
    ),
    "program.key_missing": _entry(
        400,
        "要有 Idempotency-Key：8 到 64 個字元",
        "Send an Idempotency-Key of 8 to 64 characters",
    ),
    "program.key_reused": _entry(
        422,
        "這個 Idempotency-Key 已經用在別的內容",
        "This Idempotency-Key was used for something else",
    ),
    "program.limit_invalid": _entry(400, "limit 要是 1 到 100", "`limit` is from 1 to 100"),
    "program.scope_missing": _entry(
        403, "這個權杖沒有這項權限", "This token is not good for that", clause="10(3)"
    ),
    "program.token_invalid": _entry(
        401, "權杖不能用在這裡", "The token is worth nothing here", clause="7(9)"
    ),
    "program.too_many": _entry(
        429, "呼叫得太頻繁，請稍候", "Too many calls; wait a minute", clause="10-I(2)"
    ),
    # services and offers
    "service.note_older": _entry(
        409, "已有日期較新的註記", "There is a note of a later day already", clause="10(1)"
    ),
    "service.note_unfounded": _entry(
        422,
        "註記要有依據的案件，日期不能在今天以後",
        "A note needs the case it rests on, and cannot be of a day to come",
        clause="7(9)",
    ),
    "service.not_yours": _entry(
        403,
        "只有主管這項服務的機關可以註記",
        "Only the agency of a service may note it",
        clause="2(8)6",
    ),
    "service.not_found": _NO_PAGE,
    "service.code_invalid": _entry(
        422,
        "服務代碼只能用小寫英文字母、數字和底線，並以字母開頭",
        "A service's code is of small letters, digits and underscores, and begins with a letter",
    ),
    "service.name_missing": _entry(
        422, "服務要有中文和英文名稱", "A service needs a name in both languages"
    ),
    "service.exists": _entry(409, "這個服務代碼已經用過", "This code was used already"),
    "service.closed": _entry(
        409,
        "這項服務已經結束",
        "This service is closed",
        clause="3-II",
    ),
    "service.suspend_unverified": _entry(
        409,
        "未經另一位人員查證無誤，不得中止",
        "Nothing is suspended before a second person has verified it",
        clause="6(3)",
    ),
    "service.suspension_stands": _entry(
        409,
        "中止要由陳情或重新申請解除，不能另外註記",
        "A suspension ends by petition or a new application, not by another note",
        clause="6(3)",
    ),
    "right.presumption_keeps": _entry(
        409,
        "資料不一致不影響已取得之權利",
        "That records differ takes no right away",
        clause="10-II",
    ),
    "eligibility.rule_invalid": _entry(
        422,
        "資格要有條件（中英文都寫）和依據，只能問本機關的服務",
        "A rule has conditions, in both languages, and a basis; it asks about your own services",
        clause="6(3)",
    ),
    "eligibility.backdated": _entry(
        422, "日期要是今天或以後", "The day is today or later", clause="6(3)"
    ),
    "eligibility.rule_missing": _entry(
        409, "那一天還沒有生效的資格", "No rule is in force on that day", clause="6(3)"
    ),
    "eligibility.run_open": _entry(
        409, "這項服務還有一個查核沒有結束", "A check of this service is not over yet"
    ),
    "eligibility.run_early": _entry(
        409, "還沒到排定的日期", "The day of this check has not come yet"
    ),
    "eligibility.halted": _entry(
        409,
        "查核已煞停：影響三成以上，先由主管或資訊局同意",
        "The check is halted: it touches three in ten, and a manager or DoIT has to agree",
        clause="6(3)",
    ),
    "eligibility.reason_missing": _entry(422, "請寫理由", "Say why", clause="6(3)"),
    "eligibility.second_person": _entry(
        403, "要由另一位人員辦理", "Somebody else has to do this", clause="6(3)"
    ),
    "eligibility.findings_open": _entry(
        409, "還有待查證的結果", "Findings still wait to be verified", clause="6(3)"
    ),
    "eligibility.file_invalid": _entry(
        422,
        "看不懂這份名單：第一行是 reference,fact，事實用代碼，UTF-8",
        "This list cannot be read: first line reference,fact, facts as codes, in UTF-8",
    ),
    "eligibility.not_found": _NO_PAGE,
    # petitions
    "attachment.title_missing": _entry(
        422,
        "附件要有中文和英文名稱",
        "An attachment needs a name in both languages",
        clause="6(4)",
    ),
    "attachment.too_large": _entry(
        422, "附件太大，一個最多 4 MB", "An attachment may have 4 MB at most", clause="6(4)"
    ),
    "attachment.unreadable": _entry(
        422,
        "附件要是完好的 PDF、ODT、PNG、JPEG 或 WebP；打不開的請重新存檔再傳",
        "An attachment is a PDF, ODT, PNG, JPEG or WebP that opens; save a damaged one anew",
        clause="6(4)",
    ),
    "attachment.acts": _entry(
        422,
        "這份 PDF 帶有程式、檔案、密碼或開啟時的動作，請另存成單純的 PDF",
        "This PDF has a script, a file, a password or an action of its own: save it as a plain one",
        clause="6(4)",
    ),
    "attachment.too_many": _entry(
        422, "一篇最多 5 個附件", "A text has five attachments at most", clause="6(4)"
    ),
    "attachment.exists": _entry(
        422, "這個檔案已經是附件", "This file is attached already", clause="6(4)"
    ),
    "appeal.out_of_scope": _entry(
        422,
        "這不是可以陳情的中止：沒有中止，已經恢復，或主管機關已裁撤、沒有機關承接",
        "This is no suspension to petition against: there is none, it was lifted, or its agency is "
        "no more and nobody followed it",
        clause="6(3)",
    ),
    "appeal.anonymous": _entry(
        422, "陳情要有真實姓名", "A petition needs a real name", clause="6(3)"
    ),
    "appeal.duplicate": _entry(
        422,
        "這個中止已經有一件陳情在處理",
        "A petition about this suspension is being looked into already",
        clause="6(3)",
    ),
    "appeal.not_read_back": _entry(
        422,
        "要先讀給當事人聽，確認沒有錯",
        "First it is read back to the person, who says that it is right",
        clause="6(3)",
    ),
    "appeal.not_signed": _entry(
        422,
        "要當事人在紀錄上簽名或蓋章",
        "The person signs or seals the record",
        clause="6(3)",
    ),
    "appeal.choice_missing": _entry(422, "請選一個", "Choose one", clause="6(3)"),
    "appeal.second_person": _entry(
        403,
        "發現或中止的人不能辦理這件陳情或爭議",
        "Who found or suspended it does not decide the petition or the dispute",
        clause="6(3)",
    ),
    "appeal.not_found": _NO_PAGE,
    # sanctions
    "sanction.incomplete": _entry(
        422,
        "依據、文號、事實或理由、有關的服務都要寫",
        "Clause, file, facts or reasons, and the services are all needed",
        clause="6(1)",
    ),
    "sanction.hearing_short": _entry(
        422,
        "陳述意見至少要有七天",
        "The member has at least seven days to answer",
        clause="6(1)",
    ),
    "sanction.not_heard": _entry(
        409,
        "當事人還沒陳述意見，期限也還沒過",
        "The member has not answered, and still has time to",
        clause="6(1)",
    ),
    "sanction.second_person": _entry(
        403, "提出的人不能自己認定", "Who reported it does not determine it", clause="6(1)"
    ),
    "sanction.period_invalid": _entry(
        422,
        "期間從今天或以後開始，最長兩年",
        "The period begins today or later and lasts two years at most",
        clause="6(1)",
    ),
    "sanction.not_found": _NO_PAGE,
    "service.already_active": _entry(
        409, "這項服務已經開通", "This service is open for you already", clause="2(8)6"
    ),
    "service.not_active": _entry(
        409, "這項服務沒有開通", "This service is not open for you", clause="2(8)6"
    ),
    "service.suspended": _entry(
        403,
        "這項服務中止中；可以陳情，也可以重新申請",
        "This service is suspended; you may petition, or apply again",
        clause="6(3)",
    ),
    "service.not_open": _entry(
        409, "這項服務還沒有開放申請", "This service takes no applications yet", clause="3-II"
    ),
    "service.not_approved": _entry(
        409,
        "資訊局核定以後才能開放，或已經開放了",
        "It opens once DoIT approved it, or has opened already",
        clause="3-II",
    ),
    "service.terms_incomplete": _entry(
        422,
        "內容、資格、費用都要有中英文，最多 1000 個字；至少寫一種人要帶的文件，也要選登入方式",
        "Text, entitlement and fee in both languages, at most 1000 characters; the papers of at "
        "least one kind of person, and the sign-in",
        clause="7(5)",
    ),
    "service.version_waiting": _entry(
        409, "有一版正在等資訊局審核", "A version waits for DoIT already", clause="3-II"
    ),
    "service.version_wrong_state": _entry(
        409,
        "這一版剛才變了，或沒有草稿；請重新查看",
        "The version has changed, or there is no draft; look again",
        clause="3-II",
    ),
    "service.day_passed": _entry(422, "這一天太早了", "That day is too early", clause="3-II"),
    "service.login_too_weak": _entry(
        403,
        "這項服務要用卡片、通行密鑰或憑證登入；請先新增，或到申辦窗口辦理",
        "This service needs a card, passkey or certificate; add one, or apply at a counter",
        clause="2(8)2",
    ),
    "service.finding_missing": _entry(
        422, "請選擇查明的結果", "Choose what was found to be right", clause="10-II"
    ),
    "service.days_impossible": _entry(
        422,
        "辦理天數要在 1 到 120 個工作天之間",
        "A case takes 1 to 120 working days",
        clause="8(4)",
    ),
    # counters
    "counter.not_delegated": _entry(
        403, "沒有有效的委任或委託", "Nothing is delegated here", clause="4"
    ),
    "counter.delegation_unpublished": _entry(
        403,
        "委任或委託還沒有公告並刊登公報，尚未生效",
        "The delegation is not in force: it was not made public yet",
        clause="4",
    ),
    "counter.delegation_expired": _entry(
        403, "委任或委託已屆期", "The delegation is past its last day", clause="4"
    ),
    "counter.function_not_delegated": _entry(
        403,
        "這個窗口沒有獲授權辦理這個事項",
        "This matter was not delegated to this counter",
        clause="4",
    ),
    "counter.staff_untrained": _entry(
        403, "還沒有完成教育訓練", "The training is not completed yet", clause="5(3)"
    ),
    "counter.training_expired": _entry(
        403,
        "教育訓練已逾期，請先完成複訓",
        "The training has run out; take the course again first",
        clause="5(3)",
    ),
    "counter.below_minimum": _entry(
        409,
        "要有至少一個櫃檯、一位受過訓練的服務人員和一臺可用的讀卡機",
        "A counter needs a desk, a trained clerk and a working reader",
        clause="5(2)",
    ),
    "counter.unregistered_reader": _entry(
        403,
        "這臺讀卡機沒有登記在這個窗口",
        "This reader is not registered at this counter",
        clause="5(1)",
    ),
    "counter.closed": _entry(409, "窗口目前沒有開放", "The counter is closed", clause="4"),
    "counter.training_only": _entry(
        403,
        "這裡只供練習，不能辦理真人的案件",
        "This counter is for practice; nobody real is served here",
        clause="5(3)",
    ),
    "counter.synthetic_person": _entry(
        403,
        "這是練習用的虛構人物，只能在練習窗口辦理",
        "This person is made up for practice; only training counters handle them",
        clause="5(3)",
    ),
    "counter.not_found": _NO_PAGE,
    "counter.not_an_agency": _entry(
        422, "只有服務機關可以設申辦窗口", "Only an agency has counters", clause="4"
    ),
    "counter.code_invalid": _entry(
        422,
        "窗口代碼用小寫英文字母、數字和連字號，共 2 到 32 個字，以字母開頭",
        "A code has 2 to 32 small letters, digits and hyphens, a letter first",
    ),
    "counter.incomplete": _entry(
        422,
        "請把欄位填完整：名稱和地址要有中文和英文，不超過 200 字",
        "Fill in every field: names and addresses in both languages, of 200 characters at most",
        clause="4",
    ),
    "counter.exists": _entry(409, "這個窗口代碼已經用過", "This code was used already"),
    "counter.ended": _entry(409, "這個窗口已經裁撤", "This counter was ended"),
    "counter.open_already": _entry(409, "窗口已經開放", "The counter is open already"),
    "counter.day_past": _entry(422, "這一天已經過了", "That day is over"),
    "counter.hours_invalid": _entry(
        422,
        "開放時間請寫成 09:00-12:00，同一天的時段不能重疊，也不超過三段",
        "Write hours as 09:00-12:00, at most three times a day that do not overlap",
    ),
    "counter.desk_exists": _entry(409, "已經有同名的櫃檯", "There is a desk of that name already"),
    "counter.clerk_exists": _entry(
        409, "這個人已經是這個窗口的服務人員", "This person is a clerk here already"
    ),
    "counter.one_person": _entry(
        409,
        "這個窗口由一位自然人擔任，只能有這一位服務人員",
        "This counter is one person, who alone is its clerk",
        clause="2(2)",
    ),
    "counter.clerk_not_active": _entry(
        422,
        "這個帳號目前不能使用，不能派任",
        "This account is not active, so nobody can be appointed by it",
        clause="5(3)",
    ),
    "form.day_missing": _entry(422, "請選一個日期", "Choose a day"),
    "delegation.incomplete": _entry(
        422,
        "請寫明法律依據、文號、至少一個事項；委託民間時還要寫明費用負擔",
        "Name the provision, the document, a matter, and for a private party who bears the cost",
        clause="4",
    ),
    "delegation.wrong_ground": _entry(
        422,
        "這種窗口不能用這種方式委任或委託",
        "A counter of this kind is not delegated to in this way",
        clause="4",
    ),
    "delegation.days_reversed": _entry(
        422, "結束日要在開始日之後", "The last day must come after the first"
    ),
    "delegation.service_unknown": _entry(
        422,
        "只能列本機關辦理中的服務項目",
        "Only open services of the agency itself can be named",
        clause="5(4)",
    ),
    "delegation.number_used": _entry(
        409, "這個窗口已經登錄過這個文號", "This document is entered for this counter already"
    ),
    "delegation.wrong_state": _entry(
        409,
        "這件委任或委託剛才變了，或已經結束；請重新查看",
        "The delegation has changed or is over; look at it again",
        clause="4",
    ),
    "delegation.citation_missing": _entry(
        422,
        "請寫下公告日期和公報或新聞紙的刊期；公告日期不能在今天以後",
        "Give the day of the notice, not one to come, and the issue of the gazette",
        clause="4",
    ),
    "training.course_invalid": _entry(
        422,
        "課程要有版次、中英文名稱、有效天數，及格分數在 0 到 100 之間",
        "A course needs a version, a name in both languages, its days, and a score of 0 to 100",
    ),
    "training.course_exists": _entry(409, "這個版次已經登錄過", "This version is entered already"),
    "training.not_found": _NO_PAGE,
    "training.not_passed": _entry(
        422, "分數沒有達到及格標準", "The score is not enough to pass", clause="5(3)"
    ),
    "training.day_impossible": _entry(
        422, "受訓日期不能在今天以後", "Nobody was trained on a day to come", clause="5(3)"
    ),
    "reader.incomplete": _entry(
        422,
        "請寫下讀卡機的序號、型號和韌體版本",
        "Give the reader's serial number, model and firmware",
        clause="5(1)",
    ),
    "reader.exists": _entry(
        409,
        "這個序號的讀卡機已經登記了",
        "A reader of this serial number is registered already",
        clause="5(1)",
    ),
    "offer.not_found": _entry(404, "沒有這項優惠", "There is no such offer"),
    "offer.title_missing": _entry(
        422,
        "請填中文和英文名稱，各不超過 200 個字",
        "Give the name in both languages, at most 200 characters each",
        clause="6(4)",
    ),
    "offer.rule_invalid": _entry(
        422, "優惠條件不正確", "The offer's rule is not valid", clause="6(4)"
    ),
    "offer.period_invalid": _entry(
        422, "優惠期間不正確", "The offer's period is not valid", clause="6(4)"
    ),
    "offer.draft_exists": _entry(
        409,
        "這項優惠已經有草稿，請改那一份",
        "There is a draft of this offer already; go on with that one",
        clause="6(4)",
    ),
    "offer.draft_changed": _entry(
        409,
        "別人剛剛改了這份草稿；請打開新的，把您的修改再寫進去",
        "Somebody else changed this draft; open it anew and write your changes again",
        clause="6(4)",
    ),
    "offer.already_decided": _entry(
        409, "這項優惠已經決定", "The offer was decided already", clause="6(4)"
    ),
    "population.source_missing": _entry(
        422, "要寫明數字的出處", "Say which published statistics this is from", clause="10-I(4)"
    ),
    "population.document_missing": _entry(
        422,
        "要寫明在哪裡公布；不是公布的數字，請註明是清點的",
        "Say where it is published, or that it was counted",
        clause="10-I(4)",
    ),
    "population.day_in_future": _entry(
        422, "統計日不能是將來", "A figure cannot speak of a day to come", clause="10-I(4)"
    ),
    "population.exists": _entry(
        409, "這一天已經有這個數字", "There is a figure of that day already", clause="10-I(4)"
    ),
    "publish.document_no_missing": _entry(
        409, "缺來文文號", "The document number is missing", clause="6(4)"
    ),
    "publish.not_reviewed": _entry(
        409, "未經資訊局確認", "DoIT has not confirmed this", clause="6(4)"
    ),
    "publish.not_found": _NO_PAGE,
    "publish.waiting": _entry(
        409,
        "這一版已送資訊局審核，退回以後才能再改",
        "DoIT is looking at this version; it can be changed again when it was returned",
        clause="5(4)",
    ),
    "publish.wrong_step": _entry(
        409,
        "這一版現在不能這樣處理；可能別人已經處理了",
        "The version is not at that step; somebody else may have dealt with it",
        clause="6(4)",
    ),
    "publish.reason_missing": _entry(
        422, "請寫明要補正什麼", "Say what has to be put right", clause="6(4)"
    ),
    "case.form_version_retired": _entry(
        409,
        "附表這一版已經停用；請用現行的版本",
        "This version of the form is out of use; take the current one",
        clause="5(4)",
    ),
    "case.form_version_unapproved": _entry(
        409,
        "附表這一版未經資訊局審核，還不能用",
        "DoIT has not confirmed this version of the form, so it cannot be used yet",
        clause="5(4)",
    ),
    "annex.invalid": _entry(
        422,
        "附表的欄位不正確，或超過 40 欄",
        "A field of the form does not fit, or there are more than 40",
        clause="5(4)",
    ),
    "annex.incomplete": _entry(
        422,
        "附表還不完整：每一欄要有中英文名稱、必要性和法律依據，選擇題至少兩個選項",
        "A field needs a name and a reason in both languages, and a basis; a choice two options",
        clause="5(4)",
    ),
    "annex.answer_unfit": _entry(
        422, "附表的答案和欄位不符", "An answer does not fit its field", clause="5(4)"
    ),
    "inventory.not_found": _NO_PAGE,
    "inventory.incomplete": _entry(
        422,
        "名稱要有中文和英文，整合情形請從清單選",
        "A name is needed in both languages, and a status from the list",
        clause="3-I",
    ),
    "waiver.not_found": _NO_PAGE,
    "waiver.not_granted": _entry(
        403, "沒有經資訊局同意免整合", "DoIT has granted no waiver", clause="3-I"
    ),
    "waiver.expired": _entry(403, "免整合的期限已過", "The waiver has run out", clause="3-I"),
    "waiver.already_requested": _entry(
        409, "已經有一件申請在審核", "A request is waiting for DoIT already", clause="3-I"
    ),
    "waiver.incomplete": _entry(
        422,
        "請寫明特殊情形，日期要在今天以後",
        "Say what is special, and name a day after today",
        clause="3-I",
    ),
    "waiver.wrong_step": _entry(
        409,
        "這件申請現在不能這樣處理；可能別人已經處理了",
        "The request is not at that step; somebody else may have dealt with it",
        clause="3-I",
    ),
    "plan.date_missing": _entry(
        409,
        "落日日期不能空白；公布過的可以改期，不能拿掉",
        "A plan has a last day; a published one can be moved, and not removed",
        clause="3-II",
    ),
    "plan.incomplete": _entry(
        422,
        "流程、以後改用和權益要有中英文；期程一行一項，都在落日以前",
        "Process, replacement and rights in both languages; a step on each line, before the end",
        clause="3-II",
    ),
    "content.slug_invalid": _entry(
        422,
        "網址名稱只能用小寫英文字母、數字和連字號",
        "The name in the address is of small letters, digits and hyphens",
    ),
    "content.exists": _entry(
        409, "這個網址名稱已經用過", "This name stands in another address already"
    ),
    "content.incomplete": _entry(
        422,
        "標題和內文都要有中文和英文，內文各 5000 字以內",
        "Title and text are needed in both languages, each text within 5000 characters",
        clause="6(4)",
    ),
    "content.period": _entry(
        422,
        "最後一天要在開始那天以後，也不能已經過了",
        "The last day comes after the first, and has not passed",
        clause="6(4)",
    ),
    "milestone.day_invalid": _entry(
        422, "完成的日期不能在今天以後", "It cannot have been done after today", clause="3-II"
    ),
    "milestone.evidence_missing": _entry(
        422,
        "請寫文號或紀錄，最多 300 個字",
        "Name the document or record that shows it, in 300 characters",
        clause="3-II",
    ),
    "milestone.done_already": _entry(
        409, "這一項已經註記完成", "This step is marked as done already", clause="3-II"
    ),
    "calendar.year_empty": _entry(
        404, "沒有這一年的放假日", "No days off are known of that year", clause="8(4)"
    ),
    "calendar.unsigned": _entry(
        422,
        "要寫明誰核對、核對哪一份公告",
        "Say who checked it, and against which document",
        clause="8(4)",
    ),
    # certificates
    "carrier.certificate_invalid": _entry(
        422, "無法讀取這張憑證", "This certificate cannot be read", clause="7(6)3"
    ),
    "carrier.certificate_issuer": _entry(
        422, "不受理這個機構簽發的憑證", "Certificates of this issuer are not accepted"
    ),
    "carrier.certificate_policy": _entry(
        422, "這種憑證不能用來登入", "Certificates of this class cannot be used to sign in"
    ),
    "carrier.certificate_weak_key": _entry(
        422, "憑證的金鑰強度不足，請換發", "The certificate's key is too weak: have it renewed"
    ),
    "carrier.certificate_not_yet_valid": _entry(
        422, "憑證尚未生效", "The certificate is not valid yet"
    ),
    "carrier.certificate_expired": _entry(422, "憑證已過期，請展期", "The certificate has expired"),
    "carrier.certificate_path": _entry(
        422, "憑證不是由登記的機構簽發", "The certificate was not signed by a registered issuer"
    ),
    "carrier.certificate_purpose": _entry(
        422, "這是加密用的憑證，請用簽章憑證", "This certificate is not made for signing"
    ),
    "carrier.certificate_identity": _entry(
        422, "憑證沒有載明持有人", "The certificate does not say whose it is"
    ),
    "carrier.certificate_revoked": _entry(
        422, "憑證已廢止或停用", "The certificate was revoked or suspended"
    ),
    "carrier.certificate_at_counter": _entry(
        403,
        "這種憑證要在申辦窗口綁定",
        "Certificates of this kind are bound at a counter",
        clause="7(3)",
    ),
    "carrier.certificate_other_person": _entry(
        422,
        "憑證上的姓名或末四碼和您的資料不符",
        "The name or the last four characters do not match your record",
        clause="2(3)",
    ),
    "carrier.certificate_uncheckable": _entry(
        503,
        "現在無法查驗憑證，請稍後再試，或改用其他方式",
        "The certificate cannot be checked now: try again later, or another way",
    ),
    "carrier.revocation_list_invalid": _entry(
        422, "廢止清冊不正確", "The revocation list is not valid"
    ),
    "carrier.revocation_list_outdated": _entry(
        422, "廢止清冊已過期", "The revocation list is out of date"
    ),
    "carrier.revocation_list_rolled_back": _entry(
        409, "廢止清冊比現有的舊", "The revocation list is older than the one in force"
    ),
    # logging in
    "challenge.expired": _entry(
        400, "這一頁放太久了，請重新登入", "This page is too old; sign in again"
    ),
    "form.not_ours": _entry(403, "請重新送出表單", "Send the form again"),
    "interaction.not_found": _NO_PAGE,
    "login.busy": _entry(
        503, "現在登入的人很多，請過一會兒再試", "Many are signing in; try again in a little while"
    ),
    "login.failed": _entry(
        401, "帳號或密碼不正確", "The account name or the password is not right", clause=PASSWORDS
    ),
    "login.locked": _entry(
        429, "嘗試太多次，請過一會兒再試", "Too many attempts; try again later", clause=PASSWORDS
    ),
    "login.proof_too_weak": _entry(
        403, "這種登入方式不夠辦這件事", "This way of signing in is not enough", clause="2(8)2"
    ),
    "handover.over": _entry(
        410,
        "這個代碼不能用了，請在另一台裝置換一個新的",
        "This code cannot be used any more; take a new one on the other device",
    ),
    "awaited.not_found": _NO_PAGE,
    "awaited.over": _entry(
        410,
        "這個代碼不能用了，請在那台裝置換一個新的",
        "This code cannot be used any more; take a new one on that device",
    ),
    "handover.too_weak": _entry(
        403,
        "另一台裝置要用的服務，手機要用通行密鑰登入才能確認",
        "What the other device opens needs a phone signed in with a passkey",
        clause="2(8)2",
    ),
    # carriers
    "carrier.already_bound": _entry(
        409,
        "這個載具已經綁定了",
        "This carrier is tied to an account already",
        clause="2(3)",
    ),
    "carrier.counter_needed": _entry(
        403,
        "掛失之後要臨櫃重新綁定",
        "After a loss the next one is bound at a counter",
        clause="8(3)",
    ),
    "carrier.last_one": _entry(
        409, "不能解除最後一個載具", "The last carrier cannot be removed", clause="7(4)"
    ),
    "card.ordered_already": _entry(
        409, "已經有一張訂製中的卡片", "A card is on its way already", clause="7(6)2"
    ),
    "card.mail_not_offered": _entry(
        422, "這個窗口不提供郵寄", "This counter mails no cards", clause="7(6)2"
    ),
    "card.pickup_wrong_counter": _entry(
        422, "請到原申辦窗口領卡", "The card is collected where it was ordered", clause="7(6)2"
    ),
    "card.pickup_id_required": _entry(
        422,
        "領卡要本人帶身分證明文件",
        "An identity document is needed to collect it",
        clause="8(2)3",
    ),
    "card.pickup_expired": _entry(
        422,
        "超過期限了，卡片已銷毀或將銷毀",
        "It was kept until a day that is past",
        clause="7(6)2",
    ),
    "card.code_wrong": _entry(
        422,
        "啟用碼不對，請看我們寄的信再輸入一次",
        "That is not the code in our letter",
        clause="7(6)2",
    ),
    "card.code_locked": _entry(
        409,
        "啟用碼錯太多次，這張卡不能啟用了；請帶卡片到原申辦窗口",
        "Too many wrong codes: take the card to the counter where you ordered it",
        clause="7(6)2",
    ),
    "carrier.card_broken": _entry(
        422, "這張卡片壞了，請換發", "This card is broken; have it replaced", clause="7(3)"
    ),
    "carrier.card_interrupted": _entry(
        422,
        "卡片移動了，請放好再試一次",
        "The card was moved; put it on the reader and try again",
        clause="7(3)",
    ),
    "carrier.card_locked": _entry(
        422,
        "這張卡片已被鎖住，請洽發卡機關",
        "This card is locked; ask the agency that issued it",
        clause="7(3)",
    ),
    "carrier.card_not_ours": _entry(
        422,
        "這張卡片沒有通過驗證",
        "This card did not prove that it is genuine",
        clause="2(3)",
    ),
    "carrier.card_uncheckable": _entry(
        503,
        "現在無法查驗這張卡片，請稍後再試，或改用其他方式",
        "This card cannot be checked now: try again later, or another way",
    ),
    "carrier.kind_not_supported": _entry(
        422, "不支援這種卡片", "This kind of card is not supported", clause="7(6)1"
    ),
    "carrier.number_is_random": _entry(
        422,
        "這張卡片每次的卡號都不一樣，不能綁定",
        "This card has another number each time, so it cannot be tied to an account",
        clause="7(6)1",
    ),
    "carrier.not_bound": _entry(
        403, "還沒有綁定到會員帳號", "It is not tied to an account yet", clause="2(3)"
    ),
    "carrier.not_found": _NO_PAGE,
    "carrier.not_readable": _entry(
        422, "沒有讀到這個載具，請再試一次", "We could not read it; try again", clause="7(3)"
    ),
    "carrier.reported_lost": _entry(
        409, "這個載具已經掛失", "This carrier was reported lost", clause="7(7)"
    ),
    "carrier.too_many": _entry(
        409, "最多綁定 20 個，請先移除不用的", "Twenty is the most; remove one first"
    ),
    "device.no_authority": _entry(
        503, "現在不能發給裝置憑證", "No certificates are issued to devices now", clause="7(6)3"
    ),
    "device.request_unreadable": _entry(
        422, "無法讀取憑證請求檔", "The certificate request cannot be read", clause="7(6)3"
    ),
    "device.weak_key": _entry(
        422, "裝置的金鑰強度不足", "The device's key is too weak", clause="7(6)3"
    ),
    # passwords
    "password.breached": _entry(
        422,
        "這個密碼太多人用過，容易被猜到，請換一個",
        "Too many people have used this password; choose another",
        clause=PASSWORDS,
    ),
    "password.current_wrong": _entry(
        422, "目前的密碼不正確", "The current password is not right", clause=PASSWORDS
    ),
    "password.is_login": _entry(
        422, "密碼不能和帳號一樣", "The password must not be the account name", clause=PASSWORDS
    ),
    "password.not_offered": _NO_PAGE,
    "password.not_text": _entry(
        422, "密碼裡有不能用的字元", "The password has characters that cannot be used"
    ),
    "password.too_long": _entry(
        422, "密碼最多 1,024 個字", "A password has at most 1,024 characters"
    ),
    "password.too_short": _entry(
        422, "密碼至少要 10 個字", "A password has at least 10 characters", clause=PASSWORDS
    ),
    "password.used_before": _entry(
        422,
        "這個密碼最近用過，請換一個",
        "You used this password recently; choose another",
        clause=PASSWORDS,
    ),
    # consent and what may leave
    "consent.claim_not_asked": _entry(
        422, "網站沒有要求這項資料", "The site did not ask for this", clause="10(3)"
    ),
    "consent.duration_not_offered": _entry(
        422, "請從清單選擇同意的期限", "Choose how long from the list", clause="10(3)"
    ),
    "consent.not_found": _NO_PAGE,
    "flow.cross_agency_without_consent": _entry(
        403,
        "未經當事人同意不得跨機關提供",
        "Nothing goes to another agency without the member's consent",
        clause="10(3)",
    ),
    "flow.merchant_identified_without_consent": _entry(
        403,
        "未經同意不得提供可識別資料",
        "Nothing that identifies a member goes to a merchant without consent",
        clause="10(4)",
    ),
    "flow.purpose_mismatch": _entry(
        403, "非該項市政服務所需", "This service does not need that", clause="10(3)"
    ),
    "flow.merchant_contract_inactive": _entry(
        403,
        "這家店現在沒有有效的契約",
        "The shop has no contract in force",
        clause="2(8)4",
    ),
    "flow.small_population": _entry(
        403,
        "去識別化不足（母體過小）",
        "The group is too small for an answer that names nobody",
        clause="10(4)",
    ),
    "flow.purpose_not_offer": _entry(
        403,
        "這不是現在有效的優惠",
        "This is not an offer in force",
        clause="2(8)4",
    ),
    # at the till; a code that is unknown, too old or used looks the same (10-I(4))
    "till.code_refused": _entry(
        422,
        "這個條碼不能用，請對方換一個新的",
        "This code cannot be used; ask for a new one",
        clause="10(4)",
    ),
    "till.locked": _entry(
        429,
        "錯誤的條碼太多次，請過一會兒再試",
        "Too many wrong codes; try again later",
        clause="10-I(2)",
    ),
    # master keys of cards
    "cardkey.exists": _entry(
        409,
        "這把金鑰，或這種卡片的這個版本，已經有了",
        "This key is kept already, or this kind of card has a key of this version",
    ),
    "cardkey.invalid": _entry(
        422,
        "金鑰要是 32 個十六進位字元，版本是 0 到 255",
        "A key is 32 hexadecimal digits, a version 0 to 255",
    ),
    "cardkey.not_found": _entry(404, "沒有這把金鑰", "There is no such key in force"),
    # readers at desks
    "terminal.list_invalid": _entry(
        422, "這不是本服務簽發的名單", "This is not a list of ours", clause="6(2)"
    ),
    "terminal.list_stale": _entry(
        409,
        "名單過期了，請重新下載；在那之前請看證件",
        "The list is out of date: fetch a new one, and until then look at a document",
        clause="6(2)",
    ),
    "terminal.locked": _entry(
        429, "刷卡太快，請過一會兒再試", "Too many cards at once; wait a little", clause="10-I(2)"
    ),
    "terminal.not_an_agencys": _entry(
        422,
        "只有能證明身分的機關網站可以登記讀卡機",
        "Only an agency's client that can prove itself has readers",
        clause="6(2)",
    ),
    "terminal.not_found": _entry(404, "沒有這台讀卡機", "There is no such reader"),
    "terminal.not_registered": _entry(
        403,
        "這台讀卡機沒有登記，或這項服務不是你們的",
        "This reader is not registered, or the service is not yours",
        clause="6(2)",
    ),
    "terminal.nothing_shown": _entry(
        422, "沒有讀到卡片，請再試一次", "No card was read; try again", clause="7(3)"
    ),
    # jobs and receipts
    "job.not_found": _entry(404, "沒有這件待辦", "No such job was given up"),
    "receipt.not_found": _NO_PAGE,
    "receipt.malformed": _entry(422, "這不是同意收據", "This is not a receipt of a consent"),
    "receipt.signature_invalid": _entry(
        422,
        "簽章不符：收據被改過，或不是我們發的",
        "The signature does not fit: the receipt was altered, or is not ours",
    ),
    "receipt.text_altered": _entry(
        422, "收據上的文字和它的雜湊值不符", "The words do not fit the hash on the receipt"
    ),
    "receipt.times_impossible": _entry(
        422, "收據上的時間不可能", "The times on the receipt are impossible"
    ),
    # requests about data, and leaving
    "request.not_found": _NO_PAGE,
    "request.already_open": _entry(
        409,
        "同樣的要求已經在處理了",
        "The same request is being worked on already",
        clause="10-I(1)",
    ),
    "request.too_many": _entry(
        409,
        "處理中的要求太多了，請等我們答覆",
        "Too many requests are open; please await an answer",
    ),
    "request.words_missing": _entry(422, "請寫下內容或理由", "Write what it is about, or why"),
    "request.wrong_state": _entry(
        409, "這件要求現在不能這樣處理", "The request has come too far, or not far enough, for that"
    ),
    "request.extended_already": _entry(
        409, "期限只能延長一次", "The time can be extended only once", clause="10-I(1)"
    ),
    "request.overdue": _entry(
        409,
        "期限已過，不能再延長",
        "The time is over and can no longer be extended",
        clause="10-I(1)",
    ),
    "archive.not_found": _NO_PAGE,
    "archive.nothing_chosen": _entry(422, "請選擇要下載什麼", "Choose what to download"),
    "archive.too_many": _entry(
        409, "已經有一份在準備或可以下載", "A download is being prepared or waiting for you"
    ),
    "account.deletion_pending": _entry(
        409, "已經申請刪除帳號", "The account is to be deleted already", clause="10-I(1)"
    ),
    "account.deletion_blocked_guardian": _entry(
        409,
        "您是別人的法定代理人，請先辦理解除",
        "You act for somebody as their guardian; that must end first",
        clause="10-I(1)",
    ),
    "account.deletion_blocked_office": _entry(
        409,
        "您還有職務，請先由主管解除",
        "You still hold a post; it must end first",
        clause="10-I(1)",
    ),
    "account.deletion_hold": _entry(
        409,
        "依法要保留您的資料，現在不能刪除",
        "The law demands that your record is kept; it cannot be deleted now",
        clause="10-I(1)",
    ),
    "account.deletion_not_typed": _entry(
        422, "請輸入「刪除」兩個字", "Type the word DELETE", clause="10-I(1)"
    ),
    "account.deletion_not_found": _NO_PAGE,
    "hold.not_found": _entry(404, "沒有這項保留", "No such order to keep the record stands"),
    "hold.case_missing": _entry(422, "請寫下案號", "Say which case demands it"),
    # the service's name
    "brand.incomplete": _entry(
        422,
        "請填中英文名稱（最多 100 個字）和文號；聯絡方式要填就兩種語言都填",
        "Give the name in both languages, at most 100 characters, and the document; a contact in "
        "both or in neither",
        clause="2(7)",
    ),
    "brand.logo_unreadable": _entry(
        422,
        "圖示要是 PNG、JPEG 或 WebP，最大 32 KB",
        "A picture is a PNG, JPEG or WebP of at most 32 KB",
        clause="2(7)",
    ),
    "brand.day_begun": _entry(
        422, "要從明天以後的日子起", "It can begin tomorrow at the earliest", clause="2(7)"
    ),
    "brand.day_taken": _entry(
        409, "那一天已經核定了名稱", "A name is approved for that day already", clause="2(7)"
    ),
    "brand.not_found": _NO_PAGE,
    # organisations
    "organisation.not_found": _NO_PAGE,
    "organisation.name_missing": _entry(
        422,
        "請填中文和英文名稱，各不超過 200 個字",
        "Give the name in both languages, at most 200 characters each",
        clause="2(1)",
    ),
    "organisation.document_missing": _entry(
        422, "請填文號，最多 100 個字", "Give the document number, at most 100 characters"
    ),
    "organisation.parent_invalid": _entry(
        409,
        "不能隸屬於自己、下級機關或已裁撤的機關",
        "An agency cannot belong to itself, to one below it, or to one that has ended",
        clause="2(1)",
    ),
    "organisation.day_begun": _entry(
        422, "要從明天以後的日子起", "It can begin tomorrow at the earliest", clause="2(1)"
    ),
    "organisation.renamed_already": _entry(
        409, "這一天已經登錄過名稱", "A name is recorded for that day already", clause="2(1)"
    ),
    "organisation.has_children": _entry(
        409,
        "還有機關隸屬於它；請先調整隸屬",
        "Other agencies belong to it; place them elsewhere first",
        clause="2(1)",
    ),
    "organisation.successor_invalid": _entry(
        422,
        "承接機關不能是自己，也不能是要裁撤的機關",
        "The successor can be neither the agency itself nor one that ends",
        clause="2(1)",
    ),
    "organisation.ended": _entry(
        409, "這個機關已經登錄裁撤", "Its end is recorded already", clause="2(1)"
    ),
    # officers and their consoles
    "officer.not_for_you": _entry(
        403, "這一頁不是給您的職務用的", "This page is not for your post", clause="10-I(2)"
    ),
    "officer.proof_too_weak": _entry(
        403,
        "辦公要用通行密鑰或卡片登入；請先在「卡片與裝置」新增",
        "Work needs a passkey or a card; add one under “Cards and devices” first",
        clause="10-I(2)",
    ),
    "officer.not_found": _NO_PAGE,
    "officer.nobody": _entry(422, "沒有這個帳號", "There is no account of that name"),
    "officer.organisation_not_found": _entry(
        404, "沒有這個機關", "There is no agency of that name"
    ),
    "officer.not_yours_to_appoint": _entry(
        403,
        "您不能任免這個職務",
        "It is not yours to appoint or dismiss to this post",
        clause="10-I(2)",
    ),
    "officer.organisation_wrong": _entry(
        422,
        "機關的職務要選機關，商店的要選商店，資訊局的不選",
        "An agency's post names its agency, a merchant's its merchant, the Bureau's none",
    ),
    "officer.term_invalid": _entry(
        422,
        "任期要在今天以後，最長兩年",
        "A post ends after today, and within two years",
        clause="10-I(2)",
    ),
    "officer.roles_apart": _entry(
        409,
        "審核、稽核與系統管理不能由同一人擔任",
        "Reviewing, auditing and administration are never one person's",
        clause="9",
    ),
    "officer.appointed_already": _entry(409, "已經有這個職務", "They hold this post already"),
    "case.self_dealing": _entry(
        403,
        "承辦人不得辦理本人或關係人的案件",
        "Nobody decides about their own case, that of somebody close to them, or one they took in",
        clause="7(2)",
    ),
    "case.wrong_state": _entry(
        409,
        "這件案件現在不能這樣處理；可能別人已經處理了",
        "The case is not at that step; somebody else may have dealt with it",
    ),
    "update.channel_not_approved": _entry(
        403,
        "非登打、介接或資訊局同意之方式",
        "Not keyed in for a case, nor by an interface DoIT approved",
        clause="7(9)",
    ),
    # consolidation
    "consolidation.field_out_of_scope": _entry(
        422,
        "欄位逾歸戶資料範圍；整批沒有收下",
        "A column is not on the closed list; nothing of the file was taken",
        clause="3-II",
    ),
    "consolidation.column_missing": _entry(
        422, "缺少核定的欄位", "A column that was confirmed is missing", clause="3-II"
    ),
    "consolidation.no_legal_basis": _entry(
        422,
        "沒有資訊局確認過的法律依據",
        "There is no legal basis that DoIT confirmed",
        clause="3-II",
    ),
    "consolidation.batch_unconfirmed": _entry(
        409,
        "要由上傳者以外的另一位承辦人確認",
        "An officer other than the one who uploaded it must confirm",
        clause="3-II",
    ),
    "consolidation.conflict": _entry(
        409,
        "與現有註記不一致，已列入待查，權利不變",
        "It contradicts the note; it is on the docket, and no right changes",
        clause="10-II",
    ),
    "consolidation.duplicate": _entry(
        409, "同一人在檔案裡出現兩次", "The same person stands in the file twice", clause="3-II"
    ),
    "consolidation.unknown_person": _entry(
        422,
        "不是會員；密封保存，30 天後銷毀",
        "Not a member; kept sealed and destroyed after 30 days",
        clause="3-II",
    ),
    "consolidation.suspension_stands": _entry(
        409,
        "中止要由陳情或重新申請解除，不能用檔案解除",
        "A suspension ends by petition or a new application, not by a file",
        clause="6(3)",
    ),
    "consolidation.changed_since": _entry(
        409,
        "之後有別的變更，沒有復原",
        "It was changed since, and was left as it is",
        clause="10-II",
    ),
    "consolidation.file_unreadable": _entry(
        422, "讀不出這個檔案", "This file cannot be read as a table"
    ),
    "consolidation.file_too_large": _entry(
        413, "檔案太大，請分批上傳", "The file is too large; send it in parts"
    ),
    "consolidation.file_missing": _entry(422, "請選一個檔案", "Choose a file"),
    "consolidation.row_undecodable": _entry(
        422, "有無法辨識的字元", "It has bytes that are no characters"
    ),
    "consolidation.row_misshapen": _entry(
        422, "欄位數不對，或內容太長", "It has too many or too few cells, or a cell is too long"
    ),
    "consolidation.state_unknown": _entry(
        422,
        "註記只能是「已開通」或「未開通」",
        "The note is activated or not_activated, nothing else",
        clause="2(4)",
    ),
    "consolidation.card_unreadable": _entry(
        422,
        "卡號要是英數字，最多 32 個字；有效期就要有卡號",
        "A card's number is at most 32 letters and digits; a last day needs one",
        clause="2(4)",
    ),
    "consolidation.day_impossible": _entry(
        422, "日期不對，或在未來", "A day is impossible, or to come"
    ),
    "consolidation.wrong_state": _entry(
        409,
        "這一批不在這個步驟，可能有人處理過了",
        "The batch is not at that step; somebody may have dealt with it",
    ),
    "consolidation.already_decided": _entry(
        409, "已經有人決定，或是您自己提出的", "It was decided already, or is your own"
    ),
    "consolidation.not_found": _NO_PAGE,
    # changes of personal data
    "contact.too_many": _entry(
        429,
        "今天寄太多代碼了，請明天再試",
        "Too many codes were sent today; please try again tomorrow",
        clause="2(8)5",
    ),
    "contact.code_wrong": _entry(
        422,
        "代碼不對，或已經過期、用過",
        "The code is wrong, too old, or was used",
        clause="2(8)5",
    ),
    "contact.check_not_found": _NO_PAGE,
    "change.not_found": _NO_PAGE,
    "change.field_unknown": _entry(422, "請選擇要變更什麼", "Choose what is to be changed"),
    "change.value_missing": _entry(422, "請寫下正確的內容", "Write what is right"),
    "change.value_unreadable": _entry(
        422, "看不懂這個內容，請照說明填寫", "We cannot read this; please write it as described"
    ),
    "change.already_open": _entry(
        409,
        "這一項已經有申請在處理",
        "A change of this is being worked on already",
        clause="2(8)5",
    ),
    "change.reason_missing": _entry(422, "請寫下理由", "Write the reason", clause="2(8)5"),
    # an account name or a password that was forgotten
    "recovery.rate_limited": _entry(
        429,
        "試太多次了，請明天再試，或臨櫃辦理",
        "Too many tries; please try again tomorrow, or come to a counter",
        clause="7(8)",
    ),
    "recovery.channel_unverified": _entry(
        403,
        "沒有一年內確認過的電子郵件，請用卡片或臨櫃辦理",
        "No mail address was confirmed within a year; use a card or come to a counter",
        clause="7(8)",
    ),
    "recovery.identity_unproven": _entry(
        403,
        "代碼不對，或已經過期、用過",
        "The code is wrong, too old, or was used",
        clause="7(8)",
    ),
    "recovery.carrier_required": _entry(
        403,
        "要先用通行密鑰、晶片卡或憑證登入，才能不用代碼設新密碼",
        "Setting a password without a code takes a passkey, a chip card or a certificate",
        clause="7(8)",
    ),
    "recovery.not_found": _NO_PAGE,
    "recovery.restricted": _entry(
        403,
        "這三天只憑密碼不能辦這件事",
        "For these three days a password alone cannot do this",
        clause="7(8)",
    ),
    # the Bureau's rule of approval
    "rule.incomplete": _entry(
        422,
        "規則要寫明對象、管道和文號",
        "A rule names kinds of persons, channels and its document number",
        clause="2(8)1",
    ),
    "rule.out_of_bounds": _entry(
        422,
        "規則只能用於成年人，而且一定要抽樣由人審核",
        "A rule is for adults, and people review a sample",
        clause="2(8)1",
    ),
    "rule.draft_open": _entry(
        409, "已有一份草案等待覆核", "A draft waits for a second officer already", clause="2(8)1"
    ),
    "rule.second_person": _entry(
        403, "提出的人不能自己覆核", "Whoever proposes does not confirm", clause="2(8)1"
    ),
    "rule.not_found": _entry(404, "沒有這一版規則", "There is no such version"),
    # where members stand
    "standing.not_found": _NO_PAGE,
    "standing.nobody": _entry(422, "沒有這個帳號", "There is no account of that name"),
    "standing.incomplete": _entry(
        422,
        "依據、文號和理由都要寫，缺一不可",
        "Name the clause, the file and the reason; none may be missing",
        clause="6(1)",
    ),
    "standing.not_heard": _entry(
        422,
        "停用之前要先給當事人陳述意見，並寫下日期",
        "The member must have been heard before; say on which day",
        clause="6(1)",
    ),
    "standing.order_open": _entry(
        409, "這個帳號已經有一件處理中", "An order about this account is open already"
    ),
    "standing.cannot_stop": _entry(
        409, "這個帳號現在不能停用", "The account cannot be suspended as it stands"
    ),
    "standing.second_person": _entry(
        403, "要由另一位人員覆核", "A second officer must confirm it", clause="6(1)"
    ),
    # the footprint
    "footprint.not_found": _NO_PAGE,
    "message.not_found": _NO_PAGE,
    "finding.not_found": _NO_PAGE,
    "finding.unexplained": _entry(
        422, "結案要寫下查到的原因", "A finding is closed with what it was", clause="7(9)"
    ),
    "view.without_reason": _entry(
        403, "調閱資料必須有案件或理由", "Looking at a record needs a case or a reason", clause="9"
    ),
    # audits
    "audit.read_only": _entry(
        403,
        "稽核人員只能看，不能改",
        "Auditors look at everything and change nothing",
        clause="9",
    ),
    "audit.obstruction": _entry(
        409,
        "已過回覆期限，記為未配合；請洽稽核人員",
        "The time to answer has passed and it stands as not cooperating; speak to the auditor",
        clause="9",
    ),
    "audit.not_found": _NO_PAGE,
    "audit.incomplete": _entry(
        422, "有欄位沒有填，或填得不對", "Something is missing or makes no sense", clause="9"
    ),
    "audit.period": _entry(
        422,
        "期間的開始要早於結束；抽樣要等期間過去",
        "A period begins before it ends, and is over before a sample is drawn",
        clause="9",
    ),
    "audit.due": _entry(422, "期限要在今天以後", "A due time lies in the future", clause="9"),
    "audit.wrong_state": _entry(
        409,
        "這個步驟現在不能做；可能別人已經做了",
        "This step cannot be taken now; perhaps somebody else just did",
        clause="9",
    ),
    "audit.evidence_open": _entry(
        409,
        "還有問題在等機關回覆",
        "A question may still be answered",
        clause="9",
    ),
    "audit.not_reproduced": _entry(
        409,
        "重抽的結果不同：種子抽出後，紀錄有變動",
        "Drawn again it is another sample: the records changed after it was drawn",
        clause="9",
    ),
    "audit.second_person": _entry(
        403, "做的人不能自己確認", "Whoever did it does not verify it", clause="9"
    ),
    # incidents
    "incident.not_found": _NO_PAGE,
    "incident.incomplete": _entry(
        422, "有欄位沒有填，或填得不對", "Something is missing or makes no sense", clause="10-I(2)"
    ),
    "incident.wrong_state": _entry(
        409,
        "這個步驟現在不能做：前面還有步驟，或別人已經做了",
        "This step cannot be taken now: another comes first, or somebody just took it",
        clause="10-I(2)",
    ),
    "incident.second_person": _entry(
        403,
        "通知當事人要由另一位人員決定",
        "A second officer decides to tell the people touched",
        clause="10-I(2)",
    ),
    "incident.readable": _entry(
        409,
        "資料讀得出來，要逐一通知，不能只公告",
        "The data could be read: each person is told, a public notice is not enough",
        clause="10-I(2)",
    ),
    # what the web server itself refuses
    "record.not_found": _NO_PAGE,
    "http.400": _entry(400, "網站看不懂這個要求", "We could not understand the request"),
    "http.404": _NO_PAGE,
    "http.405": _entry(405, "這個網址不能這樣用", "This address cannot be used like that"),
    "http.413": _entry(413, "送出的資料太大", "What was sent is too large"),
    "http.500": _entry(500, "我們這邊出了問題", "Something went wrong on our side"),
    "http.503": _entry(503, "現在暫時不能使用", "The service cannot be used for the moment"),
}
