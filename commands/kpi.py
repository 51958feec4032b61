"""denominator kpi: values for other programs, and the definitions behind them."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from commands.shared import JsonOption, WorkspaceOption, instant_text, organisation_of, people, print_json
from kpi.definition import Kpi
from kpi.definitions import Definitions
from kpi.engines.duckdb import DuckDbEngine
from kpi.evaluate import Value, evaluate
from kpi.period import current_quarter, parse_period
from kpi.scope import Scope
from kpi.slice import Slice
from kpi.table_file import FORMS, Cell, Form, table_file
from organisation.problems import did_you_mean

# The columns of a file, each with its type: those of the JSON objects, and exact.
VALUE_COLUMNS: Mapping[str, type] = {
    "kpi": str,
    "region": str,
    "period": str,
    "value": Decimal,
    "n": int,
    "numerator": Decimal,
    "denominator": Decimal,
    "unit": str,
    "currency": str,
    "as_of": datetime,
    "comparable": str,
    "reason": str,
    "counted_twice": Decimal,
}
DEFINITION_COLUMNS: Mapping[str, type] = {
    **dict.fromkeys("kpi label group question formula from counted_on unit better owner".split(), str),
    "needs_at_least": int,
    "needs": str,
    "measure": int,
    **dict.fromkeys("status agreed not shown".split(), str),
}


def kpi(
    names: Annotated[
        list[str] | None, typer.Argument(help="KPIs to compute, by their names in the definitions.")
    ] = None,
    by: Annotated[Literal["region"], typer.Option(help="One object a region, and one for the group.")] = "region",
    period: Annotated[str | None, typer.Option(help="Such as 2026-Q4; default: the current quarter to date.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"], help="As known then (UTC)."),
    ] = None,
    currency: Annotated[
        Literal["group", "local"], typer.Option(help="The group's currency or each region's.")
    ] = "group",
    rates: Annotated[Literal["budget", "booked", "spot"], typer.Option(help="Which exchange rates.")] = "budget",
    organised: Annotated[
        Literal["then", "now"],
        typer.Option(help="Closed deals in the region of their closing day, or all in today's organisation."),
    ] = "then",
    listed: Annotated[bool, typer.Option("--list", help="Print the definitions instead.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV: decimals as exact text.")] = False,
    as_parquet: Annotated[bool, typer.Option("--parquet", help="Write Parquet: exact decimals.")] = False,
    as_xlsx: Annotated[bool, typer.Option("--xlsx", help="Write a workbook.")] = False,
    out: Annotated[Path | None, typer.Option(help="The file to write; default: standard output.")] = None,
) -> None:
    """Compute KPIs for every region and the group, each with n, as-of, comparability and reasons."""
    asked_for = {"csv": as_csv, "parquet": as_parquet, "xlsx": as_xlsx, "json": as_json}
    form = _form([name for name, wanted in asked_for.items() if wanted], out)
    organisation = organisation_of(workspace)
    definitions = Definitions.read(organisation.workspace.definitions_file)
    if listed:
        if form is not None:
            _write(table_file(form, DEFINITION_COLUMNS, [_definition_row(each) for each in definitions.figures]), out)
        else:
            _print_definitions(definitions, as_json)
        return
    wanted = _known(names or [], definitions)
    now = as_of.replace(tzinfo=UTC) if as_of else organisation.workspace.now()
    asked = Slice(
        regions=(),
        period=parse_period(period, organisation, now) if period else current_quarter(organisation, now),
        as_of=now,
        currency=currency,
        rates=rates,
        organised=organised,
    )
    with DuckDbEngine(organisation.workspace.lake) as engine:
        values = evaluate(engine, organisation, definitions, asked, Scope.everything(), wanted)
    if form is not None:
        _write(table_file(form, VALUE_COLUMNS, [_value_row(value, asked) for value in values]), out)
    elif as_json:
        print_json([value_object(value, asked) for value in values])
    else:
        people.print(_table(values))


def value_object(value: Value, asked: Slice) -> dict[str, object]:
    """Give a value as the stable object that other programs read; a percent is a fraction, decimals are text."""
    return {
        "kpi": value.kpi,
        "region": value.region,
        "period": asked.period.code,
        "value": _decimal_text(value.value),
        "n": value.n,
        "numerator": _decimal_text(value.numerator),
        "denominator": _decimal_text(value.denominator),
        "unit": value.unit,
        "currency": value.currency,
        "as_of": instant_text(value.as_of),
        "comparable": value.comparable,
        "reason": list(value.reasons),
        "counted_twice": _decimal_text(value.counted_twice),
    }


def definition_object(kpi: Kpi) -> dict[str, object]:
    """Give a definition as the stable object that other programs read."""
    return {
        "kpi": kpi.name,
        "label": kpi.label,
        "group": kpi.heading,
        "question": kpi.question,
        "formula": kpi.formula or kpi.combine or kpi.of or kpi.paced or kpi.weighted,
        "from": kpi.table,
        "counted_on": kpi.counted_on,
        "unit": kpi.unit,
        "better": kpi.better,
        "owner": kpi.owner,
        "needs_at_least": kpi.needs_at_least,
        "needs": [f"{table}.{column}" for table, column in kpi.needs],
        "measure": kpi.measure,
        "status": kpi.status,
        "agreed": dict(kpi.agreed),
        "not": kpi.is_not,
        "shown": kpi.shown,
    }


def _value_row(value: Value, asked: Slice) -> list[Cell]:
    exact: dict[str, Cell] = {
        "value": value.value,
        "numerator": value.numerator,
        "denominator": value.denominator,
        "as_of": value.as_of,
        "reason": " ".join(value.reasons),
        "counted_twice": value.counted_twice,
    }
    told = value_object(value, asked)
    return [exact[name] if name in exact else _plain(told[name]) for name in VALUE_COLUMNS]


def _definition_row(kpi: Kpi) -> list[Cell]:
    told = definition_object(kpi) | {"agreed": " ".join(f"{region}:{when}" for region, when in kpi.agreed.items())}
    return [_plain(told[name]) for name in DEFINITION_COLUMNS]


def _plain(told: object) -> Cell:
    if isinstance(told, list):
        return " ".join(map(str, told))
    return told if isinstance(told, int) or told is None else str(told)


def _form(wanted: list[str], out: Path | None) -> Form | None:
    """Give the form of the file that is asked for; None for JSON or the table for people."""
    if len(wanted) > 1:
        raise typer.BadParameter(f"take one of {', '.join(f'--{name}' for name in wanted)}")
    form = next((form for form in FORMS if form in wanted), None)
    if out is not None and form is None:
        raise typer.BadParameter("say what to write: --csv, --parquet or --xlsx", param_hint="--out")
    if form in ("parquet", "xlsx") and out is None and sys.stdout.isatty():
        raise typer.BadParameter(f"a terminal cannot show it: add --out kpis.{form}", param_hint=f"--{form}")
    return form


def _write(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(content)
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise typer.BadParameter(f"{out} cannot be written: {error.strerror}", param_hint="--out") from error
    people.print(f"{out}: {len(content):,} bytes", markup=False, soft_wrap=True)


def _known(names: list[str], definitions: Definitions) -> list[str]:
    if not names:
        return [kpi.name for kpi in definitions.figures]
    unknown = [name for name in names if name not in definitions.kpis]
    if unknown:
        hints = "; ".join(f'there is no KPI "{name}". {did_you_mean(name, definitions.kpis)}' for name in unknown)
        raise typer.BadParameter(hints, param_hint="NAME")
    return names


def _decimal_text(number: Decimal | float | None) -> str | None:
    if number is None:
        return None
    return format(number, "f") if isinstance(number, Decimal) else repr(float(number))


def _table(values: list[Value]) -> Table:
    table = Table("KPI", "Region", "Value", "Unit", "n", "Comparable", "Reasons")
    for value in values:
        shown = _decimal_text(value.value) or "no data"
        unit = value.currency or value.unit
        table.add_row(value.kpi, value.region, shown, unit, str(value.n), value.comparable, " ".join(value.reasons))
    return table


def _print_definitions(definitions: Definitions, as_json: bool) -> None:
    if as_json:
        print_json([definition_object(kpi) for kpi in definitions.figures])
        return
    table = Table("KPI", "Label", "Question", "Unit")
    for kpi in definitions.figures:
        table.add_row(kpi.name, kpi.label, kpi.question, kpi.unit)
    people.print(table)
