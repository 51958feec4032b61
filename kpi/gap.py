"""What stands between a region and a KPI: a field to fill, export or map, or a table to deliver."""

from typing import Literal, NamedTuple

# fill: people leave it empty; export: no row of the export has it; deliver: the table never came; map: the profile
# does not explain the stages; agree: the amount means something else; cannot: the profile says that the CRM has no
# such field; off: the region has switched figures about persons off
Do = Literal["fill", "export", "deliver", "map", "agree", "cannot", "off"]
WHOLE_TABLE = "*"
# What the loader works out from an exported field is closed by closing that field.
DERIVED_FROM = {("lead", "response_work_hours"): ("lead", "first_touch_at")}


class Gap(NamedTuple):
    """One (region, field) that must be closed before a KPI is comparable there; alike for every KPI that needs it.

    rows: those that ought to have the field (for map: the deals in stages that nobody mapped); filled: those that have.
    """

    region: str
    table: str
    column: str
    do: Do
    rows: int = 0
    filled: int = 0

    @property
    def can_be_closed(self) -> bool:
        """Whether anything the region does closes it."""
        return self.do not in ("cannot", "off")

    @property
    def rows_to_fill(self) -> int:
        """How many rows lack the field; mapping and agreeing fill none."""
        return self.rows - self.filled if self.do in ("fill", "export") else 0


def effort(gaps: frozenset[Gap]) -> tuple[int, int]:
    """Give what closing some gaps takes: how many gaps there are, then how many rows lack their fields."""
    return len(gaps), sum(gap.rows_to_fill for gap in gaps)
