"""List the national holidays on working days, as the Executive Yuan's calendar has them.

Weekends are not listed. What changes afterwards (a typhoon, a make-up day, a correction, the years
to come) is entered with `taipei-id calendar`, which has the last word.
"""

from datetime import date


def _days(year: int, *days: tuple[int, int]) -> frozenset[date]:
    return frozenset(date(year, month, day) for month, day in days)


HOLIDAYS = _days(
    2026,
    (1, 1),  # 開國紀念日
    *((2, day) for day in (16, 17, 18, 19, 20)),  # 春節 and 小年夜's substitute
    (2, 27),  # 和平紀念日's substitute
    (4, 3),  # 兒童節's substitute
    (4, 6),  # 清明節's substitute
    (5, 1),  # 勞動節
    (6, 19),  # 端午節
    (9, 25),  # 中秋節
    (9, 28),  # 教師節
    (10, 9),  # 國慶日's substitute
    (10, 26),  # 光復節's substitute
    (12, 25),  # 行憲紀念日
) | _days(
    2027,
    (1, 1),
    *((2, day) for day in (4, 5, 8, 9, 10)),
    (3, 1),
    (4, 5),
    (4, 6),
    (4, 30),
    (6, 9),
    (9, 15),
    (9, 28),
    (10, 11),
    (10, 25),
    (12, 24),
)
