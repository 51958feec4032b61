"""What a reader has chosen to look at, as it stands in the address: period, comparison, money and regions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast
from urllib.parse import parse_qsl, urlencode

from kpi.errors import KpiError
from kpi.period import Period, current_quarter, parse_period
from kpi.slice import Currency, Rates
from organisation import Organisation
from ui.clock import now_of

Against = Literal["plan", "last_year", "last_week"]

AGAINST: dict[Against, str] = {
    "plan": "against plan",
    "last_year": "against last year",
    "last_week": "against last week",
}
RATES: dict[Rates, str] = {"budget": "budget rate", "booked": "rate when booked", "spot": "today's rate"}
KEYS = ("period", "against", "money", "rates", "regions", "region")


@dataclass(frozen=True)
class Choice:
    """A view's choices; None or empty is the page's own default, `region` the one market of a market page."""

    period: str | None = None
    against: Against = "plan"
    money: Currency | None = None
    rates: Rates = "budget"
    regions: tuple[str, ...] = ()
    region: str | None = None

    @classmethod
    def read(cls, query: Mapping[str, str], organisation: Organisation) -> "Choice":
        """Give the choices of an address; words that mean nothing here are passed over, never trusted."""
        against, rates, money = query.get("against"), query.get("rates"), query.get("money")
        asked = (query.get("regions") or "").split(",")
        regions = tuple(region for region in organisation.regions if region in asked)
        region = query.get("region")
        return cls(
            period=_known_period(query.get("period"), organisation),
            against=against if against in AGAINST else "plan",
            money=cast(Currency, money) if money in ("group", "local") else None,
            rates=rates if rates in RATES else "budget",
            regions=() if len(regions) == len(organisation.regions) else regions,
            region=region if region in organisation.regions else None,
        )

    def query(self) -> dict[str, str]:
        """The choices that differ from the defaults, as they are written in an address."""
        words = {
            "period": self.period,
            "against": None if self.against == "plan" else self.against,
            "money": self.money,
            "rates": None if self.rates == "budget" else self.rates,
            "regions": ",".join(self.regions) or None,
            "region": self.region,
        }
        return {key: word for key, word in words.items() if word}

    def link(self, page: str, **more: str) -> str:
        """The address of a page with these choices; "" is the overview; an empty word takes a choice away."""
        query = {**self.query(), **more}
        kept = {key: word for key, word in query.items() if word}
        return f"{page or './'}?{urlencode(kept, safe=',:')}" if kept else page or "./"

    def without_page(self) -> "Choice":
        """The choices that hold on every page: all but the market page's region."""
        return replace(self, region=None)


def chosen_period(choice: Choice, organisation: Organisation, calendar: str = "group") -> Period:
    """The chosen period in a calendar, "group" or a region's: its own quarter where the group's was chosen."""
    now = now_of(organisation)
    if choice.period is None:
        return current_quarter(organisation, now, calendar)
    period = parse_period(choice.period, organisation, now)
    if period.calendar == calendar or calendar == "group":
        return period
    return parse_period(f"{calendar}:{_own_code(period, organisation, calendar)}", organisation, now)


def parts_of(address: str) -> tuple[str, dict[str, str]]:
    """The page and the query of an address that `Choice.link` wrote."""
    page, _, query = address.partition("?")
    return page.strip("./"), dict(parse_qsl(query))


def _own_code(period: Period, organisation: Organisation, calendar: str) -> str:
    quarter = organisation.fiscal_calendar(calendar).quarter_of(min(period.to_date, period.end))
    return f"{quarter.year}-Q{quarter.number}"


def _known_period(words: str | None, organisation: Organisation) -> str | None:
    if not words:
        return None
    try:
        parse_period(words, organisation, now_of(organisation))
    except KpiError:
        return None
    return words
