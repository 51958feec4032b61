"""A forecast that a person states in the weekly review: one canonical row, with who, when and why."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from io import StringIO

from etl.errors import EtlError
from etl.load import load_one
from etl.loading import Loading
from etl.results import Done
from organisation import Export, Organisation, Source, nearest
from organisation.requests import Request, file_of

CATEGORIES = ("call", "commit", "best_case")
TABLE = "forecast"
FOOTER = "Request"
COLUMNS = ("region scope scope_id starts_on ends_on category submitted_by_role locked_on value currency reason").split()


@dataclass(frozen=True)
class Stated:
    """A forecast of a region for a period, in its currency, as it is stated on a day; why: the reason in words."""

    region: str
    category: str
    starts_on: date
    ends_on: date
    locked_on: date
    value: Decimal
    currency: str
    why: str


def state_forecast(loading: Loading, request: Request) -> Done:
    """Load the forecast that a request states; asked again after a kill, it is known. Raises EtlError.

    The request's own id is the file's last line: who states A, then B, then A again has stated A last.
    """
    stated = _read(request.arguments, loading.organisation)
    source, export = _taker(loading.organisation)
    name = f"forecasts_{request.id}.csv"
    if not loading.store.query("SELECT load_id FROM load WHERE source = ? AND file = ?", [source.id, name]).is_empty():
        return Done(_sentence(stated))
    file = file_of(loading.organisation.workspace, request, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_content(stated, request), encoding="utf-8")
    load = load_one(loading, file, source, export, who=request.who)
    (result,) = load.files
    if result.loaded != 1:
        raise EtlError(f"The forecast was not loaded ({result.reason or 'its row is rejected'}): {result.message}")
    return Done(_sentence(stated), (load,))


def _taker(organisation: Organisation) -> tuple[Source, Export]:
    """Give the export that takes forecasts row by row; a full one would end all that a file does not name."""
    for source in organisation.sources.values():
        for export in source.exports.values():
            if export.table == TABLE and export.mode == "delta":
                return source, export
    raise EtlError(
        'No source takes forecasts row by row. Add sources/weekly_review.yaml with "exports: {forecasts: {files: '
        '"forecasts_*.csv", mode: delta, footers: [Request]}}"; nothing was changed.'
    )


def _read(given: Mapping[str, str], organisation: Organisation) -> Stated:
    missing = [name for name in Stated.__dataclass_fields__ if not given.get(name, "").strip()]
    if missing:
        raise EtlError(f"A forecast needs {', '.join(missing)}; nothing was changed.")
    region, category = given["region"], given["category"]
    if region not in organisation.regions:
        near = nearest(region, organisation.regions)
        raise EtlError(f'There is no region "{region}".' + (f' Did you mean "{near}"?' if near else ""))
    if category not in CATEGORIES:
        raise EtlError(f'"{category}" is no forecast; expected {", ".join(CATEGORIES)}.')
    currency = organisation.regions[region].currency
    if given["currency"] != currency:
        raise EtlError(f"{organisation.regions[region].name} forecasts in {currency}, not in {given['currency']}.")
    try:
        value = Decimal(given["value"])
        starts_on, ends_on, locked_on = (
            date.fromisoformat(given[name]) for name in ("starts_on", "ends_on", "locked_on")
        )
    except (InvalidOperation, ValueError) as error:
        raise EtlError(f"The forecast cannot be read ({error}); expected 4200000.00 and 2026-11-24.") from error
    if not value.is_finite() or value < 0:
        raise EtlError(f"A forecast of {value} is none; expected an amount of zero or more.")
    if ends_on < starts_on:
        raise EtlError(f"The period ends on {ends_on}, before it begins on {starts_on}.")
    return Stated(region, category, starts_on, ends_on, locked_on, value, currency, given["why"])


def _content(stated: Stated, request: Request) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerow([
        *(stated.region, "region", stated.region, stated.starts_on, stated.ends_on, stated.category, request.who),
        *(stated.locked_on, f"{stated.value:f}", stated.currency, stated.why),
    ])  # fmt: skip
    writer.writerow([f"{FOOTER} {request.id}"])
    return text.getvalue()


def _sentence(stated: Stated) -> str:
    return (
        f"{stated.category.replace('_', ' ').capitalize()} of {stated.region}: {stated.value:,.2f} {stated.currency}."
    )
