"""A real company's CRM, loaded through a profile: its KPIs by team equal an independent calculation."""

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from kpi.definitions import Definitions
from kpi.engines.duckdb import DuckDbEngine
from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.scope import Scope
from kpi.slice import Slice
from organisation import Organisation, Workspace

ROOT = Path(__file__).parent.parent
EXPORTS = ROOT.parent / "shared" / "exports" / "maven_crm"
Run = Callable[..., "subprocess.CompletedProcess[str]"]

REGION = """\
name: World
currency: USD
timezone: UTC
country: US
lead_sla: {default: 8 hours}
"""
SOURCE = """\
crm: generic
region: world
currency: USD
amount: {means: total, tax: excluded, unit: 1}
exports:
  opportunities:
    files: "sales_pipeline*.csv"
    encoding: utf-8
    delimiter: ","
    decimal: "."
    dates: ymd
    columns:
      opportunity_id: opportunity_id
      name: opportunity_id
      owner_ref: sales_agent
      product: product
      account_ref: account
      stage_raw: deal_stage
      created_at: engage_date
      closed_on: close_date
      amount: close_value
  persons:
    files: "sales_teams*.csv"
    encoding: utf-8
    delimiter: ","
    columns: {person_ref: sales_agent, team: regional_office}
stages: {Prospecting: qualify, Engaging: develop, Won: won, Lost: lost}
aliases:
  product: {GTXPro: GTX Pro}
"""


@pytest.fixture(scope="module")
def maven(tmp_path_factory: pytest.TempPathFactory, run_command: Run) -> Workspace:
    if not EXPORTS.is_dir():
        pytest.skip("the real export files stand beside a full checkout only (../shared/exports)")
    root = tmp_path_factory.mktemp("maven")
    for folder in ("regions", "sources", "data/inbox/maven"):
        (root / folder).mkdir(parents=True)
    (root / "regions" / "world.yaml").write_text(REGION, encoding="utf-8")
    (root / "sources" / "maven.yaml").write_text(SOURCE, encoding="utf-8")
    definitions = (ROOT / "kpi_definitions.yaml").read_text(encoding="utf-8")
    (root / "kpi_definitions.yaml").write_text(definitions.replace("currency: EUR", "currency: USD"), encoding="utf-8")
    (root / "data" / "clock").write_text("2018-01-15T12:00:00+00:00\n", encoding="utf-8")
    for name in ("sales_pipeline.csv", "sales_teams.csv"):
        shutil.copy(EXPORTS / name, root / "data" / "inbox" / "maven" / name)
    done = run_command("load", "--workspace", str(root), "--json")
    assert done.returncode == 0, done.stderr
    loaded = {line["table"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert loaded["opportunity"]["loaded"] == 8800
    assert loaded["opportunity"]["rejected"] == loaded["opportunity"]["ignored"] == 0
    return Workspace(root)


@pytest.fixture(scope="module")
def deals() -> pl.DataFrame:
    if not EXPORTS.is_dir():
        pytest.skip("the real export files stand beside a full checkout only (../shared/exports)")
    teams = pl.read_csv(EXPORTS / "sales_teams.csv")
    return pl.read_csv(EXPORTS / "sales_pipeline.csv", try_parse_dates=True).join(teams, on="sales_agent", how="left")


def test_every_row_and_outcome_arrives(maven: Workspace) -> None:
    with DuckDbEngine(maven.lake) as engine:
        counted = engine.fetch("SELECT outcome, count(*) AS deals FROM opportunity GROUP BY outcome", {})
        blank = engine.fetch("SELECT count(*) AS deals FROM opportunity WHERE account_ref IS NULL", {})
        product = engine.fetch("SELECT count(*) AS deals FROM opportunity WHERE product = 'GTX Pro'", {})
        created = engine.fetch("SELECT count(*) AS deals FROM opportunity WHERE created_at IS NULL", {})
    assert dict(counted.iter_rows()) == {"won": 4238, "lost": 2473, "open": 2089}
    assert (blank.item(), product.item(), created.item()) == (1425, 1480, 500)


@pytest.mark.parametrize("quarter", ["2017-Q2", "2017-Q3", "2017-Q4"])
def test_kpis_by_team_equal_an_independent_calculation(maven: Workspace, deals: pl.DataFrame, quarter: str) -> None:
    organisation = Organisation.read(maven)
    now = datetime(2018, 1, 15, 12, tzinfo=UTC)
    asked = Slice(period=parse_period(quarter, organisation, now), as_of=now, by=("region", "team"), currency="local")
    with DuckDbEngine(maven.lake) as engine:
        definitions = Definitions.read(maven.definitions_file)
        values = evaluate(engine, organisation, definitions, asked, Scope.everything(), ["won_value", "win_rate"])
    found = {(v.kpi, v.bucket[-1]): v for v in values if v.region == "world" and v.bucket and v.bucket[-1]}
    closed = deals.filter(pl.col("close_date").is_between(asked.period.start, asked.period.end))
    for (team,), rows in closed.group_by("regional_office"):
        won = rows.filter(pl.col("deal_stage") == "Won")
        assert found["won_value", str(team)].value == Decimal(won["close_value"].sum())
        rate = found["win_rate", str(team)]
        assert (rate.numerator, rate.denominator) == (Decimal(won.height), Decimal(rows.height))
    assert {team for _, team in found} == {"Central", "East", "West"}
    assert date(2017, 1, 1) < asked.period.start
