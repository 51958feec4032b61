"""How a file writes numbers and dates: the readings in which all of its cells make sense, one or several."""

from collections.abc import Sequence
from dataclasses import dataclass

from etl.cells import Unreadable
from etl.dates import Moment, read_moment
from etl.numbers import COMMA, DOT, Money, read_money
from etl.propose.proposal import Finding, Option
from etl.propose.sight import ORDERS

ORDER_WORDS = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}
SIGN_WORDS = {".": "a decimal point", ",": "a decimal comma"}


@dataclass(frozen=True)
class Readings:
    """What was found: one reading, or the options between which a person has to choose."""

    finding: Finding | None
    options: tuple[Option, ...] = ()


def decimal_readings(texts: Sequence[str]) -> Readings:
    """Give the decimal sign under which all numbers make sense; both, with an example, where they differ."""
    signs = {".": DOT, ",": COMMA}
    read = {sign: [read_money(text, each) for text in texts] for sign, each in signs.items()}
    judged = [place for place in range(len(texts)) if any(isinstance(found[place], Money) for found in read.values())]
    possible = [sign for sign in signs if all(isinstance(read[sign][place], Money) for place in judged)]
    differing = [place for place in judged if read["."][place] != read[","][place]]
    if not judged or not differing:
        return Readings(Finding(".", 1.0, "no number has a fraction or groups: both readings are the same"))
    if len(possible) == 1:
        sign = possible[0]
        return Readings(Finding(sign, 1.0, f'"{texts[differing[0]]}" can only be read with {SIGN_WORDS[sign]}'))
    options = []
    for sign in possible or signs:
        shown = [(texts[place], read[sign][place]) for place in differing if isinstance(read[sign][place], Money)][:2]
        example = ", ".join(f"{text} is {found.number}" for text, found in shown if isinstance(found, Money))
        share = sum(isinstance(read[sign][place], Money) for place in judged) / len(judged)
        fits = "" if share == 1 else f" (reads {share:.0%})"
        options.append(Option(sign, f"{SIGN_WORDS[sign]}{fits}", example))
    return Readings(None, tuple(options))


def date_readings(texts: Sequence[str], pivot: int | None) -> Readings:
    """Give the order in which all dates make sense; several, with an example, where they differ."""
    read = {order: [read_moment(text, order, pivot) for text in texts] for order in ORDERS}
    judged = [place for place in range(len(texts)) if any(isinstance(found[place], Moment) for found in read.values())]
    possible = [order for order in ORDERS if all(isinstance(read[order][place], Moment) for place in judged)]
    differing = [place for place in judged if len({_day(read[order][place]) for order in possible or ORDERS}) > 1]
    if judged and possible and not differing:
        return Readings(Finding(possible[0], 1.0, f'all dates are written like "{texts[judged[0]]}"'))
    if judged and len(possible) == 1:
        return Readings(Finding(possible[0], 1.0, f'"{texts[differing[0]]}" can only be {ORDER_WORDS[possible[0]]}'))
    options = []
    for order in possible or ORDERS:
        shown = [(texts[place], read[order][place]) for place in differing][:2]
        example = ", ".join(f"{text} is {found.wall:%-d %b %Y}" for text, found in shown if isinstance(found, Moment))
        share = sum(isinstance(read[order][place], Moment) for place in judged) / max(len(judged), 1)
        if share:
            fits = "" if share == 1 else f" (reads {share:.0%})"
            options.append(Option(order, f"{ORDER_WORDS[order]}{fits}", example))
    return Readings(None, tuple(options))


def _day(found: Moment | Unreadable) -> object:
    return found.wall if isinstance(found, Moment) else None
