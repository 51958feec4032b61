"""The planted stories, measured from the truth with nothing but polars."""

from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest

from demo import Company, make_company
from demo.closings import last_export
from demo.company import BUDGET_RATES, MARKET, MARKETS
from demo.formats import FORMATS
from demo.planning import fx_rates, targets
from demo.states import deals_at
from demo.stories import STORIES, Story
from demo.timeline import moment, number

TODAY = date(2026, 11, 24)
QUARTER, NEXT = date(2026, 10, 1), date(2027, 1, 1)
LAST_YEAR, LAST_YEAR_TO_DATE = date(2025, 10, 1), date(2025, 11, 25)


@pytest.fixture(scope="module", params=[0.1, 1.0], ids=["small", "whole"])
def company(request: pytest.FixtureRequest) -> Company:
    return make_company(1, date(2026, 11, 23), request.param)


def known(company: Company) -> pl.DataFrame:
    """Every deal as its region's newest export shows it, with its value in euro at budget rates."""
    parts = [
        deals_at(company.deals.filter(region=market.region), moment(last_export(company.plan, market)))
        for market in MARKETS
    ]
    rate = pl.col("currency").replace_strict(BUDGET_RATES, return_dtype=pl.Float64)
    return pl.concat(parts).with_columns(euro=pl.col("amount") * rate)


def won(deals: pl.DataFrame, region: str, start: date, before: date) -> pl.DataFrame:
    in_span = (pl.col("ended") >= number(start)) & (pl.col("ended") < number(before))
    return deals.filter((pl.col("region") == region) & (pl.col("outcome") == "won") & in_span)


def total(deals: pl.DataFrame) -> float:
    return float(deals["amount"].sum())


