"""The values that go with a statement: the cells, past periods and moments that it counts, and facts of regions."""

from collections.abc import Sequence
from dataclasses import fields
from zoneinfo import ZoneInfo

from kpi.query import Query
from kpi.slice import Slice
from kpi.spine import Cell, PastQuarter, Point, past_quarters, points
from kpi.value import GROUP
from organisation import Organisation

Parameters = dict[str, object]


def parameters(organisation: Organisation, asked: Slice, found: list[Cell], query: Query) -> Parameters:
    """Give the parameters of a query over some cells."""
    curved = [cell for cell in found if cell.frame in query.curve_frames and cell.region != GROUP]
    past = past_quarters(organisation, curved)
    looked_at = points(organisation, found, query.points, asked.as_of)
    return cell_parameters(organisation, asked, found) | _columns("past", past) | _point_parameters(looked_at)


def past_parameters(
    organisation: Organisation, asked: Slice, found: list[Cell], kinds: frozenset[tuple[str, str]] = frozenset()
) -> Parameters:
    """Give the parameters of any statement over some cells and the past periods like theirs.

    kinds: the moments at which deals are looked at, by window and kind.
    """
    past = past_quarters(organisation, [cell for cell in found if cell.region != GROUP])
    looked_at = points(organisation, found, kinds, asked.as_of)
    return cell_parameters(organisation, asked, found) | _columns("past", past) | _point_parameters(looked_at)


def cell_parameters(organisation: Organisation, asked: Slice, found: list[Cell]) -> Parameters:
    """Give the parameters of any statement over some cells; at least one is needed."""
    regions = list(dict.fromkeys(cell.region for cell in found))
    profiles, group = organisation.regions, organisation.group
    today = asked.as_of.astimezone(ZoneInfo(group.timezone)).date()
    moments = [cell.moment for cell in found] + [asked.as_of]
    return _columns("cell", found) | {
        "regions": regions,
        "zones": [group.timezone if name == GROUP else profiles[name].timezone for name in regions],
        "currencies": [group.currency if name == GROUP else profiles[name].currency for name in regions],
        "as_of": asked.as_of,
        "first_moment": min(moments),
        "last_moment": max(moments),
        "first_lo": min(cell.lo for cell in found),
        "last_hi": max(cell.hi for cell in found),
        "first_lo_at": min(cell.lo_at for cell in found),
        "last_end_at": max(cell.end_at for cell in found),
        "group_currency": group.currency,
        "rates_until": today,
        "rate_day": asked.rates_on or (today if asked.rates == "spot" else min(asked.period.end, today)),
    }


def _point_parameters(looked_at: list[Point]) -> Parameters:
    """Give the moments at which deals are looked at; none where there are none."""
    if not looked_at:
        return {}
    return _columns("point", looked_at) | {
        "first_point": min(one.at_moment for one in looked_at),
        "last_point": max(one.at_moment for one in looked_at),
        "first_then": min(one.then_moment for one in looked_at),
    }


def _columns(name: str, rows: Sequence[Cell] | Sequence[PastQuarter] | Sequence[Point]) -> Parameters:
    """Give one list for each field of the rows; none where there are no rows."""
    return {f"{name}_{one.name}": [getattr(row, one.name) for row in rows] for one in fields(rows[0])} if rows else {}
