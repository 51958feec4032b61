"""Writing the demonstration company: exports into the inbox, the clock, and the profiles where they are missing."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from demo import exports
from demo.activities import all_activities
from demo.closings import last_export
from demo.company import MARKETS, SOURCES, Size
from demo.deals import all_accounts, all_deals
from demo.exports import Truth
from demo.forecasts import forecasts
from demo.formats import PLANNING
from demo.intake import order_intake
from demo.leads import all_leads
from demo.mistakes import flawed
from demo.own_tables import own_tables
from demo.plan import Plan
from demo.planning import fx_rates, targets
from demo.texts import csv_bytes
from demo.timeline import moment, timeline
from organisation import Workspace
from organisation.workspace import REPOSITORY

Progress = Callable[[int, int], None]
File = tuple[str, str, bytes]
PROFILES = ("kpi_definitions.yaml", "people.yaml", "regions", "sources")


@dataclass(frozen=True)
class DemoSummary:
    """What was written."""

    root: Path
    today: date
    files: int
    rows: int
    size: int

    def __str__(self) -> str:
        """One sentence for people."""
        return (
            f"Wrote {self.files} exports with {self.rows:,} rows ({self.size / 1e6:.0f} MB) to {self.root / 'data'}; "
            f"the clock stands on {self.today:%A, %d %B %Y}."
        )


@dataclass(frozen=True)
class Company:
    """The whole truth of the demonstration, up to six weeks ahead: what every source holds."""

    plan: Plan
    deals: pl.DataFrame
    leads: pl.DataFrame
    activities: pl.DataFrame
    accounts: pl.DataFrame

    def of(self, source: str) -> Truth:
        """Give what belongs to one source."""
        frames = (self.deals, self.leads, self.activities, self.accounts)
        return Truth(self.plan, source, *(frame.filter(pl.col("source") == source) for frame in frames))


def make_company(seed: int, today: date, scale: float = 1.0) -> Company:
    """Give the company of a seed and a day; scale shrinks everything but the story quarters."""
    size = Size(scale)
    plan = Plan(seed, timeline(today, every=size.export_every), size, REPOSITORY)
    accounts = all_accounts(plan)
    deals = all_deals(plan, accounts)
    leads = all_leads(plan, deals)
    return Company(plan, deals, leads, all_activities(plan, deals, leads), accounts)


def write_demo(
    root: Path, *, seed: int, today: date, scale: float = 1.0, progress: Progress | None = None
) -> DemoSummary:
    """Write the demonstration into a workspace: same seed, day and scale, same bytes.

    Profiles and definitions are copied from the repository unless the workspace is the repository itself.
    """
    root = root.resolve()
    workspace = Workspace(root)
    _copy_profiles(root)
    company = make_company(seed, today, scale)
    total = len(SOURCES) + 1
    files = rows = size = 0
    for done, source in enumerate((*SOURCES, PLANNING.source)):
        if progress:
            progress(done, total)
        written = _planning_files(company) if source == PLANNING.source else source_files(company.of(source))
        for folder, name, content in written:
            deliver(workspace.inbox / folder, name, content)
            files, rows, size = files + 1, rows + content.count(b"\n"), size + len(content)
    settings = {"seed": seed, "today": company.plan.time.today.isoformat(), "scale": scale}
    (workspace.data / "demonstration.json").write_text(json.dumps(settings) + "\n", encoding="utf-8")
    workspace.clock_file.write_text(company.plan.time.now.isoformat() + "\n", encoding="utf-8")
    if progress:
        progress(total, total)
    return DemoSummary(root, company.plan.time.today, files, rows, size)


def source_files(truth: Truth) -> Iterator[File]:
    """Give (source, file name, bytes) of every export of a source, in the order of their moments."""
    plan, form = truth.plan, truth.form
    days = export_days(plan, truth.source)
    first = moment(days[0])
    yield from _once(truth, days[0], first=True)
    since = first - 7
    for place, day in enumerate(days):
        now = moment(day)
        rng = plan.rng("mistakes", truth.source, day.isoformat())
        for table, export, old in (
            ("opportunities", exports.opportunities, _long_closed(truth, first)),
            ("leads", exports.leads, _long_rejected(truth, first)),
        ):
            made = flawed(export(truth, now), form, table, old=old, back=len(days) - 1 - place, rng=rng)
            content = csv_bytes(made.frame, form, extra_lines=made.torn, year=day.year)
            yield truth.source, f"{table}_{day}.csv", content
        delta = exports.activities(truth, since, now)
        yield truth.source, f"activities_{day}.csv", csv_bytes(delta, form, year=day.year)
        since = now
    if len(days) > 1:
        yield from _once(truth, days[-1], first=False)


def export_days(plan: Plan, source: str) -> list[date]:
    """Give the days on which a source exported: Tuesdays; LATAM on Mondays, and its newest one did not come."""
    market = next(market for market in MARKETS if market.source == source)
    behind = plan.time.today - last_export(plan, market)
    return [day - behind for day in plan.time.export_days]


def deliver(folder: Path, name: str, content: bytes) -> None:
    """Put a file into a folder at once: whoever looks there sees all of it or nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    waiting = folder / f".{name}.part"
    waiting.write_bytes(content)
    waiting.replace(folder / name)


def _once(truth: Truth, day: date, *, first: bool) -> Iterator[File]:
    form = truth.form
    yield truth.source, f"accounts_{day}.csv", csv_bytes(exports.accounts(truth, first=first), form, year=day.year)
    if first:
        past = csv_bytes(exports.stage_history(truth, moment(day)), form, year=day.year)
        yield truth.source, f"stage_history_{day}.csv", past
    yield truth.source, f"persons_{day}.csv", csv_bytes(exports.people(truth, first=first), form, year=day.year)


def _planning_files(company: Company) -> Iterator[File]:
    day = company.plan.time.today
    plans = targets(company.plan, company.deals).with_columns(pl.col("value").round(2))
    yield PLANNING.source, f"targets_{day}.csv", csv_bytes(plans, PLANNING)
    booked = order_intake(company.plan, company.deals)
    yield PLANNING.source, f"order_intake_{day}.csv", csv_bytes(booked, PLANNING)
    yield PLANNING.source, f"forecasts_{day}.csv", csv_bytes(forecasts(company.plan, company.deals), PLANNING)
    for name, kept in own_tables(company.plan, company.accounts, company.deals).items():
        yield PLANNING.source, f"{name}_{day}.csv", csv_bytes(kept, PLANNING)
    yield PLANNING.source, f"fx_rates_{day}.csv", csv_bytes(fx_rates(company.plan, company.deals), PLANNING)


def _long_closed(truth: Truth, first: float) -> list[str]:
    over = pl.col("outcome").is_in(["lost", "dropped"]) & (pl.col("ended") < first - 250)
    return truth.deals.filter(over)["opportunity_id"].to_list()


def _long_rejected(truth: Truth, first: float) -> list[str]:
    return truth.leads.filter(pl.col("rejected") < first - 100)["lead_id"].to_list()


def _copy_profiles(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / "data").mkdir(exist_ok=True)
    if root == REPOSITORY:
        return
    for name in PROFILES:
        given = REPOSITORY / name
        if given.is_dir():
            shutil.copytree(given, root / name, dirs_exist_ok=True)
        elif given.exists():
            shutil.copyfile(given, root / name)
