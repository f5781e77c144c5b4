"""Say what went wrong when signing in, in words for people, and what to do next."""

from dataclasses import dataclass

from demo import signin
from demo.site import text


@dataclass(frozen=True)
class Sorry:
    """One friendly page about one reason."""

    status: int
    title: tuple[str, str]
    body: tuple[str, str]

    def words(self) -> dict[str, str]:
        """Return title and body in the reader's language."""
        return {"title": text(*self.title), "body": text(*self.body)}


PAGES = {
    signin.DENIED: Sorry(
        200,
        ("您選擇不提供資料", "You chose not to share your data"),
        (
            "沒有任何資料傳給我們。您可以隨時再試，或到櫃檯辦理，不必使用帳號。",
            (
                "Nothing was sent to us. Try again whenever you like, or come to the desk: "
                "no account is needed there."
            ),
        ),
    ),
    signin.UNMET: Sorry(
        403,
        ("這項服務要用通行密鑰", "This service asks for a passkey"),
        (
            "您還沒有可用的通行密鑰。請在臺北市單一識別的「卡片與裝置」新增，或帶證件到櫃檯辦理。",
            (
                "You have no passkey to show. Add one under “Cards and devices” at Taipei ID, or "
                "come to the desk with a document."
            ),
        ),
    ),
    signin.STALE: Sorry(
        400,
        ("這次登入已經過期", "This sign-in is out of date"),
        (
            "可能是開了太久、按了上一頁，或連結來自別處。請從這裡重新開始。",
            (
                "It was open too long, reached by the back button, or came from elsewhere. "
                "Please start again from here."
            ),
        ),
    ),
    signin.ENDED: Sorry(
        200,
        ("您已在這裡登出", "You are signed out here"),
        (
            (
                "臺北市單一識別不再提供您的資料：您撤回了同意、在別處登出，或登入已經到期。"
                "我們已刪除剛才顯示的資料。"
            ),
            (
                "Taipei ID no longer gives us your data: you withdrew your consent, signed out "
                "elsewhere, or the sign-in ran out. We deleted what was shown here."
            ),
        ),
    ),
    signin.UNREACHABLE: Sorry(
        503,
        ("暫時連不上臺北市單一識別", "Taipei ID cannot be reached just now"),
        ("請稍後再試，或到櫃檯辦理。", "Please try again a little later, or come to the desk."),
    ),
    signin.REFUSED: Sorry(
        502,
        ("登入沒有完成", "Signing in did not work"),
        (
            "我們和臺北市單一識別之間出了問題，不是您的錯。請再試一次。",
            "Something went wrong between us and Taipei ID, not your fault; please try again.",
        ),
    ),
}
