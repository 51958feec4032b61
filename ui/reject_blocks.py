"""Rejected rows on the freshness page: why, which lines, what to do, and what became right since."""

from base64 import b64encode
from collections.abc import Sequence

import polars as pl

from kpi.reject_reasons import what_to_do
from kpi.rejects import RejectedLoad, RejectsFile
from ui.disclosure import ask_link, disclosure
from ui.escape import shortened, text
from ui.formats import counted, grouped
from ui.headline import section
from ui.ledger_words import table_word

SHOWN_ROWS = 30
SHOWN_CORRECTED = 12


def rejects_block(
    counts: pl.DataFrame,
    rows: pl.DataFrame,
    corrected: pl.DataFrame,
    files: Sequence[tuple[RejectedLoad, RejectsFile | None]],
) -> str:
    """Why rows stand rejected, most first, with their lines; files to correct; what was corrected. Nothing without."""
    if counts.is_empty() and corrected.is_empty():
        return ""
    reasons = counts["reason"].unique(maintain_order=True).to_list()
    groups = sorted((counts.filter(pl.col("reason") == reason) for reason in reasons), key=lambda one: -_rows(one))
    body = "".join(_reason(group, rows) for group in groups)
    note = f"{counted(_rows(counts), 'row')}, in no figure until corrected; persons are masked"
    if counts.is_empty():
        note = "none stands rejected"
    shown = f'<div class="reasons">{body}</div>' if body else ""
    return section("Rejected rows", note) + shown + _corrections(files) + _corrected(corrected)


def _reason(counts: pl.DataFrame, rejected: pl.DataFrame) -> str:
    reason, sentence = str(counts["reason"][0]), str(counts["sentence"][0])
    lines = rejected.filter(pl.col("reason") == reason).head(SHOWN_ROWS).to_dicts()
    raw = "".join(
        f"<li><span>{text(line['source'])}/{text(line['file'])}:{_int(line['line'])}"
        f"{' · ' + text(line['column_name']) if line['column_name'] else ''}</span>"
        f"<code>{text(shortened(line['raw'], 260))}</code></li>"
        for line in lines
    )
    summed = counts.group_by("source", "table_name", maintain_order=True).agg(pl.col("rows").sum()).to_dicts()
    where = ", ".join(f"{row['source']} {table_word(str(row['table_name']))} {_int(row['rows'])}" for row in summed)
    return (
        f'<details id="reject-{text(reason)}"><summary><b>{grouped(_rows(counts))}</b>'
        f"<span>{text(sentence)}<small>{text(where)} · {text(reason)}</small></span></summary>"
        f'<p class="todo">{text(what_to_do(reason))}</p><ol class="raw">{raw}</ol></details>'
    )


def _corrections(files: Sequence[tuple[RejectedLoad, RejectsFile | None]]) -> str:
    """The rejected rows of each load to download and send again; a load that is too long names the command."""
    if not files:
        return ""
    rows = "".join(_correction(load, file) for load, file in files if file is not None)
    left = [load for load, file in files if file is None]
    if left:
        many = f"{counted(len(left), 'file')} more with {counted(sum(load.rows for load in left), 'row')}"
        rows += f"<div><dt>{many}<small>written by <code>denominator rejects --out FOLDER</code></small></dt></div>"
    title = f"Correct the rows of {counted(len(files), 'file')} and send them again"
    note = "correct the cells in a spreadsheet; formulas are guarded, hidden names are put back"
    return disclosure("corrections", title, f'<dl class="facts">{rows}</dl>', note=note)


def _correction(load: RejectedLoad, file: RejectsFile) -> str:
    return (
        f"<div><dt>{text(load.source)}/{text(load.file)}<small>{counted(load.rows, 'row')} to correct</small></dt>"
        f'<dd><small class="asks"><a download="{text(file.name)}" href="data:text/csv;base64,'
        f'{b64encode(file.content).decode()}">Download</a> '
        f"{ask_link('resend', load.load_id, 'Send corrected')}</small></dd></div>"
    )


def _corrected(corrected: pl.DataFrame) -> str:
    if corrected.is_empty():
        return ""
    rows = "".join(
        f"<div><dt>{text(row['source'])}/{text(row['file'])}<small>{text(row['sentence'])}</small></dt>"
        f"<dd>{counted(_int(row['rows']), 'row')}<small>by {text(row['corrected_in'])}</small></dd></div>"
        for row in corrected.head(SHOWN_CORRECTED).to_dicts()
    )
    older = corrected.slice(SHOWN_CORRECTED)
    if older.height:
        rows += f"<div><dt>Earlier corrections</dt><dd>{counted(_rows(older), 'row')}</dd></div>"
    title = f"{counted(_rows(corrected), 'row')} rejected earlier {'is' if _rows(corrected) == 1 else 'are'} right now"
    return disclosure("corrected", title, f'<dl class="facts">{rows}</dl>', note="a later load brought them")


def _rows(frame: pl.DataFrame) -> int:
    return _int(frame["rows"].sum())


def _int(value: object) -> int:
    return int(str(value)) if value is not None else 0
