"""Full exports of many opportunities in the five formats of the demonstration's regions, in their own encodings."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from demo.formats.amer import AMER
from demo.formats.dach import DACH
from demo.formats.format import Format
from demo.formats.japan import JAPAN
from demo.formats.latam import LATAM
from demo.formats.nordics import NORDICS
from organisation import Workspace
from organisation.workspace import REPOSITORY

FORMATS = (AMER, DACH, NORDICS, LATAM, JAPAN)
FIRST_DAY, LAST_DAY = datetime(2023, 11, 1), datetime(2026, 11, 23)  # noqa: DTZ001 - wall clocks, as exports write them
CURRENCIES = {
    "amer_salesforce": "USD",
    "dach_dynamics": "EUR",
    "nordics_lime": "SEK",
    "latam_pipedrive": "BRL",
    "japan_salesforce": "JPY",
}


@dataclass(frozen=True)
class Company:
    """A workspace of the benchmark and how many opportunities its five exports hold in all.

    part: which of several parts of a large company these are, each with opportunities of its own.
    """

    workspace: Workspace
    rows: int
    seed: int = 7
    part: int = 0

    @property
    def rows_a_source(self) -> int:
        """Opportunities in one source's export."""
        return self.rows // len(FORMATS)


def make_company(root: Path, rows: int) -> Company:
    """Make an empty workspace with the repository's own profiles."""
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("regions", "sources"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    shutil.copy(REPOSITORY / "kpi_definitions.yaml", root)
    (root / "data").mkdir()
    # after every export's moment: an export of the future is read as one that says nothing of its moment
    now = LAST_DAY + timedelta(days=2)
    (root / "data" / "clock").write_text(f"{now.isoformat()}+00:00", encoding="utf-8")
    return Company(Workspace(root), rows)


def deals(company: Company, source: int) -> pl.DataFrame:
    """Give a source's opportunities, typed: the same rows for the same seed."""
    rng = np.random.default_rng([company.seed, source, *([company.part] if company.part else [])])
    count = company.rows_a_source
    span = int((LAST_DAY - FIRST_DAY).total_seconds())
    created = rng.integers(0, span, count)
    changed = created + (rng.random(count) * (span - created)).astype(np.int64)
    start = pl.lit(FIRST_DAY)
    return pl.DataFrame(
        {
            "number": company.part * count + np.arange(count),
            "account": rng.integers(0, max(1, count // 4), count),
            "owner": rng.integers(0, 60, count),
            "stage": rng.integers(0, 6, count),
            "amount": np.round(rng.lognormal(10, 1, count), 2),
            "created_at": created,
            "stage_changed_at": changed,
            "closes_after": rng.integers(20, 200, count),
            "lead_source": rng.integers(0, 6, count),
            "business_type": rng.integers(0, 3, count),
            "country": rng.integers(0, 8, count),
        }
    ).with_columns(
        (start + pl.duration(seconds=pl.col("created_at"))).alias("created_at"),
        (start + pl.duration(seconds=pl.col("stage_changed_at"))).alias("stage_changed_at"),
        (start + pl.duration(seconds=pl.col("created_at")) + pl.duration(days="closes_after"))
        .dt.date()
        .alias("expected_close_on"),
    )


def changed(frame: pl.DataFrame, *, share: float, seed: int) -> pl.DataFrame:
    """Give the deals with a share of them at another amount."""
    hit = pl.Series(np.random.default_rng(seed).random(frame.height) < share)
    return frame.with_columns(pl.when(hit).then(pl.col("amount") + 10).otherwise("amount").alias("amount"))


def write_exports(company: Company, day: datetime, frames: dict[int, pl.DataFrame] | None = None) -> list[Path]:
    """Write one full export a source into the inbox, as of a day; gives the files."""
    files = []
    for place, form in enumerate(FORMATS):
        frame = frames[place] if frames else deals(company, place)
        file = company.workspace.inbox / form.source / f"opportunities_{day:%Y-%m-%d}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(form, frame))
        files.append(file)
    return files


def deltas_from(stored: Company, root: Path, rows: int) -> Company:
    """Make a workspace whose sources export deltas, with so many changed deals of the first waiting as one."""
    company = exporting_deltas(make_company(root, stored.rows))
    few = changed(deals(stored, 0).sample(rows, seed=1), share=1.0, seed=1)
    file = company.workspace.inbox / FORMATS[0].source / f"opportunities_{LAST_DAY + timedelta(days=1):%Y-%m-%d}.csv"
    file.parent.mkdir(parents=True)
    file.write_bytes(encoded(FORMATS[0], few))
    return company


def parts_of(root: Path, rows: int, rows_at_once: int) -> Iterator[Company]:
    """Give a large company part by part, each as exports of new opportunities that wait, as of a day of its own.

    The reader's memory bounds how long an export may be. rows is a multiple of rows_at_once, or less than it.
    """
    parts = max(1, rows // rows_at_once)
    for part in range(parts):
        company = replace(exporting_deltas(make_company(root, min(rows, rows_at_once))), part=part)
        write_exports(company, LAST_DAY - timedelta(days=parts - 1 - part))
        yield company


def exporting_deltas(company: Company) -> Company:
    """Have every source of a company say that its opportunities come as deltas."""
    for form in FORMATS:
        profile = company.workspace.sources_dir / f"{form.source}.yaml"
        text = profile.read_text(encoding="utf-8")
        profile.write_text(text.replace("mode: full", "mode: delta", 1), encoding="utf-8")
    return company


def encoded(form: Format, frame: pl.DataFrame) -> bytes:
    """Give the deals as a file in a region's format, in the region's encoding."""
    headers = form.headers["opportunities"]
    texts, empty = _texts(form), pl.lit("")  # deals without a contract and without a forecast category
    named = frame.select(texts.get(column, empty).alias(header) for column, header in headers.items())
    body = named.write_csv(separator=form.separator, line_terminator=form.line_end)
    return (b"\xef\xbb\xbf" if form.bom else b"") + body.encode(form.encoding)


def _texts(form: Format) -> dict[str, pl.Expr]:
    words = form.words
    number = pl.col("number").cast(pl.String).str.zfill(8)
    ends = [words.outcomes["won"], words.outcomes["lost"]] if form.outcome_in_stage else list(words.stages[:2])
    statuses = [words.outcomes.get("open", "")] * 4 + [words.outcomes["won"], words.outcomes["lost"]]
    changed_at = pl.col("stage_changed_at").dt.to_string(form.instant)
    return {
        "opportunity_id": pl.format("006{}AAX", number),
        "name": pl.format("{} {}", _word(list(words.business_types.values()), "business_type"), number),
        "account_ref": pl.format("{} {}", _word(list(words.countries.values()), "country"), "account"),
        "owner_ref": pl.format("owner{}", "owner"),
        "stage_raw": _word([*words.stages, *ends], "stage"),
        "status_word": _word(statuses, "stage"),
        "amount": _amount(form),
        "currency": pl.lit(CURRENCIES[form.source]),
        "expected_close_on": pl.col("expected_close_on").dt.to_string(form.day),
        "created_at": pl.col("created_at").dt.to_string(form.instant),
        "modified_at": changed_at,
        "stage_changed_at": changed_at,
        "lead_source": _word(list(words.lead_sources.values()), "lead_source"),
        "business_type": _word(list(words.business_types.values()), "business_type"),
        "country": _word(list(words.countries.values()), "country"),
        "on_hold": pl.lit(words.no),
    }


def _word(words: list[str], column: str) -> pl.Expr:
    return pl.lit(pl.Series(words)).gather(pl.col(column) % len(words))


def _amount(form: Format) -> pl.Expr:
    if not form.decimals:
        return pl.col("amount").round(0).cast(pl.Int64).cast(pl.String)
    return pl.col("amount").cast(pl.Decimal(18, 2)).cast(pl.String).str.replace(".", form.decimal, literal=True)
