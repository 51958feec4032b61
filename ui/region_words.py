"""The region page's first sentence: where the market stands against its plan, and what else needs somebody."""

from kpi.card import Cell, Headline
from kpi.period import working_days
from kpi.value import GROUP
from ui.formats import counted, listed, money
from ui.words import Words

_RESULT = ("won_value", "attainment", "pace")
ON_PATH = 0.02  # nearer to the path than this is on it


def market_line(words: Words, region: str) -> str:
    """The line above the sentence: the region's own calendar and how far it has come."""
    period, profile = words.card.period, words.view.region(region)
    days = working_days(words.view.organisation, region)
    gone, whole = days(period.start, period.to_date), days(period.start, period.end)
    calendar = f"{period.label}, {period.week_label}; {gone} of {whole} working days gone"
    return f"{profile.part_of}, own calendar: {calendar}" if period.is_running else f"{profile.part_of}: {period.label}"


def market_sentence(words: Words, region: str) -> tuple[str, str]:
    """The sentence of the region and the quieter one below it."""
    name = words.view.name(region)
    flagged = [cell for cell in _cells(words, region) if cell.flag != "none" and cell.favourable is False]
    other = [words.kpi(cell.value.kpi).label.lower() for cell in flagged if cell.value.kpi not in _RESULT]
    sentence = f"{name} {_standing(words, region)}"
    if other:
        sentence += f"; look at {listed(other[:2])}"
    return f"{sentence}.", _detail(words, region, len(flagged))


def market_waits(words: Words, region: str, waiting: Headline) -> tuple[str, str]:
    """The two sentences while the region's comparisons are computed: no verdict yet."""
    return f"{words.view.name(region)}: {waiting.sentence.lower()}", waiting.detail


def _standing(words: Words, region: str) -> str:
    cell = words.card.cells.get(("pace", region))
    if cell is None or cell.value.value is None:
        return (
            "has no plan to be measured against"
            if cell and "NO_TARGET" in cell.value.reasons
            else "cannot be judged yet"
        )
    distance = float(cell.value.value) - 1
    if cell.value.n < words.kpi("pace").needs_at_least:
        return f"is {_distance(distance)} its path, on only {counted(cell.value.n, 'deal')}: too few to judge"
    if abs(distance) < ON_PATH:
        return "is on its path to the plan"
    return f"is {_distance(distance)} its path to the plan"


def _distance(distance: float) -> str:
    return f"{abs(distance):.0%} {'behind' if distance < 0 else 'ahead of'}"


def _detail(words: Words, region: str, flagged: int) -> str:
    stake = sum(float(found.money) for found in words.card.findings if found.money and found.region == region)
    stake = float(words.card.stake_of.get(region, 0)) or stake
    parts = []
    if stake:
        parts.append(f"**{money(stake, words.view.organisation.group.currency)}** at stake.")
    told = [found.sentence for found in words.card.findings if found.region == region][:1]
    parts += told
    calm = len(_cells(words, region)) - flagged
    parts.append(f"{counted(calm, 'figure')} as expected or better." if not told else "")
    return " ".join(part for part in parts if part)


def _cells(words: Words, region: str) -> list[Cell]:
    return [cell for (_, of), cell in words.card.cells.items() if of == region and of != GROUP]
