"""Words that look like others and are not: letters of a second script, full-width forms, characters without width."""

import re
import unicodedata
from collections.abc import Iterable

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_CYRILLIC = "АВЕЅІЈКМНОРСТУХаеорсухіјѕԁһ"
_GREEK = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαινρυχ"
_LOOK = str.maketrans(_CYRILLIC + _GREEK, "ABESIJKMHOPCTYXaeopcyxijsdh" + "ABEZHIKMNOPTYXoaivpux")
_TWIN = re.compile(f"[{_CYRILLIC}{_GREEK}]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")


def confusable(words: Iterable[str], known: Iterable[str] = ()) -> list[str]:
    """Give the words that can be taken for another: one that is known, one of their own, or what they seem to be.

    known: words that stand in the profile; they are compared with, never given.
    """
    given, expected = list(words), set(known)
    if all(word.isascii() for word in given) and all(word.isascii() for word in expected):
        return []
    meant: dict[str, set[str]] = {}
    for word in {*given, *expected}:
        meant.setdefault(_appearance(word), set()).add(unicodedata.normalize("NFC", word))
    return [word for word in given if not word.isascii() and (_seems(word) or len(meant[_appearance(word)]) > 1)]


def _seems(word: str) -> bool:
    """Say whether a word holds what nobody sees, or twins of Latin letters among Latin letters."""
    mixed = any(_TWIN.search(part) and _LATIN.search(part) for part in re.findall(r"\w+", word))
    return mixed or _INVISIBLE.search(word) is not None


def _appearance(word: str) -> str:
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", word)).translate(_LOOK)
