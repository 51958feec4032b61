"""The source scans of a query: which rows and states are read, once a table, under the reader's scope."""

from collections.abc import Mapping
from functools import lru_cache

import sqlglot
from sqlglot import exp

from kpi.relations import NUMBER, relations
from kpi.scope import Scope

PERSONS = """
SELECT p.source, p.person_ref, MAX(p.team) AS team
FROM person_version AS p
WHERE p.known_from <= $as_of AND (p.known_until IS NULL OR p.known_until > $as_of)
GROUP BY p.source, p.person_ref
"""
REGIONS = "SELECT UNNEST($regions) AS region, UNNEST($zones) AS zone, UNNEST($currencies) AS currency"
SPINE = """
SELECT c.frame, c.region, c.bucket, c.lo, c.hi, c.until, c.moment, c.elapsed, c.lo_at, c.end_at, g.zone, g.currency
FROM (
    SELECT UNNEST($cell_frame) AS frame, UNNEST($cell_region) AS region, UNNEST($cell_bucket) AS bucket,
        UNNEST($cell_lo) AS lo, UNNEST($cell_hi) AS hi, UNNEST($cell_until) AS until,
        UNNEST($cell_moment) AS moment, UNNEST($cell_elapsed) AS elapsed,
        UNNEST($cell_lo_at) AS lo_at, UNNEST($cell_end_at) AS end_at
) AS c
JOIN regions AS g ON g.region = c.region
"""
PAST = """
SELECT c.frame, c.region, c.bucket, c.lo, c.cut, c.hi, c.hi AS until, g.zone, g.currency
FROM (
    SELECT UNNEST($past_frame) AS frame, UNNEST($past_region) AS region, UNNEST($past_bucket) AS bucket,
        UNNEST($past_lo) AS lo, UNNEST($past_cut) AS cut, UNNEST($past_hi) AS hi
) AS c
JOIN regions AS g ON g.region = c.region
"""
# A deal without an amount weighs as much as an average one of its region and currency: leaving the amount empty
# must not make the rest look complete.
USUAL = """
SELECT r.region, r.currency, CAST(AVG(r.amount) AS DECIMAL(18, 2)) AS amount
FROM opportunity_states AS r
GROUP BY r.region, r.currency
"""
FEED_UNTIL = """
SELECT s.frame, s.region, s.bucket, s.moment, l.source, l.table_name,
    LEAST(ARG_MAX(COALESCE(r.data_until, l.exported_at), l.exported_at), s.moment) AS data_until
FROM load AS l
JOIN load_region AS r ON r.load_id = l.load_id
JOIN spine AS s ON s.region = r.region AND l.exported_at <= s.moment
WHERE l.status = 'loaded'
GROUP BY s.frame, s.region, s.bucket, s.moment, l.source, l.table_name
"""
FEED = """
SELECT f.frame, f.region, f.bucket, f.source, f.table_name, f.data_until,
    CASE WHEN ANY_VALUE(k.region) IS NULL THEN NULL ELSE COALESCE(SUM(
        DATE_DIFF('second', GREATEST(c.opens_at, f.data_until), LEAST(c.closes_at, f.moment))
    ), 0) / CAST(3600 AS DOUBLE) END AS work_hours_behind
FROM feed_until AS f
LEFT JOIN (SELECT region FROM calendar GROUP BY region) AS k ON k.region = f.region
LEFT JOIN calendar AS c ON c.region = f.region AND c.closes_at > f.data_until AND c.opens_at < f.moment
GROUP BY f.frame, f.region, f.bucket, f.source, f.table_name, f.data_until
"""
ARRIVALS = """
SELECT r.region, l.table_name, l.exported_at, TRUE AS is_load
FROM load AS l
JOIN load_region AS r ON r.load_id = l.load_id
WHERE l.status = 'loaded'
"""


@lru_cache(maxsize=256)
def parsed(text: str) -> exp.Query:
    """Give a constant text as a tree; copy it before changing it."""
    tree = sqlglot.parse_one(text, dialect="duckdb")
    if not isinstance(tree, exp.Query):
        raise TypeError(f"no select: {text}")
    return tree


def scoped(text: str, scope: Scope, table: str) -> exp.Select:
    """Give a constant select whose rows are limited to a scope; table is the alias that knows the region."""
    query = parsed(text).copy()
    if not isinstance(query, exp.Select):
        raise TypeError(f"no plain select: {text}")
    return query.where(scope.condition(table), copy=False)


