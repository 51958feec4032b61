"""What makes one system's exports look as they do: headers, encoding, separators, dates, numbers and local words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Words:
    """A region's own words, by the common ones."""

    stages: tuple[str, str, str, str]
    outcomes: Mapping[str, str]
    business_types: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)
    lead_sources: Mapping[str, str] = field(default_factory=dict)
    loss_reasons: Mapping[str, str] = field(default_factory=dict)
    countries: Mapping[str, str] = field(default_factory=dict)
    lead_statuses: Mapping[str, str] = field(default_factory=dict)
    activity_types: Mapping[str, str] = field(default_factory=dict)
    next_steps: Sequence[str] = ()
    forecast_categories: Mapping[str, str] = field(default_factory=dict)
    yes: str = "1"
    no: str = "0"
    pilot: str = ""


@dataclass(frozen=True)
class Format:
    """How a source writes its exports; headers: table -> canonical column -> header, in the file's order.

    outcome_in_stage: won and lost are stages, else a status of their own beside the stage.
    close_overwritten: one close date, expected first and actual once the deal is closed.
    no_next_step, no_lead_source: the share of deals for which nobody fills them in.
    footer: lines after the data, {rows} is their number.
    """

    source: str
    encoding: str
    separator: str
    day: str
    instant: str
    decimal: str
    thousands: str
    decimals: int
    words: Words
    headers: Mapping[str, Headers]
    outcome_in_stage: bool = True
    close_overwritten: bool = False
    bom: bool = False
    line_end: str = "\r\n"
    no_next_step: float = 0.1
    no_lead_source: float = 0.03
    footer: tuple[str, ...] = ()

    def amount(self, amount: int) -> str:
        """Write a whole amount as the system writes money."""
        grouped = f"{amount:,}".replace(",", self.thousands)
        return grouped + (self.decimal + "0" * self.decimals if self.decimals else "")
