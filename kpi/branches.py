"""Branches: rows of one table, met by the cells that they fall into and aggregated for each region and in total."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from kpi import scans
from kpi.atoms import Atoms, Branch, local_day, parameter
from kpi.money import Money, RateKind
from kpi.relations import OF_CELLS, relations
from kpi.shape import NOT_BROKEN_DOWN, UNKNOWN, Shape
from kpi.trees import aliased, as_text, both, cast, condition, first_of, named, number, when

ONE_RATE = ("stock", "undated", "base", "after")  # one day's rate for all, so that no two differ by it
# Where a question's own atoms and conditions stand in the text of a branch that all questions share.
ATOMS, POSSIBLE = "_atoms_", "_possible_"
OF_PAST = ("curve", "past")  # rows of past periods, met by their days


@dataclass(frozen=True)
class BranchWriter:
    """Writes the branches of one statement."""

    atoms: Atoms
    shape: Shape

    def of_rows(self, branch: Branch, names: Iterable[str]) -> exp.Expr:
        """Give a branch's atoms of some names, taken from its rows."""
        names = list(names)
        possible = self._possible(branch, names)
        money = tuple(self.atoms.money.get(branch, {}).values())
        key = ("rows", branch, self.shape.dimensions, money, self.shape.rates_fixed, possible is None)
        frame = self.atoms.shared(key, lambda: self._frame_of_rows(branch, money, is_limited=possible is not None))
        written = ", ".join(self.atoms.written(name).name for name in names)
        above, below = frame.split(ATOMS)
        return exp.Var(this=f"{above}{written}{below.replace(POSSIBLE, possible or '')}")

    def of_days(self, branch: Branch, days: str, names: Iterable[str]) -> exp.Expr:
        """Give a branch's atoms of some names, taken from sums by day under a name."""
        money = tuple(self.atoms.money.get(branch, {}).values())
        key = ("days", branch, days, self.shape.dimensions, money, self.shape.rates_fixed)
        frame = self.atoms.shared(key, lambda: self._frame_of_days(branch, days, money))
        again = [summed.again.name for name in names if (summed := self.atoms.by_day(name)) is not None]
        return exp.Var(this=frame.replace(ATOMS, ", ".join(again)))

    def _frame_of_rows(self, branch: Branch, money: tuple[Money, ...], *, is_limited: bool) -> exp.Select:
        dimensions, broken_down = self._dimensions(branch)
        query = exp.select(_region(), exp.column("bucket", table="s"), *broken_down, exp.var(ATOMS), copy=False)
        query = self.met(query, branch)
        if is_limited:
            query = query.where(exp.column(POSSIBLE), copy=False)
        for one in money:
            query = one.joins(query, self.rate_day(branch, one.kind))
        return _by_cell(query, dimensions)

    def _frame_of_days(self, branch: Branch, days: str, money: tuple[Money, ...]) -> exp.Select:
        dimensions, broken_down = self._dimensions(branch)
        query = exp.select(_region(), exp.column("bucket", table="s"), *broken_down, exp.var(ATOMS), copy=False)
        frame = exp.EQ(this=exp.column("frame", table="s"), expression=exp.Literal.string(branch.frame))
        matches = [frame, condition("s.region = r.region")]
        day = exp.column("day", table="r")
        if branch.kind == "flow":
            matches.append(exp.Between(this=day, low=exp.column("lo", table="s"), high=exp.column("hi", table="s")))
        query = query.from_(aliased(days, "r"), copy=False)
        query = query.join(aliased("spine", "s"), on=both(*matches), copy=False)
        for one in money:
            fixed = self._has_one_rate(branch, one.kind)
            query = one.joins(query, cast(parameter("rate_day"), "DATE") if fixed else day)
        return _by_cell(query, dimensions)

    def _possible(self, branch: Branch, names: list[str]) -> str | None:
        """Give what a row without a date must fulfil to be counted by any atom; None where every row may count.

        Such rows stand in every bucket: only those that an atom may count are put there. Broken down, each value has
        its cell.
        """
        if branch.kind != "undated" or self._dimensions(branch)[0]:
            return None
        held = [self.atoms.limit(name) for name in names]
        known = [one for one in held if one is not None]
        if not known or len(known) < len(held):
            return None
        return " OR ".join(f"({one})" for one in known) if len(known) > 1 else known[0]

    def of_cells(self) -> exp.Select:
        """Give every cell, so that one that no row falls into has its answer too."""
        branch = Branch("spine", "spread", "alone")
        dimensions, broken_down = self._dimensions(branch)
        query = exp.select(_region(), exp.column("bucket", table="s"), *broken_down, copy=False)
        return _by_cell(self.met(query, branch), dimensions)

    def arrivals(self, table: str) -> exp.Expr:
        """Give when a table of each region first and last arrived before the moment of each cell."""
        return _arrivals(table, self.shape.dimensions)

    def _dimensions(self, branch: Branch) -> tuple[list[exp.Expr], list[exp.Expr]]:
        """Give the dimensions that a branch is grouped by, and all of them under their names."""
        values = [self._dimension(branch, name) for name in self.shape.dimensions]
        broken_down = [named(value, name) for value, name in zip(values, self.shape.dimensions, strict=True)]
        return [value for value in values if not isinstance(value, exp.Literal)], broken_down

    def met(self, query: exp.Select, branch: Branch) -> exp.Select:
        """Give a query over the rows of a branch, each met by the cells that it falls into."""
        frame: exp.Expr = exp.EQ(this=exp.column("frame", table="s"), expression=exp.Literal.string(branch.frame))
        if branch.taken:
            taken = exp.EQ(this=exp.column("taken", table="s"), expression=exp.Literal.string(branch.taken))
            frame = both(frame, taken)
        if branch.relation in ("spine", "points"):
            return query.from_(aliased(branch.relation, "s"), copy=False).where(frame, copy=False)
        spine = aliased("points" if branch.taken else "past" if branch.kind in OF_PAST else "spine", "s")
        query = query.from_(aliased(branch.scan, "r"), copy=False)
        return query.join(spine, on=both(frame, *self._matches(branch)), copy=False)

    def _matches(self, branch: Branch) -> list[exp.Expr]:
        if branch.cells == ("group plan",):
            return [
                condition(text) for text in ("s.region = 'group'", "r.month <= s.until", "LAST_DAY(r.month) >= s.lo")
            ]
        same = condition("s.region = r.region")
        if branch.relation in OF_CELLS:
            return [same, condition("s.frame = r.frame"), condition("s.bucket = r.bucket")]
        if branch.kind == "past":
            return [same, *(condition(f"s.{name} = r.{name}") for name in ("frame", "bucket", "lo"))]
        if branch.kind == "base":
            return [same, *(condition(f"s.{name} = r.{name}") for name in ("frame", "bucket", "taken", "back"))]
        if branch.kind == "after":
            after = exp.GT(this=_day(branch), expression=exp.column("cut", table="s"))
            return [same, after, exp.LTE(this=_day(branch), expression=exp.column("hi", table="s"))]
        if branch.relation == "account_plan":
            return [same, condition("r.starts_on <= s.until"), condition("r.ends_on >= s.lo")]
        if branch.kind == "spread":
            return [same, condition("r.month <= s.until"), condition("LAST_DAY(r.month) >= s.lo")]
        if branch.kind == "stock":
            return [
                same,
                condition("r.known_from <= s.moment"),
                condition("(r.known_until IS NULL OR r.known_until > s.moment)"),
            ]
        if branch.kind == "undated":
            return [same, condition(f"r.{branch.counted_on} IS NULL")]
        if relations()[branch.relation].is_instant(branch.counted_on or "") and branch.kind == "flow":
            day = branch.counted_on
            return [same, condition(f"r.{day} >= s.lo_at"), condition(f"r.{day} < s.end_at")]
        return [same, exp.Between(this=_day(branch), low=exp.column("lo", table="s"), high=exp.column("hi", table="s"))]

    def rate_day(self, branch: Branch, kind: RateKind) -> exp.Expr:
        """Give the day whose rate holds: a flow's own day; one day for all of a stock, so that no bucket differs."""
        if self._has_one_rate(branch, kind):
            return cast(parameter("rate_day"), "DATE")
        if branch.kind == "spread":
            return exp.column(branch.counted_on or "month", table="r")
        return _day(branch)

    def _has_one_rate(self, branch: Branch, kind: RateKind) -> bool:
        """Say whether all amounts of a branch are at the rates of one day."""
        return self.shape.rates_fixed or kind == "spot" or branch.kind in ONE_RATE or branch.one_rate

    def _dimension(self, branch: Branch, name: str) -> exp.Expr:
        if branch.relation in ("spine", "points"):
            return exp.Literal.string(NOT_BROKEN_DOWN)
        return first_of(exp.column(name, table="r"), exp.Literal.string(UNKNOWN))


