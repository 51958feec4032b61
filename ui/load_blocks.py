"""Loads on the freshness page: what waits for a person, and the balance of every load, feed by feed."""

from datetime import datetime

import polars as pl

from kpi.reject_reasons import what_to_do
from ui.disclosure import ask_link, disclosure
from ui.escape import text
from ui.formats import counted, full_moment, grouped
from ui.headline import notice, section
from ui.ledger_words import table_word
from ui.view import View

EARLIER = 12  # earlier loads of a feed shown one by one; older ones are summed, so that none is missing
REPLACED = 20
FIGURES = ("rows_in", "loaded", "rejected", "ignored")
HEADS = (
    "<span>Export</span>",
    "<span>Rows in</span>",
    '<span><i class="op">=</i> loaded</span>',
    '<span><i class="op">+</i> rejected</span>',
    '<span><i class="op">+</i> ignored</span>',
    '<span><span class="unseen">Balance</span></span>',
    "<span>new or changed</span>",
)
OF_FEED = ["source", "table_name", "export"]


def decisions_block(loads: pl.DataFrame, view: View) -> str:
    """Loads that wait for a person and files nothing has replaced yet, each with what to do; nothing without any."""
    refused = loads.filter(pl.col("status") == "refused")
    loaded = loads.filter(pl.col("status") == "loaded")
    newest = loaded.group_by(*OF_FEED).agg(newest=pl.col("exported_at").max())
    aged = refused.join(newest, on=OF_FEED, how="left", maintain_order="left", nulls_equal=True)
    is_replaced = (pl.col("newest") >= pl.col("exported_at")).fill_null(value=False)
    waiting, replaced = aged.filter(~is_replaced), aged.filter(is_replaced)
    held = loads.filter(pl.col("status") == "held")
    if held.is_empty() and refused.is_empty():
        return ""
    rows = "".join(_waiting(row, view) for row in [*held.to_dicts(), *waiting.to_dicts()])
    head = section("Held or refused", "the figures rest on what was loaded before") if rows else ""
    shown = f'<dl class="facts">{rows}</dl>' if rows else ""
    return head + shown + _replaced(replaced, view)


def balance_block(loads: pl.DataFrame) -> str:
    """Rows in = loaded + rejected + ignored for every load: each feed's newest one, earlier ones behind it."""
    done = loads.filter(pl.col("status").is_in(["loaded", "withdrawn"])).sort("exported_at", descending=True)
    if done.is_empty():
        return section("Every row accounted for") + notice("No load yet", "The first one is listed here.")
    body = ""
    for of_source in done.sort("source", maintain_order=True).partition_by("source", maintain_order=True):
        feeds = of_source.sort(OF_FEED, maintain_order=True).partition_by(OF_FEED, maintain_order=True)
        lines = "".join(_feed(feed) for feed in feeds)
        body += f'<h3 class="source">{text(of_source["source"][0])}</h3>{lines}'
    note = (
        f"{counted(done.height, 'load')} and {grouped(_sum(done, 'rows_in'))} rows in all; a line opens earlier loads"
    )
    head = f'<p class="line head">{"".join(HEADS)}</p>'
    return section("Every row accounted for", note) + f'<div class="loads">{head}{body}</div>'


def _feed(loads: pl.DataFrame) -> str:
    newest, earlier = loads.row(0, named=True), loads.slice(1)
    if earlier.is_empty():
        return f'<p class="line only">{_line(newest)}</p>'
    is_shown = (pl.int_range(pl.len()) < EARLIER) | (pl.col("status") == "withdrawn")
    shown = "".join(f'<p class="line">{_line(row)}</p>' for row in earlier.filter(is_shown).to_dicts())
    older = earlier.filter(~is_shown)
    more = f'<p class="line sum">{_sum_line(older)}</p>' if older.height else ""
    key = f"loads-{newest['source']}-{newest['export'] or newest['table_name']}"
    count = f"<small>{counted(earlier.height, 'earlier load')}</small>"
    return (
        f'<details id="{text(key)}"><summary class="line">{_line(newest, count)}</summary>'
        f'<div class="earlier">{shown}{more}</div></details>'
    )


