"""Where a deviation comes from: its parts by segment, team, source and product, each set adding up to the whole."""

from decimal import Decimal
from fractions import Fraction

from docket.items import Item
from kpi.change import parts as change
from kpi.change.parts import rounded, total
from kpi.deviations.drivers import SMALL_TEAMS, Driver
from kpi.shape import UNKNOWN
from kpi.words import fraction_words
from ui.contributions import Part, contribution_list
from ui.disclosure import disclosure
from ui.escape import text
from ui.formats import MINUS, NARROW, counted, in_millions, symbol
from ui.headline import section
from ui.view import View

READ_FROM = ("pace", "own past", "agreement")  # the rules whose figure is the running quarter's own
BY = {"segment": "segment", "team": "team", "lead_source": "source", "product": "product"}
NAMES = {"mid_market": "mid-market", "small": "small business", SMALL_TEAMS: "smaller teams", UNKNOWN: "not stated"}
SHOWN = 8
TEN_THOUSAND, TENTH_OF_A_POINT = Fraction(10_000), Fraction(1, 1000)  # the last digit that is shown


def drivers_block(view: View, item: Item) -> str:
    """The parts of a deviation, the most telling dimension open; nothing where its figure has no parts."""
    known = view.drivers(item.kpi, item.region) if item.rule in READ_FROM else None
    if known is None:
        return ""
    is_money = known.unit == "money"
    currency = view.organisation.group.currency
    unit = f"{symbol(currency)}{NARROW}M, won less expected to date, at budget rates" if is_money else ""
    note = unit or "points, this quarter to date less its last four at the same point"
    leading, *others = known.by
    first = section("Where it comes from", note) + _said(known.by[leading], known.total, leading)
    body = _list(known.by[leading], is_money=is_money)
    more = "".join(disclosure(f"by_{one}", f"By {BY[one]}", _list(known.by[one], is_money=is_money)) for one in others)
    return f"{first}{body}{more}"


def _said(parts: tuple[Driver, ...], whole: Decimal, dimension: str) -> str:
    share = float(parts[0].adds / whole) if whole else 0.0
    if share <= 0:
        return ""
    name = NAMES.get(parts[0].name, parts[0].name.replace("_", " "))
    part = f"{fraction_words(share).capitalize()} of it is" if share < 1 else "All of it is"
    return f"<p>{text(part)} <b>{text(name)}</b>, the {text(BY[dimension])} that adds the most.</p>"


def _list(parts: tuple[Driver, ...], *, is_money: bool) -> str:
    """The parts in the order given, in whole units of what is shown, so that they add up on the screen too."""
    named = [(_name(one.name), one.n, Fraction(one.adds)) for one in parts[:SHOWN]]
    if rest := parts[SHOWN:]:
        adds = sum((Fraction(one.adds) for one in rest), Fraction(0))
        named.append((f"{len(rest)} others", sum(one.n for one in rest), adds))
    unit = TEN_THOUSAND if is_money else TENTH_OF_A_POINT
    shown = rounded([change.Part(str(place), "changed", adds) for place, (_, _, adds) in enumerate(named)], unit)
    noun = "won deal" if is_money else "case"
    rows = [
        Part(name, counted(n, noun), float(one.amount), _signed(one.amount, is_money=is_money), one.amount >= 0)
        for (name, n, _), one in zip(named, shown, strict=True)
    ]
    return contribution_list(rows, "Together", _signed(total(shown), is_money=is_money))


def _signed(adds: Fraction, *, is_money: bool) -> str:
    if is_money:
        words = in_millions(float(adds))
        return f"+{words}" if adds > 0 and words.strip("0.,") else words
    words = f"{abs(float(adds)) * 100:.1f}"
    return words if not words.strip("0.") else f"{'+' if adds > 0 else MINUS}{words}"


def _name(name: str) -> str:
    words = NAMES.get(name, name.replace("_", " "))
    return words[:1].upper() + words[1:]
