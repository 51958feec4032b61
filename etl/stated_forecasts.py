"""A forecast that a person states in the weekly review: one canonical row, with who, when and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from etl.errors import EtlError
from etl.loading import Loading
from etl.results import Done
from etl.stated import load_stated
from organisation import Organisation, nearest
from organisation.requests import Request

CATEGORIES = ("call", "commit", "best_case")
TABLE = "forecast"
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
    """Load the forecast that a request states; asked again after a kill, it is known. Raises EtlError."""
    stated = _read(request.arguments, loading.organisation)
    row = [
        *(stated.region, "region", stated.region, stated.starts_on, stated.ends_on, stated.category, request.who),
        *(stated.locked_on, f"{stated.value:f}", stated.currency, stated.why),
    ]
    load = load_stated(loading, request, (TABLE, "forecasts"), COLUMNS, [row])
    return Done(_sentence(stated), (load,) if load else ())


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


def _sentence(stated: Stated) -> str:
    return (
        f"{stated.category.replace('_', ' ').capitalize()} of {stated.region}: {stated.value:,.2f} {stated.currency}."
    )
