"""Roll-ups: what adds up, per region, day and currency of the states that hold now, kept for one snapshot.

A question may take its days from a roll-up instead of the rows where the number is the same: it knows the newest
states, breaks nothing down further, and counts nothing that hangs on the reader, the moment or another region.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from sqlglot import exp

from kpi.days import Days
from kpi.relations import relations
from kpi.scans import REGIONS, parsed, present
from kpi.scope import Scope
from kpi.trees import aliased, both, condition, either, named, written_out
from warehouse.schema import tables

RELATIONS = ("opportunity", "lead")


@dataclass(frozen=True)
class Rollup:
    """A statement whose rows an engine keeps under a name; columns: by the aggregate of a day's rows."""

    name: str
    sql: str
    columns: Mapping[exp.Expr, str]


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
    query = exp.select(*chosen, *(named(first, name) for first, name in columns.items()), copy=False)
    query = query.from_(aliased(relation.stored, "r"), copy=False)
    query = query.join(aliased("regions", "g"), on=condition("g.region = r.region"), copy=False)
    query = query.where(condition("r.known_until IS NULL"), *present(relation.name), counted, copy=False)
    query = query.group_by(*keys, copy=False).with_("regions", as_=parsed(REGIONS), copy=False)
    sql = query.sql(dialect="duckdb")
    return Rollup(f"rollup_{blake2b(sql.encode(), digest_size=8).hexdigest()}", sql, columns)


def rollup_scan(days: Days, rollup: Rollup, scope: Scope) -> exp.Select | None:
    """Give day by day sums as the roll-up holds them; None where it lacks one of them."""
    names = {summed.name: rollup.columns.get(summed.of_row) for summed in days.columns.values()}
    if any(name is None for name in names.values()):
        return None
    keys = ["region", *(["currency"] if days.money else []), *(["day"] if days.branch.kind == "flow" else [])]
    held = [named(exp.column(name or "", table="r"), alias) for alias, name in names.items()]
    query = exp.select(*(exp.column(key, table="r") for key in keys), *held, copy=False)
    return query.from_(aliased(rollup.name, "r"), copy=False).where(scope.condition("r"), copy=False)


def _of_stored_rows(tree: exp.Expr, columns: frozenset[str]) -> bool:
    """Say whether a value hangs on a row as it is stored, and on its region's zone, alone."""
    if tree.find(exp.Parameter):
        return False
    named_ones = list(tree.find_all(exp.Column))
    return all(
        column.name in columns and column.name != "account_ref" if column.table == "r" else column.name == "zone"
        for column in named_ones
    )
