"""What a region's name says of its country, currency and time zones; proposals to confirm, never choices."""

from functools import cache

import pytz
from babel import Locale
from babel.numbers import get_territory_currencies

from etl.propose.labels import folded


def country_of(region: str) -> str:
    """Give the ISO 3166 code of a region that is called like a country; else the empty text."""
    return _codes().get(folded(region.replace("_", " ")), "")


def currencies_of(country: str) -> tuple[str, ...]:
    """Give the currencies in use in a country."""
    return tuple(get_territory_currencies(country)) if country else ()


def zones_of(country: str) -> tuple[str, ...]:
    """Give the time zones of a country, the one of most people first where that is known."""
    return tuple(pytz.country_timezones.get(country, ())) if country else ()


@cache
def country_names() -> dict[str, str]:
    """Give every country's code and English name."""
    territories = Locale("en").territories
    return {code: str(name) for code, name in territories.items() if len(code) == 2 and code.isalpha()}


@cache
def _codes() -> dict[str, str]:
    return {folded(name): code for code, name in country_names().items()}
