"""Won deals and activities that make a stage's usual times, for the tests of KPIs over open deals."""

from datetime import date, timedelta

from tests.kpi.conftest import Warehouse

SPRING = date(2026, 3, 2)


def usual_stage_days(warehouse: Warehouse, *days: int, region: str = "north") -> None:
    """Add won deals that stood so many days in develop."""
    for number, stood in enumerate(days):
        left = SPRING + timedelta(days=stood)
        given = {"first_stage": "qualify", "developed_at": f"{SPRING}T09:00", "proposed_at": f"{left}T09:00"}
        warehouse.deal(f"won{number}", 1, region, won="2026-09-01", created="2026-02-01", **given)


def worked_on(warehouse: Warehouse, deal: str, *days: str, region: str = "north") -> None:
    """Add an activity on a deal on each day."""
    for day in days:
        done = {"activity_id": f"{deal} {day}", "at": f"{day}T10:00", "done_at": f"{day}T10:00", "related_ref": deal}
        warehouse.add("activity", region, {"owner_ref": "Person One", "known_from": f"{day}T12:00", **done})


def usual_gaps(warehouse: Warehouse, *gaps: int, stage: str = "develop", region: str = "north") -> None:
    """Add a lost deal that was worked on in a stage after so many days, again and again."""
    entered = {"develop": ("developed_at",), "propose": ("developed_at", "proposed_at")}[stage]
    given = dict.fromkeys(entered, "2026-01-02")
    name = f"gaps in {stage}"
    warehouse.deal(name, 1, region, lost="2026-11-01", first_stage="qualify", created="2026-01-01", **given)
    day = date(2026, 1, 5)
    days = [day, *((day := day + timedelta(days=gap)) for gap in gaps)]
    worked_on(warehouse, name, *(one.isoformat() for one in days), region=region)
