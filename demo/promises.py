"""What the demonstration's last weekly review promised about a figure that was off; whether it worked, the data say."""

WEEKS_AGO = 1
WHAT = {
    "lead_sla": "Every new lead is called on the day it is handed over; the team lead looks at ten and at three.",
    "lead_sla, once more": "Leads that nobody has taken by noon go to the team lead, who gives them out again.",
    "lead_response": "Leads that wait for four hours go to whoever is free.",
    "closing_in_period": "Close dates are gone through deal by deal; what cannot close this quarter moves out of it.",
    "coverage": "Each team names two accounts from which it opens a deal by next week.",
    "coverage_required": "Lost deals of the last quarter are read for their reasons, and the stages for their exits.",
    "pipe_yield": "Deals without a next step get one, or leave the period.",
    "pushed_deals": "A deal that moves for the second time is talked through with the manager before it moves.",
    "win_rate": "Offers above fifty thousand are read by a second pair of eyes before they leave.",
    "pace": "Offers that are waiting for a price are answered within two days.",
}
OTHERWISE = "The deals behind it are gone through one by one, and each gets its next step."


def promise_on(kpi: str, *, once_more: bool = False) -> str:
    """Give what was promised about a KPI; once_more: by a second region in the same review."""
    return WHAT.get(f"{kpi}, once more" if once_more else kpi, OTHERWISE)
