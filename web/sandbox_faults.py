"""The faults a sandbox can show a client: one row each, with what a sound client does about it.

The list is documentation, simulator and conformance check in one. What a row does to an answer
stands in `web.sandbox_seam`, what a client's behaviour proves in `web.sandbox_checks`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from kernel.wording import Bilingual


class Where(StrEnum):
    """Which of our answers is at fault."""

    NOWHERE = "nowhere"  # a sign-in as it should be
    REQUEST = "request"  # the authorization request is refused
    ANSWER = "answer"  # the code comes back, and something beside it is wrong
    TOKEN = "token"  # noqa: S105  # the token endpoint errs
    ID_TOKEN = "id_token"  # noqa: S105
    USERINFO = "userinfo"
    REPORT = "report"  # nothing of ours: the client shows something


class Proof(StrEnum):
    """What we see of a client that tells whether it noticed."""

    REDEEMS = "redeems"  # it must exchange the code
    SPURNS_CODE = "spurns_code"  # it must not
    SPURNS_TOKENS = "spurns_tokens"  # it may, but must not use what it got
    TELLS = "tells"  # we see nothing: it says what it did


class Told(StrEnum):
    """What a client, or its developer, says it did."""

    ACCEPTED = "accepted"  # somebody is signed in
    REFUSED = "refused"  # nobody is
    DENIED = "denied"  # signed in, and told that they have no right
    OPEN = "open"  # signed in, and the question left open
    CLEAN = "clean"
    FOUND = "found"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault; without a `proof` it can be tried out and is no check."""

    code: str
    where: Where
    words: Bilingual
    right: Bilingual
    source: str
    proof: Proof | None = None
    good: Told = Told.REFUSED


STOP = Bilingual("不登入任何人", "Signs nobody in")
NO_CODE = Bilingual("不拿授權碼換權杖", "Does not exchange the code")
NO_TOKENS = Bilingual("不使用收到的權杖", "Uses none of the tokens")
SAY = Bilingual("告訴使用者，讓他再試", "Tells the person, and lets them try again")


def _refused(code: str, zh: str, en: str, source: str, *, checked: bool = False) -> Fault:
    return Fault(
        code=code,
        where=Where.REQUEST,
        words=Bilingual(zh, en),
        right=SAY,
        source=source,
        proof=Proof.TELLS if checked else None,
    )


def _answer(code: str, zh: str, en: str, source: str) -> Fault:
    return Fault(
        code=code,
        where=Where.ANSWER,
        words=Bilingual(zh, en),
        right=NO_CODE,
        source=source,
        proof=Proof.SPURNS_CODE,
    )


def _id_token(code: str, zh: str, en: str, source: str) -> Fault:
    return Fault(
        code=code,
        where=Where.ID_TOKEN,
        words=Bilingual(zh, en),
        right=NO_TOKENS,
        source=source,
        proof=Proof.SPURNS_TOKENS,
    )


def _slip(code: str, where: Where, words: Bilingual, right: Bilingual, source: str) -> Fault:
    return Fault(code=code, where=where, words=words, right=right, source=source)


