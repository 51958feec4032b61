"""Money in a query: amounts of any currency become the group's, or stay in the region's own."""

from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from kpi.trees import aliased, both, cast, when

RateKind = Literal["budget", "booked", "spot"]
STORED_KIND: dict[str, str] = {"budget": "budget", "booked": "spot", "spot": "spot"}
AMOUNT = "DECIMAL(20, 2)"
SHARE = "DECIMAL(20, 6)"  # a part of an amount, by whole hundredths of a percent
RATE = "DECIMAL(18, 8)"
CONVERTED = "DECIMAL(38, 10)"  # 10^12 yen times a rate, summed, with nothing rounded
CONVERTED_SHARE = "DECIMAL(38, 14)"

# One row for each currency, kind and stretch of days: a day without a rate of its own takes the last earlier one.
# Two sources may state the same day; only the newest counts, so that a deal never meets two rates.
RATES = f"""
SELECT currency, kind, on_date AS since,
    LEAD(on_date, 1, CAST('9999-12-31' AS DATE)) OVER (PARTITION BY currency, kind ORDER BY on_date) AS until,
    CAST(rate AS {RATE}) AS rate
FROM (
    SELECT currency, kind, on_date, rate,
        ROW_NUMBER() OVER (PARTITION BY currency, kind, on_date ORDER BY known_from DESC, source) AS place
    FROM fx_rate_version
    WHERE known_until IS NULL AND NOT rate IS NULL AND currency <> $group_currency
        AND (kind = 'budget' OR on_date <= $rates_until)
) AS stated
WHERE place = 1
UNION ALL
SELECT $group_currency AS currency, kind, CAST('0001-01-01' AS DATE) AS since, CAST('9999-12-31' AS DATE) AS until,
    CAST(1 AS {RATE}) AS rate
FROM (SELECT 'budget' AS kind UNION ALL SELECT 'spot' AS kind) AS kinds
"""


@dataclass(frozen=True)
class Money:
    """How a query turns amounts into one currency; day is the expression of the day whose rate holds."""

    kind: RateKind
    local: bool
    currency: str = "currency"  # the column that names the amount's currency

    @property
    def alias(self) -> str:
        """The rates' name in the query."""
        return self.kind if self.currency == "currency" else f"{self.kind}_{self.currency}"

    def joins(self, query: exp.Select, day: exp.Expr) -> exp.Select:
        """Give the query with the rates of its rows joined, at most one each."""
        query = self._joined(query, self.alias, exp.column(self.currency, table="r"), day)
        home = f"home_{self.alias}"
        return self._joined(query, home, exp.column("currency", table="s"), day) if self.local else query

    def in_group(self, argument: exp.Expr) -> exp.Expr:
        """Give an amount in the group's currency; null where its currency has no rate."""
        return exp.Mul(
            this=cast(argument, SHARE if _is_share(argument) else AMOUNT),
            expression=exp.column("rate", table=self.alias),
        )

    def in_local(self, argument: exp.Expr) -> exp.Expr:
        """Give an amount in the region's own currency: as it is, else by way of the group's."""
        own = exp.EQ(this=exp.column(self.currency, table="r"), expression=exp.column("currency", table="s"))
        crossed = exp.Div(
            this=cast(self.in_group(argument), "DOUBLE"),
            expression=cast(exp.column("rate", table=f"home_{self.alias}"), "DOUBLE"),
        )
        places = (
            CONVERTED_SHARE if _is_share(argument) else CONVERTED
        )  # those of in_group, as not every engine adds any
        return when(own, cast(argument, places), cast(crossed, places))

    def _joined(self, query: exp.Select, alias: str, currency: exp.Expr, day: exp.Expr) -> exp.Select:
        stated = STORED_KIND[self.kind]
        condition = both(
            exp.EQ(this=exp.column("kind", table=alias), expression=exp.Literal.string(stated)),
            exp.EQ(this=exp.column("currency", table=alias), expression=currency),
            exp.GTE(this=day, expression=exp.column("since", table=alias)),
            exp.LT(this=day, expression=exp.column("until", table=alias)),
        )
        return query.join(aliased("rates", alias), on=condition, join_type="left", copy=False)


def _is_share(argument: exp.Expr) -> bool:
    return any(column.name == "credited_amount" for column in argument.find_all(exp.Column))
