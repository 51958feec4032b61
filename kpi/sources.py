"""The sources of a statement: each table scanned once for all that its KPIs read, under the reader's scope."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from sqlglot import exp

from kpi import scans
from kpi.accounts import survivors_scan
from kpi.atoms import Atoms, Branch
from kpi.bases import POINTS, base_scans
from kpi.branches import OF_PAST
from kpi.customers import ACCOUNT_DEAL as ACCOUNT_DEALS
from kpi.customers import AT_WORK, PLANNED, customer_scans
from kpi.customers import KEY_ACCOUNT as KEY_ACCOUNTS
from kpi.customers import POTENTIAL as POTENTIALS
from kpi.daily import counted_conditions
from kpi.days import KINDS, window
from kpi.forecasts import READ as READ_OF_FORECASTS
from kpi.forecasts import forecast_scans
from kpi.money import RATES
from kpi.open_deals import READ as READ_OF_OPEN_DEALS
from kpi.open_deals import open_deal_scans
from kpi.own_scans import RULES, TOLD, credited_scan
from kpi.relations import (
    ACCOUNT_DEAL,
    BASE,
    CREDITED,
    FORECAST,
    KEY_ACCOUNT,
    OPEN_DEAL,
    POTENTIAL,
    SELLER,
    TOLD_UNTIL,
    relations,
)
from kpi.rollups import Rollup, first_states
from kpi.same_deals import twins_scan
from kpi.scope import Scope
from kpi.sellers import READ as READ_OF_SELLERS
from kpi.sellers import seller_scans
from kpi.shape import Shape
from kpi.slice import Organised
from kpi.trees import as_text, both, either, written_out

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


@dataclass
class Sources:
    """Finds the scans that the branches of one statement read; tables: those whose arrivals are asked for."""

    atoms: Atoms
    shape: Shape
    tables: tuple[str, ...]
    used_rollups: list[Rollup] = field(default_factory=list)

    def found(self, branches: list[Branch]) -> dict[str, exp.Expr]:
        """Give the scans that some branches read, each after those that it reads itself."""
        used = {branch.relation for branch in branches}
        found: dict[str, exp.Expr] = {"regions": _constant(scans.REGIONS), "spine": _constant(scans.SPINE)}
        if any(branch.kind in OF_PAST for branch in branches):
            found["past"] = _constant(scans.PAST)
        if any(branch.taken for branch in branches):
            found["arrivals"] = self._arrivals()
            found["points"] = _constant(POINTS)
        if self.atoms.money or {FORECAST, SELLER} & used:
            found["rates"] = _constant(RATES)
        if self.shape.twins:
            found["twins"] = _text(twins_scan, self.shape.scope)
        if used & OF_CUSTOMERS or "is_planned" in self.atoms.columns.get("opportunity", set()):
            found |= _texts(customer_scans)
        if self.shape.by_team or FORECAST in used:
            found["persons"] = _text(scans.scoped, scans.PERSONS, self.shape.scope, "p")
        for relation in sorted(used & set(relations())):
            if relation == BASE:
                won = any(branch.taken == "won" for branch in branches)
                columns = self._read_of(relation, branches)
                if "account_ref" in columns:
                    found["survivors"] = _text(survivors_scan, self.shape.scope)
                found |= _texts(
                    base_scans,
                    frozenset(columns),
                    self.shape.scope,
                    self.shape.organised,
                    team=self.shape.by_team,
                    won=won,
                    twins=self.shape.twins,
                )
            elif relation == CREDITED:
                found[CREDITED] = _text(credited_scan, self.shape.scope, twins=self.shape.twins)
            elif relation not in WITHOUT_STATES:
                found |= self._keyed_scans(relation, branches)
        if used & MADE_OF_DEALS and "opportunity" not in used:
            found |= self._keyed_scans("opportunity", branches)
        if KEY_ACCOUNT in used and "account" not in used:
            found |= self._keyed_scans("account", branches)
        found |= self._customer_tables(used)
        if "cell_fill" in used:
            found["usual"] = _constant(scans.USUAL)
            for branch in branches:
                if branch.relation == "cell_fill":
                    found[branch.scan] = _text(scans.cell_fill_scan, branch.cells)
        if FORECAST in used:
            found |= _texts(forecast_scans, self.shape.scope)
        if SELLER in used:
            found |= _texts(seller_scans, self.shape.scope)
        if OPEN_DEAL in used:
            found.setdefault("arrivals", self._arrivals())
            found |= _texts(open_deal_scans, self.shape.scope)
        if "feed" in used:
            found["feed_until"] = _text(scans.scoped, scans.FEED_UNTIL, self.shape.scope, "r")
            found["feed"] = _constant(scans.FEED)
        found.setdefault("arrivals", self._arrivals())
        return found

    def _customer_tables(self, used: set[str]) -> dict[str, exp.Expr]:
        """Give the tables of customers that are made from others' states."""
        made = {ACCOUNT_DEAL: ACCOUNT_DEALS, KEY_ACCOUNT: KEY_ACCOUNTS, POTENTIAL: POTENTIALS}
        found: dict[str, exp.Expr] = {"at_work": _constant(AT_WORK)} if ACCOUNT_DEAL in used else {}
        return found | {name: _constant(text) for name, text in made.items() if name in used}

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
        twins = self.shape.twins and relation == "opportunity"
        states = _text(
            scans.states_scan,
            relation,
            frozenset(columns),
            self.shape.scope,
            self.shape.organised,
            team=self.shape.by_team,
            own=self.atoms.of_row(f"{relation}_states"),
            twins=twins,
        )
        found: dict[str, exp.Expr] = (
            {"survivors": _text(survivors_scan, self.shape.scope)} if columns & {"account_ref", "is_planned"} else {}
        )
        if "is_planned" in columns:
            found["planned"] = _constant(PLANNED)
        if "threshold" in columns:
            found["rules"] = _constant(RULES)
        if TOLD_UNTIL in columns:
            found["told"] = _constant(TOLD)
        found[f"{relation}_states"] = states
        known = [branch for branch in mine if branch.scan.endswith("_known")]
        if known:
            found[f"{relation}_known"] = self._known_scan(relation, known)
        if any(branch.cells == ("group plan",) for branch in mine):
            found["target_plan"] = _text(scans.group_plan_scan, frozenset(columns), self.shape.scope)
        return found

    def _known_scan(self, relation: str, branches: list[Branch]) -> exp.Expr:
        scan = f"{relation}_known"
        derived = self.atoms.derived.get(scan, {})
        zoned = any(value.find(exp.AtTimeZone) for value in derived.values())
        counted = self._counted(branches, derived)
        return _text(scans.known_scan, relation, self.atoms.of_row(scan), counted, zoned=zoned)

    def _counted(self, branches: list[Branch], derived: dict[str, exp.Expr]) -> exp.Expr | None:
        """Give what a row must be for any cell to count it, so that nothing is worked out for rows of other years."""
        if self.shape.dimensions or any(branch.kind not in KINDS for branch in branches):
            return None
        held = []
        for branch in branches:
            own = window(branch)
            conditions = counted_conditions({name: self.atoms.anywhere(name) for name in self.atoms.found[branch]})
            if branch.kind == "undated" and conditions is not None:
                own.append(written_out(either(*dict.fromkeys(conditions)), derived))
            held.append(both(*own))
        return either(*dict.fromkeys(held))

    def _arrivals(self) -> exp.Expr:
        shape = self.shape
        rolled_up = [table for table in self.tables if table in shape.rolled_up]
        self.used_rollups += [first_states(table) for table in rolled_up]
        return _text(_arrivals, self.tables, frozenset(rolled_up), shape.scope, shape.organised)


