"""Values and cells of the scorecard as the figures of a pack."""

from collections.abc import Iterable
from decimal import Decimal

from docket.pack.agenda_parts import Figure
from kpi.card import Cell, Scorecard
from kpi.reason_codes import sentence, why_none
from kpi.value import Value

NOT_DEFINED = "NOT_DEFINED"


def exact(number: Decimal | float | None) -> Decimal | None:
    """Give a number as the decimal that it prints as."""
    return number if isinstance(number, Decimal | None) else Decimal(repr(float(number)))


def of_value(value: Value, before: Decimal | None = None) -> Figure:
    """Give the figure of a value, with what it was at the last review."""
    return Figure(
        kpi=value.kpi,
        region=value.region,
        value=exact(value.value),
        n=value.n,
        unit=value.unit,
        currency=value.currency,
        comparable=value.comparable,
        reasons=value.reasons,
        why=why_none(value.reasons) if value.value is None else sentence(value.reasons[0]) if value.reasons else "",
        numerator=value.numerator,
        denominator=value.denominator,
        low=exact(value.low),
        high=exact(value.high),
        before=before,
        missing_regions=value.missing_regions,
    )


def none_of(kpi: str, region: str, unit: str, currency: str | None) -> Figure:
    """Give the figure of a KPI that the definitions do not know."""
    return Figure(kpi, region, None, 0, unit, currency, "no", (NOT_DEFINED,), "The definitions have no such KPI.")


def of_card(card: Scorecard, regions: Iterable[str]) -> tuple[Figure, ...]:
    """Give the figures of a scorecard, KPI by KPI, the regions in the order given."""
    order = list(regions)
    return tuple(
        of_cell(card.cells[kpi, region]) for kpi in card.kpis for region in order if (kpi, region) in card.cells
    )


def of_cell(cell: Cell) -> Figure:
    """Give the figure of a cell with its comparison, flag and weeks."""
    found = of_value(cell.value)
    low, high = (exact(cell.band[0]), exact(cell.band[1])) if cell.band else (None, None)
    return Figure(
        **vars(found)
        | {
            "why": cell.why or found.why,
            "compared_with": exact(cell.compared_with),
            "change": exact(cell.change),
            "change_unit": cell.change_unit,
            "flag": cell.flag,
            "favourable": cell.favourable,
            "series": tuple(exact(each) for each in cell.series),
            "target": exact(cell.target),
            "band": (low, high) if low is not None and high is not None else None,
        }
    )
