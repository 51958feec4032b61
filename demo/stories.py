"""The nine planted stories: what each shows, on which page, and the figure that must come out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Story:
    """One figure of a story; shares are fractions, money is euro at budget rates.

    page is the page's address below the dashboard, kpi the id in kpi_definitions.yaml, measure says what of it.
    """

    number: int
    page: str
    kpi: str
    region: str
    measure: str
    expected: float
    tolerance: float
    sentence: str


STORIES = (
    Story(
        1, "overview", "pace", "dach", "value", 0.82, 0.005,
        "DACH has won 18 % less than usual by now: nine enterprise deals were pushed into the next quarter.",
    ),
    Story(1, "region", "pushed_deals", "dach", "enterprise deals moved this quarter", 9, 0,
          "Nine enterprise deals of DACH moved to the next quarter within this one."),
    Story(2, "overview", "pace", "amer", "value", 1.01, 0.01, "AMER looks on plan."),
    Story(
        2, "overview", "closing_in_period", "amer", "share of the two largest deals", 0.60, 0.005,
        "60 % of what AMER still closes this quarter are two deals, each pushed twice.",
    ),
    Story(
        3, "region", "won_value", "japan", "change on last year in euro at booked rates", 0.09, 0.005,
        "Japan's won value rose 9 % in euro.",
    ),
    Story(
        3, "region", "won_value", "japan", "change on last year in yen", -0.04, 0.005,
        "In yen it fell 4 %: the yen rose, the business did not.",
    ),
    Story(
        4, "overview", "pace", "benelux", "value", 0.60, 0.005,
        "Benelux is 40 % short on seven deals: too few to call it a deviation, and it says so.",
    ),
    Story(4, "overview", "won_value", "benelux", "n", 7, 0, "Benelux won seven deals."),
    Story(
        5, "freshness", "freshness", "latam", "days since the newest export", 8.2, 0.3,
        "LATAM's newest export did not come: the group's figures say that they lack its last week.",
    ),
    Story(6, "overview", "win_rate", "group", "value", 0.362, 0.01, "The group's win rate is 36 %."),
    Story(
        6, "overview", "win_rate", "group", "change against last year", -0.0165, 0.006,
        "The win rate rose in every region and fell for the group: LATAM, where it is lowest, grew most.",
    ),
    Story(
        7, "comparability", "lead_sla", "japan", "leads with a first contact", 0, 0,
        "Japan does not export first contacts, so its lead response cannot be compared.",
    ),
    Story(
        8, "freshness", "open_pipeline", "nordics", "value in an unmapped stage", 900_000, 5_000,
        '14 deals of the Nordics worth 0.9 M€ stand in "Pilot hos kund", a stage that nobody has mapped.',
    ),
    Story(
        9, "international", "parallel_work", "group", "regions with open deals of the shared customer", 2, 0,
        "DACH and the Nordics chase one customer, Skagerion Turbo, under two names.",
    ),
)  # fmt: skip