def _arrivals(tables: tuple[str, ...], rolled_up: frozenset[str], scope: Scope, organised: Organised) -> exp.Expr:
    """Give when each region's tables were delivered: by the ledger, and by the oldest state in the store."""
    query: exp.Expr = scans.scoped(scans.ARRIVALS, scope, "r")
    for table in tables:
        if table != "load":
            source = first_states(table).name if table in rolled_up else f"{table}_version"
            text = (
                f"SELECT r.region, '{table}' AS table_name, MIN(r.known_from) AS exported_at, FALSE AS is_load "
                f"FROM {source} AS r GROUP BY r.region"
            )
            query = exp.union(query, scans.scoped(text, scope, "r", organised), distinct=False)
    return query


# The scans that many statements share are written once.
def _constant(text: str) -> exp.Expr:
    return _text(scans.parsed, text)


@lru_cache(maxsize=1024)
def _text(make: Callable[..., exp.Expr], *given: Hashable, **more: Hashable) -> exp.Expr:
    return as_text(make(*given, **more))


@lru_cache(maxsize=256)
def _texts(make: Callable[..., Mapping[str, exp.Expr]], *given: Hashable, **more: Hashable) -> dict[str, exp.Expr]:
    return {name: as_text(scan) for name, scan in make(*given, **more).items()}
