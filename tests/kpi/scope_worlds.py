"""Random companies and questions, of which a reader may see a part: what tests of the scope have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import count

import polars as pl
from hypothesis import strategies as st

from kpi.period import parse_period
from kpi.slice import DIMENSIONS, Slice
from tests.kpi.conftest import NOW, Warehouse, shipped

REGIONS = ("north", "south", "east")
HIDDEN = "Person Nobody May See"
OTHER = {"amount": 777, "segment": None, "lead_source": None, "business_type": "new", "times_pushed": 0}


@dataclass(frozen=True)
class Row:
    """A deal or a lead of a region; a second region is where a deal, worth one more, belongs since 10 November."""

    kind: str
    region: str
    moved_to: str | None
    given: Mapping[str, object]


@dataclass(frozen=True)
class Question:
    """What is asked in one example, by whom."""

    seen: tuple[str, ...]
    regions: tuple[str, ...]
    by: tuple[str, ...]
    grain: str
    currency: str
    rates: str
    period: str
    kpi: str

    def slice(self, warehouse: Warehouse) -> Slice:
        return Slice(
            parse_period(self.period, warehouse.organisation, NOW),
            NOW,
            regions=self.regions,
            by=self.by,
            grain=self.grain,  # type: ignore[arg-type]
            currency=self.currency,  # type: ignore[arg-type]
            rates=self.rates,  # type: ignore[arg-type]
        )


_days = st.dates(date(2026, 5, 1), date(2026, 11, 23)).map(date.isoformat)
_facts = st.fixed_dictionaries(
    {
        "segment": st.sampled_from(["enterprise", "small", None]),
        "lead_source": st.sampled_from(["Web", "Fair", None]),
        "business_type": st.sampled_from(["new", "renewal", None]),
    }
)


@st.composite
def _deals(draw: st.DrawFn) -> Row:
    given: dict[str, object] = {**draw(_facts), "amount": draw(st.integers(1, 9_999_999)), "created": draw(_days)}
    given["times_pushed"] = draw(st.sampled_from([0, 1, 2]))
    ends = draw(st.sampled_from(["won", "lost", "closes"]))
    given[ends] = draw(_days) if ends != "closes" else "2026-12-10"
    given["stage"] = draw(st.sampled_from(["propose", None])) if ends == "closes" else ends
    if given["stage"] is None:
        given |= {"outcome": None, "stage_raw": "Angebot 2"}
    given["account_ref"] = draw(st.sampled_from(["A-1", "A-2", "A-3"]))
    region = draw(st.sampled_from(REGIONS))
    return Row("deal", region, draw(st.none() | st.sampled_from(REGIONS)), given)


@st.composite
def _leads(draw: st.DrawFn) -> Row:
    given: dict[str, object] = {"created": draw(_days), "due": draw(_days), "lead_source": draw(st.just("Web"))}
    given |= {"touched": draw(st.none() | _days), "qualified": draw(st.none() | _days)}
    return Row("lead", draw(st.sampled_from(REGIONS)), None, given)


worlds = st.lists(st.one_of(_deals(), _deals(), _leads()), min_size=3, max_size=14)
questions = st.builds(
    Question,
    seen=st.lists(st.sampled_from(REGIONS), max_size=2, unique=True).map(tuple),
    regions=st.lists(st.sampled_from(REGIONS), max_size=2, unique=True).map(tuple),
    by=st.lists(st.sampled_from(DIMENSIONS), max_size=1).map(lambda more: ("region", *more)),
    grain=st.sampled_from(["total", "total", "month", "week"]),
    currency=st.sampled_from(["group", "local"]),
    rates=st.sampled_from(["budget", "spot"]),
    period=st.sampled_from(["2026-Q4", "2026-Q3", "2026-11"]),
    kpi=st.sampled_from(list(shipped().kpis)),
)


def fill(warehouse: Warehouse, world: list[Row], within: tuple[str, ...] | None) -> None:
    """Put the world into a warehouse, or only the part of it within some regions.

    A deal that moved keeps its state in the region outside, with other facts: that it moved may be known, no more.
    """
    for exported in ("2026-11-02T06:30", "2026-11-24T06:30"):
        warehouse.feeds(exported=exported)
    for number, region in enumerate(REGIONS):
        warehouse.target("2026-10", 1_000_000, region)
        if within is None or region in within:
            booked = {"source": "finance", "month": "2026-10-01", "value": 1000 + number, "currency": "EUR"}
            warehouse.add("order_intake", region, booked)
            warehouse.forecast("2026-10-01", "2026-12-31", 5000 + number, region)
    for number, row in zip(count(1), world, strict=False):
        held = [(row.region, "2026-06-01", None if row.moved_to is None else "2026-11-10")]
        held += [(row.moved_to, "2026-11-10", None)] if row.moved_to else []
        known = [region for region, _, _ in held if within is None or region in within]
        for state in held if known else ():
            told = row if state[0] in known else replace(row, given={**row.given, **OTHER})
            _add(warehouse, told, str(number), state)


def _add(warehouse: Warehouse, row: Row, number: str, state: tuple[str, str, str | None]) -> None:
    region, known_from, known_until = state
    told = {**row.given, "known_from": known_from, "known_until": known_until, "source": f"{row.region}_crm"}
    if known_until is None and row.moved_to:
        told["amount"] = int(str(told["amount"])) + 1
    told["ended_because"] = None if known_until is None else "changed"
    told |= {"line": int(number), "row_hash": f"{number}-{region}"}
    owner = {"owner_ref": f"{HIDDEN} {region}"}
    if row.kind == "deal":
        warehouse.deal(number, told.pop("amount"), region, **told, **owner)  # type: ignore[arg-type]
    else:
        warehouse.lead(number, region, **told, **owner)


def plain(told: object) -> str:
    """Everything that is told, as text; line numbers within the file stand for the record and are kept."""
    if isinstance(told, pl.DataFrame):
        return told.write_ndjson()
    if isinstance(told, list | tuple):
        return "\n".join(plain(one) for one in told)
    return repr(told)
