"""What the group keeps beside the CRM systems: plans by month, budget and spot rates."""

from datetime import date

import numpy as np
import polars as pl

from demo.closings import QUARTERS_BACK
from demo.company import BUDGET_RATES, MARKETS, Market
from demo.pace import expectation, won_to_date
from demo.plan import Plan
from demo.timeline import number
from organisation import FiscalCalendar

TARGET_COLUMNS = ("scope", "scope_id", "month", "kpi", "kind", "value", "currency")
MONTH_SHARES = (0.28, 0.32, 0.40)
JAPAN_IN_EURO = 1.09  # won value in euro against last year, at spot rates
YEAR_OF_BUDGET = {"USD": 0.93, "SEK": 0.0875, "BRL": 0.17, "JPY": 0.0062}  # budget rates of the years before


def targets(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Give plans by month: scope, scope_id, month, kpi, kind, value (own currency), currency."""
    parts = [_plans(plan, market, deals) for market in MARKETS]
    regions = pl.concat(parts)
    rates = pl.DataFrame({"currency": list(BUDGET_RATES), "rate": list(BUDGET_RATES.values())})
    group = (
        regions.join(rates, on="currency", maintain_order="left")
        .group_by("month", maintain_order=True)
        .agg(value=(pl.col("value") * pl.col("rate")).sum().round(0))
        .with_columns(scope=pl.lit("group"), scope_id=pl.lit("group"), currency=pl.lit("EUR"))
    )
    money = pl.concat([regions, group.select(regions.columns)]).with_columns(kpi=pl.lit("won_value"))
    every = pl.concat([money, _lead_plans(plan).select(money.columns)])
    return every.with_columns(kind=pl.lit("plan")).sort("scope", "scope_id", "kpi", "month").select(TARGET_COLUMNS)


def fx_rates(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Give rates to the euro: budget from each 1 January, spot from each first of a month."""
    year = plan.time.today.year
    rows: list[tuple[str, date, str, float]] = []
    for currency, rate in BUDGET_RATES.items():
        for back in range(4, -1, -1):
            rows.append(
                (currency, date(year - back, 1, 1), "budget", rate if back == 0 else YEAR_OF_BUDGET.get(currency, 1.0))
            )
        rows.extend((currency, month, "spot", spot) for month, spot in _spot(plan, currency, deals).items())
    return pl.DataFrame(rows, schema=["currency", "on_date", "kind", "rate"], orient="row").with_columns(
        rate=pl.col("rate").round(8)
    )


def _plans(plan: Plan, market: Market, deals: pl.DataFrame) -> pl.DataFrame:
    rng = plan.rng("targets", market.region)
    won = deals.filter((pl.col("region") == market.region) & (pl.col("outcome") == "won"))
    calendar = FiscalCalendar.from_month(1)
    running = calendar.quarter_index(plan.time.quarter_start)
    this = expectation(plan, market, deals).plan_for(market.pace)
    months: list[tuple[date, float]] = []
    for back in range(QUARTERS_BACK, -5, -1):
        quarter = calendar.quarter_at(running - back)
        actual = float(
            won.filter(pl.col("ended").is_between(number(quarter.start), number(quarter.end) + 1))["amount"].sum()
        )
        whole = this if back <= 0 else actual / rng.uniform(0.94, 1.06)
        whole = whole if back >= 0 else whole * (0.93 if back % 2 else 1.0)
        for place, share in enumerate(MONTH_SHARES):
            month = quarter.start.replace(month=quarter.start.month + place)
            months.append((month, round(whole * share / 100) * 100.0))
    return pl.DataFrame(months, schema={"month": pl.Date, "value": pl.Float64}, orient="row").with_columns(
        scope=pl.lit("region"), scope_id=pl.lit(market.region), currency=pl.lit(market.currency)
    )


def _lead_plans(plan: Plan) -> pl.DataFrame:
    calendar = FiscalCalendar.from_month(1)
    running = calendar.quarter_index(plan.time.quarter_start)
    months = [
        calendar.quarter_at(running - back).start.replace(month=calendar.quarter_at(running - back).start.month + place)
        for back in range(5, -5, -1)
        for place in range(3)
    ]
    promised = {"leads_received": 18, "leads_handed_over": 27}  # a month's part of a market's leads
    rows = [
        ("region", m.region, month, float(round(m.leads / part)), None, kpi)
        for kpi, part in promised.items()
        for m in MARKETS
        for month in months
    ]
    return pl.DataFrame(
        rows,
        schema={
            "scope": pl.String,
            "scope_id": pl.String,
            "month": pl.Date,
            "value": pl.Float64,
            "currency": pl.String,
            "kpi": pl.String,
        },
        orient="row",
    )


def _spot(plan: Plan, currency: str, deals: pl.DataFrame) -> dict[date, float]:
    """Give the spot rate of each month; the yen's rise is such that Japan's figure in euro comes out."""
    rng = plan.rng("spot", currency)
    months = [date(plan.time.today.year - back, month, 1) for back in range(4, -1, -1) for month in range(1, 13)]
    months = [month for month in months if month <= plan.time.today]
    if currency == "EUR":
        return dict.fromkeys(months, 1.0)
    walk = BUDGET_RATES[currency] * np.exp(np.cumsum(rng.normal(0, 0.008, len(months))))
    walk *= BUDGET_RATES[currency] / walk[-12:].mean()
    rates = dict(zip(months, walk.tolist(), strict=True))
    return _risen_yen(plan, rates, deals) if currency == "JPY" else rates


def _risen_yen(plan: Plan, rates: dict[date, float], deals: pl.DataFrame) -> dict[date, float]:
    """Let the yen rise over the last six months so that won value in euro is 9 % above last year's by the same day."""

    def in_euro(back: int) -> float:
        won = deals.filter(won_to_date(plan, "japan", back)).with_columns(
            month=pl.col("ended").cast(pl.Int32).cast(pl.Date).dt.truncate("1mo")
        )
        return sum((amount * rates[month] for amount, month in zip(won["amount"], won["month"], strict=True)), 0.0)

    factor = JAPAN_IN_EURO * in_euro(4) / in_euro(0)
    recent = sorted(rates)[-6:]
    ramp = {month: factor ** ((place + 1) / 4) if place < 3 else factor for place, month in enumerate(recent)}
    return {month: rate * ramp.get(month, 1.0) for month, rate in rates.items()}
