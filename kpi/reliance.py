"""What rests on a field: the KPIs and regions that would lose a figure if it went away."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from kpi.comparability import Verdict, common
from kpi.definition import Kpi
from kpi.relations import relations
from warehouse.schema import tables


@dataclass(frozen=True)
class Reliance:
    """A field with the KPIs that need it.

    lost: KPI -> the regions that can measure it today and could not without the field; leave: the KPIs among them that
    all regions can measure today.
    """

    table: str
    column: str
    lost: Mapping[str, tuple[str, ...]]
    leave: tuple[str, ...]

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that would lose any figure."""
        return tuple(dict.fromkeys(region for regions in self.lost.values() for region in regions))


def reliances(
    kpis: Collection[Kpi], verdicts: Mapping[tuple[str, str], Verdict], regions: Collection[str]
) -> tuple[Reliance, ...]:
    """Give every exported field that any of the KPIs needs, the one on which most rests first."""
    shared = common(verdicts, regions)
    by_field: dict[tuple[str, str], list[Kpi]] = {}
    for kpi in kpis:
        for table, column in kpi.needs:
            if (table, column) in _exported():
                by_field.setdefault((table, column), []).append(kpi)
    found = [
        Reliance(
            *field,
            lost={
                kpi.name: tuple(region for region in regions if verdicts[kpi.name, region].comparable != "no")
                for kpi in needing
            },
            leave=tuple(kpi.name for kpi in needing if kpi.name in shared),
        )
        for field, needing in by_field.items()
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.leave), -len(one.lost), one.table, one.column)))


@cache
def _exported() -> frozenset[tuple[str, str]]:
    """Give the fields that a record can be without; its keys cannot go away."""
    return frozenset(
        (name, column.name)
        for name, relation in relations().items()
        if relation.has_states and name != "cell_fill"
        for column in tables()[relation.stored].columns
        if column.kind != "key"
    )
