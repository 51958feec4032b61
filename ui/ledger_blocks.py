"""The parts of the freshness page: feeds, balances, rejected rows, unmapped stages, held loads."""

from base64 import b64encode
from collections.abc import Sequence
from urllib.parse import urlencode

import polars as pl

from kpi.ledger import Feed, UnmappedStage
from kpi.rejects import RejectedLoad, RejectsFile
from ui.escape import shortened, text
from ui.formats import counted, full_moment, grouped, money, two_digits
from ui.headline import notice, section
from ui.view import View

TABLES = {"opportunity": "Deals", "lead": "Leads", "activity": "Activities", "account": "Accounts", "person": "Persons"}
COMPANY_TABLES = {"target": "Targets", "order_intake": "Order intake", "fx_rate": "Exchange rates"}
SHOWN_ROWS = 30
BALANCE_HEADS = (
    "Rows in",
    '<span class="op">=</span> loaded',
    '<span class="op">+</span> rejected',
    '<span class="op">+</span> ignored',
    '<span class="unseen">Balance</span>',
    "new or changed",
)


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


def balance_block(loads: pl.DataFrame) -> str:
    """Rows in = loaded + rejected + ignored, for each feed's newest load; one that does not balance would say so."""
    done = loads.filter(pl.col("status") == "loaded")
    if done.is_empty():
        return section("Every row accounted for") + notice("No load yet", "The first one is listed here.")
    newest = done.unique(["source", "table_name"], keep="first", maintain_order=True).sort("source", "table_name")
    rows, source = "", ""
    for row in newest.to_dicts():
        if row["source"] != source:
            source = row["source"]
            rows += f'<tr class="source"><th scope="rowgroup" colspan="7">{text(source)}</th></tr>'
        rows += _balance_row(row)
    note = f"newest load of each feed; {counted(done.height, 'load')} and {grouped(_sum(done, 'rows_in'))} rows in all"
    heads = "".join(f'<th scope="col" class="num">{head}</th>' for head in BALANCE_HEADS)
    return (
        section("Every row accounted for", note)
        + f'<table class="ledger balance"><thead><tr><th scope="col">Export</th>{heads}</tr></thead>'
        + f"<tbody>{rows}</tbody></table>"
    )


def rejects_block(counts: pl.DataFrame, rows: pl.DataFrame) -> str:
    """Why rows were rejected, most first, and for each reason the raw lines with persons masked."""
    if counts.is_empty():
        words = "Every row of every export is in the store, or was ignored with a reason."
        return section("Rejected rows") + notice("No row stands rejected", words)
    reasons = counts["reason"].unique(maintain_order=True).to_list()
    groups = [counts.filter(pl.col("reason") == reason) for reason in reasons]
    groups.sort(key=lambda group: -_sum(group, "rows"))
    body = "".join(_reason(group, rows) for group in groups)
    note = f"{grouped(_sum(counts, 'rows'))} rows, in no figure until their export is corrected; persons are masked"
    return section("Rejected rows", note) + f'<div class="reasons">{body}</div>'


def unmapped_block(stages: Sequence[UnmappedStage], view: View) -> str:
    """Stage words that no profile explains, with what their deals are worth."""
    if not stages:
        return section("Unmapped stages") + notice("Every stage is mapped", "No deal is left out for want of a stage.")
    rows = "".join(_stage(stage, view) for stage in stages)
    value = sum(float(stage.value) for stage in stages if stage.value is not None)
    worth = f"{counted(sum(stage.deals for stage in stages), 'deal')}, {money(value, stages[0].currency)} not counted"
    return section("Unmapped stages", worth) + f'<dl class="facts">{rows}</dl>'


def merges_block(merges: pl.DataFrame) -> str:
    """Merged accounts whose survivor cannot be told; nothing when there are none."""
    if merges.is_empty():
        return ""
    rows = "".join(
        f"<div><dt><b>{text(row['name'] or row['account_id'])}</b><small>{text(row['source'])}: account "
        f"{text(row['account_id'])} is merged into {text(row['merged_into'])}</small></dt></div>"
        for row in merges.head(SHOWN_ROWS).to_dicts()
    )
    words = f"{counted(merges.height, 'account')}; the merge runs in a circle, or several accounts have that name"
    return section("Merged into nobody", words) + f'<dl class="facts">{rows}</dl>'


def held_block(held: pl.DataFrame, refused: pl.DataFrame) -> str:
    """Loads that wait for a person, and files that could not be read at all; nothing when there are none."""
    if held.is_empty() and refused.is_empty():
        return ""
    rows = "".join(_held(row) for row in [*held.to_dicts(), *refused.head(8).to_dicts()])
    return section("Held or refused", "the store keeps what it had before") + f'<dl class="facts">{rows}</dl>'


