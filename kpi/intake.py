"""Order intake beside won value: what finance booked in each month, and how far the CRM is from it."""

from datetime import date, timedelta

import polars as pl
import sqlglot
from sqlglot import exp

from kpi.asking import Asking
from kpi.definitions import Definitions
from kpi.engines.base import Engine, asked_for
from kpi.money import CONVERTED, RATES, Money
from kpi.period import GROUP, Period, today
from kpi.reason_codes import cause_of, sentence
from kpi.scans import REGIONS
from kpi.scope import Scope, required
from kpi.slice import Slice
from kpi.value import NO_RATE
from organisation import Organisation

NO_ORDER_INTAKE = "NO_ORDER_INTAKE"
SEVERAL_ORDER_INTAKES = "SEVERAL_ORDER_INTAKES"
NEXT_MONTH_OFFSETS = "NEXT_MONTH_OFFSETS"
OFFSETS_MONTH_BEFORE = "OFFSETS_MONTH_BEFORE"
CLOSED_MONTHS = 12
MONEY = pl.Decimal(38, 10)
STORED = "order_intake_version"
WON: dict[str, pl.DataType] = {
    "region": pl.String(),
    "month": pl.Date(),
    "is_finished": pl.Boolean(),
    "won_value": MONEY,
    "won_lacks": pl.String(),
    "currency": pl.String(),
}
INTAKE: dict[str, pl.DataType] = {
    "region": pl.String(),
    "month": pl.Date(),
    "order_intake": MONEY,
    "intake_lacks": pl.String(),
}


def order_intake_differences(
    engine: Engine, organisation: Organisation, scope: Scope, *, definitions: Definitions | None = None
) -> pl.DataFrame:
    """Give order intake less won value of each region: the running month and the last 12 closed ones, newest first.

    Columns: region, month (first day), is_finished (the month has ended in the region's zone), won_value (the KPI's
    own), order_intake, difference (order intake less won value), share (of the won value, a fraction; null where that
    is 0), currency (the region's own, of all money here; foreign money at budget rates), reason (a code), sentence
    (the reason in words). Without one of the two, difference is null and the reason says why; where the next or last
    month differs by the same amount the other way, the reason says that. No rows where no source exports order intake.
    definitions: the workspace's own, read where they are not given.
    """
    seen = required(scope)
    now = organisation.workspace.now()
    held = definitions or Definitions.read(organisation.workspace.definitions_file)
    asked = Slice(_months(today(organisation, now)), now, currency="local", grain="month")
    asking = Asking(engine, organisation, held, asked, seen)
    booked = _booked(asking)
    is_expected = not booked.is_empty() or _is_declared(organisation)
    months = pl.DataFrame(_won(asking) if is_expected else [], schema=WON, orient="row")
    both = months.join(booked, on=["region", "month"], how="left", maintain_order="left")
    return _compared(both).sort(["month", "region"], descending=[True, False])


def _is_declared(organisation: Organisation) -> bool:
    return any("order_intake" in source.exports for source in organisation.sources.values())


def _won(asking: Asking) -> list[tuple[object, ...]]:
    """Give the KPI's own answer for each region and month, as rows of WON."""
    rows: list[tuple[object, ...]] = []
    for value in asking.values(asking.asked, ["won_value"]):
        if value.region != GROUP:
            month = date.fromisoformat(value.bucket[0])
            is_finished = _after(month) <= today(asking.organisation, asking.asked.as_of, value.region)
            lacks = cause_of(value.reasons) if value.value is None else None
            currency = asking.organisation.regions[value.region].currency
            rows.append((value.region, month, is_finished, value.value, lacks, currency))
    return rows


def _months(day: date) -> Period:
    """Give the period of the closed months and the running one, as it stands on a day."""
    first = day.replace(day=1)
    for _ in range(CLOSED_MONTHS):
        first = (first - timedelta(days=1)).replace(day=1)
    return Period(first, _after(day) - timedelta(days=1), "last 12 months", to_date=day)


def _after(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _booked(asking: Asking) -> pl.DataFrame:
    """Give each region's order intake by month as known now; a month that two sources state has no figure."""
    engine, organisation, now = asking.engine, asking.organisation, asking.asked.as_of
    if not asking.regions or STORED not in engine.schema():  # no load has brought the store up to date yet
        return pl.DataFrame(schema=INTAKE)
    sql = _statement(asking.scope).sql(dialect=engine.dialect)
    profiles = [organisation.regions[name] for name in asking.regions]
    given = asking.scope.parameters() | {
        "regions": list(asking.regions),
        "zones": [profile.timezone for profile in profiles],
        "currencies": [profile.currency for profile in profiles],
        "as_of": now,
        "group_currency": organisation.group.currency,
        "rates_until": today(organisation, now),
    }
    found = engine.fetch(sql, asked_for(sql, given))
    lacks = (
        pl.when(pl.col("sources") > 1)
        .then(pl.lit(SEVERAL_ORDER_INTAKES))
        .when(pl.col("order_intake").is_null())
        .then(pl.lit(NO_RATE))
    )
    figure = pl.when(lacks.is_null()).then(pl.col("order_intake").cast(MONEY))
    return found.select("region", "month", order_intake=figure, intake_lacks=lacks.cast(pl.String))


def _statement(scope: Scope) -> exp.Select:
    """Write the query of the stored order intake; money becomes the region's own as it does in every KPI."""
    money = Money("budget", local=True)
    value = exp.cast(money.in_local(exp.column("value", table="r")), CONVERTED)
    query = exp.select("r.region", "r.month", exp.Count(this=exp.Star()).as_("sources"))
    query = query.select(exp.Max(this=value).as_("order_intake")).from_(exp.to_table(STORED).as_("r"))
    query = query.join("regions AS s", on="s.region = r.region")
    query = money.joins(query, exp.column("month", table="r"))
    known = "r.known_from <= $as_of AND (r.known_until IS NULL OR r.known_until > $as_of)"
    query = query.where(exp.condition(known, dialect="duckdb"), scope.condition("r")).group_by("r.region", "r.month")
    for name, text in {"regions": REGIONS, "rates": RATES}.items():
        query = query.with_(name, as_=sqlglot.parse_one(text, dialect="duckdb"))
    return query


def _compared(both: pl.DataFrame) -> pl.DataFrame:
    """Give the differences, and for each the reason that can be read off the figures."""
    missing = pl.coalesce("won_lacks", "intake_lacks", pl.when(pl.col("order_intake").is_null()).then(_NOTHING))
    found = both.sort("region", "month").with_columns(difference=pl.col("order_intake") - pl.col("won_value"))
    differs = pl.col("difference") != 0
    sums = {step: pl.col("difference") + pl.col("difference").shift(step).over("region") for step in (-1, 1)}
    after = pl.when(differs & (sums[-1] == 0)).then(pl.lit(NEXT_MONTH_OFFSETS))
    before = pl.when(differs & (sums[1] == 0)).then(pl.lit(OFFSETS_MONTH_BEFORE))
    won = pl.col("won_value").cast(pl.Float64)
    return found.select(
        "region",
        "month",
        "is_finished",
        "won_value",
        "order_intake",
        "difference",
        share=pl.when(won != 0).then(pl.col("difference").cast(pl.Float64) / won),
        currency="currency",
        reason=pl.coalesce(missing, before, after),
    ).with_columns(sentence=pl.col("reason").map_elements(sentence, return_dtype=pl.String))


_NOTHING = pl.lit(NO_ORDER_INTAKE)
