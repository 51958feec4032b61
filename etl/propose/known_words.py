"""Local words and what they usually mean: stages, statuses, types and sizes in many languages; proposals only."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from etl.propose.labels import folded, tokens
from organisation import load_yaml

WORDS = Path(__file__).with_name("words.yaml")
SHORTEST_PART = 4  # letters of a known word that may stand inside a longer one


@cache
def known_words(kind: str) -> Mapping[str, tuple[str, ...]]:
    """Give folded local word -> what it can mean, for stages, statuses, business_types, …; empty for other kinds."""
    text = load_yaml(WORDS).get(kind)
    found: dict[str, tuple[str, ...]] = {}
    for meaning, words in _lines(str(text or "")):
        for word in words:
            found[word] = tuple(dict.fromkeys((*found.get(word, ()), meaning)))
    return found


def meanings(kind: str, word: str) -> tuple[tuple[str, ...], str]:
    """Give what a local word can mean and the known word that says so: itself, else the longest one inside it."""
    known = known_words(kind)
    plain = folded(word)
    if plain in known:
        return known[plain], plain
    bare = _without_marks(plain)
    if bare in known:
        return known[bare], bare
    inside = [each for each in known if len(each) >= SHORTEST_PART and _holds(bare, each)]
    longest = max(map(len, inside), default=0)
    best = [each for each in inside if len(each) == longest]
    found = tuple(dict.fromkeys(meaning for each in best for meaning in known[each]))
    return found, best[0] if best else ""


def _without_marks(plain: str) -> str:
    """Give a word without what people put in front of it to sort their stages: "3. ", "A - ", "02_"."""
    head, sign, rest = plain.partition(" ")
    if sign and rest and (head.rstrip(".)-:").isdecimal() or (len(head) <= 2 and head.endswith((".", ")", "-", ":")))):
        return rest.lstrip("-–. ")
    return plain.lstrip("0123456789.)-_ ") or plain


def _holds(long: str, short: str) -> bool:
    if not short.isascii() and not any(letter.isspace() for letter in long):
        return short in long
    words, wanted = tokens(long), tokens(short)
    if wanted and wanted[0] not in words:
        return False
    return any(words[start : start + len(wanted)] == wanted for start in range(len(words) - len(wanted) + 1))


def _lines(text: str) -> Iterator[tuple[str, list[str]]]:
    for line in text.splitlines():
        meaning, _, words = line.partition(":")
        yield meaning.strip(), [folded(word) for word in words.split(";") if word.strip()]
