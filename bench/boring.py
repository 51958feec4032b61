"""boring-semantic-layer: the same five KPIs over the same deals by region and month, and for the group."""

from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb

PACKAGE = "boring-semantic-layer"
WON = ("won_value", "average_won_deal", "sales_cycle")
CLOSED = ("win_rate", "win_rate_by_value")
Found = dict[tuple[str, str], dict[str, object]]


class Boring:
    """The KPIs as measures of two semantic tables over one view, one counted by each date; it has no totals beside."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, view: str, first: date, last: date) -> None:
        """Raise ImportError where the package is not installed."""
        import ibis

        deals = ibis.duckdb.from_connection(connection).table(view)
        won, closed = _won(deals), _closed(deals)
        self._asked = [
            (model.filter(_between(day, first, last)).group_by(*by).aggregate(*names), names)
            for model, day, names in ((won, "won_on", WON), (closed, "closed_on", CLOSED))
            for by in (("region", "month"), ("month",))
        ]

    @property
    def queries(self) -> int:
        """How many statements the question takes."""
        return len(self._asked)

    def compile(self) -> list[str]:
        """Give the SQL of the question."""
        return [str(query.sql()) for query, _ in self._asked]

    def run(self) -> Found:
        """Give the values by region ("group" for all) and first day of the month."""
        found: Found = {}
        for query, names in self._asked:
            for row in query.execute().to_dict("records"):
                key = (row.get("region", "group"), row["month"].date().isoformat())
                found.setdefault(key, {}).update({name: row[name] for name in names})
        return found


def _won(deals: Any) -> Any:  # noqa: ANN401 - the package has no types
    from boring_semantic_layer import to_semantic_table

    dated = to_semantic_table(deals.filter(deals.outcome == "won"), name="won")
    dated = dated.with_dimensions(region=lambda t: t.region, month=lambda t: t.won_on.truncate("M"))
    return dated.with_measures(
        won_value=lambda t: t.amount.sum(),
        average_won_deal=lambda t: t.amount.sum(where=t.qualified) / t.amount.count(where=t.qualified),
        sales_cycle=lambda t: t.days.median(where=t.qualified),
    )


def _closed(deals: Any) -> Any:  # noqa: ANN401 - the package has no types
    from boring_semantic_layer import to_semantic_table

    qualified = deals.filter(deals.qualified & deals.outcome.isin(["won", "lost"]))
    dated = to_semantic_table(qualified, name="closed")
    dated = dated.with_dimensions(region=lambda t: t.region, month=lambda t: t.closed_on.truncate("M"))
    return dated.with_measures(
        win_rate=lambda t: t.count(where=t.outcome == "won") / t.count(),
        win_rate_by_value=lambda t: t.amount.sum(where=t.outcome == "won") / t.amount.sum(),
    )


def _between(day: str, first: date, last: date) -> Callable[[Any], Any]:
    return lambda table: table[day].between(first, last)
