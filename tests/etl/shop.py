"""A tiny company for the loader's tests: one region, one source in our own words."""

import atexit
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from etl.calendar_table import refresh_calendar
from etl.load import FileResult, LoadResult, load_waiting
from organisation import Organisation, Workspace
from warehouse.store import Store

DEFINITIONS = """version: 1
group: {name: Group, currency: EUR, week_starts: monday, fiscal_year_starts: january, timezone: Europe/Berlin}
defaults: {owner: Sales, better: higher, needs_at_least: 20, stale_after: 8 days}
kpis:
  won_deals:
    label: Won deals
    heading: Result
    question: How many deals did we win?
    formula: count(*) filter (where outcome = 'won')
    from: opportunity
    counted_on: won_on
    unit: count
    not: Their value.
"""
REGION = """name: North
part_of: EMEA
manager: regional manager
currency: EUR
timezone: Europe/Berlin
country: DE
working_hours: 08:00-17:00
fiscal_year_starts: january
lead_sla: {default: 8 hours}
person_level: off
"""
SOURCE = """crm: generic
region: north
currency: EUR
amount: {means: total}
timezone: Europe/Berlin
exports:
  opportunities:
    files: "opportunities_*.csv"
    mode: full
    covers: all
    gone_means: deleted
    exported_at: "file name: opportunities_%Y-%m-%d.csv at 06:30"
    encoding: utf-8
    delimiter: ","
    decimal: "."
    dates: ymd
  activities:
    files: "activities_*.csv"
    mode: delta
    exported_at: "file name: activities_%Y-%m-%d.csv at 06:30"
    encoding: utf-8
    delimiter: ","
    decimal: "."
    dates: ymd
stages: {Open: qualify, Deep: develop, Won: won, Lost: lost}
"""
HEADER = "opportunity_id,name,stage_raw,amount,expected_close_on,created_at"


@cache
def _empty_lake() -> Path:
    root = Path(tempfile.mkdtemp(prefix="shop"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    _write_profiles(root)
    with Store.open_writer(root / "data" / "lake") as store:
        refresh_calendar(Organisation.read(Workspace(root)), store)
        store.seal()
    return root / "data" / "lake"


def _write_profiles(root: Path) -> None:
    for name, text in {
        "kpi_definitions.yaml": DEFINITIONS,
        "regions/north.yaml": REGION,
        "sources/shop.yaml": SOURCE,
        "data/clock": "2026-11-24T14:00:00+00:00",
    }.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Shop:
    """The company's workspace, with short ways to drop files and look at what is stored."""

    workspace: Workspace

    @classmethod
    def open(cls, root: Path) -> "Shop":
        """Write the workspace."""
        _write_profiles(root)
        shop = cls(Workspace(root))
        # An empty warehouse with its calendar is the same for every test: made once, copied often.
        shutil.copytree(_empty_lake(), shop.workspace.lake)
        (shop.workspace.inbox / "shop").mkdir(parents=True)
        return shop

    def copied(self, root: Path) -> "Shop":
        """Copy the workspace with all that is loaded, for a test that may change it."""
        shutil.copytree(self.workspace.root, root, dirs_exist_ok=True)
        return Shop(Workspace(root))

    @property
    def organisation(self) -> Organisation:
        """The company as the files state it now."""
        return Organisation.read(self.workspace)

    def drop(self, name: str, text: str) -> Path:
        """Rename a finished file into the inbox."""
        file = self.workspace.inbox / "shop" / name
        partial = file.with_name(f".{name}")
        partial.write_text(text, encoding="utf-8")
        os.utime(partial, (1_700_000_000, 1_700_000_000))
        return partial.rename(file)

    def drop_deals(self, day: str, *amounts: object, first: int = 1) -> Path:
        """Drop an export of deals d1, d2, … with these amounts; a text ruins its row."""
        rows = [
            f"d{number},Deal {number},Open,{amount},2026-12-01,2026-01-05"
            for number, amount in enumerate(amounts, first)
        ]
        return self.drop(f"opportunities_{day}.csv", "\n".join([HEADER, *rows]) + "\n")

    def load(self) -> list[FileResult]:
        """Load what waits and give what became of each file."""
        return [each for result in self.load_results() for each in result.files]

    def load_results(self) -> list[LoadResult]:
        """Load what waits."""
        with Store.open_writer(self.workspace.lake) as store:
            return self.load_with(store)

    def load_with(self, store: Store) -> list[LoadResult]:
        """Load what waits into an open store."""
        return load_waiting(self.organisation, store)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the store as a reader."""
        with Store.open_reader(self.workspace.lake) as store:
            return store.query(sql).rows()

    def frame(self, sql: str) -> pl.DataFrame:
        """Ask the store as a reader."""
        with Store.open_reader(self.workspace.lake) as store:
            return store.query(sql)

    def present(self) -> list[tuple[object, ...]]:
        """Give (deal, amount, held back) of the deals as they are now."""
        return self.query("SELECT opportunity_id, amount::INTEGER, held_back FROM opportunity ORDER BY 1")

    def history(self) -> list[tuple[object, ...]]:
        """Give (deal, amount, known from, known until, why ended) of every state."""
        return self.query(
            "SELECT opportunity_id, amount::INTEGER, known_from::DATE::VARCHAR, known_until::DATE::VARCHAR, "
            "ended_because FROM opportunity_version ORDER BY 1, 3, 4"
        )
