"""The other half of the catalogue of refusals: what puts each one right.

A code has words of its own where more can be said than its kind of refusal says already.
"""

from http import HTTPStatus

from kernel.refusals import refusal
from kernel.wording import Bilingual

LOCKED = Bilingual("等回應的 Retry-After 過了再試", "Try again when Retry-After has passed")
COUNTER = Bilingual("請到申辦窗口辦理", "A service counter does this")
ANOTHER_CARRIER = Bilingual(
    "換一張卡，或用別的登入方式", "Use another card, or another way to sign in"
)
RENEW = Bilingual("請發證機關展期或換發", "Have the issuer renew or replace it")
NEW_CODE = Bilingual("請對方換一個新的代碼", "Ask for a new code")
CHECK_NUMBER = Bilingual(
    "請對照證件再輸入一次；全形、小寫都可以",
    "Compare with the document; full width and small letters are taken",
)
REGISTER = Bilingual(
    "核對 client_id 和登記的資料；到「檢查請求」貼上網址",
    "Compare client_id and what is registered; paste the address at Check a request",
)
PROVE = Bilingual(
    "用登記的方式證明身分，一次只用一種；簽章的 aud 用發行者，exp 在幾分鐘內",
    "Prove who you are in the registered way, one at a time; `aud` is the issuer, `exp` minutes",
)
LETTER = Bilingual(
    "請委託人重寫委託書，寫明事項和期間",
    "Have the principal write a new letter with its matters and period",
)
CATALOGUE_PATH = Bilingual(
    "只要登記用途裡核准的項目，否則先送修改審核",
    "Ask only for what was approved for the purpose, or bring a change for review",
)

KINDS = {
    400: Bilingual("照文件修正要求再送", "Correct the request as the documents say"),
    401: Bilingual("重新證明身分，再送一次", "Prove who you are again, and repeat"),
    403: Bilingual(
        "重試沒有用；先取得權限或條件，或洽資訊局",
        "Repeating is no use: obtain what is missing first, or ask DoIT",
    ),
    404: Bilingual(
        "核對網址和編號；不是您的，也會這樣回答",
        "Check address and number; what is not yours looks the same",
    ),
    405: Bilingual("看回應的 Allow，改用那個方法", "Use a method the header Allow names"),
    409: Bilingual(
        "先重新讀取現況，再決定要不要做",
        "Read the present state again, then decide whether to go on",
    ),
    410: NEW_CODE,
    413: Bilingual("把資料減少或分次送", "Send less, or in several parts"),
    422: Bilingual("照標題說的修正那一項再送", "Put right what the title names, and send again"),
    429: LOCKED,
    500: Bilingual(
        "可以再試一次；還是不行，把 reference 告訴我們",
        "It may be tried once more; if it stays, tell us the reference",
    ),
    503: Bilingual("過一會兒再試", "Try again in a while"),
}

