"""The source scans of a query: which rows and states are read, once a table, under the reader's scope."""

from collections.abc import Set as AbstractSet
from functools import lru_cache

import sqlglot
from sqlglot import exp

from kpi.own_scans import with_plan, with_threshold, with_told_until
from kpi.relations import ADDED, NUMBER, TOLD_UNTIL, relations
from kpi.scope import Scope
from kpi.slice import Organised
from kpi.trees import aliased, both, cast, condition, first_of, is_null, named, number, when, without_places
from warehouse.schema import tables

ORGANISED = ("opportunity_version", "lead_version")
PERSONS = """
SELECT p.source, p.person_ref, MAX(p.team) AS team
FROM person_version AS p
WHERE p.known_from <= $as_of AND (p.known_until IS NULL OR p.known_until > $as_of)
GROUP BY p.source, p.person_ref
"""
REGIONS = "SELECT UNNEST($regions) AS region, UNNEST($zones) AS zone, UNNEST($currencies) AS currency"
SPINE = """
SELECT c.frame, c.region, c.bucket, c.lo, c.hi, c.until, c.second_month, c.third_month, c.moment, c.elapsed,
    c.elapsed_leads, c.lo_at, c.end_at, g.zone, g.currency
FROM (
    SELECT UNNEST($cell_frame) AS frame, UNNEST($cell_region) AS region, UNNEST($cell_bucket) AS bucket,
        UNNEST($cell_lo) AS lo, UNNEST($cell_hi) AS hi, UNNEST($cell_until) AS until,
        UNNEST($cell_second_month) AS second_month, UNNEST($cell_third_month) AS third_month,
        UNNEST($cell_moment) AS moment, UNNEST($cell_elapsed) AS elapsed, UNNEST($cell_elapsed_leads) AS elapsed_leads,
        UNNEST($cell_lo_at) AS lo_at, UNNEST($cell_end_at) AS end_at
) AS c
JOIN regions AS g ON g.region = c.region
"""
PAST = """
SELECT c.frame, c.region, c.bucket, c.lo, c.cut, c.cut_leads, c.hi, c.hi AS until, g.zone, g.currency
FROM (
    SELECT UNNEST($past_frame) AS frame, UNNEST($past_region) AS region, UNNEST($past_bucket) AS bucket,
        UNNEST($past_lo) AS lo, UNNEST($past_cut) AS cut, UNNEST($past_cut_leads) AS cut_leads,
        UNNEST($past_hi) AS hi
) AS c
JOIN regions AS g ON g.region = c.region
"""
# A deal without an amount weighs as much as an average one of its region and currency: leaving the amount empty
# must not make the rest look complete. Deals count as they are known now, whatever other moments a question looks at.
USUAL = """
SELECT r.region, r.currency, CAST(AVG(r.amount) AS DECIMAL(18, 2)) AS amount
FROM opportunity_states AS r
WHERE r.known_from <= $as_of AND (r.known_until IS NULL OR r.known_until > $as_of)
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
    return without_places(tree)


def scoped(text: str, scope: Scope, table: str, organised: Organised = "then") -> exp.Select:
    """Give a constant select whose rows are limited to a scope; table is the alias that knows the region."""
    query = parsed(text).copy()
    if not isinstance(query, exp.Select):
        raise TypeError(f"no plain select: {text}")
    if organised == "now":
        for read in list(query.find_all(exp.Table)):
            if read.alias == table and read.name in ORGANISED:
                read.replace(_as_stored(read.name, table, organised))
    return query.where(scope.condition(table), copy=False)


def states_scan(
    name: str,
    columns: AbstractSet[str],
    scope: Scope,
    organised: Organised = "then",
    *,
    team: bool,
    own: tuple[exp.Expr, ...] = (),
    moments: tuple[str, str] = ("first_moment", "last_moment"),
    twins: bool = False,
) -> exp.Select:
    """Give the scan of a keyed table: the states known at any moment between two parameters, deleted ones left out.

    A row's owner leads to at most one team and its account to at most one survivor, so the scan keeps one row a state.
    own: values that it works out for each row, under their names. It reads survivors where it is asked for the account,
    and twins where some deals are confirmed to be one.
    """
    relation = relations()[name]
    if "is_planned" in columns:
        columns = columns | {"account_ref"}
    wanted = sorted(columns & set(relation.columns) - set(ADDED.get(name, ())))
    query = exp.select(
        *(_stored(column) for column in wanted if column != "region"),
        exp.column("region", table="r"),
        exp.column("known_from", table="r"),
        exp.column("known_until", table="r"),
        *own,
    ).from_(_as_stored(relation.stored, "r", organised), copy=False)
    query = query.join(
        aliased("regions", "g"),
        on=exp.EQ(this=exp.column("region", table="g"), expression=exp.column("region", table="r")),
        copy=False,
    )
    if team:
        query = _with_team(query)
    if "account_ref" in wanted:
        merged = condition("m.source = r.source AND m.account_ref = r.account_ref")
        query = query.join(aliased("survivors", "m"), on=merged, join_type="left", copy=False)
    if "threshold" in columns:
        query = with_threshold(query)
    if "is_planned" in columns:
        query = with_plan(query)
    if TOLD_UNTIL in columns:
        query = with_told_until(query)
    if twins:
        same = condition("w.source = r.source AND w.opportunity_id = r.opportunity_id")
        query = query.select(exp.column("counted_region", table="w"), copy=False)
        query = query.join(aliased("twins", "w"), on=same, join_type="left", copy=False)
    query = query.where(
        scope.condition("r"),
        condition(f"r.known_from <= ${moments[1]}"),
        condition(f"(r.known_until IS NULL OR r.known_until > ${moments[0]})"),
        copy=False,
    )
    query = query.where(*present(name), copy=False)
    if name == "target":
        query = query.where(condition("r.scope = 'region'"), copy=False)
    return query


def present(name: str) -> list[exp.Expr]:
    """Give the conditions of a row that is there: neither deleted nor merged into another one."""
    columns = relations()[name].columns
    gone = (("is_deleted", "r.is_deleted IS NOT TRUE"), ("merged_into", "r.merged_into IS NULL"))
    return [condition(text) for flag, text in gone if flag in columns]


def known_scan(name: str, own: tuple[exp.Expr, ...], counted: exp.Expr | None, *, zoned: bool) -> exp.Select:
    """Give the states known at the as-of, each with the conditions and values that hang on the row alone.

    own: these, under their names; zoned: they ask for the region's zone. counted: a condition that every row fulfils
    that may count.
    """
    states = aliased(f"{name}_states", "r")
    query = exp.select(exp.column(exp.Star(), table="r"), *own).from_(states, copy=False)
    if zoned:
        query = query.join(aliased("regions", "g"), on=condition("g.region = r.region"), copy=False)
    return query.where(*_known(), counted, copy=False)


def group_plan_scan(columns: AbstractSet[str], scope: Scope) -> exp.Select:
    """Give the group's own plan as known at the as-of; it belongs to no region."""
    query = exp.select(*(_stored(column) for column in sorted(columns))).from_(aliased("target_version", "r"))
    return query.where(condition("r.scope = 'group'"), *_known(), scope.condition("r"), copy=False)


