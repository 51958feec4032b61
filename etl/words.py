"""Local words to common ones; what no one mapped is counted, never guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from etl.cells import OneByOne, Typed, Unreadable, meaning
from etl.iso import country_codes, country_names, currency_codes, folded

BUSINESS_TYPES = ("new", "expansion", "renewal")
SEGMENTS = ("enterprise", "mid_market", "small")
FORECAST_CATEGORIES = ("commit", "best_case", "pipeline", "omitted")
ACTIVITY_TYPES = ("call", "meeting", "email", "task")
TOUCHES = ("call", "meeting", "email")
LEAD_STATUSES = ("open", "qualified", "rejected", "converted")
_YES = {"true", "1", "yes", "y", "ja", "j", "sim", "oui", "sí", "はい", "有効", "x", "on", "wahr", "aktiv", "ativo"}
_NO = {"false", "0", "no", "n", "nein", "nej", "não", "non", "いいえ", "無効", "off", "falsch", "inaktiv", "inativo"}
_COUNTRY_WORDS = {"uk": "GB", "england": "GB", "usa": "US", "u.s.a.": "US", "holland": "NL"}
_CURRENCY_WORDS = {"euro": "EUR", "€": "EUR", "us dollar": "USD", "u.s. dollar": "USD", "円": "JPY", "日本円": "JPY"}


@dataclass(frozen=True)
class Mapped:
    """The common words of a column as an expression, and the local words that nothing maps."""

    values: pl.Expr
    unmapped: tuple[str, ...]


Distinct = Mapping[str, Iterable[str]]


def distinct_words(texts: pl.DataFrame, columns: Iterable[str]) -> dict[str, list[str]]:
    """Give the distinct texts of the columns that the frame has."""
    present = [name for name in columns if name in texts.columns]
    if not present:
        return {}
    found = texts.select(pl.col(name).drop_nulls().unique().sort().implode() for name in present)
    return {name: found[name][0].to_list() for name in present}


def map_words(column: str, distinct: Distinct, words: Mapping[str, str], common: tuple[str, ...] = ()) -> Mapped:
    """Give the common word of each text of a column: as mapped, or a common word as it stands; else null and listed.

    Upper and lower case and the width of spaces make no difference.
    """
    plain = {folded(word): meant for word, meant in words.items()} | {word: word for word in common if word}
    found = {text: words.get(text, plain.get(folded(text))) for text in distinct.get(column, ())}
    known = {text: meant for text, meant in found.items() if meant is not None}
    return Mapped(meaning(column, known, pl.String()), tuple(text for text, meant in found.items() if meant is None))


class Words:
    """Reads a column of words that have a value each."""

    def __init__(self, read: OneByOne[str] | OneByOne[bool], distinct: Iterable[str]) -> None:
        self.read = read
        self.distinct = distinct

    def fast(self, texts: pl.Series) -> pl.Expr:
        """Read the words that have a value."""
        return self.read.of_words(texts.name, self.distinct)

    def exact(self, texts: pl.Series) -> Typed:
        """Read all, with the reason of each that has none."""
        return self.read.exact(texts)


def booleans(distinct: Iterable[str], yes: Iterable[str] = (), no: Iterable[str] = ()) -> Words:
    """Give the reading of yes and no, and of the further words for them, which go first."""
    own = {folded(word): False for word in no} | {folded(word): True for word in yes}

    def boolean(text: str) -> bool | Unreadable:
        plain = folded(text)
        if plain in own:
            return own[plain]
        return plain in _YES if plain in _YES | _NO else Unreadable("TYPE_BOOLEAN")

    return Words(OneByOne(boolean, pl.Boolean()), distinct)


def currencies(distinct: Iterable[str], words: Mapping[str, str]) -> Words:
    """Give the reading of ISO 4217 codes: as mapped, or a code or sign as it stands."""
    own = _CURRENCY_WORDS | {folded(word): code for word, code in words.items()}

    def currency(text: str) -> str | Unreadable:
        code = own.get(folded(text), text.upper())
        return code if code in currency_codes() else Unreadable("CURRENCY")

    return Words(OneByOne(currency, pl.String()), distinct)


def countries(distinct: Iterable[str], words: Mapping[str, str]) -> Words:
    """Give the reading of ISO 3166 codes: as mapped, a code as it stands, or a country's name in a usual language."""
    own = _COUNTRY_WORDS | {folded(word): code for word, code in words.items()}

    def country(text: str) -> str | Unreadable:
        plain = folded(text)
        code = own.get(plain) or (text.upper() if text.upper() in country_codes() else country_names().get(plain))
        return code or Unreadable("COUNTRY")

    return Words(OneByOne(country, pl.String()), distinct)
