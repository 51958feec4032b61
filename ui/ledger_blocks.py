"""The parts of the freshness page that say what came and when, and which merges lead nowhere."""

from collections.abc import Sequence

import polars as pl

from kpi.ledger import Feed
from ui.escape import text
from ui.formats import counted, full_moment, two_digits
from ui.headline import section
from ui.ledger_words import TABLES
from ui.view import View

SHOWN_ROWS = 30


def feeds_block(view: View) -> str:
    """When each region last delivered each table; late ones in words and colour."""
    newest = _newest(view.feeds)
    order = sorted(view.regions, key=lambda region: (region not in view.late, view.name(region)))
    heads = "".join(f'<th scope="col">{name}</th>' for name in TABLES.values())
    rows = "".join(
        f'<tr><th scope="row">{text(view.name(region))}<small>{text(_sources(view.feeds, region))}</small></th>'
        + "".join(_feed_cell(view, newest.get((region, table)), name) for table, name in TABLES.items())
        + _expected(view, newest.get((region, "opportunity")))
        + "</tr>"
        for region in order
    )
    return (
        section("Last export of each region", f"times of {view.zone}")
        + '<table class="ledger feeds"><thead><tr><th scope="col">Region</th>'
        + f'{heads}<th scope="col">Expected</th></tr></thead><tbody>{rows}</tbody></table>'
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
    tip = f"{name}: {feed.file}; expected {feed.arrives or 'at no set time'}{newest}"
    late = f"<small>{two_digits(feed.late_hours)} working hours late</small>" if feed.is_late else ""
    mark = ' class="late"' if feed.is_late else ""
    return (
        f'<td data-label="{name}"{mark}><span class="tip" tabindex="0" data-tip="{text(tip)}">{when}</span>{late}</td>'
    )


def _newest(feeds: Sequence[Feed]) -> dict[tuple[str, str], Feed]:
    """Give the freshest source's feed of each region and table; of a table in several exports its stalest one."""
    stalest: dict[tuple[str, str, str], Feed] = {}
    for feed in feeds:
        before = stalest.get((feed.region, feed.table, feed.source))
        if before is None or _staleness(feed) > _staleness(before):
            stalest[feed.region, feed.table, feed.source] = feed
    found: dict[tuple[str, str], Feed] = {}
    for feed in stalest.values():
        before = found.get((feed.region, feed.table))
        if before is None or (
            feed.exported_at and (before.exported_at is None or feed.exported_at > before.exported_at)
        ):
            found[feed.region, feed.table] = feed
    return found


def _staleness(feed: Feed) -> tuple[bool, bool, float]:
    return feed.is_late, feed.exported_at is None, -feed.exported_at.timestamp() if feed.exported_at else 0.0


def _sources(feeds: Sequence[Feed], region: str) -> str:
    return ", ".join(dict.fromkeys(feed.source for feed in feeds if feed.region == region and feed.table in TABLES))
