"""Definitions, a slice and a scope become one SQL statement; its values are parameters, its names the schema's."""

from dataclasses import dataclass, field
from functools import lru_cache

from sqlglot import exp

from kpi import scans
from kpi.accounts import survivors_scan
from kpi.atoms import Atoms, Branch, local_day, parameter
from kpi.bases import POINTS, base_scans
from kpi.compiled import Compiling, Parts
from kpi.customers import ACCOUNT_DEAL as ACCOUNT_DEALS
from kpi.customers import AT_WORK, customer_scans
from kpi.customers import KEY_ACCOUNT as KEY_ACCOUNTS
from kpi.customers import POTENTIAL as POTENTIALS
from kpi.days import KINDS, Daily, Days, counted_conditions, daily, window
from kpi.definition import Kpi
from kpi.definitions import Definitions
from kpi.forecasts import READ as READ_OF_FORECASTS
from kpi.forecasts import forecast_scans
from kpi.money import RATES, RateKind
from kpi.open_deals import READ as READ_OF_OPEN_DEALS
from kpi.open_deals import open_deal_scans
from kpi.own_scans import RULES, credited_scan
from kpi.relations import (
    ACCOUNT_DEAL,
    BASE,
    CREDITED,
    FORECAST,
    KEY_ACCOUNT,
    OF_CELLS,
    OPEN_DEAL,
    POTENTIAL,
    SELLER,
    relations,
)
from kpi.rollups import Rollup, first_states, rollup_of, rollup_scan, written_out
from kpi.same_deals import twins_scan
from kpi.scope import Scope
from kpi.sellers import READ as READ_OF_SELLERS
from kpi.sellers import seller_scans
from kpi.slice import DIMENSIONS, Organised
from kpi.trees import aliased, both, cast, condition, either, first_of, named, number, when

PLANS = ("target", "account_plan", POTENTIAL)  # what nobody delivers with the CRM's exports
ONE_RATE = ("stock", "undated", "base", "after")  # one day's rate for all, so that no two differ by it
OF_PAST = ("curve", "past")  # rows of past periods, met by their days
# What the tables made from others' states need of them, beside what their KPIs read.
NEEDED_OF: dict[str, dict[str, set[str] | frozenset[str]]] = {
    "opportunity": {
        ACCOUNT_DEAL: {"source", "account_ref", "outcome", "currency"},
        POTENTIAL: {"source", "account_ref", "outcome", "product"},
        OPEN_DEAL: READ_OF_OPEN_DEALS,
        FORECAST: READ_OF_FORECASTS,
        SELLER: READ_OF_SELLERS,
    },
    "account": {KEY_ACCOUNT: {"source", "account_id", "is_key", "segment"}},
    "account_plan": {"account_plan": {"starts_on", "ends_on"}},
    POTENTIAL: {POTENTIAL: {"global_account_id", "product"}},
}
MADE_OF_DEALS = {"cell_fill", OPEN_DEAL, FORECAST, SELLER, ACCOUNT_DEAL, POTENTIAL}
WITHOUT_STATES = ("feed", "cell_fill", OPEN_DEAL, FORECAST, SELLER, ACCOUNT_DEAL, KEY_ACCOUNT)
OF_CUSTOMERS = {ACCOUNT_DEAL, KEY_ACCOUNT, POTENTIAL}
UNKNOWN = "unknown"  # a dimension's value where the row has none
NOT_BROKEN_DOWN = ""  # a row that knows no dimension: cells and arrivals


@dataclass(frozen=True)
class Shape:
    """All that decides the text of a query; everything else comes as parameters.

    without: KPIs that some regions cannot answer. earlier: KPIs of which an earlier version holds, and which.
    rolled_up: tables of which the question knows the newest states, so that roll-ups give the same numbers.
    twins: some deals of two regions are confirmed to be one.
    """

    names: tuple[str, ...]
    dimensions: tuple[str, ...]
    weekly: bool
    local: bool
    rates: RateKind
    rates_fixed: bool
    group_plan: bool
    scope: Scope
    organised: Organised = "then"
    without: frozenset[str] = frozenset()
    earlier: tuple[tuple[str, int], ...] = ()
    rolled_up: frozenset[str] = frozenset()
    twins: bool = False


