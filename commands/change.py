"""denominator waterfall and denominator change: what a figure's change between two days is made of."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

import typer
from rich.table import Table

from commands.shared import JsonOption, WorkspaceOption, instant_text, organisation_of, people, print_json
from kpi.change.deals import changes_list
from kpi.change.explained import Explained, explain_change
from kpi.change.states import Between
from kpi.change.waterfall import Waterfall, waterfalls
from kpi.definitions import Definitions
from kpi.engines.duckdb import DuckDbEngine
from kpi.period import parse_period
from kpi.scope import Scope
from kpi.value import GROUP

DAY = ["%Y-%m-%d"]
FromOption = Annotated[datetime, typer.Option("--from", formats=DAY, help="The first day; its end counts.")]
ToOption = Annotated[datetime, typer.Option("--to", formats=DAY, help="The last day; its end counts.")]
RatesOption = Annotated[Literal["budget", "booked", "spot"], typer.Option(help="Which exchange rates.")]


def waterfall(
    since: FromOption,
    until: ToOption,
    closing_in: Annotated[
        str | None, typer.Option(help="Only deals expected to close in it, such as 2026-Q4; default: all open deals.")
    ] = None,
    region: Annotated[str, typer.Option(help="One region's id; default: the group.")] = GROUP,
    currency: Annotated[
        Literal["group", "local"], typer.Option(help="The group's currency or the region's own.")
    ] = "group",
    rates: RatesOption = "budget",
    deals: Annotated[bool, typer.Option("--deals", help="Also the deals behind the bars.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how the open pipeline went from one day to another: start and bars give the end, to the cent."""
    organisation = organisation_of(workspace)
    if region != GROUP and region not in organisation.regions:
        known = ", ".join((GROUP, *organisation.regions))
        raise typer.BadParameter(f'there is no region "{region}"; known are {known}', param_hint="--region")
    if region == GROUP and currency == "local":
        raise typer.BadParameter("the group has no local currency; name a --region", param_hint="--currency")
    now = organisation.workspace.now()
    asked = Between(
        since.date(),
        until.date(),
        now,
        parse_period(closing_in, organisation, now) if closing_in else None,
        regions=() if region == GROUP else (region,),
        currency=currency,
        rates=rates,
    )
    with DuckDbEngine(organisation.workspace.lake) as engine:
        found = waterfalls(engine, organisation, asked, Scope.everything())[region]
    if as_json:
        print_json(waterfall_object(found, asked, with_deals=deals))
    else:
        people.print(_bars_table(found, asked))
        if deals:
            people.print(_deals_table(found))


def change(
    name: Annotated[str, typer.Argument(metavar="KPI", help="The KPI, by its name in the definitions.")],
    since: Annotated[str, typer.Option("--from", help="The earlier period, such as 2026-Q3.")],
    until: Annotated[str, typer.Option("--to", help="The later period, such as 2026-Q4.")],
    rates: RatesOption = "budget",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Split a KPI's change between two periods into regions: amounts, or rate and mix; the parts add up exactly."""
    organisation = organisation_of(workspace)
    definitions = Definitions.read(organisation.workspace.definitions_file)
    now = organisation.workspace.now()
    periods = (parse_period(since, organisation, now), parse_period(until, organisation, now))
    with DuckDbEngine(organisation.workspace.lake) as engine:
        found = explain_change(
            engine,
            organisation,
            definitions,
            name,
            periods=periods,
            as_of=now,
            rates=rates,
            scope=Scope.everything(),
        )
    if as_json:
        print_json(change_object(found))
    else:
        people.print(_parts_table(found))


def waterfall_object(found: Waterfall, asked: Between, *, with_deals: bool) -> dict[str, object]:
    """Give a waterfall as the stable object that other programs read; amounts are text in whole cents."""
    start, bars, end = found.cents
    told: dict[str, object] = {
        "region": found.region,
        "from": asked.since.isoformat(),
        "to": asked.until.isoformat(),
        "closing_in": asked.closing_in.code if asked.closing_in else None,
        "currency": found.currency,
        "rates": asked.rates,
        "as_of": instant_text(asked.as_of),
        "start": money_text(start),
        "start_deals": found.start_deals,
        "bars": [
            {"bar": bar.name, "label": bar.label, "amount": money_text(bar.amount), "deals": bar.deals} for bar in bars
        ],
        "end": money_text(end),
        "end_deals": found.end_deals,
        "unrated": found.unrated,
    }
    if with_deals:
        rows = changes_list(found).iter_rows(named=True)
        told["changes"] = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return told


def change_object(found: Explained) -> dict[str, object]:
    """Give a change as the stable object that other programs read; amounts and parts are text."""
    return {
        "kpi": found.kpi,
        "unit": found.unit,
        "from": {"period": found.periods[0], "value": _text(found.before)},
        "to": {"period": found.periods[1], "value": _text(found.after)},
        "change": _text(found.after - found.before),
        "parts": [{"part": one.name, "kind": one.kind, "amount": _text(one.amount)} for one in found.parts],
    }


def money_text(amount: Fraction) -> str:
    """Give an amount of whole cents as text."""
    cents = round(amount * 100)
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _text(number: Fraction) -> str:
    """Give a number as text: exact where it is a decimal one, as converted money is, else to ten digits."""
    units = number * 10**10
    if units.denominator != 1:
        return f"{float(number):.10g}"
    whole = format(Decimal(units.numerator).scaleb(-10), "f")
    return whole.rstrip("0").rstrip(".")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else str(value) if value is not None else None


def _bars_table(found: Waterfall, asked: Between) -> Table:
    start, bars, end = found.cents
    table = Table("Bar", found.currency, "Deals")
    table.columns[1].justify = table.columns[2].justify = "right"
    table.add_row(f"End of {asked.since}", money_text(start), str(found.start_deals))
    for bar in bars:
        table.add_row(bar.label, f"{'+' if bar.amount > 0 else ''}{money_text(bar.amount)}", str(bar.deals))
    table.add_section()
    table.add_row(f"End of {asked.until}", money_text(end), str(found.end_deals))
    if found.unrated:
        table.caption = f"{found.unrated} deals not counted: their currency has no rate"
    return table


def _deals_table(found: Waterfall) -> Table:
    table = Table("Bar", "Account", "Number", "Amount", "Counts", "Closes", "Stage", "File", "Line")
    for row in changes_list(found).iter_rows(named=True):
        both = [f"{row[f'{name}_before']} → {row[f'{name}_after']}" for name in ("amount", "closes", "stage")]
        counts = str(row["counts"])
        place = (str(row["file"] or ""), str(row["line"] or ""))
        table.add_row(row["bar"], row["account"], row["number"], both[0], counts, both[1], both[2], *place)
    return table


def _parts_table(found: Explained) -> Table:
    table = Table("Part", "Kind", found.unit)
    table.columns[2].justify = "right"
    table.add_row(found.periods[0], "", _text(found.before))
    for part in found.parts:
        table.add_row(part.name, part.kind, f"{'+' if part.amount > 0 else ''}{_text(part.amount)}")
    table.add_section()
    table.add_row(found.periods[1], "", _text(found.after))
    return table