def pace(company: Company, region: str) -> float:
    deals = known(company)
    work = company.plan.work(MARKET[region])
    told = work.between(QUARTER, last_export(company.plan, MARKET[region]))
    share = len(told) / len(work.between(QUARTER, NEXT - timedelta(days=1)))
    so_far = whole = 0.0
    for back in range(1, 9):
        year, month = divmod(2026 * 12 + 9 - 3 * back, 12)
        start = date(year, month + 1, 1)
        end = date(year + (month + 3) // 12, (month + 3) % 12 + 1, 1)
        days = work.between(start, end - timedelta(days=1))
        last = date(1970, 1, 1) + timedelta(days=int(days[round(share * len(days)) - 1]) + 1)
        so_far += total(won(deals, region, start, last))
        whole += total(won(deals, region, start, end))
    plans = targets(company.plan, company.deals).filter(scope_id=region, kpi="won_value")
    plan = float(plans.filter(pl.col("month").is_between(QUARTER, NEXT, closed="left"))["value"].sum())
    return total(won(deals, region, QUARTER, NEXT)) / (plan * so_far / whole)


def moved_within_quarter(company: Company, _: str) -> float:
    deals = known(company)
    pushed = pl.any_horizontal(pl.col(f"pushed_{n}").is_between(number(QUARTER), number(NEXT)) for n in range(1, 5))
    chosen = deals.filter((pl.col("story") == 1) & pushed & (pl.col("outcome") == "open"))
    assert chosen["expected_0"].is_between(number(QUARTER), number(NEXT), closed="left").all()
    assert (chosen["expected"] >= number(NEXT)).all()
    assert (chosen["segment"] == "enterprise").all()
    return chosen.height


def closing(company: Company, region: str) -> pl.DataFrame:
    dated = pl.col("expected").is_between(number(QUARTER), number(NEXT), closed="left")
    ready = (pl.col("outcome") == "open") & (pl.col("furthest") >= 1) & ~pl.col("on_hold")
    return known(company).filter((pl.col("region") == region) & dated & ready)


def share_of_two(company: Company, region: str) -> float:
    deals = closing(company, region).sort("amount", descending=True)
    assert deals["times_pushed"].to_list()[:2] == [2, 2]
    return total(deals.head(2)) / total(deals)


def growth(company: Company, *, in_euro: bool) -> float:
    deals = known(company)
    spot = fx_rates(company.plan, company.deals).filter(currency="JPY", kind="spot").sort("on_date")

    def value(start: date, before: date) -> float:
        found = (
            won(deals, "japan", start, before).with_columns(on=pl.col("ended").cast(pl.Int32).cast(pl.Date)).sort("on")
        )
        rates = found.join_asof(spot, left_on="on", right_on="on_date")["rate"]
        return float((found["amount"] * rates).sum()) if in_euro else total(found)

    return value(QUARTER, NEXT) / value(LAST_YEAR, LAST_YEAR_TO_DATE) - 1


def win_rate(deals: pl.DataFrame, start: date, before: date) -> float:
    in_span = (pl.col("ended") >= number(start)) & (pl.col("ended") < number(before))
    gate = (pl.col("business_type") != "renewal") & ((pl.col("furthest") >= 1) | (pl.col("outcome") == "won"))
    closed = deals.filter(in_span & gate & pl.col("outcome").is_in(["won", "lost"]))
    return float((closed["outcome"] == "won").sum()) / closed.height


def win_rate_change(company: Company, _: str) -> float:
    deals = known(company)
    return win_rate(deals, QUARTER, NEXT) - win_rate(deals, LAST_YEAR, LAST_YEAR_TO_DATE)


def age_of_feed(company: Company, region: str) -> float:
    days = company.plan.time.now.date() - last_export(company.plan, MARKET[region])
    return days.days + (14 - 9.5) / 24


def unmapped(company: Company, region: str) -> float:
    return float(
        known(company).filter((pl.col("region") == region) & (pl.col("pilot_from") < number(TODAY)))["euro"].sum()
    )


def sharing_regions(company: Company, _: str) -> float:
    deals = known(company).filter(pl.col("account").str.starts_with("Skagerion") & (pl.col("outcome") == "open"))
    return deals["region"].n_unique()


def first_contacts(company: Company, region: str) -> float:
    return float("first_touch_at" in FORMATS[MARKET[region].source].headers["leads"])


MEASURES: dict[tuple[int, str], Callable[[Company, str], float]] = {
    (1, "value"): pace,
    (1, "enterprise deals moved this quarter"): moved_within_quarter,
    (2, "value"): pace,
    (2, "share of the two largest deals"): share_of_two,
    (3, "change on last year in euro at booked rates"): lambda company, _: growth(company, in_euro=True),
    (3, "change on last year in yen"): lambda company, _: growth(company, in_euro=False),
    (4, "value"): pace,
    (4, "n"): lambda company, region: won(known(company), region, QUARTER, NEXT).height,
    (5, "days since the newest export"): age_of_feed,
    (6, "value"): lambda company, _: win_rate(known(company), QUARTER, NEXT),
    (6, "change against last year"): win_rate_change,
    (7, "leads with a first contact"): first_contacts,
    (8, "value in an unmapped stage"): unmapped,
    (9, "regions with open deals of the shared customer"): sharing_regions,
}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.number} {story.region} {story.measure}")
def test_story_comes_out(company: Company, story: Story) -> None:
    measured = MEASURES[story.number, story.measure](company, story.region)
    assert measured == pytest.approx(story.expected, abs=story.tolerance)


def test_win_rate_rose_in_every_region(company: Company) -> None:
    for market in MARKETS:
        deals = known(company).filter(region=market.region)
        assert win_rate(deals, QUARTER, NEXT) > win_rate(deals, LAST_YEAR, LAST_YEAR_TO_DATE) + 0.02, market.region


@pytest.mark.parametrize("region", ["nordics", "latam", "japan"])
def test_regions_without_a_story_are_near_pace(company: Company, region: str) -> None:
    assert pace(company, region) == pytest.approx(1.0, abs=0.05)


def test_most_deals_were_pushed(company: Company) -> None:
    assert company.deals["pushed_1"].is_finite().mean() == pytest.approx(0.58, abs=0.01)


def test_the_whole_company_has_its_size() -> None:
    company = make_company(1, date(2026, 11, 23))
    now = company.plan.time.cut
    assert 11_500 < known(company).height < 12_700
    assert 19_500 < company.leads.filter(pl.col("created") <= now).height < 20_500
    assert 50_000 < company.activities.filter(pl.col("at") <= now).height < 66_000
    quarters = known(company).filter((pl.col("outcome") == "won") & pl.col("back").is_between(1, 4))
    for value in quarters.group_by("back").agg(pl.col("euro").sum())["euro"]:
        assert 35e6 < value < 65e6