def day_of_row(branch: Branch) -> exp.Expr:
    """Give the day by which a row counts, its region's day where it is an instant."""
    day = exp.column(branch.counted_on or "", table="r")
    if not relations()[branch.relation].is_instant(day.name):
        return day
    return cast(exp.AtTimeZone(this=day, zone=exp.column("zone", table="g")), "DATE")


def _day(branch: Branch) -> exp.Expr:
    column = branch.counted_on or ""
    counted = exp.column(column, table="r")
    return local_day(counted) if relations()[branch.relation].is_instant(column) else counted


def _region() -> exp.Expr:
    column = exp.column("region", table="s")
    is_total = exp.EQ(this=exp.Grouping(expressions=[column]), expression=number(1))
    return named(when(is_total, exp.Literal.string("group"), column), "region")


def _by_cell(query: exp.Select, dimensions: list[exp.Expr]) -> exp.Select:
    """Group by region and in total, each on its own: distinct counts and medians do not add."""
    shared = [exp.column("bucket", table="s"), *dimensions]
    region = exp.Tuple(expressions=[exp.column("region", table="s"), *shared])
    sets = exp.GroupingSets(expressions=[region, exp.Tuple(expressions=shared)])
    query.set("group", exp.Group(grouping_sets=[sets]))
    return query


@lru_cache(maxsize=256)
def _arrivals(table: str, dimensions: tuple[str, ...]) -> exp.Expr:
    match = "a.is_load" if table == "load" else f"a.table_name = '{table}'"
    columns = "".join(f", '{NOT_BROKEN_DOWN}' AS {name}" for name in dimensions)
    text = f"""
        SELECT s.region, s.bucket, MIN(a.exported_at) AS {table}__first_at,
            MIN(a.exported_at) FILTER (WHERE a.is_load) AS {table}__first_load_at,
            MAX(a.exported_at) FILTER (WHERE a.is_load AND a.exported_at <= s.moment) AS {table}__last_at{columns}
        FROM spine AS s JOIN arrivals AS a ON a.region = s.region AND {match}
        WHERE s.frame = 'alone'
        GROUP BY s.region, s.bucket
    """
    return as_text(scans.parsed(text))