CONTROL = Fault(
    code="plain",
    where=Where.NOWHERE,
    words=Bilingual("一切正常的登入", "A sign-in as it should be"),
    right=Bilingual("換權杖並登入", "Exchanges the code and signs in"),
    source="OpenID Connect Core 3.1",
    proof=Proof.REDEEMS,
    good=Told.ACCEPTED,
)
LOG = Fault(
    code="log",
    where=Where.REPORT,
    words=Bilingual("紀錄裡有沒有個資或權杖", "Personal data or tokens in the log"),
    right=Bilingual("紀錄只寫代號", "Logs identifiers only"),
    source="個人資料保護法 27; OAuth 2.0 Security BCP 4.3",
    proof=Proof.TELLS,
    good=Told.CLEAN,
)
CORE, OAUTH, ERRORS = "OpenID Connect Core ", "RFC 6749 ", "OpenID Connect Core 3.1.2.6"
FAULTS: tuple[Fault, ...] = (
    CONTROL,
    _answer("wrong_state", "state 不是您送的", "A state that you did not send", OAUTH + "10.12"),
    _answer("wrong_iss", "iss 是別的發行者", "The iss of another issuer", "RFC 9207 2.4"),
    _answer("no_iss", "沒有 iss", "No iss", "RFC 9207 2.4"),
    _id_token("wrong_nonce", "nonce 不是您送的", "A nonce that you did not send", CORE + "3.1.3.7"),
    _id_token(
        "wrong_issuer", "id_token 的發行者不對", "Another issuer's id_token", CORE + "3.1.3.7 (2)"
    ),
    _id_token(
        "wrong_audience", "id_token 是給別人的", "An id_token for another", CORE + "3.1.3.7 (3)"
    ),
    _id_token("expired", "id_token 已過期", "An expired id_token", CORE + "3.1.3.7 (9)"),
    _id_token("bad_signature", "簽章不對", "A signature that is not right", CORE + "3.1.3.7 (6)"),
    _id_token("unknown_key", "不認識的金鑰簽的", "Signed with an unknown key", CORE + "10.1.1"),
    Fault(
        code="wrong_subject",
        where=Where.USERINFO,
        words=Bilingual("userinfo 說的是另一個人", "A userinfo about somebody else"),
        right=STOP,
        source=CORE + "5.3.2",
        proof=Proof.TELLS,
    ),
    Fault(
        code="unknown_note",
        where=Where.USERINFO,
        words=Bilingual("資格是「不知道」（unknown）", "A right that is `unknown`"),
        right=Bilingual(
            "不當成沒有：另外查證，或請使用者到櫃檯",
            "Does not take it for a no: asks elsewhere, or sends the person to a counter",
        ),
        source="臺北市單一識別服務規範 10-II",
        proof=Proof.TELLS,
        good=Told.OPEN,
    ),
    _refused(
        "access_denied", "使用者不同意", "The member said no", OAUTH + "4.1.2.1", checked=True
    ),
    LOG,
    _refused("login_required", "要先登入（prompt=none）", "Nobody is signed in", ERRORS),
    _refused("interaction_required", "要有畫面才能繼續", "A page would be needed", ERRORS),
    _refused("consent_required", "還沒有同意", "Nothing was agreed to", ERRORS),
    _refused("temporarily_unavailable", "暫時不能服務", "Out of service", OAUTH + "4.1.2.1"),
    _refused("server_error", "我們出錯了", "Our own failure", OAUTH + "4.1.2.1"),
    _slip(
        "invalid_grant",
        Where.TOKEN,
        Bilingual("授權碼不能用", "A code that is no good"),
        Bilingual("重新開始登入", "Begins the sign-in again"),
        OAUTH + "5.2",
    ),
    _slip(
        "unavailable",
        Where.TOKEN,
        Bilingual("第一次換權杖回 503，請稍後再試", "503 with Retry-After at the first exchange"),
        Bilingual("等一下用同一個授權碼再試", "Waits, and tries the same code again"),
        "RFC 9110 10.2.3",
    ),
    _slip(
        "slow",
        Where.TOKEN,
        Bilingual("換權杖很慢", "A slow token endpoint"),
        Bilingual("等得到，也不會等一輩子", "Waits, but not for ever"),
        OAUTH + "3.2",
    ),
    _slip(
        "invalid_token",
        Where.USERINFO,
        Bilingual("userinfo 說權杖失效", "A userinfo that refuses the token"),
        Bilingual("不再用這個權杖，重新登入", "Drops the token and signs in again"),
        "RFC 6750 3.1",
    ),
)
BY_CODE: Mapping[str, Fault] = MappingProxyType({each.code: each for each in FAULTS})
CHECKS: tuple[Fault, ...] = tuple(each for each in FAULTS if each.proof is not None)
TO_ARM: tuple[Fault, ...] = tuple(each for each in FAULTS if each.where is not Where.REPORT)
