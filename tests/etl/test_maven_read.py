"""A real company's pipeline, read through a profile: every row, exactly as the file says."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from etl.conform import conform_export
from etl.conformed import Conformed
from organisation import FiscalYear, Group, Organisation, Region, Source, Workspace, load_yaml

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT.parent / "shared" / "exports" / "maven_crm" / "sales_pipeline.csv"
PROFILE = """\
crm: generic
region_from: {column: product, GTX Basic: east, default: west}
currency: USD
timezone: UTC
exports:
  opportunities:
    files: "sales_pipeline*.csv"
    decimal: "."
    dates: ymd
    columns: {stage_raw: deal_stage, created_at: engage_date, closed_on: close_date, amount: close_value,
      account_ref: account, owner_ref: sales_agent}
stages: {Prospecting: qualify, Engaging: develop, Won: won, Lost: lost}
aliases: {product: {GTXPro: GTX Pro}}
"""
REGION = "name: Region\ncurrency: USD\ntimezone: UTC\ncountry: US\n"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Conformed:
    if not FILE.exists():
        pytest.skip(f"the real exports are not here: {FILE}")
    folder = tmp_path_factory.mktemp("maven")
    (folder / "maven.yaml").write_text(PROFILE, encoding="utf-8")
    for name in ("east", "west"):
        (folder / f"{name}.yaml").write_text(REGION, encoding="utf-8")
    source = Source.parse(load_yaml(folder / "maven.yaml"), folder / "maven.yaml", [])
    regions = {name: Region.read(folder / f"{name}.yaml", []) for name in ("east", "west")}
    group = Group("Group", "USD", "monday", (FiscalYear(1),), "UTC")
    organisation = Organisation(Workspace(folder), group, regions, {source.id: source})
    arrived = datetime(2026, 11, 24, tzinfo=UTC)
    return conform_export(FILE, source, source.exports["opportunities"], organisation, arrived_at=arrived)


def test_all_rows_load(pipeline: Conformed) -> None:
    assert (pipeline.rows_in, pipeline.rows.height) == (8800, 8800)
    assert pipeline.rejects.is_empty()
    assert pipeline.ignored.is_empty()
    assert pipeline.rows["line"].to_list() == list(range(2, 8802))


def test_outcomes_are_those_of_the_file(pipeline: Conformed) -> None:
    assert Counter(pipeline.rows["outcome"]) == {"won": 4238, "lost": 2473, "open": 1589 + 500}
    assert Counter(pipeline.rows["stage"]) == {"won": 4238, "lost": 2473, "develop": 1589, "qualify": 500}


def test_the_creation_is_the_engage_date_and_unknown_while_prospecting(pipeline: Conformed) -> None:
    first = pipeline.rows.row(0, named=True)
    assert first["created_at"] == datetime(2016, 10, 20, tzinfo=UTC)
    assert first["won_on"] == date(2017, 3, 1)
    prospecting = pipeline.rows.filter(pl.col("stage_raw") == "Prospecting")
    assert prospecting["created_at"].null_count() == 500


def test_blank_accounts_stay_and_the_product_has_one_name(pipeline: Conformed) -> None:
    assert pipeline.rows["account_ref"].null_count() == 1425
    products = Counter(pipeline.rows["product"])
    assert products["GTX Pro"] == 1480
    assert "GTXPro" not in products


def test_the_sum_is_exact_and_the_region_follows_the_rule(pipeline: Conformed) -> None:
    won = pipeline.rows.filter(pl.col("outcome") == "won")["amount"]
    raw = pl.read_csv(FILE, infer_schema=False).filter(pl.col("deal_stage") == "Won")["close_value"]
    assert won.sum() == sum(int(value) for value in raw)
    basic = pipeline.rows.filter(pl.col("product") == "GTX Basic")
    assert set(basic["region"]) == {"east"}