@dataclass(frozen=True)
class Query:
    """A statement and how to read its answer: columns are named by the KPI, its parts with a suffix after __."""

    sql: str
    kpis: tuple[Kpi, ...]
    without_dimension: tuple[str, ...]
    suffixes: dict[str, tuple[str, ...]]
    tables: tuple[str, ...]
    frames: tuple[str, ...]
    curve_frames: frozenset[str]
    points: frozenset[tuple[str, str]]
    rollups: tuple[Rollup, ...] = ()


@lru_cache(maxsize=256)
def compile_query(definitions: Definitions, shape: Shape, dialect: str) -> Query:
    """Give the query of some KPIs; the same shape is compiled once."""
    held = dict(definitions.kpis) | {name: definitions.get(name).versions[place] for name, place in shape.earlier}
    kpis = tuple(held[definitions.get(name).name] for name in shape.names)
    answered = tuple(kpi for kpi in kpis if _knows(definitions, kpi, shape.dimensions))
    compiling = Compiling(held, Atoms(shape.local, shape.twins), shape.group_plan, shape.weekly, shape.without)
    parts = {kpi.name: compiling.parts(kpi, shape.rates) for kpi in answered}
    atoms = compiling.atoms
    atoms.keep([*compiling.steps.values(), *(one for part in parts.values() for one in part.columns().values())])
    tables = tuple(
        sorted(
            {
                relations()[branch.relation].stored.removesuffix("_version")
                for branch in atoms.found
                if branch.relation in relations() and branch.relation not in PLANS
            }
            | {"account" for branch in atoms.found if branch.relation == ACCOUNT_DEAL}
        )
    )
    writer = _Writer(compiling, shape, tables)
    if shape.rolled_up:
        writer.known_rollups = _rollups(definitions, shape.earlier, dialect)
    return Query(
        sql=writer.statement(parts).sql(dialect=dialect),
        kpis=kpis,
        without_dimension=tuple(kpi.name for kpi in kpis if kpi not in answered),
        suffixes={name: tuple(part.columns()) for name, part in parts.items()},
        tables=tables,
        frames=tuple(sorted({"alone", *(branch.frame for branch in atoms.found)})),
        curve_frames=frozenset(branch.frame for branch in atoms.found if branch.kind in OF_PAST),
        points=frozenset((branch.frame, branch.taken) for branch in atoms.found if branch.taken),
        rollups=tuple({rollup.name: rollup for rollup in writer.used_rollups}.values()),
    )


@lru_cache(maxsize=16)
def _rollups(definitions: Definitions, earlier: tuple[tuple[str, int], ...], dialect: str) -> dict[str, Rollup]:
    """Give the roll-ups of all KPIs there are, by the name of the sums that they hold."""
    held = dict(definitions.kpis) | {name: definitions.get(name).versions[place] for name, place in earlier}
    compiling = Compiling(held, Atoms(local=False), group_plan=False, weekly=False)
    for kpi in held.values():
        compiling.parts(kpi, "budget")
    shape = Shape(tuple(held), (), False, False, "budget", False, False, Scope.everything())
    writer = _Writer(compiling, shape, ())
    writer.add_days()
    return {
        name: rollup_of(days, _day_of_row(days.branch), compiling.atoms.derived.get(days.branch.scan, {}), dialect)
        for name, days in writer.days.items()
    }


def column_name(kpi: str, suffix: str) -> str:
    """Give the column of the answer that holds a part of a KPI."""
    return f"{kpi}__{suffix}" if suffix else kpi


