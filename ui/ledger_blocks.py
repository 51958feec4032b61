"""The parts of the freshness page: feeds, balances, rejected rows, unmapped stages, held loads."""

from collections.abc import Sequence

import polars as pl

from kpi.ledger import Feed, UnmappedStage
from ui.escape import shortened, text
from ui.formats import counted, full_moment, grouped, money, three_digits
from ui.headline import notice, section
from ui.view import View

TABLES = {"opportunity": "Deals", "lead": "Leads", "activity": "Activities", "account": "Accounts", "person": "Persons"}
COMPANY_TABLES = {"target": "Targets", "fx_rate": "Exchange rates"}
SHOWN_LOADS = 12
SHOWN_REASONS = 12
SHOWN_ROWS = 30


def feeds_block(view: View) -> str:
    """When each region last delivered each table; late ones in words and colour."""
    regions = view.choice.regions or tuple(view.organisation.regions)
    newest = _newest(view.feeds)
    order = sorted(regions, key=lambda region: (region not in view.late, view.name(region)))
    heads = "".join(f'<th scope="col">{name}</th>' for name in TABLES.values())
    rows = "".join(
        f'<tr><th scope="row">{text(view.name(region))}<small>{text(_sources(view.feeds, region))}</small></th>'
        + "".join(_feed_cell(view, newest.get((region, table)), name) for table, name in TABLES.items())
        + "</tr>"
        for region in order
    )
    return (
        section("Last export of each region", f"times of {view.zone}")
        + '<table class="ledger feeds"><thead><tr><th scope="col">Region</th>'
        + f"{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def balance_block(view: View, loads: pl.DataFrame) -> str:
    """Rows in = loaded + rejected + ignored, for the newest loads; a load that does not balance would say so."""
    if loads.is_empty():
        return section("Every row accounted for") + notice("No load yet", "The first one is listed here.")
    newest = loads.filter(pl.col("status") == "loaded").unique(
        ["source", "table_name"], keep="first", maintain_order=True
    )
    total = loads.filter(pl.col("status") == "loaded")
    rows = "".join(_balance_row(view, row) for row in newest.head(SHOWN_LOADS).to_dicts())
    note = (
        f"newest load of each feed; {counted(total.height, 'load')} and {grouped(_sum(total, 'rows_in'))} rows in all"
    )
    return (
        section("Every row accounted for", note)
        + '<table class="ledger balance"><thead><tr><th scope="col">Export</th><th scope="col" class="num">Rows in</th>'
        '<th scope="col" class="num"><span class="op">=</span> loaded</th><th scope="col" class="num">'
        '<span class="op">+</span> rejected</th>'
        '<th scope="col" class="num"><span class="op">+</span> ignored</th><th scope="col">'
        '<span class="unseen">Balance</span></th>'
        f'<th scope="col" class="num">new or changed</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def rejects_block(view: View, counts: pl.DataFrame, rows: pl.DataFrame) -> str:
    """Why rows were rejected, most first, and for each reason the raw lines with persons masked."""
    if counts.is_empty():
        return section("Rejected rows") + notice(
            "No row stands rejected", "Every row of every export is in the store or was ignored with a reason."
        )
    shown = counts.head(SHOWN_REASONS).to_dicts()
    body = "".join(_reason(row, rows) for row in shown)
    note = (
        f"{grouped(_sum(counts, 'rows'))} rows that are in no figure until their export is corrected; persons are"
        " masked"
    )
    return section("Rejected rows", note) + f'<div class="reasons">{body}</div>'


def unmapped_block(stages: Sequence[UnmappedStage], view: View) -> str:
    """Stage words that no profile explains, with what their deals are worth."""
    if not stages:
        return section("Unmapped stages") + notice("Every stage is mapped", "No deal is left out for want of a stage.")
    rows = "".join(_stage(stage, view) for stage in stages)
    value = sum(float(stage.value) for stage in stages if stage.value is not None)
    worth = f"{counted(sum(stage.deals for stage in stages), 'deal')}, {money(value, stages[0].currency)} not counted"
    return section("Unmapped stages", worth) + f'<dl class="facts">{rows}</dl>'


def held_block(view: View, held: pl.DataFrame, refused: pl.DataFrame) -> str:
    """Loads that wait for a person, and files that could not be read at all; nothing when there are none."""
    if held.is_empty() and refused.is_empty():
        return ""
    rows = "".join(_held(view, row) for row in [*held.to_dicts(), *refused.head(8).to_dicts()])
    return section("Held or refused", "the store keeps what it had before") + f'<dl class="facts">{rows}</dl>'


def _feed_cell(view: View, feed: Feed | None, name: str) -> str:
    if feed is None:
        return '<td class="none"><span class="unseen">not declared</span>–</td>'
    if feed.exported_at is None:
        return f'<td class="{"late" if feed.is_late else ""}"><b>never</b></td>'
    when = full_moment(feed.exported_at, view.zone)
    tip = f"{name}: {feed.file}; due {feed.arrives or 'at no set time'}"
    late = f"<small>{three_digits(feed.late_hours)} working hours late</small>" if feed.is_late else ""
    mark = ' class="late"' if feed.is_late else ""
    return f'<td{mark}><span class="tip" tabindex="0" data-tip="{text(tip)}">{when}</span>{late}</td>'


def _balance_row(view: View, row: dict[str, object]) -> str:
    good = bool(row["balances"])
    sign = '<span class="ok">balances</span>' if good else '<span class="worse">does not balance</span>'
    when = row["exported_at"]
    return (
        f'<tr><th scope="row">{text(row["source"])}<small>{text(row["file"])}</small></th>'
        + "".join(
            f'<td class="num {key}">{grouped(_int(row[key]))}</td>'
            for key in ("rows_in", "loaded", "rejected", "ignored")
        )
        + f'<td>{sign}</td><td class="num">{grouped(_int(row["changed"]))}</td></tr>'
        if when is not None
        else ""
    )


def _reason(row: dict[str, object], rejected: pl.DataFrame) -> str:
    column = row["column_name"]
    same = pl.col("column_name").is_null() if column is None else pl.col("column_name") == column
    lines = rejected.filter(
        (pl.col("source") == row["source"])
        & (pl.col("table_name") == row["table_name"])
        & (pl.col("reason") == row["reason"])
        & same
    ).head(SHOWN_ROWS)
    raw = "".join(
        f"<li><span>{text(line['file'])}:{_int(line['line'])}</span><code>{text(shortened(line['raw'], 220))}"
        "</code></li>"
        for line in lines.to_dicts()
    )
    where = f"{text(row['source'])}, {text(TABLES.get(str(row['table_name']), str(row['table_name'])).lower())}"
    named = f", column <code>{text(column)}</code>" if column else ""
    name = "-".join(str(row[part]) for part in ("source", "table_name", "reason", "column_name"))
    return (
        f'<details id="reject-{text(name)}">'
        f"<summary><b>{grouped(_int(row['rows']))}</b><span>{text(row['sentence'])}"
        f"<small>{where}{named} · {text(row['reason'])}</small></span></summary>"
        f'<ol class="raw">{raw or "<li><span>The rows are outside what you may see.</span></li>"}</ol></details>'
    )


def _stage(stage: UnmappedStage, view: View) -> str:
    value = money(stage.value, stage.currency) if stage.value is not None else "no rate"
    region = view.name(stage.region) if stage.region in view.organisation.regions else stage.region
    return (
        f"<div><dt><b>“{text(stage.word)}”</b><small>{text(region)}: {counted(stage.deals, 'deal')}. Add the word to "
        f"<code>stages:</code> in sources/{text(stage.source)}.yaml, then replay the source.</small></dt><dd>"
        f"<b>{value}</b></dd></div>"
    )


def _held(view: View, row: dict[str, object]) -> str:
    return (
        f"<div><dt><b>{text(row['status'])}</b> {text(row['source'])}/{text(row['file'])}"
        f"<small>{text(row['message'] or row['sentence'])}</small></dt><dd>{grouped(_int(row['rows_in']))} rows"
        "</dd></div>"
    )


def _newest(feeds: Sequence[Feed]) -> dict[tuple[str, str], Feed]:
    found: dict[tuple[str, str], Feed] = {}
    for feed in feeds:
        before = found.get((feed.region, feed.table))
        if before is None or (
            feed.exported_at and (before.exported_at is None or feed.exported_at > before.exported_at)
        ):
            found[feed.region, feed.table] = feed
    return found


def _sources(feeds: Sequence[Feed], region: str) -> str:
    return ", ".join(dict.fromkeys(feed.source for feed in feeds if feed.region == region and feed.table in TABLES))


def _int(value: object) -> int:
    return int(str(value)) if value is not None else 0


def _sum(frame: pl.DataFrame, column: str) -> int:
    return _int(frame[column].sum())