def cell_fill_scan(cells: tuple[str, ...]) -> exp.Select:
    """Give the states of deals with how many of the required cells are filled, and what they are worth."""
    filled = [when(is_null(exp.column(cell, table="r")), number(0), number(1)) for cell in cells]
    total: exp.Expr = filled[0]
    for one in filled[1:]:
        total = exp.Add(this=total, expression=one)
    return (
        exp.select(
            exp.column(exp.Star(), table="r"),
            named(first_of(exp.column("amount", table="r"), exp.column("amount", table="u")), "value"),
            named(number(len(cells)), "required_cells"),
            named(total, "filled_cells"),
        )
        .from_(aliased("opportunity_states", "r"), copy=False)
        .join(
            aliased("usual", "u"),
            on=both(
                exp.EQ(this=exp.column("region", table="u"), expression=exp.column("region", table="r")),
                exp.EQ(this=exp.column("currency", table="u"), expression=exp.column("currency", table="r")),
            ),
            join_type="left",
            copy=False,
        )
    )


def _known() -> tuple[exp.Expr, exp.Expr]:
    return condition("r.known_from <= $as_of"), condition("(r.known_until IS NULL OR r.known_until > $as_of)")


def _as_stored(table: str, alias: str, organised: Organised) -> exp.Expr:
    """Give a stored table; as organised now, its region is that of the newest rule, where rules have days."""
    if organised == "then" or table not in ORGANISED:
        return aliased(table, alias)
    region = first_of(exp.column("region_now"), exp.column("region"))
    columns = [exp.column(one.name) for one in tables()[table].columns if one.name not in ("region", "region_now")]
    query = exp.select(*columns, named(region, "region")).from_(exp.to_table(table), copy=False)
    return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier(alias)))


def _stored(column: str) -> exp.Expr:
    """Give a column as stored, but the account that a merge left standing, and a target without a currency as such.

    When a contract is due for renewal is worked out of its start and term.
    """
    if column == NUMBER:
        return named(when(condition("r.currency IS NULL"), exp.column("value", table="r")), column)
    if column == "renewal_due_on":
        start, months = (exp.column(name, table="r") for name in ("starts_on", "term_months"))
        return named(cast(exp.DateAdd(this=start, expression=months, unit=exp.var("MONTH")), "DATE"), column)
    stored = exp.column(column, table="r", quoted=column == "at")
    if column != "account_ref":
        return stored
    return named(first_of(exp.column("survivor_ref", table="m"), stored), column)


def _with_team(query: exp.Select) -> exp.Select:
    query = query.select(exp.column("team", table="p"), copy=False)
    owned = both(
        exp.EQ(this=exp.column("source", table="p"), expression=exp.column("source", table="r")),
        exp.EQ(this=exp.column("person_ref", table="p"), expression=exp.column("owner_ref", table="r")),
    )
    return query.join(aliased("persons", "p"), on=owned, join_type="left", copy=False)
