"""The waterfall in words and as a table: its sentence, its bars with their deals, and the choice of what it is of."""

from datetime import date
from fractions import Fraction

from kpi.change.moves import BARS
from kpi.change.states import Between
from kpi.change.waterfall import Bar, Waterfall
from ui.choice import Choice
from ui.escape import text
from ui.formats import counted, full_money, money

PAGE = "pipeline"


def waterfall_words(found: Waterfall, asked: Between) -> tuple[str, str]:
    """The headline and the line below it."""
    if not found.start_deals and not found.end_deals and not found.moves:
        return "No deals were open then.", "Choose another period, or other regions, above."
    change = found.end - found.start
    what = f"Pipeline closing in {asked.closing_in.label}" if asked.closing_in else "Open pipeline"
    way = "rose by" if change > 0 else "fell by" if change < 0 else "stands where it was, at"
    amount = abs(change) if change else found.end
    sentence = f"{what} {way} {money(float(amount), found.currency)}."
    ordered = sorted(found.bars, key=lambda bar: -abs(bar.amount))[:3]
    most = ", ".join(f"{bar.label.lower()} {money(float(bar.amount), found.currency, signed=True)}" for bar in ordered)
    days = f"From the end of {_day(asked.since)} to the end of {_day(asked.until)}."
    lacking = f" {counted(found.unrated, 'deal')} not counted: no exchange rate." if found.unrated else ""
    return sentence, f"{days} The most: **{most}**.{lacking}" if most else f"{days} No deal changed.{lacking}"


def kind_links(choice: Choice, asked: Between) -> str:
    """Two links: all open deals, or those closing in the period."""
    named = asked.closing_in is not None
    links = (("All open deals", "", not named), ("Closing in the period", "period", named))
    drawn = " · ".join(
        f"<b>{text(label)}</b>"
        if here
        else f'<a href="{text(choice.link(PAGE, closing=word))}" data-go>{text(label)}</a>'
        for label, word, here in links
    )
    return f'<p class="kinds">{drawn}</p>'


def bars_table(found: Waterfall, choice: Choice, asked: Between, chosen: str | None) -> str:
    """The table of start, bars and end in full cents; each bar leads to its deals."""
    start, bars, end = found.cents
    closing = "period" if asked.closing_in else ""
    lines = [_level(f"End of {_day(asked.since)}", start, found.start_deals, found.currency)]
    lines += [_line(bar, found.currency, choice.link(PAGE, closing=closing, bar=bar.name), chosen) for bar in bars]
    lines.append(_level(f"End of {_day(asked.until)}", end, found.end_deals, found.currency))
    heads = '<tr><th scope="col">Step</th><th scope="col">Amount</th><th scope="col">Deals</th></tr>'
    return f'<table class="bars"><thead>{heads}</thead><tbody>{"".join(lines)}</tbody></table>'


def deals_title(chosen: str | None, count: int) -> tuple[str, str]:
    """The heading above the changes list."""
    if chosen in BARS:
        return (
            f"{BARS[chosen]}: {counted(count, 'deal')}",
            "Their “counts as” is the bar. Each names its file and line.",
        )
    return f"All changes: {counted(count, 'deal')}", "Choose a step above to see its deals alone."


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _level(label: str, amount: Fraction, deals: int, currency: str) -> str:
    figure = text(full_money(float(amount), currency))
    return f'<tr class="level"><th scope="row">{text(label)}</th><td>{figure}</td><td>{deals:,}</td></tr>'


def _line(bar: Bar, currency: str, link: str, chosen: str | None) -> str:
    figure = text(("+" if bar.amount > 0 else "") + full_money(float(bar.amount), currency))
    here = ' class="here"' if bar.name == chosen else ""
    name = f'<a href="{text(link)}" data-go>{text(bar.label)}</a>'
    return f'<tr{here}><th scope="row">{name}</th><td>{figure}</td><td>{bar.deals:,}</td></tr>'