def states_scan(
    name: str,
    columns: set[str],
    scope: Scope,
    *,
    team: bool,
    derived: Mapping[str, exp.Expr] | None = None,
    moments: tuple[str, str] = ("first_moment", "last_moment"),
) -> exp.Select:
    """Give the scan of a keyed table: the states known at any moment between two parameters, deleted ones left out.

    A row's owner leads to at most one team and its account to at most one survivor, so the scan keeps one row a state.
    It reads survivors where it is asked for the account.
    """
    relation = relations()[name]
    wanted = sorted(columns & set(relation.columns))
    query = exp.select(
        *(_stored(column) for column in wanted if column != "region"),
        exp.column("region", table="r"),
        exp.column("known_from", table="r"),
        exp.column("known_until", table="r"),
        *(value.as_(alias) for alias, value in (derived or {}).items()),
    ).from_(exp.to_table(relation.stored).as_("r"), copy=False)
    query = query.join(
        exp.to_table("regions").as_("g"),
        on=exp.EQ(this=exp.column("region", table="g"), expression=exp.column("region", table="r")),
        copy=False,
    )
    if team:
        query = _with_team(query)
    if "account_ref" in wanted:
        merged = "m.source = r.source AND m.account_ref = r.account_ref"
        query = query.join(exp.to_table("survivors").as_("m"), on=merged, join_type="left", copy=False)
    query = query.where(scope.condition("r"), copy=False)
    query = query.where(
        f"r.known_from <= ${moments[1]}",
        f"(r.known_until IS NULL OR r.known_until > ${moments[0]})",
        dialect="duckdb",
        copy=False,
    )
    for flag, gone in (("is_deleted", "r.is_deleted IS NOT TRUE"), ("merged_into", "r.merged_into IS NULL")):
        if flag in relation.columns:
            query = query.where(gone, dialect="duckdb", copy=False)
    if name == "target":
        query = query.where("r.scope = 'region'", dialect="duckdb", copy=False)
    return query


def known_scan(name: str, derived: Mapping[str, exp.Expr]) -> exp.Select:
    """Give the states known at the as-of, each with the conditions and values that hang on the row alone."""
    own = [value.as_(alias) for alias, value in derived.items()]
    states = exp.to_table(f"{name}_states").as_("r")
    query = exp.select(exp.column(exp.Star(), table="r"), *own).from_(states, copy=False)
    if any(value.find(exp.AtTimeZone) for value in derived.values()):
        query = query.join(exp.to_table("regions").as_("g"), on="g.region = r.region", copy=False)
    return query.where(
        "r.known_from <= $as_of", "(r.known_until IS NULL OR r.known_until > $as_of)", dialect="duckdb", copy=False
    )


def group_plan_scan(columns: set[str], scope: Scope) -> exp.Select:
    """Give the group's own plan as known at the as-of; it belongs to no region."""
    query = exp.select(*(_stored(column) for column in sorted(columns))).from_(exp.to_table("target_version").as_("r"))
    return query.where(
        "r.scope = 'group'",
        "r.known_from <= $as_of",
        "(r.known_until IS NULL OR r.known_until > $as_of)",
        scope.condition("r"),
        dialect="duckdb",
        copy=False,
    )


def cell_fill_scan(cells: tuple[str, ...]) -> exp.Select:
    """Give the states of deals with how many of the required cells are filled, and what they are worth."""
    filled = [
        exp.Case().when(exp.Is(this=exp.column(cell, table="r"), expression=exp.null()), "0").else_("1")
        for cell in cells
    ]
    total: exp.Expr = filled[0]
    for one in filled[1:]:
        total = exp.Add(this=total, expression=one)
    return (
        exp.select(
            exp.column(exp.Star(), table="r"),
            exp.func("COALESCE", exp.column("amount", table="r"), exp.column("amount", table="u")).as_("value"),
            exp.Literal.number(len(cells)).as_("required_cells"),
            total.as_("filled_cells"),
        )
        .from_(exp.to_table("opportunity_states").as_("r"), copy=False)
        .join(
            exp.to_table("usual").as_("u"),
            on=exp.and_(
                exp.EQ(this=exp.column("region", table="u"), expression=exp.column("region", table="r")),
                exp.EQ(this=exp.column("currency", table="u"), expression=exp.column("currency", table="r")),
            ),
            join_type="left",
            copy=False,
        )
    )


def _stored(column: str) -> exp.Expr:
    """Give a column as stored, but the account that a merge left standing, and a target without a currency as such."""
    if column == NUMBER:
        return exp.Case().when("r.currency IS NULL", exp.column("value", table="r")).as_(column)
    stored = exp.column(column, table="r", quoted=column == "at")
    if column != "account_ref":
        return stored
    return exp.func("COALESCE", exp.column("survivor_ref", table="m"), stored).as_(column)


def _with_team(query: exp.Select) -> exp.Select:
    query = query.select(exp.column("team", table="p"), copy=False)
    condition = exp.and_(
        exp.EQ(this=exp.column("source", table="p"), expression=exp.column("source", table="r")),
        exp.EQ(this=exp.column("person_ref", table="p"), expression=exp.column("owner_ref", table="r")),
    )
    return query.join(exp.to_table("persons").as_("p"), on=condition, join_type="left", copy=False)
