"""The demonstration's order intake: the won value of the CRM systems, and the two planted differences."""

from datetime import date

import polars as pl
import pytest

from demo import Company, make_company
from demo.company import MARKET, MARKETS
from demo.intake import BOOKED_LATE, NOT_SENT, booked_late, order_intake, won_deals

OCTOBER, NOVEMBER, SEPTEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 9, 1)


@pytest.fixture(scope="module", params=[0.1, 1.0], ids=["small", "whole"])
def company(request: pytest.FixtureRequest) -> Company:
    return make_company(1, date(2026, 11, 23), request.param)


def apart(company: Company) -> dict[tuple[str, date], int]:
    """Order intake less the won value of the truth, where they differ."""
    won = pl.concat([won_deals(company.plan, market, company.deals) for market in MARKETS])
    sums = won.group_by("region", "month").agg(won=pl.col("amount").sum())
    both = order_intake(company.plan, company.deals).join(sums, on=["region", "month"], how="left")
    rows = both.select("region", "month", pl.col("value") - pl.col("won").fill_null(0)).rows()
    return {(region, month): int(difference) for region, month, difference in rows if difference}


def test_two_deals_are_booked_a_month_late_and_nothing_else_differs(company: Company) -> None:
    won = won_deals(company.plan, MARKET[BOOKED_LATE], company.deals)
    late = booked_late(won, OCTOBER)
    value = int(won.filter(pl.col("opportunity_id").is_in(late))["amount"].sum())
    assert len(late) == 2
    assert apart(company) == {(BOOKED_LATE, OCTOBER): -value, (BOOKED_LATE, NOVEMBER): value}
    assert value / won.filter(month=OCTOBER)["amount"].sum() == pytest.approx(0.03, abs=0.005)


def test_every_month_of_three_years_is_there_but_one(company: Company) -> None:
    found = order_intake(company.plan, company.deals)
    months = found["month"].unique().sort()
    assert (months[0], months[-1], len(months)) == (date(2023, 11, 1), NOVEMBER, 37)
    every = {(market.region, month) for market in MARKETS for month in months}
    assert every - set(found.select("region", "month").rows()) == {(NOT_SENT, SEPTEMBER)}
    assert found.height == len(every) - 1
