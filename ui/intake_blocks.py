"""Won value beside finance's order intake, by region and closed month."""

from decimal import Decimal

import polars as pl

from ui.escape import text
from ui.formats import change_text, listed, money
from ui.headline import section
from ui.view import View

SHOWN_MONTHS = 3
REPORTED = 0.02  # of the won value: a larger difference is set in ink, a smaller one is calm
HEADS = ("Month", "Won value", "Order intake", "Difference", "of won value")


def intake_block(differences: pl.DataFrame, view: View) -> str:
    """What finance booked in each closed month less what the CRM calls won, region by region, in its own currency."""
    note = "what finance booked less what the CRM calls won, last closed months, in each region's currency"
    closed = differences.filter(pl.col("is_finished")) if not differences.is_empty() else differences
    if closed.is_empty():
        words = "Finance has sent no order intake, so won value stands unchecked. An export of order_intake adds it."
        return section("Won value beside order intake") + f'<p class="todo">{text(words)}</p>'
    regions = [region for region in view.organisation.regions if (closed["region"] == region).any()]
    body = "".join(_region(closed.filter(pl.col("region") == region), region, view) for region in regions)
    heads = "".join(f'<th scope="col"{_number(at)}>{head}</th>' for at, head in enumerate(HEADS))
    table = f'<table class="ledger intake"><thead><tr>{heads}</tr></thead>{body}</table>'
    return section("Won value beside order intake", note) + table


def _region(months: pl.DataFrame, region: str, view: View) -> str:
    rows = months.head(SHOWN_MONTHS).to_dicts()
    head = f'<tr class="source"><th scope="rowgroup" colspan="5">{text(view.name(region))}</th></tr>'
    if all(row["order_intake"] is None for row in rows):
        return f'<tbody>{head}<tr><td class="none" colspan="5">{text(rows[0]["sentence"])}</td></tr></tbody>'
    if all(row["difference"] == 0 for row in rows):
        named = listed([f"{row['month']:%b %Y}" for row in rows])
        return f'<tbody>{head}<tr><td class="none" colspan="5">{named}: the same to the cent</td></tr></tbody>'
    return f"<tbody>{head}{''.join(_month(row) for row in rows)}</tbody>"


def _month(row: dict[str, object]) -> str:
    currency, reason = str(row["currency"]), str(row["sentence"] or "")
    share = row["share"] if isinstance(row["share"], float) else None
    why = f'<small class="why">{text(reason)}</small>' if reason else ""
    strong = " rows_in" if share is not None and abs(share) >= REPORTED else ""
    return (
        f'<tr><th scope="row">{row["month"]:%b %Y}{why}</th><td class="num">{_money(row["won_value"], currency)}</td>'
        f'<td class="num">{_money(row["order_intake"], currency)}</td>'
        f'<td class="num{strong}">{_money(row["difference"], currency, signed=True)}</td>'
        f'<td class="num">{change_text(share, "percent") if share is not None else "–"}</td></tr>'
    )


def _money(value: object, currency: str, *, signed: bool = False) -> str:
    return money(value, currency, signed=signed) if isinstance(value, Decimal) else "–"


def _number(at: int) -> str:
    return ' class="num"' if at else ""
