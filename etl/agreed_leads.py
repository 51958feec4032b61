"""Which region leads at a customer of several, as the weekly review agrees it: account plans of the regions at work."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from etl.errors import EtlError
from etl.loading import Loading
from etl.results import Done
from etl.stated import load_stated, taker
from organisation import Organisation, nearest
from organisation.requests import Request

TABLE, EXPORTS = "account_plan", "account_plans"
MATCHES = ("account_match", "account_matches")
COLUMNS = (
    "global_account_id region starts_on ends_on lead_region target currency updated_on owner_role actions"
).split()
NOT_STATED = ("",) * 5  # no target, no look at the plan, no actions: those stay the planners'
MATCH_COLUMNS = ("account_source", "account_id", "global_account_id", "confirmed_by", "confirmed_on")
WORDS = ("customer", "account_source", "account_id", "regions", "starts_on", "ends_on")
RUNNING = """
SELECT region, starts_on, lead_region FROM account_plan
WHERE global_account_id = ? AND source = ? AND starts_on < ? AND ends_on >= ? AND lead_region IS NOT NULL
ORDER BY region, starts_on
"""
OTHERS = """
SELECT source, lead_region FROM account_plan
WHERE global_account_id = ? AND source <> ? AND lead_region IS NOT NULL AND lead_region <> ? AND starts_on <= ?
    AND ends_on >= ?
ORDER BY source LIMIT 1
"""


@dataclass(frozen=True)
class Agreed:
    """Who leads at a customer from a day on; lead_region None: nobody any more.

    account_source, account_id: one of its accounts; global_account_id: the group's own id of it, None: it has none.
    """

    customer: str
    account_source: str
    account_id: str
    global_account_id: str | None
    regions: tuple[str, ...]
    lead_region: str | None
    starts_on: date
    ends_on: date


def agree_lead(loading: Loading, request: Request) -> Done:
    """Load what a request agrees; asked again after a kill, it is known. Raises EtlError.

    The rows hold from the day of the agreement on, so that no week before it is told otherwise, to the last day that
    the request names. They state no target and no look at the plan: an agreed lead makes no plan fresh. What was agreed
    here before and still runs ends on the day before. A customer that has no id in the group yet gets one, by a match
    of the account that the request names.
    """
    agreed = _read(request.arguments, loading.organisation)
    source, _ = taker(loading.organisation, TABLE, EXPORTS)
    name = agreed.global_account_id or f"review-{agreed.account_source}-{agreed.account_id}"
    _check_account(loading, agreed)
    _check_others(loading, agreed, name, source.id)
    days = [agreed.starts_on, agreed.starts_on]
    before = loading.store.query(RUNNING, [name, source.id, *days]).rows()
    last = agreed.starts_on - timedelta(days=1)
    ended = [(name, region, since, last, lead, *NOT_STATED) for region, since, lead in before]
    stated = (agreed.starts_on, agreed.ends_on, agreed.lead_region or "", *NOT_STATED)
    rows = [(name, region, *stated) for region in agreed.regions]
    match = None
    if agreed.global_account_id is None:
        confirmed = (agreed.account_source, agreed.account_id, name, request.who, agreed.starts_on)
        match = load_stated(loading, request, MATCHES, MATCH_COLUMNS, [confirmed])
    plan = load_stated(loading, request, (TABLE, EXPORTS), COLUMNS, [*ended, *rows])
    return Done(_sentence(agreed, loading.organisation), tuple(load for load in (match, plan) if load))


def _check_account(loading: Loading, agreed: Agreed) -> None:
    asked = "SELECT account_id FROM account WHERE source = ? AND account_id = ?"
    if loading.store.query(asked, [agreed.account_source, agreed.account_id]).is_empty():
        raise EtlError(
            f"{agreed.account_source} has no account {agreed.account_id} (any more), so nothing says which customer "
            f"{agreed.customer} is; look at International accounts and agree anew. Nothing was changed."
        )


def _check_others(loading: Loading, agreed: Agreed, name: str, source: str) -> None:
    """Refuse what a plan of another source contradicts: with two leads nobody would lead."""
    if agreed.lead_region is None:
        return
    days = [agreed.ends_on, agreed.starts_on]
    found = loading.store.query(OTHERS, [name, source, agreed.lead_region, *days]).rows()
    if found:
        other, lead = found[0]
        known = loading.organisation.regions.get(lead)
        raise EtlError(
            f"The plans of {other} say that {known.name if known else lead} leads at "
            f"{agreed.customer}. Correct its export of account plans; nothing was changed."
        )


def _read(given: Mapping[str, str], organisation: Organisation) -> Agreed:
    missing = [name for name in WORDS if not given.get(name, "").strip()]
    if missing:
        raise EtlError(f"An agreed lead region needs {', '.join(missing)}; nothing was changed.")
    regions = tuple(given["regions"].split(","))
    lead = given.get("lead_region") or None
    for region in (*regions, *([lead] if lead else [])):
        if region not in organisation.regions:
            near = nearest(region, organisation.regions)
            raise EtlError(f'There is no region "{region}".' + (f' Did you mean "{near}"?' if near else ""))
    if lead and lead not in regions:
        at_work = ", ".join(organisation.regions[one].name for one in regions)
        raise EtlError(f"{organisation.regions[lead].name} does not work on {given['customer']}: {at_work}.")
    try:
        starts_on, ends_on = (date.fromisoformat(given[key]) for key in ("starts_on", "ends_on"))
    except ValueError as error:
        raise EtlError(f"The days cannot be read ({error}); expected 2026-11-24.") from error
    if ends_on < starts_on:
        raise EtlError(f"It would end on {ends_on}, before it begins on {starts_on}.")
    return Agreed(
        given["customer"],
        given["account_source"],
        given["account_id"],
        given.get("global_account_id") or None,
        regions,
        lead,
        starts_on,
        ends_on,
    )


def _sentence(agreed: Agreed, organisation: Organisation) -> str:
    if agreed.lead_region is None:
        return f"Nobody leads at {agreed.customer} from {agreed.starts_on} on."
    lead = organisation.regions[agreed.lead_region].name
    return f"{lead} leads at {agreed.customer} from {agreed.starts_on} to {agreed.ends_on}."
