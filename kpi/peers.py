"""Where the other regions lie: all a reader learns of them on the page of one region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kpi.definitions import Definitions
from kpi.engines.base import Engine
from kpi.evaluate import evaluate
from kpi.scope import Scope
from kpi.slice import Slice
from kpi.value import GROUP, Value
from organisation import Organisation

NEEDED = {"values": 3, "quartiles": 5}  # with fewer others, a quartile would all but name a region's value


@dataclass(frozen=True)
class Peers:
    """The quartiles of the other regions' values, in the KPI's unit; the ends are None where quartiles alone are shown.

    A quartile between two values is interpolated linearly (type 7 of Hyndman and Fan, 1996).
    """

    count: int
    lower: float
    median: float
    upper: float
    lowest: float | None = None
    highest: float | None = None


def peers(
    engine: Engine, organisation: Organisation, definitions: Definitions, asked: Slice, region: str
) -> Mapping[str, Peers]:
    """Give for each KPI without money how the regions other than one lie; nothing where too few have a value.

    A region's KPI values are open to every reader, its rows are not: this reads all regions whatever the reader's
    scope, and gives no single region's value. The group's setting "peers" says what is given: values (the ends too,
    from three others) or quartiles (from five).
    """
    names = [kpi.name for kpi in definitions.overview if kpi.unit != "money"]
    everywhere = replace(asked, regions=(), by=("region",), grain="total")
    found = evaluate(engine, organisation, definitions, everywhere, Scope.everything(), names)
    shown = organisation.group.peers
    lying = {name: _lying(_others(found, name, region), shown) for name in names}
    return {name: one for name, one in lying.items() if one is not None}


def _others(values: Sequence[Value], name: str, region: str) -> list[float]:
    return sorted(
        float(value.value)
        for value in values
        if value.kpi == name and value.region not in (region, GROUP) and value.value is not None
    )


def _lying(others: list[float], shown: str) -> Peers | None:
    if len(others) < NEEDED[shown]:
        return None
    middle = Peers(len(others), _quantile(others, 0.25), _quantile(others, 0.5), _quantile(others, 0.75))
    return middle if shown == "quartiles" else replace(middle, lowest=others[0], highest=others[-1])


def _quantile(ordered: list[float], share: float) -> float:
    at = share * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])
