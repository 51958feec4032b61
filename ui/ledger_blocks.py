"""The parts of the freshness page that say what came and when, and which merges lead nowhere."""

import polars as pl

from kpi.ledger import Feed
from ui.escape import text
from ui.formats import counted, full_moment, two_digits
from ui.headline import section
from ui.ledger_words import TABLES
from ui.view import View

SHOWN_ROWS = 30
HOW_KNOWN = {  # where no file name says when an export was made
    "column": "by its newest change",
    "arrival": "by its arrival",
    "release": "as a person said",
}


def feeds_block(view: View) -> str:
    """When each source last delivered each region's tables, and how that is known; late ones in words and colour."""
    heads = "".join(f'<th scope="col">{name}</th>' for name in TABLES.values())
    order = sorted(view.regions, key=lambda region: (region not in view.late, view.name(region)))
    rows = "".join(_region(view, region) for region in order)
    return (
        section("Last export of each region", f"times of {view.zone}")
        + '<table class="ledger feeds"><thead><tr><th scope="col">Region</th>'
        + f'{heads}<th scope="col">Expected</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _region(view: View, region: str) -> str:
    """One row a source, so that a stale one does not hide behind another one's newer export; stale ones first."""
    shown = [feed for feed in view.feeds if feed.region == region and feed.table in TABLES]
    sources: dict[str, dict[str, Feed]] = {feed.source: {} for feed in shown}
    for feed in shown:
        found = sources[feed.source]
        if feed.table not in found or _staleness(feed) > _staleness(found[feed.table]):
            found[feed.table] = feed  # of a table in several exports the stalest one
    order = sorted(sources, key=lambda source: (not any(feed.is_late for feed in sources[source].values()), source))
    return "".join(
        f'<tr><th scope="row">{text(view.name(region))}<small>{text(source)}</small></th>'
        + "".join(_feed_cell(view, feeds.get(table), name) for table, name in TABLES.items())
        + _expected(view, feeds.get("opportunity"))
        + "</tr>"
        for source in order or [""]
        for feeds in [sources.get(source, {})]
    )


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


def _expected(view: View, deals: Feed | None) -> str:
    """When the region's deals are expected; the other tables come with them or say their own time on hover."""
    if deals is None or not deals.arrives:
        return '<td class="none" data-label="Expected">at no set time</td>'
    words = " ".join(word.capitalize() if word.endswith("day") else word for word in deals.arrives.split())
    due = f"<small>due {full_moment(deals.due_at, view.zone)}</small>" if deals.due_at else ""
    return f'<td data-label="Expected"><span>{text(words[:1].upper() + words[1:])}</span>{due}</td>'


def _feed_cell(view: View, feed: Feed | None, name: str) -> str:
    if feed is None:
        return f'<td class="none" data-label="{name}"><span class="unseen">not declared</span>–</td>'
    if feed.exported_at is None:
        return f'<td data-label="{name}" class="{"late" if feed.is_late else ""}"><b>never</b></td>'
    when = full_moment(feed.exported_at, view.zone)
    newest = f"; newest change {full_moment(feed.data_until, view.zone)}" if feed.data_until else ""
    known = HOW_KNOWN.get(feed.exported_at_from or "", "")
    how = f"<small>{known}</small>" if known else ""
    tip = f"{name}: {feed.file}; expected {feed.arrives or 'at no set time'}{newest}"
    late = f"<small>{two_digits(feed.late_hours)} working hours late</small>" if feed.is_late else ""
    mark = ' class="late"' if feed.is_late else ""
    shown = f'<span class="tip" tabindex="0" data-tip="{text(tip)}">{when}</span>{how}{late}'
    return f'<td data-label="{name}"{mark}>{shown}</td>'


def _staleness(feed: Feed) -> tuple[bool, bool, float]:
    return feed.is_late, feed.exported_at is None, -feed.exported_at.timestamp() if feed.exported_at else 0.0
