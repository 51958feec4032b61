"""Why a figure is comparable only with reservation, or not at all: one plain sentence for each code."""

from collections.abc import Sequence

from kpi.value import UNSEEN, Value

SENTENCES = {
    "FIELD_MISSING": "The region's CRM does not deliver a field that this figure needs.",
    "FILL_LOW": "A field that this figure needs is often empty.",
    "STAGE_UNMAPPED": "Some deals stand in a stage that the profile does not explain; they are not counted.",
    "TYPE_UNMAPPED": "Some deals have a business type that the profile does not explain.",
    "CURRENCY_ASSUMED": "Some deals name no currency; the profile's was taken.",
    "CLOSE_ESTIMATED": "Some close dates are not the CRM's own but estimated from the change of stage.",
    "AMOUNT_MEANING_DIFFERS": "A deal's amount means something else here than in the other regions.",
    "CALENDAR_DIFFERS": "The region's fiscal quarters begin in other months than the group's.",
    "STALE": "The newest data are older than this figure allows.",
    "N_TOO_SMALL": "Too few cases to judge.",
    "IMMATURE": "Part of the cases are too young to say.",
    "NO_TARGET": "There is no target for this region and period.",
    "TARGET_REACHED": "The target is reached: nothing is left to cover.",
    "STILL_WAITING": "So many are still waiting that the time cannot be told yet; it is longer than any so far.",
    "NO_HAND_OVER": "Leads without a hand-over count from their arrival.",
    "TOO_LATE": "In past periods nothing that was created after this point was still won in them.",
    "NO_FORECAST_CATEGORY": "The region's CRM has no forecast categories.",
    "NO_FORECAST": "Fewer than four past periods have a forecast that was locked by this point.",
    "PERSON_LEVEL_OFF": "Figures about persons are switched off in this region.",
    "GROUP_TOO_SMALL": "So few persons are not a group: no figure is given.",
    "REGISTERED_LATE": "Many deals are entered when they are nearly won.",
    "LOSSES_NOT_RECORDED": "Hardly any lost deals are recorded, which flatters the figure.",
    "STALE_OPEN": "Many old deals are never closed, which flatters the figure.",
    "INCLUDES_RENEWALS": "The region does not mark renewals, so they are counted in.",
    "NO_HISTORY": "The store does not reach back that far.",
    "REBUILT": "Rebuilt from stage history: deals that were deleted before the first export are not in it.",
    "NO_DATA": "The region has not delivered this table yet.",
    "NO_RATE": "A currency has no exchange rate.",
    "NO_ROWS": "There are no cases in this period.",
    "ZERO_DENOMINATOR": "There is nothing to divide by in this period.",
    "NO_DIMENSION": "This figure cannot be broken down that way.",
    "LINEAR_PACE": "Too few past quarters for the region's own curve: expected by working days alone.",
    "YIELD_BORROWED": "Too few past deals in a stage here: the group's yield of that stage was taken.",
    "WIN_RATE_FOR_YIELD": "Too little history for a yield: one over the win rate by value was taken.",
    "SO_FAR": "The period still runs: this is how far it has come.",
    "NO_ORDER_INTAKE": "Finance has sent no order intake for this region and month.",
    "SEVERAL_ORDER_INTAKES": "Several sources state the order intake of this region and month; none is taken.",
    "NEXT_MONTH_OFFSETS": "The month after differs by the same amount the other way.",
    "OFFSETS_MONTH_BEFORE": "The month before differs by the same amount the other way.",
    "REGION_LEFT_OUT": "The total lacks a region that cannot measure this.",
}

# Codes that leave a figure without a value, the plainest cause first; all others only qualify one.
ABSENCES = (
    "NO_DATA PERSON_LEVEL_OFF NO_FORECAST NO_FORECAST_CATEGORY FIELD_MISSING FILL_LOW AMOUNT_MEANING_DIFFERS "
    "GROUP_TOO_SMALL NO_HISTORY IMMATURE NO_RATE NO_TARGET TARGET_REACHED TOO_LATE NO_DIMENSION STILL_WAITING "
    "NO_ROWS ZERO_DENOMINATOR"
).split()

COLUMN_WORDS = {
    "amount": "the amount",
    "first_amount": "the first amount",
    "closed_on": "the close date",
    "won_on": "the day of the win",
    "created_at": "the day of creation",
    "expected_close_on": "the expected close date",
    "first_touch_at": "the first contact",
    "sla_due_at": "the time by which the lead had to be answered",
    "response_work_hours": "the first contact",
    "handed_over_at": "the hand-over",
    "accepted_at": "the acceptance",
    "next_step_at": "the planned next step",
    "owner_ref": "the owner",
    "score": "the score",
    "sql_at": "the qualification",
    "reached_develop": "the furthest stage",
    "forecast_category": "the forecast category",
    "term_months": "the term of contracts",
    "starts_on": "the start of contracts",
    "amount_recurring_annual": "the recurring part of the amount",
    "times_pushed": "the history of the close date",
}


def sentence(code: str) -> str:
    """Give the sentence for a code; an unknown one gives its own words."""
    return SENTENCES.get(code, code.replace("_", " ").capitalize() + ".")


def why_none(reasons: Sequence[str]) -> str:
    """Give the sentence for a figure without a value: the cause among its codes, whatever else they say."""
    return sentence(cause_of(reasons))


def why_no_measure(value: Value) -> str:
    """Give the sentence for a figure that others are not judged by: it has no value, or no export showed it."""
    unseen = next((code for code in value.reasons if code in UNSEEN), None)
    return sentence(unseen) if unseen and value.value is not None else why_none(value.reasons)


def cause_of(reasons: Sequence[str]) -> str:
    """Give the code of the cause for which a figure has no value."""
    return next((code for code in ABSENCES if code in reasons), reasons[0] if reasons else "NO_ROWS")


def column_word(column: str) -> str:
    """Give a column's name in words."""
    return COLUMN_WORDS.get(column, column.removesuffix("_at").removesuffix("_on").replace("_", " "))
