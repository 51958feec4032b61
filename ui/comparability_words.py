"""The words of comparability: the headline, what a region has to do, why a cell is not plain."""

from collections.abc import Iterable

from kpi import gap_words
from kpi.comparability import Verdict
from kpi.gap import Gap
from kpi.gap_words import TABLES, number_word
from kpi.reason_codes import column_word
from kpi.roadmap import Roadmap
from ui.formats import listed
from ui.view import View
from ui.words import FIELD_WORDS

ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
RESERVED = {
    "FILL_LOW": "often empty",
    "STAGE_UNMAPPED": "unmapped",
    "TYPE_UNMAPPED": "type unmapped",
    "CURRENCY_ASSUMED": "own currency",
    "CLOSE_ESTIMATED": "dates estimated",
    "CALENDAR_DIFFERS": "own quarters",
    "STALE": "old export",
    "REGISTERED_LATE": "entered late",
    "LOSSES_NOT_RECORDED": "few losses",
    "STALE_OPEN": "old open deals",
    "INCLUDES_RENEWALS": "with renewals",
}


def headline_words(road: Roadmap, view: View) -> tuple[str, str]:
    """The sentence over the page and the quieter one below it: how many KPIs are common, and what brings the next."""
    total, common = len(road.shared), len(road.common)
    if not total:
        return "There is no KPI to compare.", ""
    if len(view.regions) < 2:
        where = view.name(view.regions[0]) if view.regions else "No region"
        return f"{where} can measure {number_word(common)} of {number_word(total)} KPIs.", _next(road, view)
    if common == total:
        every = "The one KPI means" if total == 1 else f"All {number_word(total)} KPIs mean"
        return f"{every} the same in every region.", ""
    verb = "means" if common == 1 else "mean"
    sentence = f"{number_word(common)} of {number_word(total)} KPIs {verb} the same in every region."
    return sentence[0].upper() + sentence[1:], f"{_next(road, view)} {_where(road, view)}".strip()


def ordinal_word(number: int) -> str:
    """The place of a number: "ninth", "21st"."""
    if number < len(ORDINALS):
        return ORDINALS[number]
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0, "th")
    return f"{number}{ending}"


def what_to_do(gaps: Iterable[Gap], view: View, *, bold: str = "") -> str:
    """What the regions do to close some gaps: "Japan exports the first contact of its leads".

    bold: put around the regions' names.
    """
    return gap_words.what_to_do(gaps, {region: view.name(region) for region in view.regions}, bold=bold)


def short_reason(verdict: Verdict) -> str:
    """The few words beside a cell's sign; nothing where the KPI is plainly comparable."""
    if verdict.gaps:
        gap = min(verdict.gaps)
        rows, field = TABLES.get(gap.table, gap.table), column_word(gap.column).removeprefix("the ")
        missing = FIELD_WORDS.get(gap.column, f"no {field}")
        words = {
            "deliver": f"no {rows}",
            "fill": "rarely filled",
            "map": "unmapped",
            "agree": "other amount",
            "off": "switched off",
        }
        return words.get(gap.do, missing)
    codes = [code for code in verdict.reasons if code in RESERVED]
    return RESERVED[codes[0]] if codes else "reservation" if verdict.reasons else ""


def region_codes(names: dict[str, str]) -> dict[str, str]:
    """Two letters for each region, no two alike: its first letter, and the next of its own that is free."""
    codes: dict[str, str] = {}
    for region, name in names.items():
        letters = [letter for letter in name.upper() if letter.isalnum()] or ["?"]
        seconds = [*letters[1:], *"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"]
        codes[region] = next(code for second in seconds if (code := letters[0] + second) not in codes.values())
    return codes


def _next(road: Roadmap, view: View) -> str:
    if not road.steps:
        return ""
    step = road.steps[0]
    joins = (
        f"{number_word(len(step.kpis))} more join" if len(step.kpis) > 1 else f"the {ordinal_word(step.reached)} joins"
    )
    return f"Once **{what_to_do(step.gaps, view)}**, {joins}."


def _where(road: Roadmap, view: View) -> str:
    """Say in which regions the gaps are, where they are in few and the next step does not say it."""
    found = {gain.gap.region for gain in road.gains} | {gap.region for gaps in road.beyond.values() for gap in gaps}
    names = [view.name(region) for region in view.regions if region in found]
    told = {gap.region for step in road.steps[:1] for gap in step.gaps}
    if not names or len(names) == len(view.regions) or found == told:
        return ""
    left = len(road.shared) - len(road.common)
    missing = "The one that is missing waits" if left == 1 else f"All {number_word(left)} that are missing wait"
    return f"{missing} for {listed(names) if len(names) < 3 else f'{number_word(len(names))} regions'}."
