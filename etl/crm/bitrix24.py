"""Bitrix24: the names of its REST interface; the state of a stage is P, S or F, whatever the stage is called."""

from etl.crm.dialect import Crm

CRM = Crm(
    name="bitrix24",
    absent_means="deleted",
    status_words={"P": "open", "S": "won", "F": "lost"},
    lead_statuses={
        "NEW": "open",
        "IN_PROCESS": "open",
        "PROCESSED": "open",
        "CONVERTED": "converted",
        "JUNK": "rejected",
    },
    activity_types={"1": "meeting", "2": "call", "3": "task", "4": "email"},
    # a further pipeline has its own stages under its own prefix, C7:NEW: each is mapped for itself
    stages={
        "NEW": "qualify",
        "PREPARATION": "develop",
        "PREPAYMENT_INVOICE": "propose",
        "EXECUTING": "close",
        "FINAL_INVOICE": "close",
        "WON": "won",
        "LOSE": "lost",
        "APOLOGY": "lost",
    },
    links={"account_ref": "id", "owner_ref": "id", "lead_id": "id", "related_ref": "id"},
    headers={
        "opportunity": {
            "api": {
                "opportunity_id": ("ID",),
                "name": ("TITLE",),
                "account_ref": ("COMPANY_ID",),
                "owner_ref": ("ASSIGNED_BY_ID",),
                "stage_raw": ("STAGE_ID",),
                "pipeline": ("CATEGORY_ID",),
                "status_word": ("STAGE_SEMANTIC_ID",),
                "is_closed": ("CLOSED",),
                "amount": ("OPPORTUNITY",),
                "currency": ("CURRENCY_ID",),
                "probability": ("PROBABILITY",),
                "expected_close_on": ("CLOSEDATE",),
                "created_at": ("DATE_CREATE",),
                "modified_at": ("DATE_MODIFY",),
                "stage_changed_at": ("MOVED_TIME",),
                "last_activity_at": ("LAST_ACTIVITY_TIME",),
                "lead_source": ("SOURCE_ID",),
                "lead_id": ("LEAD_ID",),
            },
            "ru": {
                "name": ("Название",),
                "amount": ("Сумма",),
                "probability": ("Вероятность",),
                "expected_close_on": ("Дата завершения",),
                "created_at": ("Дата создания",),
                "modified_at": ("Дата изменения",),
            },
        },
        "opportunity_change": {
            "api": {
                "opportunity_id": ("OWNER_ID",),
                "changed_at": ("CREATED_TIME",),
                "stage_raw": ("STAGE_ID",),
            },
        },
        "lead": {
            "api": {
                "lead_id": ("ID",),
                "created_at": ("DATE_CREATE",),
                "status_raw": ("STATUS_ID",),
                "owner_ref": ("ASSIGNED_BY_ID",),
                "lead_source": ("SOURCE_ID",),
                "modified_at": ("DATE_MODIFY",),
                "last_activity_at": ("LAST_ACTIVITY_TIME",),
                "country": ("ADDRESS_COUNTRY_CODE", "ADDRESS_COUNTRY"),
            },
        },
        "activity": {
            "api": {
                "activity_id": ("ID",),
                "owner_ref": ("RESPONSIBLE_ID",),
                "at": ("START_TIME",),
                "related_ref": ("OWNER_ID",),
                "is_done": ("COMPLETED",),
                "type_raw": ("TYPE_ID",),
            },
        },
        "account": {
            "api": {
                "account_id": ("ID",),
                "name": ("TITLE",),
                "owner_ref": ("ASSIGNED_BY_ID",),
                "country": ("ADDRESS_COUNTRY_CODE", "ADDRESS_COUNTRY"),
            },
        },
        "person": {
            "api": {
                "person_ref": ("ID",),
                "is_active": ("ACTIVE",),
            },
        },
    },
)
