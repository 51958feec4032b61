"""Zoho CRM: modules saved as CSV; every lookup stands twice, as "<lookup>.id" and by name; ids begin with zcrm_.

The interface names people by ids without zcrm_, so that a source whose people come from there names owners by name too
(columns: {owner_ref: Deal Owner} and {person_ref: full_name}).
"""

from etl.crm.dialect import Crm

CRM = Crm(
    name="zoho",
    close_date_is_overwritten=True,
    absent_means="deleted",  # what lies in the recycle bin is in no export
    yes_words=("active",),
    no_words=("inactive",),
    business_types={"New Business": "new", "Existing Business": "expansion"},
    links={"account_ref": "id", "owner_ref": "id", "related_ref": "id", "parent_id": "id"},
    stages={
        "Qualification": "qualify",
        "Needs Analysis": "develop",
        "Value Proposition": "develop",
        "Id. Decision Makers": "develop",
        "Proposal/Price Quote": "propose",
        "Negotiation/Review": "close",
        "Closed Won": "won",
        "Closed Lost": "lost",
        "Closed Lost to Competition": "lost",
    },
    headers={
        "opportunity": {
            "en": {
                "opportunity_id": ("Record Id", "Deal Id"),
                "name": ("Deal Name",),
                "account_ref": ("Account Name.id", "Company Name.id", "Account Name", "Company Name"),
                "owner_ref": ("Deal Owner.id", "Deal Owner"),
                "stage_raw": ("Stage",),
                "pipeline": ("Pipeline", "Sub-Pipeline"),
                "amount": ("Amount",),
                "currency": ("Currency",),
                "probability": ("Probability (%)",),
                "expected_close_on": ("Closing Date",),
                "created_at": ("Created Time",),
                "modified_at": ("Modified Time",),
                "last_activity_at": ("Last Activity Time",),
                "next_step": ("Next Step",),
                "loss_reason": ("Reason For Loss",),
                "lead_source": ("Lead Source",),
                "business_type": ("Type",),
            },
            # deals were potentials once, and an export of everything still names them so
            "en as potentials": {
                "opportunity_id": ("Potential Id",),
                "name": ("Potential Name",),
                "account_ref": ("Account Id",),
                "owner_ref": ("Potential Owner Id",),
            },
        },
        "opportunity_change": {
            "en as potentials": {
                "opportunity_id": ("Potential Id",),
                "changed_at": ("Last Modified Time",),
                "stage_raw": ("Stage",),
                "amount": ("Amount",),
                "expected_close_on": ("Close Date",),
            },
            "en, not proven": {
                "opportunity_id": ("Deal Id", "Deal Name.id"),
                "changed_at": ("Modified Time",),
                "expected_close_on": ("Closing Date",),
            },
        },
        "lead": {
            "en": {
                "lead_id": ("Lead Id",),
                "created_at": ("Created Time",),
                "owner_ref": ("Lead Owner Id",),
                "lead_source": ("Lead Source",),
                "modified_at": ("Modified Time",),
            },
            "en, not proven": {
                "lead_id": ("Record Id",),
                "status_raw": ("Lead Status",),
                "owner_ref": ("Lead Owner.id", "Lead Owner"),
                "last_activity_at": ("Last Activity Time",),
                "is_converted": ("Converted",),
            },
        },
        # calls, meetings and tasks are modules, and so files, of their own
        "activity": {
            "en": {
                "activity_id": ("Call Id", "Event Id"),
                "owner_ref": ("Call Owner Id", "Event Owner Id"),
                "at": ("Call Start Time", "From"),
            },
            "en, not proven": {
                "activity_id": ("Record Id",),
                "owner_ref": ("Call Owner.id", "Host.id", "Task Owner.id", "Call Owner", "Host", "Task Owner"),
                "at": ("Due Date",),
                "related_ref": ("Related To.id", "Related To"),
                "done_at": ("Closed Time",),
            },
        },
        "account": {
            "en": {
                "account_id": ("Account Id",),
                "name": ("Account Name",),
                "owner_ref": ("Account Owner Id",),
            },
            "en, not proven": {
                "account_id": ("Record Id",),
                "owner_ref": ("Account Owner.id", "Account Owner"),
                "parent_id": ("Parent Account.id",),
                "country": ("Billing Country",),
                "domain": ("Website",),
            },
        },
        "person": {
            "api": {
                "person_ref": ("id",),
                "name": ("full_name",),
                "is_active": ("status",),
            },
        },
    },
    languages_unproven=("en, not proven",),
)
