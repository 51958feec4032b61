"""What a CRM shows of its deals at a moment: the truth up to then, and nothing of what comes later."""

import polars as pl

from demo.pushes import MOST

STAGES = ("qualify", "develop", "propose", "close")


def deals_at(deals: pl.DataFrame, moment: float | pl.Expr) -> pl.DataFrame:
    """Give each deal known at a local moment, or at one of its own, as it then stood.

    Of the moment are outcome, ended, furthest (0 to 3), amount, expected, stage_changed, modified, touched and
    times_pushed.
    """
    known = deals.filter(pl.col("created") <= moment)
    return known.with_columns(**_of_moment(moment)).with_columns(
        touched=pl.when(pl.col("touched") >= pl.col("touch_first")).then("touched"),
        modified=_latest(["created", "stage_changed", "touched", "amount_at", *_pushed()], moment),
    )


def _of_moment(moment: float | pl.Expr) -> dict[str, pl.Expr]:
    over, undone = pl.col("ended") <= moment, pl.col("cancelled") <= moment
    now = moment if isinstance(moment, pl.Expr) else pl.lit(moment)
    until = pl.min_horizontal(now, "ended")
    since = ((until - pl.col("touch_first")) / pl.col("touch_gap")).floor()
    expected = pl.col("expected_0")
    for n in range(1, MOST + 1):
        expected = pl.when(pl.col(f"pushed_{n}") <= moment).then(pl.col(f"expected_{n}")).otherwise(expected)
    return {
        "outcome": pl.when(undone).then(pl.lit("lost")).when(over).then("outcome").otherwise(pl.lit("open")),
        "furthest": pl.sum_horizontal(pl.col(stage) <= pl.min_horizontal(now, "ended") for stage in STAGES[1:]),
        "expected": expected,
        "amount": pl.when(pl.col("amount_at") <= moment).then("amount").otherwise("amount_first"),
        "ended": pl.when(undone).then("cancelled").when(over).then("ended"),
        "stage_changed": _latest(["created", *STAGES[1:], "ended", "cancelled"], moment),
        "touched": pl.col("touch_first") + since * pl.col("touch_gap"),
        "times_pushed": pl.sum_horizontal(pl.col(name) <= moment for name in _pushed()),
    }


def _latest(columns: list[str], moment: float | pl.Expr) -> pl.Expr:
    return pl.max_horizontal(pl.when(pl.col(name) <= moment).then(pl.col(name)) for name in columns)


def _pushed() -> list[str]:
    return [f"pushed_{n}" for n in range(1, MOST + 1)]