def _line(row: dict[str, object], beside: str = "") -> str:
    figures = "".join(f"<span{_strong(name)}>{grouped(_int(row[name]))}</span>" for name in FIGURES)
    if row["status"] == "withdrawn":
        state = "withdrawn"
    else:
        state = "balances" if row["balances"] else '<b class="worse">does not balance</b>'
    return (
        f'<span class="file">{text(row["file"])}{beside}{_change(row)}</span>{figures}<span class="ok">{state}</span>'
        f"<span>{grouped(_int(row['changed']))}</span>"
    )


def _change(row: dict[str, object]) -> str:
    """The link that takes a load out of force or puts it back, who let it in, and why it was withdrawn."""
    if row["status"] != "withdrawn":
        who = f'<small class="why">by decision of {text(row["who"])}</small>' if row["who"] else ""
        return f' <small class="act">{ask_link("withdraw", row["load_id"], "Withdraw")}</small>{who}'
    link = ask_link("take_back", row["load_id"], "Put into force again")
    return f' <small class="act">{link}</small><small class="why">{text(row["message"])}</small>'


def _sum_line(loads: pl.DataFrame) -> str:
    figures = "".join(f"<span{_strong(name)}>{grouped(_sum(loads, name))}</span>" for name in FIGURES)
    wrong = loads.filter((pl.col("status") == "loaded") & ~pl.col("balances")).height
    state = f'<b class="worse">{wrong} do not balance</b>' if wrong else "each balances"
    return (
        f'<span class="file">{counted(loads.height, "older load")} together</span>{figures}'
        f'<span class="ok">{state}</span><span>{grouped(_sum(loads, "changed"))}</span>'
    )


def _strong(name: str) -> str:
    return ' class="rows_in"' if name == "rows_in" else ""


def _waiting(row: dict[str, object], view: View) -> str:
    moment, table = row["exported_at"], table_word(str(row["table_name"]))
    when = f", export of {full_moment(moment, view.zone)}" if isinstance(moment, datetime) else ""
    rows = f", {grouped(_int(row['rows_in']))} rows" if row["rows_in"] else ""
    todo = what_to_do(str(row["reason"]))
    said = str(row["message"] or row["sentence"])
    step = f'<small class="next">{text(todo)}</small>' if todo and not _by_a_person(row) else ""
    return (
        f"<div><dt><b>{text(str(row['status']).capitalize())}</b> {text(row['source'])}/{text(row['file'])}"
        f"<small>{text(said[:1].upper() + said[1:])}</small>{step}<small>{text(table.capitalize() + when + rows)}"
        f"</small></dt><dd>{_decisions(row)}</dd></div>"
    )


def _replaced(loads: pl.DataFrame, view: View) -> str:
    if loads.is_empty():
        return ""
    rows = "".join(_waiting(row, view) for row in loads.head(REPLACED).to_dicts())
    title = f"{counted(loads.height, 'file')} refused earlier; a newer export has taken the place of each"
    return disclosure("refused-earlier", title, f'<dl class="facts">{rows}</dl>')


def _by_a_person(row: dict[str, object]) -> bool:
    return str(row["message"]).startswith("refused by ")


def _decisions(row: dict[str, object]) -> str:
    """The links by which a person decides; a file that could not be read has none."""
    words = {"held": {"release": "Let it in", "refuse": "Refuse"}, "refused": {"release": "Let it in after all"}}
    offered = words[str(row["status"])] if row["status"] == "held" or _by_a_person(row) else {}
    links = [ask_link(what, row["load_id"], word) for what, word in offered.items()]
    return f'<small class="asks">{" ".join(links)}</small>' if links else ""


def _int(value: object) -> int:
    return int(str(value)) if value is not None else 0


def _sum(frame: pl.DataFrame, column: str) -> int:
    return _int(frame[column].sum())
