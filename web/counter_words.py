"""Say in plain words what a counter is, where, when, and what it may do."""

from collections.abc import Mapping

from counters.delegations import State
from counters.hours import Hours
from counters.models import Counter, District, Ground, Holder, Matter, ReaderKind
from counters.standing import Need, Status
from kernel.wording import Bilingual

DISTRICTS: Mapping[District, Bilingual] = {
    District.ZHONGZHENG: Bilingual("中正區", "Zhongzheng District"),
    District.DATONG: Bilingual("大同區", "Datong District"),
    District.ZHONGSHAN: Bilingual("中山區", "Zhongshan District"),
    District.SONGSHAN: Bilingual("松山區", "Songshan District"),
    District.DAAN: Bilingual("大安區", "Da’an District"),
    District.WANHUA: Bilingual("萬華區", "Wanhua District"),
    District.XINYI: Bilingual("信義區", "Xinyi District"),
    District.SHILIN: Bilingual("士林區", "Shilin District"),
    District.BEITOU: Bilingual("北投區", "Beitou District"),
    District.NEIHU: Bilingual("內湖區", "Neihu District"),
    District.NANGANG: Bilingual("南港區", "Nangang District"),
    District.WENSHAN: Bilingual("文山區", "Wenshan District"),
}
HOLDERS: Mapping[Holder, Bilingual] = {
    Holder.PERSON: Bilingual("自然人", "A person"),
    Holder.BODY: Bilingual("機關或團體", "A body"),
    Holder.STAFF: Bilingual("機關自行指派人員", "The agency’s own staff"),
}
MATTERS: Mapping[Matter, Bilingual] = {
    Matter.ACCEPT: Bilingual("查驗身分、受理或代收申請", "Check identity, take applications"),
    Matter.CARDS: Bilingual("發卡、綁定或解除會員卡", "Issue cards, bind and unbind them"),
    Matter.CHANGES: Bilingual(
        "開通、中止服務和變更資料", "Activate and suspend services, change data"
    ),
}
GROUNDS: Mapping[Ground, Bilingual] = {
    Ground.ENTRUSTED: Bilingual(
        "委任所屬下級機關（行政程序法第 15 條第 1 項）",
        "Entrusted to a subordinate agency (APA 15-I)",
    ),
    Ground.COMMISSIONED: Bilingual(
        "委託不相隸屬之機關（行政程序法第 15 條第 2 項）",
        "Commissioned to an agency that is not subordinate (APA 15-II)",
    ),
    Ground.PRIVATE: Bilingual(
        "委託民間團體或個人（行政程序法第 16 條第 1 項）",
        "Commissioned to a private body or person (APA 16-I)",
    ),
    Ground.OWN_STAFF: Bilingual("機關自行指派人員", "The agency’s own staff"),
}
STATES: Mapping[State, Bilingual] = {
    State.DRAFTED: Bilingual("草稿", "Draft"),
    State.SIGNED: Bilingual("已簽署，尚未公告", "Signed, not published yet"),
    State.AHEAD: Bilingual("已完成，尚未開始", "Complete, not begun yet"),
    State.EFFECTIVE: Bilingual("有效", "In force"),
    State.EXPIRED: Bilingual("已屆期", "Expired"),
    State.REVOKED: Bilingual("已終止", "Revoked"),
}
STATUSES: Mapping[Status, Bilingual] = {
    Status.OPEN: Bilingual("開放", "Open"),
    Status.PAPER: Bilingual("讀卡機故障，只收件", "No card reader: applications only"),
    Status.CLOSED: Bilingual("目前不開放", "Closed for now"),
}
NEEDS: Mapping[Need, Bilingual] = {
    Need.DELEGATION: Bilingual("有效的委任、委託或指派", "A delegation in force"),
    Need.DESK: Bilingual("一個櫃檯", "A desk"),
    Need.CLERK: Bilingual("一位訓練合格的服務人員", "A trained clerk"),
    Need.READER: Bilingual("一臺可用的讀卡機", "A working card reader"),
}
READERS: Mapping[ReaderKind, Bilingual] = {
    ReaderKind.CONTACT: Bilingual("接觸式", "Contact"),
    ReaderKind.CONTACTLESS: Bilingual("感應式", "Contactless"),
    ReaderKind.BOTH: Bilingual("接觸式和感應式", "Contact and contactless"),
}
WEEKDAYS = (
    Bilingual("星期一", "Monday"),
    Bilingual("星期二", "Tuesday"),
    Bilingual("星期三", "Wednesday"),
    Bilingual("星期四", "Thursday"),
    Bilingual("星期五", "Friday"),
    Bilingual("星期六", "Saturday"),
    Bilingual("星期日", "Sunday"),
)


def name(counter: Counter) -> Bilingual:
    """Return a counter's name."""
    return Bilingual(counter.name_zh, counter.name_en)


def address(counter: Counter) -> Bilingual:
    """Return where it is."""
    return Bilingual(counter.address_zh, counter.address_en)


def week(hours: Hours) -> list[tuple[Bilingual, str]]:
    """Return each weekday with its hours; empty where it is closed."""
    return [
        (day, "、".join(str(span).replace("-", "–") for span in spans))
        for day, spans in zip(WEEKDAYS, hours.week, strict=True)
    ]
