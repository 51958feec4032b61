"""What holds where: the group's thresholds and flag levels, and in a region those that it states for itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kpi.definition import Kpi
from kpi.definitions import Definitions
from organisation.region import Region
from organisation.thresholds import Rules


@dataclass(frozen=True)
class InForce:
    """The definitions, and the regions whose profiles may state thresholds of their own."""

    definitions: Definitions
    regions: Mapping[str, Region] = field(default_factory=dict)

    def rules(self, region: str) -> Rules:
        """Give the thresholds that hold in a region, its own in place of the group's; the group has no others."""
        known = self.regions.get(region)
        return self.definitions.rules if known is None else known.rules.over(self.definitions.rules)

    def kpi(self, name: str, region: str) -> Kpi:
        """Give a KPI with the flag levels that hold in a region."""
        kpi = self.definitions.kpis[name]
        own = self.regions[region].rules.flags.get(name) if region in self.regions else None
        return kpi if own is None else replace(kpi, flag=own.over(kpi.flag))
