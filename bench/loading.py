"""Loading against its peers: a first export, the next one with few changes, and a small delta on a large store."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from bench.exports import FORMATS, LAST_DAY, Company, changed, deals, deltas_from, make_company, parts_of, write_exports
from bench.measure import Contender, ContenderFailed, Measured, middle, run

CHANGED_SHARE = 0.01
DELTA_ROWS = 1000
ROWS_AT_ONCE = 1_000_000  # of a larger store so many are loaded in one run
OnRun = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """One contender's medians at one work; beside: the name of what the ratio is taken to."""

    work: str
    name: str
    measured: Measured | None
    ratio: float | None
    remark: str = ""


@dataclass(frozen=True)
class Bench:
    """Where the benchmark works, with how many opportunities, and how often each contender runs."""

    folder: Path
    rows: int
    repeat: int
    on_run: OnRun = lambda _name: None


def measure_loading(bench: Bench, large_rows: int | None = None) -> list[Result]:
    """Give the figures of all three works; with large_rows the delta is measured at that size too."""
    results = [*_first_export(bench), *_next_export(bench)]
    sizes = [bench.rows, *([large_rows] if large_rows else [])]
    return [*results, *_delta(bench, sizes)]


def _first_export(bench: Bench) -> list[Result]:
    company = make_company(bench.folder / "exports", bench.rows)
    write_exports(company, LAST_DAY)
    inbox, work = str(company.workspace.inbox), str(bench.folder / "work")
    contenders = [_peer(name, function, inbox, work) for name, function in _readers()]
    ours = _Ours(bench.folder / "ours", company)
    return _compared(bench, f"{bench.rows:,} rows, first export", contenders, ours)


def _next_export(bench: Bench) -> list[Result]:
    first = make_company(bench.folder / "first", bench.rows)
    write_exports(first, LAST_DAY)
    following = make_company(bench.folder / "next", bench.rows)
    frames = {place: changed(deals(first, place), share=CHANGED_SHARE, seed=place) for place in range(len(FORMATS))}
    write_exports(following, LAST_DAY + timedelta(days=1), frames)
    inboxes = (str(first.workspace.inbox), str(following.workspace.inbox))
    contenders = [
        _Following(name, functions, inboxes, bench.folder / function_name)
        for name, functions, function_name in _historians()
    ]
    ours = _Ours(bench.folder / "ours", following, before=[first])
    return _compared(bench, f"{bench.rows:,} rows, {CHANGED_SHARE:.0%} changed", contenders, ours)


def _delta(bench: Bench, sizes: Sequence[int]) -> list[Result]:
    found = []
    for rows in sizes:
        bench.on_run(f"{DELTA_ROWS:,}-row delta at {rows:,}")
        at_once = make_company(bench.folder / "stored", min(rows, ROWS_AT_ONCE))
        company = deltas_from(at_once, bench.folder / "delta", DELTA_ROWS)
        ours = _Ours(bench.folder / "ours", company, parts_of(bench.folder / "stored", rows, ROWS_AT_ONCE))
        found.append(middle(list(ours.runs(bench.repeat))))
    work = f"{DELTA_ROWS:,}-row delta"
    return [
        Result(work, f"Denominator at {rows:,} stored", measured, measured.seconds / found[0].seconds)
        for rows, measured in zip(sizes, found, strict=True)
    ]


class _Plain:
    """A contender that starts from nothing each time."""

    def __init__(self, contender: Contender) -> None:
        self.name = contender.name
        self._contender = contender

    def runs(self, times: int) -> Iterator[Measured]:
        for _ in range(times):
            yield run(self._contender)


class _Following:
    """A contender whose next export is measured on top of a first one."""

    def __init__(self, name: str, functions: tuple[str, str], inboxes: tuple[str, str], work: Path) -> None:
        self.name = name
        self._first = Contender(name, f"bench.peers:{functions[0]}", (inboxes[0], str(work)))
        self._next = Contender(name, f"bench.peers:{functions[1]}", (inboxes[1], str(work)))

    def runs(self, times: int) -> Iterator[Measured]:
        for _ in range(times):
            run(self._first)
            yield run(self._next)


class _Ours:
    """Denominator on a copy of a prepared workspace, so that each run finds the same waiting."""

    def __init__(self, root: Path, waiting: Company, before: Iterable[Company] = ()) -> None:
        self.name = "Denominator"
        self.root = root
        self._waiting = waiting
        self._loaded = root.with_name(f"{root.name}_before")
        self._has_loaded = False
        for part in before:
            if self._has_loaded:
                _copied(part.workspace.inbox, self._loaded / "data" / "inbox")
            else:
                _copied(part.workspace.root, self._loaded)
            run(Contender("Denominator", "bench.ours:load", (str(self._loaded),)))
            self._has_loaded = True

    def runs(self, times: int) -> Iterator[Measured]:
        for _ in range(times):
            _copied(self._loaded if self._has_loaded else self._waiting.workspace.root, self.root)
            if self._has_loaded:
                _copied(self._waiting.workspace.inbox, self.root / "data" / "inbox")
                shutil.copytree(self._waiting.workspace.sources_dir, self.root / "sources", dirs_exist_ok=True)
            yield run(Contender(self.name, "bench.ours:load", (str(self.root),)))


def _compared(bench: Bench, work: str, contenders: Sequence[_Plain | _Following], ours: _Ours) -> list[Result]:
    """Let every contender run in turn, as often as wanted; ratios are to the first one's median."""
    found: list[tuple[str, Measured | None, str]] = []
    for contender in (*contenders, ours):
        bench.on_run(f"{work}: {contender.name}")
        try:
            found.append((contender.name, middle(list(contender.runs(bench.repeat))), ""))
        except ContenderFailed as failure:
            found.append((contender.name, None, str(failure)))
    base = found[0][1]
    return [
        Result(work, name, measured, measured.seconds / base.seconds if measured and base else None, remark)
        for name, measured, remark in found
    ]


def _readers() -> list[tuple[str, str]]:
    peers = [
        ("duckdb read_csv, text only", "raw_duckdb"),
        ("duckdb read_csv, typed", "mapped_duckdb"),
        ("polars to Parquet, text only", "polars_parquet"),
    ]
    return [*peers, *([("dlt, Arrow tables", "dlt_arrow")] if find_spec("dlt") else [])]


def _historians() -> list[tuple[str, tuple[str, str], str]]:
    peers = [
        ("hand-written SCD2 with stored hash", ("scd2_first", "scd2_next"), "scd2"),
        ("DuckLake MERGE", ("ducklake_first", "ducklake_next"), "ducklake"),
    ]
    dlt = [("dlt scd2", ("dlt_scd2_first", "dlt_scd2_next"), "dlt")]
    return [*peers, *(dlt if find_spec("dlt") else [])]


def _peer(name: str, function: str, inbox: str, work: str) -> _Plain:
    return _Plain(Contender(name, f"bench.peers:{function}", (inbox, work)))


def _copied(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
