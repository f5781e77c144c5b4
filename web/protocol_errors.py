"""What each OAuth `error` of ours means, and what its developer does about it."""

from typing import NamedTuple

from kernel.wording import Bilingual


class Advice(NamedTuple):
    """Why an error comes, and what to do."""

    cause: Bilingual
    cure: Bilingual


def _advice(cause: tuple[str, str], cure: tuple[str, str]) -> Advice:
    return Advice(Bilingual(*cause), Bilingual(*cure))


_AGAIN = ("不帶 prompt=none 再來一次", "Ask once more without prompt=none")
_DEBUG = (
    "看 error_description；到「檢查請求」貼上網址",
    "Read error_description; paste the address into Check a request",
)
_METADATA = ("error_description 會說是哪一項", "error_description names the piece")

PROTOCOL_ERRORS = {
    # the authorization request
    "invalid_request": _advice(
        ("少了參數、重複、或互相矛盾", "A parameter is missing, repeated or contradicts another"),
        _DEBUG,
    ),
    "invalid_scope": _advice(
        (
            "沒有 openid，或這個用途沒有核准這一組資料",
            "No openid, or the purpose was not approved for this bundle",
        ),
        (
            "只要核准的；用 purpose:代碼 指明用途",
            "Ask for what was approved; name the purpose as purpose:CODE",
        ),
    ),
    "invalid_authorization_details": _advice(
        (
            "type 不認識，或服務不是您機關的",
            "The type is unknown, or the service is not your agency's",
        ),
        (
            "照 authorization_details_types_supported 的欄位寫",
            "Write the members that authorization_details_types_supported offers",
        ),
    ),
    "invalid_target": _advice(
        ("resource 沒有登記，或您沒有獲准", "The resource is unknown, or not approved for you"),
        ("一次只要一個獲准的介面", "Ask for one approved interface at a time"),
    ),
    "unsupported_response_type": _advice(
        ("要的不是 code", "Something other than code was asked for"),
        ("用授權碼流程", "Use the code flow"),
    ),
    "unauthorized_client": _advice(
        (
            "契約不在期間內，或這個網站不能用這種流程",
            "No contract is in force, or the client may not use this flow",
        ),
        ("洽資訊局", "Ask DoIT"),
    ),
    "login_required": _advice(
        ("prompt=none，但沒有登入", "prompt=none, yet nobody is signed in"), _AGAIN
    ),
    "consent_required": _advice(
        ("prompt=none，但還要問會員", "prompt=none, yet the member must be asked"), _AGAIN
    ),
    "access_denied": _advice(
        ("會員按了取消或不同意", "The member cancelled, or said no"),
        ("尊重，並提供不登入的辦法", "Respect it, and offer a way without signing in"),
    ),
    "unmet_authentication_requirements": _advice(
        ("會員沒有您要的強度", "The member has nothing as strong as was asked"),
        ("降低要求，或請會員先綁定", "Ask for less, or let the member tie a carrier first"),
    ),
    "invalid_request_object": _advice(
        ("簽章、aud 或時間不對", "Signature, aud or times are wrong"),
        ("aud 用發行者；exp 在一小時內", "aud is the issuer; exp within the hour"),
    ),
    "invalid_request_uri": _advice(
        ("沒有登記，或抓不到", "It is not registered, or cannot be fetched"),
        ("登記 request_uris，用 https", "Register request_uris, with https"),
    ),
    "request_uri_not_supported": _advice(
        ("這個網站沒有登記 request_uris", "The client registered no request_uris"),
        ("推送請求到 /par", "Push the request to /par"),
    ),
    "temporarily_unavailable": _advice(
        ("我們暫時不能處理", "We cannot answer for a moment"),
        ("過一會兒再試", "Try again in a while"),
    ),
    "server_error": _advice(
        ("我們這邊出了問題", "Something went wrong on our side"),
        ("再試一次；還是不行就告訴我們", "Try once more; if it stays, tell us"),
    ),
    # tokens
    "invalid_client": _advice(
        (
            "密鑰或簽章不對，或方式和登記的不同",
            "Secret or signature is wrong, or the method is not the registered one",
        ),
        ("核對登記的 token_endpoint_auth_method", "Compare token_endpoint_auth_method"),
    ),
    "invalid_grant": _advice(
        (
            "授權碼用過、過期，或 redirect_uri、code_verifier 不符",
            "The code was used or is old; redirect_uri or code_verifier differ",
        ),
        ("一個授權碼只換一次，60 秒內", "Exchange a code once, within 60 seconds"),
    ),
    "unsupported_grant_type": _advice(
        ("grant_type 拼錯，或我們沒有", "grant_type is misspelt, or not ours"),
        ("看 grant_types_supported", "See grant_types_supported"),
    ),
    "invalid_dpop_proof": _advice(
        (
            "證明過期、用過，或方法、網址不符",
            "The proof is old or was used; method or address differ",
        ),
        ("每次請求做一個新的", "Make a new one for each request"),
    ),
    "use_dpop_nonce": _advice(
        ("證明裡要有我們的 nonce", "The proof must hold a nonce of ours"),
        (
            "把回應的 DPoP-Nonce 放進新的證明再送",
            "Put the answer's DPoP-Nonce into a new proof and repeat",
        ),
    ),
    "invalid_token": _advice(
        ("權杖過期，或會員撤回了同意", "The token is old, or the member withdrew consent"),
        ("更新權杖；再不行就重新登入", "Refresh it; failing that, sign in anew"),
    ),
    "insufficient_user_authentication": _advice(
        ("登入的強度或時間不夠", "The login was too weak, or too long ago"),
        (
            "用回應的 acr_values、max_age 再請會員登入",
            "Send the member again, with the answer's acr_values and max_age",
        ),
    ),
    # devices and phones
    "authorization_pending": _advice(
        ("會員還沒有回答", "The member has not answered yet"),
        ("等 interval 秒再問", "Ask again after interval seconds"),
    ),
    "slow_down": _advice(
        ("問得太快", "It was asked too soon"),
        ("每次多等 5 秒", "Wait five seconds longer each time"),
    ),
    "expired_token": _advice(
        ("會員沒有在時間內回答", "Nobody answered in time"),
        ("重新開始", "Begin again"),
    ),
    "expired_login_hint_token": _advice(
        ("簽章的 login_hint_token 過期了", "The signed login_hint_token is past its time"),
        ("重新簽一個再問", "Sign a new one and ask again"),
    ),
    "unknown_user_id": _advice(
        ("提示認不出是哪一位會員", "The hint names no member we know"),
        ("核對提示；是誰不認得，我們不會多說", "Compare the hint; we say no more about it"),
    ),
    "invalid_binding_message": _advice(
        ("訊息太長，或有看不見的字", "It is too long, or has invisible characters"),
        ("20 個字以內，會員在兩邊看到一樣的", "A few characters, the same on both screens"),
    ),
    # registration
    "invalid_redirect_uri": _advice(
        ("登記的網址不是 https，或有 # 或 *", "An address is not https, or has # or *"),
        ("寫出完整的 https 網址", "Write the whole https address"),
    ),
    "invalid_client_metadata": _advice(
        ("登記資料有錯", "The registration has a mistake"), _METADATA
    ),
    "invalid_software_statement": _advice(
        ("軟體聲明的簽章或時間不對", "The statement's signature or times are wrong"),
        ("向發行者要新的聲明", "Ask its issuer for a new one"),
    ),
    "unapproved_software_statement": _advice(
        ("我們不認識這個聲明的發行者", "We do not know the statement's issuer"),
        ("不附聲明，直接寫登記資料", "Leave it out and write the metadata themselves"),
    ),
}
