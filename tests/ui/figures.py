"""Hand-made cells for the tests of what is drawn."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from kpi.card import Cell
from kpi.value import Comparable, Value

AS_OF = datetime(2026, 11, 24, 13, tzinfo=UTC)


def value(
    amount: float | None = 3_540_000.0,
    *,
    unit: str = "money",
    region: str = "dach",
    comparable: Comparable = "yes",
    reasons: tuple[str, ...] = (),
) -> Value:
    """Give a value of 61 deals."""
    shown = Decimal(str(amount)) if amount is not None and unit == "money" else amount
    currency = "EUR" if unit == "money" else None
    return Value("won_value", region, "2026 Q4", shown, 61, unit, AS_OF, None, None, currency, comparable, reasons)


def cell(
    figure: Value, flag: Literal["none", "watch", "act"] = "none", change: float | None = -0.18, *, why: str = "Behind."
) -> Cell:
    """Give a cell whose fall is bad, with thirteen weeks that fall."""
    series = tuple(float(week) for week in range(13, 0, -1))
    return Cell(figure, 4.3e6, change, "percent", flag, False if flag != "none" else None, why, series, 6.0, (4.0, 9.0))