@dataclass
class _Writer:
    """Puts the scans, the branches and the answer of one query together."""

    compiling: Compiling
    shape: Shape
    tables: tuple[str, ...]
    days: dict[str, Days] = field(default_factory=dict)
    known_rollups: dict[str, Rollup] = field(default_factory=dict)
    used_rollups: list[Rollup] = field(default_factory=list)
    rolled: dict[str, exp.Select] = field(default_factory=dict)

    @property
    def atoms(self) -> Atoms:
        return self.compiling.atoms

    def statement(self, parts: dict[str, Parts]) -> exp.Select:
        keys = ["region", "bucket", *self.shape.dimensions]
        seen = [f"{name}__{edge}" for name in self.tables for edge in ("first_at", "first_load_at", "last_at")]
        answers = [
            named(expression, column_name(name, suffix))
            for name, part in parts.items()
            for suffix, expression in part.columns().items()
        ]
        steps = self._steps()
        query = exp.select(*keys, *answers, *seen).from_(f"step_{len(steps)}" if steps else "cells", copy=False)
        cells = self._cells(keys, seen)
        self._roll_up()
        for alias, scan in self._scans().items():
            materialized = (
                True
                if alias.endswith(
                    ("_states", "_known", "spine", "rates", "past", "points", "_base", "open_at", "open_deal", "done")
                )
                else None
            )
            query = query.with_(alias, as_=scan, materialized=materialized, copy=False)
        for days in self.days.values():
            summed = self.rolled.get(days.name)
            summed = days.query(_day_of_row(days.branch)) if summed is None else summed
            query = query.with_(days.name, as_=summed, materialized=True, copy=False)
        query = query.with_("cells", as_=cells, copy=False)
        for place, own in enumerate(steps, start=1):
            before = f"step_{place - 1}" if place > 1 else "cells"
            query = query.with_(f"step_{place}", as_=exp.select("*", *own).from_(before), copy=False)
        return query.order_by("bucket", "region", *self.shape.dimensions, copy=False)

    def add_days(self) -> None:
        """Take up what adds up by day, of all branches."""
        for branch, atoms in self.atoms.found.items():
            self._parts_of(branch, atoms)

    def _roll_up(self) -> None:
        """Let roll-ups stand in for the rows where they hold every sum that is asked for."""
        for name, days in self.days.items():
            rollup = self.known_rollups.get(name)
            if rollup is None or days.branch.relation not in self.shape.rolled_up or self.shape.dimensions:
                continue
            derived = self.atoms.derived.get(days.branch.scan, {})
            found = rollup_scan(days, rollup, derived, self.shape.scope)
            if found is not None:
                self.rolled[name] = found
                self.used_rollups.append(rollup)

    def _reads_rows(self, branch: Branch) -> bool:
        """Say whether any atom of a branch comes from the rows rather than from a roll-up."""
        if branch.kind not in KINDS or branch.relation == CREDITED or Days(branch, ()).name not in self.rolled:
            return True
        return any(daily(atom) is None for atom in self.atoms.found[branch].values())

    def _steps(self) -> list[list[exp.Expr]]:
        """Give the values that others rest on, in layers: each uses those of the layers before it."""
        depth: dict[str, int] = {}
        layers: list[list[exp.Expr]] = []
        for name, expression in self.compiling.steps.items():
            used = {column.name for column in expression.find_all(exp.Column)}
            depth[name] = max((depth[other] + 1 for other in used if other in depth), default=0)
            layers += [[]] if depth[name] == len(layers) else []
            layers[depth[name]].append(named(expression, name))
        return layers

    def _scans(self) -> dict[str, exp.Expr]:
        branches = [branch for branch in self.atoms.found if self._reads_rows(branch)]
        used = {branch.relation for branch in branches}
        found: dict[str, exp.Expr] = {"regions": scans.parsed(scans.REGIONS), "spine": scans.parsed(scans.SPINE)}
        if any(branch.kind in OF_PAST for branch in branches):
            found["past"] = scans.parsed(scans.PAST)
        if any(branch.taken for branch in branches):
            found["arrivals"] = self._arrivals()
            found["points"] = scans.parsed(POINTS)
        if self.atoms.money or {FORECAST, SELLER} & used:
            found["rates"] = scans.parsed(RATES)
        if self.shape.twins:
            found["twins"] = twins_scan(self.shape.scope)
        if used & OF_CUSTOMERS or "is_planned" in self.atoms.columns.get("opportunity", set()):
            found |= customer_scans()
        if "team" in self.shape.dimensions or FORECAST in used:
            found["persons"] = scans.scoped(scans.PERSONS, self.shape.scope, "p")
        for relation in sorted(used & set(relations())):
            if relation == BASE:
                won = any(branch.taken == "won" for branch in branches)
                columns = self._read_of(relation, branches)
                found |= base_scans(
                    columns, self.shape.scope, self.shape.organised, team=self._by_team, won=won, twins=self.shape.twins
                )
            elif relation == CREDITED:
                found[CREDITED] = credited_scan(self.shape.scope, twins=self.shape.twins)
            elif relation not in WITHOUT_STATES:
                found |= self._keyed_scans(relation, branches)
        if used & MADE_OF_DEALS and "opportunity" not in used:
            found |= self._keyed_scans("opportunity", branches)
        if KEY_ACCOUNT in used and "account" not in used:
            found |= self._keyed_scans("account", branches)
        found |= self._customer_tables(used)
        if "cell_fill" in used:
            found["usual"] = scans.parsed(scans.USUAL)
            for branch in branches:
                if branch.relation == "cell_fill":
                    found[branch.scan] = scans.cell_fill_scan(branch.cells)
        if FORECAST in used:
            found |= forecast_scans(self.shape.scope)
        if SELLER in used:
            found |= seller_scans(self.shape.scope)
        if OPEN_DEAL in used:
            found.setdefault("arrivals", self._arrivals())
            found |= open_deal_scans(self.shape.scope)
        if "feed" in used:
            found["feed_until"] = scans.scoped(scans.FEED_UNTIL, self.shape.scope, "r")
            found["feed"] = scans.parsed(scans.FEED)
        found.setdefault("arrivals", self._arrivals())
        return found

    def _customer_tables(self, used: set[str]) -> dict[str, exp.Expr]:
        """Give the tables of customers that are made from others' states."""
        made = {ACCOUNT_DEAL: ACCOUNT_DEALS, KEY_ACCOUNT: KEY_ACCOUNTS, POTENTIAL: POTENTIALS}
        found: dict[str, exp.Expr] = {"at_work": scans.parsed(AT_WORK)} if ACCOUNT_DEAL in used else {}
        return found | {name: scans.parsed(text) for name, text in made.items() if name in used}

    @property
    def _by_team(self) -> bool:
        return "team" in self.shape.dimensions

    def _read_of(self, relation: str, branches: list[Branch]) -> set[str]:
        """Give the columns that a table's atoms and the dimensions read."""
        columns = set(self.atoms.columns.get(relation, set()))
        columns |= {branch.counted_on for branch in branches if branch.relation == relation and branch.counted_on}
        return columns | {name for name in self.shape.dimensions if name != "team"}

    def _keyed_scans(self, relation: str, branches: list[Branch]) -> dict[str, exp.Expr]:
        mine = [branch for branch in branches if branch.relation == relation]
        columns = self._read_of(relation, branches)
        if relation == "opportunity" and any(branch.relation == "cell_fill" for branch in branches):
            columns |= set(self.atoms.columns.get("cell_fill", set())) | {"amount", "currency"}
            columns |= {cell for branch in branches if branch.relation == "cell_fill" for cell in branch.cells}
        for other, needed in NEEDED_OF.get(relation, {}).items():
            if any(branch.relation == other for branch in branches):
                columns |= needed | self._read_of(other, branches)
        derived = self.atoms.derived.get(f"{relation}_states", {})
        twins = self.shape.twins and relation == "opportunity"
        states = scans.states_scan(
            relation, columns, self.shape.scope, self.shape.organised, team=self._by_team, derived=derived, twins=twins
        )
        found: dict[str, exp.Expr] = (
            {"survivors": survivors_scan(self.shape.scope)} if columns & {"account_ref", "is_planned"} else {}
        )
        if "threshold" in columns:
            found["rules"] = scans.parsed(RULES)
        found[f"{relation}_states"] = states
        known = [branch for branch in mine if branch.scan.endswith("_known")]
        if known:
            derived = self.atoms.derived.get(f"{relation}_known", {})
            found[f"{relation}_known"] = scans.known_scan(relation, derived, self._counted(known, derived))
        if any(branch.cells == ("group plan",) for branch in mine):
            found["target_plan"] = scans.group_plan_scan(columns, self.shape.scope)
        return found

    def _counted(self, branches: list[Branch], derived: dict[str, exp.Expr]) -> exp.Expr | None:
        """Give what a row must be for any cell to count it, so that nothing is worked out for rows of other years."""
        if self.shape.dimensions or any(branch.kind not in KINDS for branch in branches):
            return None
        held = []
        for branch in branches:
            own = window(branch)
            conditions = counted_conditions(self.atoms.found[branch])
            if branch.kind == "undated" and conditions is not None:
                own.append(written_out(either(*dict.fromkeys(conditions)), derived))
            held.append(both(*own))
        return either(*dict.fromkeys(held))

    def _arrivals(self) -> exp.Expr:
        """Give when each region's tables were delivered: by the ledger, and by the oldest state in the store."""
        query: exp.Expr = scans.scoped(scans.ARRIVALS, self.shape.scope, "r")
        for table in self.tables:
            if table != "load":
                source = f"{table}_version"
                if table in self.shape.rolled_up:
                    first = first_states(table)
                    self.used_rollups.append(first)
                    source = first.name
                text = (
                    f"SELECT r.region, '{table}' AS table_name, MIN(r.known_from) AS exported_at, FALSE AS is_load "
                    f"FROM {source} AS r GROUP BY r.region"
                )
                oldest = scans.scoped(text, self.shape.scope, "r", self.shape.organised)
                query = exp.union(query, oldest, distinct=False)
        return query

    def _cells(self, keys: list[str], seen: list[str]) -> exp.Expr:
        """Put the branches together cell by cell: each atom comes from one branch only, so MAX finds it."""
        names = [name for atoms in self.atoms.found.values() for name in atoms]
        branches = [part for branch, atoms in self.atoms.found.items() for part in self._parts_of(branch, atoms)]
        branches.append(self._branch(Branch("spine", "spread", "alone"), {}))
        branches.extend(self._seen(table) for table in self.tables)
        union = _united(list(branches))
        held = [named(exp.Max(this=exp.column(name)), name) for name in (*names, *seen)]
        return (
            exp.select(*keys, *held)
            .from_(exp.Subquery(this=union).as_("parts", copy=False), copy=False)
            .group_by(*keys, copy=False)
        )

    def _parts_of(self, branch: Branch, atoms: dict[str, exp.Expr]) -> list[exp.Select]:
        """Give what a branch adds: what adds up by day, and the rest from its rows."""
        by_day = (
            {}
            if branch.kind not in KINDS or branch.relation == CREDITED
            else {name: daily(atom) for name, atom in atoms.items()}
        )
        added = {name: found for name, found in by_day.items() if found is not None}
        rest = {name: atom for name, atom in atoms.items() if name not in added}
        found = [self._branch(branch, rest)] if rest else []
        return [*found, self._of_days(branch, added, atoms)] if added else found

    def _of_days(self, branch: Branch, added: dict[str, Daily], atoms: dict[str, exp.Expr]) -> exp.Select:
        days = Days(branch, self.shape.dimensions)
        days = self.days.setdefault(days.name, days)
        moneys = self.atoms.money.get(branch, {})
        days.money |= bool(moneys)
        if days.possible is not None:
            conditions = counted_conditions({name: atoms[name] for name in added})
            days.possible = None if conditions is None else [*days.possible, *conditions]
        dimensions = [self._dimension(branch, name) for name in self.shape.dimensions]
        broken_down = [named(value, name) for value, name in zip(dimensions, self.shape.dimensions, strict=True)]
        columns = [named(one.then(days.column(one.first)), name) for name, one in added.items()]
        query = exp.select(_region(), exp.column("bucket", table="s"), *broken_down, *columns, copy=False)
        frame = exp.EQ(this=exp.column("frame", table="s"), expression=exp.Literal.string(branch.frame))
        matches = [frame, condition("s.region = r.region")]
        day = exp.column("day", table="r")
        if branch.kind == "flow":
            matches.append(exp.Between(this=day, low=exp.column("lo", table="s"), high=exp.column("hi", table="s")))
        query = query.from_(aliased(days.name, "r"), copy=False)
        query = query.join(aliased("spine", "s"), on=both(*matches), copy=False)
        for money in moneys.values():
            fixed = self._has_one_rate(branch, money.kind)
            query = money.joins(query, cast(parameter("rate_day"), "DATE") if fixed else day)
        return _by_cell(query, [value for value in dimensions if not isinstance(value, exp.Literal)])

    def _branch(self, branch: Branch, atoms: dict[str, exp.Expr]) -> exp.Select:
        dimensions = [self._dimension(branch, name) for name in self.shape.dimensions]
        broken_down = [named(value, name) for value, name in zip(dimensions, self.shape.dimensions, strict=True)]
        columns = [named(aggregate, name) for name, aggregate in atoms.items()]
        query = exp.select(_region(), exp.column("bucket", table="s"), *broken_down, *columns)
        query = self._from(query, branch)
        if branch.kind == "undated" and not dimensions and (possible := _any_condition(atoms)) is not None:
            # Rows without a date stand in every bucket: only those that an atom may count are put there.
            query = query.where(possible, copy=False)
        for money in self.atoms.money.get(branch, {}).values():
            query = money.joins(query, self._rate_day(branch, money.kind))
        return _by_cell(query, [value for value in dimensions if not isinstance(value, exp.Literal)])

    def _from(self, query: exp.Select, branch: Branch) -> exp.Select:
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

    def _rate_day(self, branch: Branch, kind: RateKind) -> exp.Expr:
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

    def _seen(self, table: str) -> exp.Select:
        """Give when a table of each region first and last arrived before the moment of each cell."""
        match = "a.is_load" if table == "load" else f"a.table_name = '{table}'"
        text = f"""
            SELECT s.region, s.bucket, MIN(a.exported_at) AS {table}__first_at,
                MIN(a.exported_at) FILTER (WHERE a.is_load) AS {table}__first_load_at,
                MAX(a.exported_at) FILTER (WHERE a.is_load AND a.exported_at <= s.moment) AS {table}__last_at
            FROM spine AS s JOIN arrivals AS a ON a.region = s.region AND {match}
            WHERE s.frame = 'alone'
            GROUP BY s.region, s.bucket
        """
        query = scans.parsed(text).copy()
        if not isinstance(query, exp.Select):
            raise TypeError(f"no plain select: {text}")
        dimensions = [exp.Literal.string(NOT_BROKEN_DOWN).as_(name) for name in self.shape.dimensions]
        return query.select(*dimensions, copy=False)


