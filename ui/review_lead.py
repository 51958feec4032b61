"""Which region leads at a customer that several work on: what the review asks the loader for, and takes back."""

from docket.errors import NotPossible
from docket.pack.agenda_parts import SharedCustomer
from docket.states import Actor
from kpi.customers import customer_accounts, shared_customers
from organisation import Workspace
from organisation.requests import answer_of, ask, request_of
from ui.review import Review, exact_moment

AGREE = "agree_lead"


def ask_for_lead(review: Review, customer: SharedCustomer, lead: str, by: Actor) -> str:
    """Ask the loader for the rows that say who leads from today to the end of the group's year; gives the request.

    The customer of the pack is looked up in the store as it is now. Raises NotPossible where it is not one any more
    that these regions share.
    """
    view, organisation = review.view, review.view.organisation
    today = exact_moment(view).day
    now = shared_customers(view.engine, organisation.group.currency, view.now, today, view.scope)
    keys = [
        row["customer"]
        for row in now.iter_rows(named=True)
        if row["name"] == customer.name and tuple(row["regions"]) == customer.regions
    ]
    accounts = customer_accounts(view.engine, keys[0], view.scope) if len(keys) == 1 else None
    if accounts is None or accounts.is_empty():
        what = "not shared by these regions any more" if not keys else "not told apart from others by its accounts"
        raise NotPossible(f"{customer.name} is {what}; look at International accounts. Nothing was written.")
    named = sorted(set(accounts["global_account_id"].drop_nulls()))
    first = accounts.row(0, named=True)
    year = organisation.fiscal_calendar("group")
    arguments = {
        "customer": customer.name, "account_source": first["source"], "account_id": first["account_id"],
        "global_account_id": named[0] if named else "", "regions": ",".join(customer.regions), "lead_region": lead,
        "starts_on": today.isoformat(),
        "ends_on": year.quarters_of_year(year.quarter_of(today).year)[-1].end.isoformat(),
    }  # fmt: skip
    return ask(organisation.workspace, AGREE, who=by.role, arguments=arguments).id


def ask_for_no_lead(workspace: Workspace, asked: str, by: Actor) -> None:
    """Ask the loader to take back who leads, where a request asked for it and was not refused."""
    request, given = request_of(workspace, asked), answer_of(workspace, asked)
    if request is not None and (given is None or given.done):
        ask(workspace, AGREE, who=by.role, arguments={**request.arguments, "lead_region": ""})
