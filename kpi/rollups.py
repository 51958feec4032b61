"""Roll-ups: what adds up, per region, day and currency of the states that hold now, kept for one snapshot.

A question may take its days from a roll-up instead of the rows where the number is the same: it knows the newest
states, breaks nothing down further, and counts nothing that hangs on the reader, the moment or another region, but for
the deals that are one with a deal of another region, which are few.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from sqlglot import exp

from kpi.days import Days
from kpi.relations import relations
from kpi.scans import REGIONS, parsed, present
from kpi.scope import Scope
from kpi.trees import aliased, both, cast, condition, either, named, written_out
from warehouse.schema import tables

RELATIONS = ("opportunity", "lead")


@dataclass(frozen=True)
class Rollup:
    """A statement whose rows an engine keeps under a name; columns: by the aggregate of a day's rows.

    rows: which rows are added up, by which keys; none where the roll-up is no sum by days.
    """

    name: str
    sql: str
    columns: Mapping[exp.Expr, str]
    rows: exp.Select | None = None


def first_states(table: str) -> Rollup:
    """Give the moment of each region's oldest state of a table."""
    sql = f"SELECT r.region, MIN(r.known_from) AS known_from FROM {table}_version AS r GROUP BY r.region"
    return Rollup(f"rollup_{table}_first", sql, {})


def rollup_of(days: Days, day: exp.Expr, derived: Mapping[str, exp.Expr]) -> Rollup:
    """Give the roll-up of day by day sums, of those that need nothing but the rows and their regions.

    derived: the values of a row that the sums name. day: the day by which a row counts.
    """
    relation = relations()[days.branch.relation]
    stored = frozenset(column.name for column in tables()[relation.stored].columns)
    held = dict.fromkeys(summed.of_row for summed in days.columns.values() if _of_stored_rows(summed.of_row, stored))
    columns = {first: f"sum_{place}" for place, first in enumerate(held, start=1)}
    keys: list[exp.Expr] = [exp.column(name, table="r") for name in ("region", *(("currency",) if days.money else ()))]
    chosen = [*keys]
    counted = condition(f"NOT r.{days.branch.counted_on} IS NULL")
    if days.branch.kind == "flow":
        keys, chosen = [*keys, day], [*chosen, named(day, "day")]
    else:
        counted = condition(f"r.{days.branch.counted_on} IS NULL")
        possible = [written_out(one, derived) for one in days.possible or ()]
        if days.possible is not None and all(_of_stored_rows(one, stored) for one in possible):
            counted = both(counted, either(*dict.fromkeys(possible)))
    rows = exp.select(*chosen, copy=False).from_(aliased(relation.stored, "r"), copy=False)
    rows = rows.join(aliased("regions", "g"), on=condition("g.region = r.region"), copy=False)
    rows = rows.where(condition("r.known_until IS NULL"), *present(relation.name), counted, copy=False)
    rows = rows.group_by(*keys, copy=False)
    query = rows.copy().select(*(named(first, name) for first, name in columns.items()), copy=False)
    sql = query.with_("regions", as_=parsed(REGIONS), copy=False).sql(dialect="duckdb")
    return Rollup(f"rollup_{blake2b(sql.encode(), digest_size=8).hexdigest()}", sql, columns, rows)


def rollup_scan(days: Days, rollup: Rollup, scope: Scope) -> exp.Query | None:
    """Give day by day sums as the roll-up holds them; None where it lacks one of them.

    A roll-up holds each region's deals for itself. Where some are one with a deal of another region, those few are
    added up from their rows, taken off and put back apart, so that a total may leave them out.
    """
    names = {summed.name: rollup.columns.get(summed.of_row) for summed in days.columns.values()}
    if any(name is None for name in names.values()):
        return None
    keys = ["region", *(["currency"] if days.money else []), *(["day"] if days.branch.kind == "flow" else [])]
    shown: list[exp.Expr] = [exp.column(key, table="r") for key in keys]
    held = [named(exp.column(name or "", table="r"), alias) for alias, name in names.items()]
    apart = [named(cast(exp.null(), "VARCHAR"), "counted_region")] if days.twins else []
    kept = exp.select(*shown, *apart, *held, copy=False).from_(aliased(rollup.name, "r"), copy=False)
    query: exp.Query = kept.where(scope.condition("r"), copy=False)
    if not days.twins:
        return query
    added = [exp.column(alias, table="r") for alias in names]
    taken_off = [named(exp.Neg(this=column), column.name) for column in added]
    for columns in ([*apart, *taken_off], [exp.column("counted_region", table="r"), *added]):
        part = exp.select(*shown, *columns, copy=False).from_(aliased(twins_of(days), "r"), copy=False)
        query = exp.union(query, part, distinct=False, copy=False)
    return query


def twins_of(days: Days) -> str:
    """Give the name of the sums by day of the deals that are one with one of another region."""
    return f"{days.name}_of_twins"


def twins_rollup(days: Days, rollup: Rollup, scope: Scope) -> exp.Select:
    """Give these sums from their rows, which are those that the roll-up is made of; reads twins and regions."""
    if rollup.rows is None:
        raise TypeError(f"{rollup.name} is no sum by days")
    counted = exp.column("counted_region", table="w")
    held = [named(summed.of_row, summed.name) for summed in days.columns.values()]
    same = condition("w.source = r.source AND w.opportunity_id = r.opportunity_id")
    query = rollup.rows.copy().select(counted, *held, copy=False).group_by(counted, copy=False)
    query = query.join(aliased("twins", "w"), on=same, copy=False)
    return query.where(scope.condition("r"), copy=False)


def _of_stored_rows(tree: exp.Expr, columns: frozenset[str]) -> bool:
    """Say whether a value hangs on a row as it is stored, and on its region's zone, alone."""
    if tree.find(exp.Parameter):
        return False
    named_ones = list(tree.find_all(exp.Column))
    return all(
        column.name in columns and column.name != "account_ref" if column.table == "r" else column.name == "zone"
        for column in named_ones
    )
