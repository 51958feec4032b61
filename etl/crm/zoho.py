"""Zoho CRM: modules saved as CSV; every lookup stands twice, as "<lookup>.id" and by name; ids begin with zcrm_."""

from etl.crm.dialect import Crm

CRM = Crm(
    name="zoho",
    close_date_is_overwritten=True,
    absent_means="deleted",  # what lies in the recycle bin is in no export
    links={"account_ref": "id", "owner_ref": "id"},
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
            },
        },
        "lead": {
            "en, not proven": {
                "lead_id": ("Record Id",),
                "created_at": ("Created Time",),
                "status_raw": ("Lead Status",),
                "owner_ref": ("Lead Owner.id", "Lead Owner"),
                "lead_source": ("Lead Source",),
                "modified_at": ("Modified Time",),
                "last_activity_at": ("Last Activity Time",),
                "is_converted": ("Converted",),
            },
        },
        # calls, meetings and tasks are modules, and so files, of their own
        "activity": {
            "en, not proven": {
                "activity_id": ("Record Id",),
                "owner_ref": ("Call Owner.id", "Host.id", "Task Owner.id", "Call Owner", "Host", "Task Owner"),
                "at": ("Call Start Time", "From", "Due Date"),
                "related_ref": ("Related To.id", "Related To"),
                "done_at": ("Closed Time",),
            },
        },
        "account": {
            "en, not proven": {
                "account_id": ("Record Id",),
                "name": ("Account Name",),
                "owner_ref": ("Account Owner.id", "Account Owner"),
                "parent_id": ("Parent Account.id",),
            },
        },
    },
    languages_unproven=("en, not proven",),
)
