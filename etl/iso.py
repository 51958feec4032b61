"""What the world's standards and languages call currencies, countries and months, from the tables of babel."""

import unicodedata
from functools import cache

_LANGUAGES = ("en", "de", "fr", "sv", "da", "nb", "pt", "es", "ja", "nl", "it", "fi", "pl")


def folded(word: str) -> str:
    """Give a word by which upper and lower case, spaces and the composition of accents make no difference."""
    plain = word if word.isascii() else unicodedata.normalize("NFC", word)
    return " ".join(plain.split()).casefold()


@cache
def currency_codes() -> frozenset[str]:
    """Give every ISO 4217 code."""
    from babel.core import get_global  # read when a currency is met: it costs more than a small file

    return frozenset(get_global("all_currencies"))


@cache
def country_codes() -> frozenset[str]:
    """Give every ISO 3166 code of two letters."""
    return frozenset(country_names().values())


@cache
def country_names() -> dict[str, str]:
    """Give the code of each country by its folded name in the usual languages."""
    from babel import Locale

    return {
        folded(name): code
        for language in reversed(_LANGUAGES)
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code.isalpha()
    }


@cache
def month_names() -> dict[str, int]:
    """Give the month of each folded name or short name, without its point; no name means two months."""
    from babel import Locale

    return {
        folded(name).rstrip("."): month
        for language in _LANGUAGES
        if language != "ja"
        for forms in Locale(language).months.values()
        for width in ("wide", "abbreviated")
        for month, name in forms.get(width, {}).items()
    }
