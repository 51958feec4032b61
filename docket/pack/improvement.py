"""One improvement of the common process: the cheapest way to one more KPI that means the same in every region."""

from docket.pack.agenda_parts import Improvement
from docket.pack.asking import Questions
from kpi.comparability import comparability
from kpi.gap_words import how_much, what_to_do
from kpi.roadmap import roadmap


def improvement(questions: Questions) -> Improvement | None:
    """Give the first step of the roadmap; None where every KPI is common, or none can become it."""
    organisation, definitions = questions.organisation, questions.definitions
    shown = tuple(kpi.name for kpi in definitions.figures)
    verdicts = comparability(questions.once, organisation, definitions, questions.asked)
    road = roadmap(verdicts, shown, tuple(organisation.regions))
    if not road.steps:
        return None
    step = road.steps[0]
    names = {region: organisation.regions[region].name for region in organisation.regions}
    return Improvement(
        what=f"{what_to_do(step.gaps, names)}.",
        takes=how_much(step.gaps),
        kpis=step.kpis,
        regions=tuple(sorted({gap.region for gap in step.gaps})),
        common=len(road.common),
        reached=step.reached,
        total=len(road.shared),
    )