def _day_of_row(branch: Branch) -> exp.Expr:
    """Give the day by which a row counts, its region's day where it is an instant."""
    day = exp.column(branch.counted_on or "", table="r")
    if not relations()[branch.relation].is_instant(day.name):
        return day
    return cast(exp.AtTimeZone(this=day, zone=exp.column("zone", table="g")), "DATE")


def _united(branches: list[exp.Expr]) -> exp.Expr:
    """Put branches together in pairs of pairs: a chain would carry every atom through every one of its links."""
    if len(branches) == 1:
        return branches[0]
    half = len(branches) // 2
    sides = [_united(part) for part in (branches[:half], branches[half:])]
    left, right = (exp.Subquery(this=side) if isinstance(side, exp.Union) else side for side in sides)
    return exp.Union(this=left, expression=right, distinct=False, by_name=True)


def _day(branch: Branch) -> exp.Expr:
    column = branch.counted_on or ""
    counted = exp.column(column, table="r")
    return local_day(counted) if relations()[branch.relation].is_instant(column) else counted


def _any_condition(atoms: dict[str, exp.Expr]) -> exp.Expr | None:
    """Give what a row must fulfil to be counted by any of the atoms; None where one of them counts every row."""
    counted = [node for atom in atoms.values() for node in atom.find_all(exp.AggFunc)]
    filters = [node.parent for node in counted]
    held = [node.expression.this for node in filters if isinstance(node, exp.Filter)]
    return either(*held) if held and len(held) == len(counted) else None


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


def _knows(definitions: Definitions, kpi: Kpi, dimensions: tuple[str, ...]) -> bool:
    """Say whether every table of a KPI can be broken down by the dimensions."""
    if not dimensions:
        return True
    if kpi.of_regions:
        return False
    if kpi.table is None:
        return not (kpi.paced or kpi.weighted) and all(
            _knows(definitions, definitions.kpis[part], dimensions) for part in kpi.parts
        )
    if kpi.spread or kpi.table not in relations():
        return False
    columns = relations()[kpi.table].columns
    return all(("owner_ref" if name == "team" else name) in columns for name in dimensions if name in DIMENSIONS)
