"""The demonstration company: a machine builder, its six markets, what they sell and how much of it."""

from dataclasses import dataclass, field

SEGMENTS = ("enterprise", "mid_market", "small")
PRODUCTS = ("Filling line F2", "Palletiser P4", "Press X8", "Conveyor C3", "Inspection cell Q1", "Retrofit kit")
SERVICE = "Service contract"
LEAD_SOURCES = ("web", "trade_fair", "referral", "partner", "webinar", "outbound")
LOSS_REASONS = ("price", "competitor", "no_decision", "features", "timing")

BUDGET_RATES = {"EUR": 1.0, "USD": 0.92, "SEK": 0.0885, "BRL": 0.165, "JPY": 0.0062}
AMOUNT_STEP = {"EUR": 100, "USD": 100, "SEK": 1000, "BRL": 500, "JPY": 10_000}  # people quote round figures


@dataclass(frozen=True)
class Market:
    """One region's size: closed deals of the quarter to date, this year and last, and what they are worth in euro.

    closed and won count deals inside the gate of the win rate: new or expansion business that reached develop.
    """

    region: str
    source: str
    currency: str
    closed_last_year: int
    won_last_year: int
    closed_now: int
    won_now: int
    typical: dict[str, float]
    shares: tuple[float, float, float]
    countries: dict[str, float]
    open_deals: int
    leads: int
    teams: dict[str, int]
    hockey: float = 0.3
    cycle_days: float = 115.0
    renewals: bool = True
    pace: float = 1.0
    due_now: float = 0.2
    grows: bool = False


def _typical(enterprise: float, mid_market: float, small: float) -> dict[str, float]:
    return {"enterprise": enterprise, "mid_market": mid_market, "small": small}


MARKETS = (
    Market(
        "amer", "amer_salesforce", "USD", 78, 28, 92, 36, _typical(640e3, 190e3, 62e3), (0.14, 0.46, 0.40),
        {"US": 0.83, "CA": 0.17}, 360, 6000, {"Enterprise East": 8, "Enterprise West": 7, "Mid-Market": 9, "Inside": 8},
        hockey=0.35, pace=1.01, due_now=0.10,
    ),
    Market(
        "dach", "dach_dynamics", "EUR", 96, 45, 66, 33, _typical(620e3, 180e3, 58e3), (0.16, 0.46, 0.38),
        {"DE": 0.68, "AT": 0.14, "CH": 0.18}, 330, 5200,
        {"Großkunden": 8, "Mittelstand Nord": 8, "Mittelstand Süd": 8, "Innendienst": 6}, pace=0.82, due_now=0.30,
    ),
    Market(
        "benelux", "dach_dynamics", "EUR", 19, 7, 17, 7, _typical(330e3, 120e3, 45e3), (0.08, 0.46, 0.46),
        {"NL": 0.6, "BE": 0.34, "LU": 0.06}, 62, 1000, {"Benelux": 5}, renewals=False, pace=0.60, due_now=0.35,
    ),
    Market(
        "nordics", "nordics_lime", "SEK", 46, 19, 42, 19, _typical(420e3, 140e3, 48e3), (0.13, 0.47, 0.40),
        {"SE": 0.5, "NO": 0.2, "DK": 0.18, "FI": 0.12}, 170, 2600, {"Väst": 7, "Öst": 6},
        hockey=0.2, pace=1.02, due_now=0.29,
    ),
    Market(
        "latam", "latam_pipedrive", "BRL", 38, 8, 140, 34, _typical(240e3, 85e3, 30e3), (0.08, 0.42, 0.50),
        {"BR": 0.7, "MX": 0.14, "CL": 0.09, "AR": 0.07}, 370, 3200, {"Grandes Contas": 6, "Interior": 9},
        hockey=0.25, cycle_days=95.0, pace=0.99, grows=True,
    ),
    Market(
        "japan", "japan_salesforce", "JPY", 42, 14, 44, 16, _typical(430e3, 150e3, 52e3), (0.14, 0.48, 0.38),
        {"JP": 1.0}, 200, 2000, {"東日本営業部": 7, "西日本営業部": 6, "特機営業課": 3},
        cycle_days=150.0, pace=0.98, due_now=0.29,
    ),
)  # fmt: skip

MARKET = {market.region: market for market in MARKETS}
SOURCES = tuple(dict.fromkeys(market.source for market in MARKETS))


@dataclass(frozen=True)
class Size:
    """How much of the company is written: 1.0 is all of it; the story quarters are always whole."""

    scale: float = 1.0

    def of(self, count: float) -> int:
        """Give a count at this size, at least 1."""
        return max(1, round(count * self.scale))

    @property
    def export_every(self) -> int:
        """How many weeks lie between two exports."""
        return 1 if self.scale >= 0.5 else 4


@dataclass(frozen=True)
class Person:
    """Somebody who sells; the name says a role and a tree, so it is nobody's."""

    ref: str
    team: str
    region: str
    country: str
    active: bool = True
    started_on: str = field(default="2022-03-01")
