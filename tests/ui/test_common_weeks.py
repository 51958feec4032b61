"""The line of the common denominator over the weeks, and what joined or was lost."""

import re
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import cast

from kpi.comparability_weeks import CommonWeek
from ui.common_weeks import weeks_block
from ui.view import View

LABELS = {"won_value": "Won value", "lead_sla": "Leads answered in time"}


def view() -> View:
    kpis = {name: SimpleNamespace(label=label) for name, label in LABELS.items()}
    return cast(View, SimpleNamespace(definitions=SimpleNamespace(kpis=kpis)))


def week(day: int, *common: str) -> CommonWeek:
    return CommonWeek(date(2026, 11, day), datetime(2026, 11, day + 6, tzinfo=UTC), frozenset(common), 2, 6)


def test_each_week_is_a_step_and_each_change_is_named() -> None:
    weeks = [week(2, "won_value"), week(9, "won_value", "lead_sla"), week(16, "lead_sla", "gone_kpi")]
    found = weeks_block(weeks, view())
    (points,) = re.findall(r'<polyline points="([^"]+)"', found)
    heights = [float(point.split(",")[1]) for point in points.split()]
    assert heights[0] == heights[1] > heights[2] == heights[3] == heights[4]
    assert "Week of 9 Nov 2026: 2 of 2 KPIs, 6 regions" in found
    changes = re.findall(r"<li><span>([^<]+)</span>([^<]+)</li>", found)
    assert changes == [("16 Nov", "+ gone_kpi; − Won value"), ("9 Nov", "+ Leads answered in time")]


def test_one_week_is_no_line_and_none_is_nothing() -> None:
    assert "The line begins with the second week." in weeks_block([week(2, "won_value")], view())
    assert weeks_block([], view()) == ""
    assert "Nothing joined and nothing was lost." in weeks_block([week(2), week(9)], view())