def _feed_cell(view: View, feed: Feed | None, name: str) -> str:
    if feed is None:
        return '<td class="none"><span class="unseen">not declared</span>–</td>'
    if feed.exported_at is None:
        return f'<td class="{"late" if feed.is_late else ""}"><b>never</b></td>'
    when = full_moment(feed.exported_at, view.zone)
    tip = f"{name}: {feed.file}; due {feed.arrives or 'at no set time'}"
    late = f"<small>{two_digits(feed.late_hours)} working hours late</small>" if feed.is_late else ""
    mark = ' class="late"' if feed.is_late else ""
    return f'<td{mark}><span class="tip" tabindex="0" data-tip="{text(tip)}">{when}</span>{late}</td>'


def _balance_row(row: dict[str, object]) -> str:
    figures = "".join(
        f'<td class="num {name}">{grouped(_int(row[name]))}</td>'
        for name in ("rows_in", "loaded", "rejected", "ignored")
    )
    sign = "balances" if row["balances"] else '<b class="worse">does not balance</b>'
    return (
        f'<tr><th scope="row">{text(row["file"])}</th>{figures}'
        f'<td class="num ok">{sign}</td><td class="num">{grouped(_int(row["changed"]))}</td></tr>'
    )


def _reason(counts: pl.DataFrame, rejected: pl.DataFrame) -> str:
    reason, sentence = str(counts["reason"][0]), str(counts["sentence"][0])
    lines = rejected.filter(pl.col("reason") == reason).head(SHOWN_ROWS).to_dicts()
    raw = "".join(
        f"<li><span>{text(line['source'])}/{text(line['file'])}:{_int(line['line'])}"
        f"{' · ' + text(line['column_name']) if line['column_name'] else ''}</span>"
        f"<code>{text(shortened(line['raw'], 260))}</code></li>"
        for line in lines
    )
    where = ", ".join(
        f"{row['source']} {_table_word(str(row['table_name']))} {_int(row['rows'])}"
        for row in counts.group_by("source", "table_name", maintain_order=True).agg(pl.col("rows").sum()).to_dicts()
    )
    return (
        f'<details id="reject-{text(reason)}"><summary><b>{grouped(_sum(counts, "rows"))}</b>'
        f"<span>{text(sentence)}<small>{text(where)} · {text(reason)}</small></span></summary>"
        f'<ol class="raw">{raw or "<li><span>The rows are outside what you may see.</span></li>"}</ol></details>'
    )


def _table_word(table: str) -> str:
    return {**TABLES, **COMPANY_TABLES}.get(table, table).lower()


def _stage(stage: UnmappedStage, view: View) -> str:
    value = money(stage.value, stage.currency) if stage.value is not None else "no rate"
    region = view.name(stage.region) if stage.region in view.organisation.regions else stage.region
    return (
        f"<div><dt><b>“{text(stage.word)}”</b><small>{text(region)}: {counted(stage.deals, 'deal')}. Add the word to "
        f"<code>stages:</code> in sources/{text(stage.source)}.yaml, then replay the source.</small></dt><dd>"
        f"<b>{value}</b></dd></div>"
    )


def _held(row: dict[str, object]) -> str:
    return (
        f"<div><dt><b>{text(row['status'])}</b> {text(row['source'])}/{text(row['file'])}"
        f"<small>{text(row['message'] or row['sentence'])}</small></dt><dd>{grouped(_int(row['rows_in']))} rows"
        f"{_decisions(row)}</dd></div>"
    )


def _decisions(row: dict[str, object]) -> str:
    """The links by which a person decides; a file that could not be read has none."""
    by_a_person = str(row["message"]).startswith("refused by ")
    words = {"held": {"release": "Let it in", "refuse": "Refuse"}, "refused": {"release": "Let it in after all"}}
    offered = words[str(row["status"])] if row["status"] == "held" or by_a_person else {}
    links = [_ask(what, row["load_id"], word) for what, word in offered.items()]
    return f'<small class="asks">{" ".join(links)}</small>' if links else ""


def _ask(what: str, load_id: object, words: str) -> str:
    address = "freshness?" + urlencode({"ask": what, "load": str(load_id)})
    return f'<a data-go href="{text(address)}">{text(words)}</a>'


def corrections_block(files: Sequence[tuple[RejectedLoad, RejectsFile]]) -> str:
    """The rejected rows of each load as a file to download, correct and send again; nothing where there are none."""
    if not files:
        return ""
    rows = "".join(
        f"<div><dt>{text(load.source)}/{text(load.file)}<small>{counted(load.rows, 'row')} to correct</small></dt>"
        f'<dd><small class="asks"><a download="{text(file.name)}" href="data:text/csv;base64,'
        f'{b64encode(file.content).decode()}">Download</a> '
        f"{_ask('resend', load.load_id, 'Send corrected')}</small></dd></div>"
        for load, file in files
    )
    note = "correct the cells in a spreadsheet and send the file again; formulas are guarded, hidden names are put back"
    return section("Correct rejected rows", note) + f'<dl class="facts">{rows}</dl>'


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
