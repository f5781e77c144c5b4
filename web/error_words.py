"""Say in plain words what happened and what to do next, under the title of the catalogue."""

from dataclasses import dataclass
from http import HTTPStatus

from kernel.wording import Bilingual


@dataclass(frozen=True)
class Words:
    """The text of an error page under its title."""

    message: Bilingual
    next_steps: tuple[Bilingual, ...]


BACK = Bilingual(
    "回到您要使用的網站，重新按一次登入。", "Go back to the site you came from and sign in again."
)
CALL = Bilingual(
    "請那個網站的人員把下面的編號告訴我們。", "Ask the site's staff to tell us the number below."
)
DESK = Bilingual(
    "不用帳號也能辦：請到申辦窗口臨櫃辦理。", "You can also do it at a counter, without an account."
)
AGAIN = Bilingual("過一會兒再試一次。", "Try again in a little while.")

_NOT_RIGHT = Words(
    Bilingual(
        "帶您來的網站送出的資料不對，我們不能確定它是誰，所以沒有繼續。您沒有做錯什麼，資料也沒有送出。",
        "The site that sent you here sent a request we cannot trust, so we stopped. "
        "You did nothing wrong, and none of your data were sent.",
    ),
    (BACK, CALL, DESK),
)
_TOO_LATE = Words(
    Bilingual(
        "登入的連結只能用一次，而且很快就過期。您的資料沒有送出。",
        "A sign-in link works once and only for a short time. None of your data were sent.",
    ),
    (BACK, DESK),
)
_OURS = Words(
    Bilingual(
        "我們這邊出了問題。您剛才送出的內容沒有生效。",
        "Something went wrong on our side. What you just sent had no effect.",
    ),
    (AGAIN, DESK),
)
_FORM = Words(
    Bilingual(
        "這個表單已經過期，或不是從我們的網頁送出的。什麼都沒有改變。",
        "This form is too old or did not come from our pages. Nothing was changed.",
    ),
    (
        Bilingual(
            "回上一頁，重新整理後再送出一次。", "Go back, reload the page and send it again."
        ),
        DESK,
    ),
)
_RESTRICTED = Words(
    Bilingual(
        "密碼只憑電子信箱重設，或能用的通行密鑰和卡片都掛失了：72 小時內，只憑密碼不能改登入方式、"
        "聯絡資料和密碼，也不能刪除帳號或讓商店知道您是誰。",
        "The password was set anew by mail alone, or every passkey and card was reported lost. For "
        "72 hours a password alone changes no way of signing in, no contact data and no password, "
        "deletes nothing, and tells no shop who you are.",
    ),
    (
        Bilingual(
            "用通行密鑰、晶片卡或憑證登入，就沒有這些限制。",
            "Sign in with a passkey, a chip card or a certificate: then nothing is restricted.",
        ),
        DESK,
    ),
)
_NO_CARRIER = Words(
    Bilingual(
        "這次登入的方式證明得不夠，所以不能直接設新密碼；密碼沒有變。臺北市識別卡要加上密碼才夠。",
        "The way you signed in proves too little to set a new password; it is what it was. A "
        "Taipei ID card proves enough only together with the password.",
    ),
    (
        Bilingual(
            "沒有這些，請在「忘記帳號或密碼」用電子郵件重設。",
            "Without one of these, reset it by mail at “Forgot your account or password?”.",
        ),
        DESK,
    ),
)
_NOT_FOUND = Words(
    Bilingual(
        "找不到您要的頁面。它可能已經過期，或是在另一個瀏覽器開始的。",
        "We cannot find that page. It may have expired, or it was started in another browser.",
    ),
    (BACK, DESK),
)
_WAITING = Words(
    Bilingual(
        "您還不是會員，所以還不能登入，也沒有任何資料送出。",
        "You are not a member yet, so you cannot sign in. None of your data were sent.",
    ),
    (
        Bilingual(
            "用收據查進度；通過後，在那裡選帳號和密碼。",
            "Follow your receipt; once approved, choose account name and password there.",
        ),
        DESK,
    ),
)
_OTHER = Words(
    Bilingual("這件事現在不能辦。", "This cannot be done now."),
    (BACK, DESK),
)
_OF_ONE = {
    "request.pushed_unknown": _TOO_LATE,
    "member.not_approved": _WAITING,
    "recovery.carrier_required": _NO_CARRIER,
    "recovery.restricted": _RESTRICTED,
    "form.not_ours": _FORM,
}


def words_for(code: str, status: int) -> Words:
    """Return the text for a refusal or an HTTP status."""
    if code in _OF_ONE:
        return _OF_ONE[code]
    if code.startswith("request."):
        return _NOT_RIGHT
    if status == HTTPStatus.NOT_FOUND:
        return _NOT_FOUND
    return _OURS if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _OTHER
