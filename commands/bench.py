"""denominator bench: measure this machine, with the peers in the same run."""

import os
import platform
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bench.boring import PACKAGE
from bench.deviations import SHAPES, measure_deviations, measure_rates, measure_scan
from bench.engines import Agreement, Opening, measure_engines, on_clickhouse, on_postgres, on_spark
from bench.kpi import measure_kpis
from bench.loading import Bench, Result, measure_loading
from bench.pack import measure_pack
from commands.shared import PROBLEM, WorkspaceOption, people, print_json
from docket.pack.shelf import Shelf
from organisation import Workspace

bench = typer.Typer(help="Measure what has a figure, side by side with the peers in one run.", no_args_is_help=True)


@bench.callback()
def group() -> None:
    """Measure what has a figure, side by side with the peers in one run."""


@bench.command()
def loading(
    rows: Annotated[int, typer.Option(help="Opportunities in the five exports together.")] = 1_000_000,
    large: Annotated[int, typer.Option(help="A second size of store for the delta; 0: none.")] = 0,
    repeat: Annotated[int, typer.Option(help="Runs of each contender; medians are shown.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Measure loading: a first export, the next one with 1 % changed, and a delta of 1,000 rows."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        asked = Bench(Path(folder), rows, repeat, on_run=lambda name: people.print(f"… {name}", markup=False))
        results = measure_loading(asked, large or None)
    if as_json:
        for result in results:
            print_json(_figures(result))
        return
    for line in _markdown(results):
        typer.echo(line)
    typer.echo(_machine())


@bench.command()
def kpi(
    rows: Annotated[int, typer.Option(help="Deals of three years, over the regions of this workspace.")] = 1_000_000,
    repeat: Annotated[int, typer.Option(help="Runs of each contender; medians are shown.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Measure the KPI engine: compiling, and five KPIs by region and month beside the same SQL written by hand."""
    figures = measure_kpis(rows, repeat)
    if as_json:
        for figure in figures:
            print_json(asdict(figure))
        return
    typer.echo("| work | contender | ms | p95 ms | CPU ms | ratio of CPU |")
    typer.echo("|---|---|--:|--:|--:|--:|")
    for figure in figures:
        ratio = "–" if figure.ratio is None else f"{figure.ratio:.2f}"
        within = "–" if figure.p95 is None else f"{1000 * figure.p95:,.1f}"
        times = f"{1000 * figure.seconds:,.1f} | {within} | {1000 * figure.cpu_seconds:,.1f}"
        typer.echo(f"| {figure.work} | {figure.name} | {times} | {ratio} |")
    typer.echo(_machine())
    if not any(PACKAGE in figure.name for figure in figures):
        people.print(f"{PACKAGE} is not installed here; make bench measures beside it.", markup=False)


@bench.command()
def engines(
    postgres: Annotated[str | None, typer.Option(help="A database, such as host=db dbname=kpis user=reader.")] = None,
    clickhouse: Annotated[bool, typer.Option("--clickhouse", help="ClickHouse in this process.")] = False,
    spark: Annotated[str | None, typer.Option(help="A master of this host, such as local-cluster[1,1,1024].")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare every cell of every KPI on other databases with DuckDB's, and say how long each took."""
    opening: dict[str, Opening] = {}
    if postgres:
        opening["postgres"] = on_postgres(postgres)
    if clickhouse:
        opening["clickhouse"] = on_clickhouse
    if spark:
        opening["spark"] = on_spark(spark)
    found = measure_engines(Workspace.find(workspace), opening, lambda words: people.print(f"… {words}", markup=False))
    for line in () if as_json else _agreement_lines(found):
        typer.echo(line)
    for one in found if as_json else ():
        print_json({**asdict(one), "kpis": sorted(one.kpis), "middle_seconds": one.middle_seconds})
    for what in (what for one in found for what in one.differing[:20]):
        people.print(what, markup=False)
    if any(one.differing for one in found):
        raise typer.Exit(PROBLEM)


def _agreement_lines(found: list[Agreement]) -> Iterator[str]:
    yield "| engine | cells | with a number | differing | seconds to load | seconds a question, median |"
    yield "|---|--:|--:|--:|--:|--:|"
    for one in found:
        times = f"{one.loading_seconds:.1f} | {one.middle_seconds:.2f}"
        yield f"| {one.engine} | {one.cells:,} | {one.numbers:,} | {len(one.differing)} | {times} |"
    yield ""
    yield _machine()


@bench.command()
def pack(
    repeat: Annotated[int, typer.Option(help="Runs of each form; medians are shown.")] = 5,
    workspace: WorkspaceOption = None,
) -> None:
    """Measure how long the newest frozen pack takes as PDF and slides together, and as each form."""
    content = Shelf(Workspace.find(workspace).packs).newest()
    if content is None:
        raise typer.BadParameter("nothing has been frozen yet: denominator report --freeze", param_hint="--workspace")
    typer.echo("| a pack as | seconds | CPU seconds | bytes |")
    typer.echo("|---|--:|--:|--:|")
    for drawn in measure_pack(content, repeat):
        typer.echo(f"| {drawn.name} | {drawn.seconds:.2f} | {drawn.cpu_seconds:.2f} | {drawn.size:,} |")
    typer.echo(_machine())


@bench.command()
def deviations(
    series: Annotated[
        Path | None, typer.Option(help="Parquet file of real weekly series: panel, kpi, sid, week, value.")
    ] = None,
    replays: Annotated[
        int, typer.Option(help="Injected deviations of each shape and panel, times a sixth of it.")
    ] = 40,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Measure detection: recall of injected deviations at one false alarm a year, beside simple rules."""
    found = measure_deviations(series, replays)
    if as_json:
        for one in found:
            print_json(asdict(one))
        return
    typer.echo(f"| panel | method | false alarms a year | {' | '.join(SHAPES)} | weeks until −20 % | ms a series |")
    typer.echo(f"|---|---|--:|{'--:|' * len(SHAPES)}--:|--:|")
    for one in found:
        recall = " | ".join(f"{one.recall[shape]:.2f}" for shape in SHAPES)
        numbers = f"{one.delay:.0f} | {one.milliseconds:.1f}"
        typer.echo(f"| {one.panel} | {one.method} | {one.alarms:.1f} | {recall} | {numbers} |")
    alarms, halved = measure_rates(replays)
    typer.echo(f"Rates: {alarms:.1f} false alarms a series and year; {halved:.2f} of halved rates within 8 weeks")
    typer.echo(f"1,200 series of 156 weeks at once: {measure_scan():.1f} ms a series")
    typer.echo(_machine())


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _markdown(results: list[Result]) -> Iterator[str]:
    yield "| work | contender | seconds | ratio | CPU seconds | MB, process | MB, largest child |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for result in results:
        figures = _figures(result)
        cells = [figures[name] for name in ("seconds", "ratio", "cpu_seconds", "parent_mb", "child_mb")]
        shown = ["–" if cell is None else f"{cell:,}" for cell in cells]
        yield f"| {result.work} | {result.name}{f' ({result.remark})' if result.remark else ''} | {' | '.join(shown)} |"


def _figures(result: Result) -> dict[str, object]:
    measured = result.measured
    return {
        "work": result.work,
        "contender": result.name,
        "seconds": round(measured.seconds, 2) if measured else None,
        "ratio": round(result.ratio, 2) if result.ratio is not None else None,
        "cpu_seconds": round(measured.cpu_seconds, 2) if measured else None,
        "parent_mb": round(measured.parent) if measured else None,
        "child_mb": round(measured.child) if measured else None,
        "remark": result.remark,
    }