CURES = {
    # members and those who act for them
    "member.already_exists": Bilingual(
        "請用原來的帳號登入；忘記了就走「找回帳號」",
        "Sign in to the account there is; who forgot it recovers it",
    ),
    "member.suspended": COUNTER,
    "member.paused": Bilingual(
        "會員自己到 /resume（恢復帳號）輸入帳號和密碼",
        "The member resumes it at /resume, with account name and password",
    ),
    "member.closed": Bilingual("可以重新申辦會員", "The person may apply to become a member again"),
    "member.age_unknown": COUNTER,
    "member.guardian_required": Bilingual(
        "先在申辦窗口登記法定代理人，再請他同意",
        "Have a guardian registered at a counter, who then approves",
    ),
    "member.capacity_representative_required": Bilingual(
        "請監護人登入代為辦理", "The guardian signs in and acts"
    ),
    "idno.format": CHECK_NUMBER,
    "idno.checksum": CHECK_NUMBER,
    "idno.kind_not_allowed": Bilingual(
        "請用國民身分證號或統一證號，不是居留證號碼",
        "Use the identity or resident number, not the number of the card itself",
    ),
    "idno.sunset": Bilingual(
        "請用換發的新式統一證號", "Use the new number the immigration agency has given"
    ),
    "case.poa_missing": LETTER,
    "case.poa_expired": LETTER,
    "case.poa_scope": LETTER,
    "approval.over": Bilingual("請當事人重新提出", "Whoever asked has to ask once more"),
    # clients
    "client.already_exists": Bilingual("換一個 client_id", "Choose another client_id"),
    "client.basis_not_offered": Bilingual(
        "選這種單位可以用的法律依據（要點 2(1)）", "Choose a legal basis bodies of this kind have"
    ),
    "client.change_open": Bilingual(
        "等那一份審完，或先撤回", "Await that decision, or withdraw that change"
    ),
    "client.change_wrong_state": Bilingual(
        "讀修改的現況，照順序處理", "Read how far the change has come, and go step by step"
    ),
    "client.no_secret": Bilingual("改換 jwks 裡的金鑰", "Rotate the keys in its jwks instead"),
    "client.contract_not_merchant": Bilingual("機關不需要契約", "Agencies need no contract"),
    "client.authentication_failed": PROVE,
    "client.authentication_ambiguous": PROVE,
    "registration.token_used": Bilingual(
        "向資訊局要一個新的登記憑證", "Ask DoIT for a new registration token"
    ),
    "request.client_missing": REGISTER,
    "request.client_unknown": REGISTER,
    "request.redirect_uri_unknown": Bilingual(
        "redirect_uri 要和登記的一字不差，連結尾的斜線也一樣",
        "redirect_uri equals a registered one to the letter, the last slash as well",
    ),
    "request.pushed_unknown": Bilingual(
        "每次登入重新推送一次請求，一分鐘內用掉",
        "Push a new request for each login and use it within a minute",
    ),
    "resource.not_an_agencys": Bilingual(
        "用機關的、能證明身分的用戶端", "Use an agency's client that can prove itself"
    ),
    "program.body_invalid": Bilingual(
        "detail 會說是哪一項；照 OpenAPI 文件寫",
        "`detail` names the field; see the OpenAPI document",
    ),
    "program.cursor_invalid": Bilingual(
        "照抄上一頁給的 cursor，或從頭再讀",
        "Send the one of the page before as it is, or begin anew",
    ),
    "program.key_in_use": Bilingual(
        "過幾秒用同一個值再送一次", "Send the same again, with the same key, in a few seconds"
    ),
    "program.key_missing": Bilingual(
        "每一件申請用一個新的隨機值，重送時用同一個",
        "Make a new random one for each application, and repeat it when you send again",
    ),
    "program.key_reused": Bilingual(
        "內容不同就換一個新的值", "Take a new one when the content differs"
    ),
    "program.limit_invalid": Bilingual(
        "少讀一點，再用 next 讀下一頁", "Ask for fewer, and read on with `next`"
    ),
    "program.scope_missing": Bilingual(
        "要權杖時寫明 scope；沒有核准的，洽資訊局",
        "Name the scope when you ask for a token; have DoIT approve it if need be",
    ),
    "program.token_invalid": Bilingual(
        "用 client_credentials 和正確的 resource 再要一個；綁定的權杖要一起出示金鑰或憑證",
        "Get another with client_credentials and the right `resource`; show its key or certificate",
    ),
    "update.channel_not_approved": Bilingual(
        "附上案件編號，並請資訊局核准這個介接",
        "Name the case, and have DoIT approve the interface",
    ),
    # services, offers, publication
    "service.note_older": Bilingual(
        "不用再送；已有更新的註記", "Nothing is left to send: a later note stands"
    ),
    "service.note_unfounded": Bilingual(
        "附上案件編號；日期是今天或以前", "Name the case; the day is today or before"
    ),
    "service.not_yours": Bilingual(
        "請主管這項服務的機關註記", "The agency of the service has to note it"
    ),
    "service.suspend_unverified": Bilingual(
        "排定查核，送進結果，由另一位人員附文號和理由確認",
        "Plan a check, send what was found, and let somebody else confirm it with file and reason",
    ),
    "service.suspension_stands": Bilingual(
        "不用再送；會員陳情或重新申請以後再處理",
        "Send nothing more; it changes upon the member's petition or new application",
    ),
    "right.presumption_keeps": Bilingual(
        "先查清事實；只有資料不一致，就判定不成立",
        "Find the facts out; where records only differ, dismiss it",
    ),
    "service.closed": Bilingual("用接替的服務代碼", "Use the code of the service that followed"),
    "offer.already_decided": Bilingual("要改就提出新的優惠", "Propose a new offer to change it"),
    "publish.document_no_missing": Bilingual("補上來文文號", "Add the document number"),
    # certificates
    "carrier.certificate_invalid": ANOTHER_CARRIER,
    "carrier.certificate_issuer": ANOTHER_CARRIER,
    "carrier.certificate_policy": ANOTHER_CARRIER,
    "carrier.certificate_path": ANOTHER_CARRIER,
    "carrier.certificate_weak_key": RENEW,
    "carrier.certificate_expired": RENEW,
    "carrier.certificate_revoked": RENEW,
    "carrier.certificate_not_yet_valid": Bilingual(
        "等到生效日，並核對電腦的時鐘", "Await its first day, and check the computer's clock"
    ),
    "carrier.certificate_purpose": Bilingual(
        "在卡片程式選簽章憑證", "Choose the signing certificate in the card program"
    ),
    "carrier.certificate_at_counter": COUNTER,
    "carrier.certificate_other_person": Bilingual(
        "用本人的憑證；改過姓名先到窗口更正", "Use one's own; after a change of name, correct that"
    ),
    "carrier.revocation_list_outdated": Bilingual(
        "重新下載廢止清冊", "Fetch the revocation list anew"
    ),
    # logging in
    "challenge.expired": Bilingual("從服務的網站重新登入", "Begin again at the service's site"),
    "form.not_ours": Bilingual(
        "重新載入表單；要允許本站的 cookie", "Load the form again; our cookies must be allowed"
    ),
    "login.failed": Bilingual("再輸入一次，或重設密碼", "Type it again, or reset the password"),
    "login.proof_too_weak": Bilingual(
        "改用通行密鑰、卡片或憑證登入；acr_values 說明需要的強度",
        "Sign in with a passkey, card or certificate; acr_values says what is needed",
    ),
    "handover.too_weak": Bilingual("先在手機登記通行密鑰", "Register a passkey on the phone first"),
    # carriers
    "carrier.already_bound": Bilingual(
        "換一張，或由原持有人先解除", "Use another, or have its holder remove it first"
    ),
    "carrier.counter_needed": COUNTER,
    "carrier.last_one": Bilingual("先綁定另一個載具", "Tie another carrier first"),
    "carrier.card_broken": RENEW,
    "carrier.card_locked": RENEW,
    "carrier.card_not_ours": ANOTHER_CARRIER,
    "carrier.kind_not_supported": ANOTHER_CARRIER,
    "carrier.number_is_random": ANOTHER_CARRIER,
    "carrier.not_bound": Bilingual(
        "請持有人登入後綁定，或到申辦窗口", "Its holder ties it to the account, or at a counter"
    ),
    "carrier.reported_lost": Bilingual(
        "不要受理；請持有人到申辦窗口重新綁定",
        "Do not accept it; its holder has another one tied at a counter",
    ),
    "device.weak_key": Bilingual(
        "用 P-256 或 RSA 2048 以上的金鑰", "Use P-256, or RSA of 2,048 bits or more"
    ),
    # consent and what may leave
    "consent.claim_not_asked": CATALOGUE_PATH,
    "flow.cross_agency_without_consent": Bilingual(
        "請會員登入並同意這個用途", "Have the member sign in and agree to this purpose"
    ),
    "flow.merchant_identified_without_consent": Bilingual(
        "先取得會員同意，或只問 eligible", "Obtain consent, or ask for yes or no only"
    ),
    "flow.purpose_mismatch": CATALOGUE_PATH,
    "flow.merchant_contract_inactive": Bilingual(
        "洽資訊局續約；期間外不能用", "Renew the contract with DoIT; outside it nothing works"
    ),
    "flow.small_population": Bilingual(
        "把優惠條件放寬，符合的人多一些", "Widen the offer's rule so that more people fit it"
    ),
    "flow.purpose_not_offer": Bilingual(
        "用核准、在期間內的優惠代碼", "Use the code of an approved offer within its period"
    ),
    # tills and readers
    "till.code_refused": NEW_CODE,
    "terminal.list_stale": Bilingual("重新下載名單", "Fetch the list again"),
    "terminal.not_registered": Bilingual(
        "請資訊局登記這台讀卡機和服務", "Have DoIT register the reader and the service"
    ),
    "terminal.not_an_agencys": Bilingual(
        "用機關的、能證明身分的用戶端", "Use an agency's client that can prove itself"
    ),
    # receipts, requests, leaving
    "receipt.malformed": Bilingual(
        "上傳下載時的原檔，不要改存", "Upload the file as it was downloaded"
    ),
    "receipt.signature_invalid": Bilingual(
        "不要相信它；請會員重新下載", "Do not believe it; the member can download it again"
    ),
    "request.already_open": Bilingual("等那一件辦完", "Await the answer to that one"),
    "request.too_many": Bilingual("等其中一件辦完", "Await the answer to one of them"),
    "account.deletion_blocked_guardian": COUNTER,
    "view.without_reason": Bilingual(
        "寫下案件編號或理由；當事人看得到", "Name the case or a reason; the person will see it"
    ),
}


def cure(code: str) -> Bilingual:
    """Return what to do about a refusal: its own words, else those of its kind."""
    return CURES.get(code) or KINDS[HTTPStatus(refusal(code).status)]
