"""The new cards that were ordered for the member, as they go into the archive (7(6)2)."""

from collections.abc import Mapping

from counters import card_orders
from counters.card_order_models import Delivery, Stage
from counters.models import Counter
from kernel.db import transaction
from kernel.wording import Bilingual
from web.archive_parts import Whose, iso, local, sheet
from web.sheets import Sheet

TITLE = Bilingual("訂製的新卡", "New cards that were ordered")
HEADS = {
    "ordered_at": Bilingual("訂製於", "Ordered"),
    "counter": Bilingual("申辦窗口", "Counter"),
    "delivery": Bilingual("交付方式", "Delivery"),
    "stage": Bilingual("進度", "State"),
    "moved_at": Bilingual("最近變動", "Last moved"),
    "collect_by": Bilingual("期限", "Collect by"),
}
STAGES: Mapping[Stage, Bilingual] = {
    Stage.ORDERED: Bilingual("已訂製", "Ordered"),
    Stage.PRODUCED: Bilingual("已製作", "Made"),
    Stage.IN_TRANSIT: Bilingual("郵寄中", "In the mail"),
    Stage.AT_COUNTER: Bilingual("可以領取", "Ready to be collected"),
    Stage.COLLECTED: Bilingual("已領取，等您啟用", "Collected; waits for you to activate it"),
    Stage.ACTIVATED: Bilingual("已啟用", "Activated"),
    Stage.DESTROYED: Bilingual("已銷毀", "Destroyed"),
}
DELIVERIES: Mapping[Delivery, Bilingual] = {
    Delivery.COUNTER: Bilingual("到窗口領取", "Collected at the counter"),
    Delivery.MAIL: Bilingual("郵寄", "By mail"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return every card on record, those that became a carrier or came to nothing included."""
    with transaction(whose.make) as session:
        rows = [
            [
                local(each.ordered_at),
                _name(session.get_one(Counter, each.counter_id), whose),
                whose.text(DELIVERIES[each.delivery]),
                whose.text(STAGES[each.stage]),
                local(each.moved_at),
                iso(each.collect_by),
            ]
            for each in card_orders.of_member(session, whose.member_id)
        ]
    return sheet(whose, TITLE, HEADS, rows)


def _name(counter: Counter, whose: Whose) -> str:
    return whose.text(Bilingual(counter.name_zh, counter.name_en))
