"""Local words to common ones; what no one mapped is counted, never guessed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from etl.cells import Reading, Typed, Unreadable, mapped

BUSINESS_TYPES = ("new", "expansion", "renewal")
SEGMENTS = ("enterprise", "mid_market", "small")
FORECAST_CATEGORIES = ("commit", "best_case", "pipeline", "omitted")
ACTIVITY_TYPES = ("call", "meeting", "email", "task")
TOUCHES = ("call", "meeting", "email")
LEAD_STATUSES = ("open", "qualified", "rejected", "converted")
_YES = {"true", "1", "yes", "y", "ja", "j", "sim", "oui", "sí", "はい", "有効", "x", "on", "wahr", "aktiv", "ativo"}
_NO = {"false", "0", "no", "n", "nein", "nej", "não", "non", "いいえ", "無効", "off", "falsch", "inaktiv", "inativo"}
_LANGUAGES = ("en", "de", "fr", "sv", "da", "nb", "pt", "es", "ja", "nl", "it", "fi", "pl")
_CURRENCY_WORDS = {"euro": "EUR", "€": "EUR", "us dollar": "USD", "u.s. dollar": "USD", "円": "JPY", "日本円": "JPY"}


@dataclass(frozen=True)
class Mapped:
    """A column of common words, and the local words that nothing maps."""

    values: pl.Series
    unmapped: tuple[str, ...]


def map_words(texts: pl.Series, words: Mapping[str, str], common: tuple[str, ...] = ()) -> Mapped:
    """Give the common word of each text: as mapped, or a common word as it stands; else null and listed.

    Upper and lower case and the width of spaces make no difference.
    """
    folded = {_fold(word): meant for word, meant in words.items()} | {word: word for word in common if word}
    found = {text: words.get(text, folded.get(_fold(text))) for text in texts.unique().to_list() if text is not None}
    known = {text: meant for text, meant in found.items() if meant is not None}
    unmapped = tuple(sorted(text for text, meant in found.items() if meant is None))
    return Mapped(mapped(texts, known, pl.String()), unmapped)


def read_booleans(texts: pl.Series) -> Typed:
    """Give a column of yes and no."""

    def boolean(text: str) -> bool | Unreadable:
        folded = _fold(text)
        return folded in _YES if folded in _YES | _NO else Unreadable("TYPE_BOOLEAN")

    return Reading(boolean).column(texts, pl.Boolean())


def read_currencies(texts: pl.Series) -> Typed:
    """Give a column of ISO 4217 codes."""

    def currency(text: str) -> str | Unreadable:
        code = _CURRENCY_WORDS.get(_fold(text), text.upper())
        return code if code in _currency_codes() else Unreadable("CURRENCY")

    return Reading(currency).column(texts, pl.String())


def read_countries(texts: pl.Series, words: Mapping[str, str]) -> Typed:
    """Give a column of ISO 3166 codes: as mapped, a code as it stands, or a country's name in a usual language."""
    own = {_fold(word): code for word, code in words.items()}

    def country(text: str) -> str | Unreadable:
        folded = _fold(text)
        code = own.get(folded) or (text.upper() if text.upper() in _country_codes() else _country_names().get(folded))
        return code or Unreadable("COUNTRY")

    return Reading(country).column(texts, pl.String())


def _fold(word: str) -> str:
    return " ".join(word.split()).casefold()


@cache
def _currency_codes() -> frozenset[str]:
    from babel.core import get_global  # read when a currency is met: it costs more than a small file

    return frozenset(get_global("all_currencies"))


@cache
def _country_codes() -> frozenset[str]:
    return frozenset(_country_names().values())


@cache
def _country_names() -> dict[str, str]:
    from babel import Locale

    return {
        _fold(name): code
        for language in reversed(_LANGUAGES)
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code.isalpha()
    }
