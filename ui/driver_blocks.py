"""Where a deviation comes from: its parts by segment, team, source and product, each set adding up to the whole."""

from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from docket.items import Item
from kpi.change import parts as change
from kpi.change.parts import rounded, total
from kpi.deviations.drivers import SMALL_TEAMS, TWICE, WON, Driver, Drivers
from kpi.deviations.tested import Judged
from kpi.shape import UNKNOWN
from kpi.words import fraction_words
from ui.contributions import Part, contribution_list
from ui.disclosure import disclosure
from ui.escape import text
from ui.formats import MINUS, NARROW, counted, in_millions, symbol
from ui.headline import section
from ui.rows_table import noun_of
from ui.view import View

WEEKLY = "weekly"
READ_FROM = ("pace", "own past", "agreement")  # the rules whose figure is the running quarter's own
BY = {"segment": "segment", "team": "team", "lead_source": "source", "product": "product", "region": "region"}
WITH_ROWS = ("segment", "lead_source", "product", "region")  # rows name no person, so none of a team
NAMES = {"mid_market": "mid-market", "small": "small business", SMALL_TEAMS: "smaller teams", UNKNOWN: "not stated"}
SHOWN = 8
# The last digit that is shown: ten thousand, a tenth of a case, a tenth of a point.
LAST = {"money": Fraction(10_000), "count": Fraction(1, 10), "percent": Fraction(1, 1000)}


@dataclass(frozen=True)
class PartRows:
    """The rows behind one part of a deviation: what they are in words, and the table."""

    title: str
    note: str
    rows: pl.DataFrame


def drivers_block(view: View, item: Item) -> str:
    """The parts of a deviation, the most telling dimension open; nothing where its figure has no parts."""
    known = _drivers(view, item)
    if known is None:
        return ""
    leading, *others = known.by
    first = section("Where it comes from", _note(view, item, known)) + _said(view, known, leading)
    body = _list(view, item, known, leading)
    more = "".join(disclosure(f"by_{one}", f"By {BY[one]}", _list(view, item, known, one)) for one in others)
    return f"{first}{body}{more}"


def part_rows(view: View, item: Item, words: str) -> PartRows | None:
    """The rows of the part that an address names, such as "segment:enterprise"; None where there are none to show."""
    dimension, _, name = words.partition(":")
    known = _drivers(view, item) if dimension in WITH_ROWS else None
    parts = known.by.get(dimension, ()) if known is not None else ()
    if known is None or name not in {part.name for part in parts}:
        return None
    kpi = WON if _is_of_pace(item, known) else item.kpi
    rows = view.rows(view.tested_question(item.weeks), kpi, item.region)
    if rows is None or dimension not in rows.columns:
        return None
    column = pl.col(dimension)
    kept = rows.filter(column.is_null() if name == UNKNOWN else column == name)
    label = view.definitions.kpis[kpi].label
    title = f"{_name(view, dimension, name)}: the {counted(kept.height, noun_of(rows))} behind {label}"
    return PartRows(title, f"{BY[dimension]} of {view.name(item.region)}, as its parts were asked for", kept)


def _drivers(view: View, item: Item) -> Drivers | None:
    if item.rule == WEEKLY:
        return view.weekly_drivers(Judged(item.kpi, item.region, WEEKLY, item.weeks, expected=item.expected))
    return view.drivers(item.kpi, item.region) if item.rule in READ_FROM else None


def _is_of_pace(item: Item, known: Drivers) -> bool:
    """Whether the parts are those of won value less what was expected of it."""
    return known.unit == "money" and item.rule != WEEKLY


def _note(view: View, item: Item, known: Drivers) -> str:
    unit = f"{symbol(view.organisation.group.currency)}{NARROW}M, " if known.unit == "money" else ""
    if item.rule == WEEKLY:
        told = "the tested weeks less those before" if known.unit == "percent" else "the tested weeks less the expected"
        return f"{unit or ('points, ' if known.unit == 'percent' else '')}{told}"
    if known.unit == "money":
        return f"{unit}won less expected to date, at budget rates"
    return "points, this quarter to date less its last four at the same point"


def _said(view: View, known: Drivers, dimension: str) -> str:
    first = known.by[dimension][0]
    share = float(first.adds / known.total) if known.total else 0.0
    if share <= 0:
        return ""
    part = f"{fraction_words(share).capitalize()} of it is" if share < 1 else "All of it is"
    name = _name(view, dimension, first.name, at_start=False)
    return f"<p>{text(part)} <b>{text(name)}</b>, the {text(BY[dimension])} that adds the most.</p>"


def _list(view: View, item: Item, known: Drivers, dimension: str) -> str:
    """The parts in the order given, in whole units of what is shown, so that they add up on the screen too."""
    parts = known.by[dimension]
    named = [(_name(view, dimension, one.name), one.n, Fraction(one.adds)) for one in parts[:SHOWN]]
    links = [_link(view, item, dimension, one) for one in parts[:SHOWN]]
    if rest := parts[SHOWN:]:
        adds = sum((Fraction(one.adds) for one in rest), Fraction(0))
        named.append((f"{len(rest)} others", sum(one.n for one in rest), adds))
        links.append("")
    shown = rounded(
        [change.Part(str(place), "changed", adds) for place, (_, _, adds) in enumerate(named)], LAST[known.unit]
    )
    noun = "won deal" if _is_of_pace(item, known) else "case"
    rows = [
        Part(name, counted(n, noun), float(one.amount), _signed(one.amount, known.unit), one.amount >= 0, href)
        for (name, n, _), one, href in zip(named, shown, links, strict=True)
    ]
    return contribution_list(rows, "Together", _signed(total(shown), known.unit))


def _link(view: View, item: Item, dimension: str, part: Driver) -> str:
    """The address of the rows behind a part: this page with the item and the part."""
    if dimension not in WITH_ROWS or not part.n or part.name == TWICE:
        return ""
    return view.choice.link("deviations", item=str(item.id), part=f"{dimension}:{part.name}")


def _signed(adds: Fraction, unit: str) -> str:
    if unit == "money":
        words = in_millions(float(adds))
        return f"+{words}" if adds > 0 and words.strip("0.,") else words
    words = f"{abs(float(adds)) * (100 if unit == 'percent' else 1):,.1f}"
    return words if not words.strip("0.") else f"{'+' if adds > 0 else MINUS}{words}"


def _name(view: View, dimension: str, name: str, *, at_start: bool = True) -> str:
    if dimension == "region" and name in view.organisation.regions:
        return view.name(name)
    words = NAMES.get(name, name.replace("_", " "))
    return words[:1].upper() + words[1:] if at_start else words
