"""SAP Sales Cloud: the OData collections' names, instants as milliseconds in a word of their own or with an offset.

Decimals are text. What the status codes mean is for the profile to say (outcomes): codes that mean won in one system
mean something else in another.
"""

from etl.crm.dialect import Crm

CRM = Crm(
    name="sap_sales_cloud",
    yes_words=("Completed",),
    no_words=("Open", "In Process", "Canceled"),
    activity_types={"Appointment": "meeting", "Activity Task": "task", "Phone Call": "call", "E-Mail": "email"},
    links={"account_ref": "id", "owner_ref": "name", "related_ref": "id", "parent_id": "id"},
    not_exported={
        "opportunity_change": "a deal holds its phase and since when, and no collection of its former ones is known"
    },
    headers={
        "opportunity": {
            "odata": {
                "opportunity_id": ("ObjectID",),
                "name": ("Name",),
                "account_ref": ("ProspectPartyID",),
                "owner_ref": ("MainEmployeeResponsiblePartyName", "MainEmployeeResponsiblePartyID"),
                "stage_raw": ("SalesCyclePhaseCodeText", "SalesCyclePhaseCode"),
                "status_word": ("LifeCycleStatusCodeText", "LifeCycleStatusCode"),
                "amount": ("ExpectedRevenueAmount",),
                "currency": ("ExpectedRevenueAmountCurrencyCode",),
                "probability": ("ProbabilityPercent",),
                "expected_close_on": ("ExpectedProcessingEndDate",),
                "created_at": ("CreationDateTime",),
                "modified_at": ("LastChangeDateTime",),
                "stage_changed_at": ("SalesCyclePhaseStartDate",),
                "lead_source": ("OriginTypeCodeText", "OriginTypeCode"),
                "loss_reason": ("ResultReasonCodeText", "ResultReasonCode"),
            },
        },
        "lead": {
            "odata": {
                "lead_id": ("ObjectID",),
                "created_at": ("CreationDateTime",),
                "status_raw": ("UserStatusCodeText", "UserStatusCode"),
                "owner_ref": ("OwnerPartyName", "OwnerPartyID"),
                "lead_source": ("OriginTypeCodeText", "OriginTypeCode"),
                "modified_at": ("LastChangeDateTime",),
                "score": ("Score",),
                "rejection_reason": ("ResultReasonCodeText", "ResultReasonCode"),
                "country": ("AccountCountry",),
            },
        },
        "account": {
            "odata": {
                "account_id": ("AccountID", "ObjectID"),
                "name": ("BusinessPartnerFormattedName", "Name"),
                "country": ("CountryCode",),
                "owner_ref": ("OwnerID",),
                "parent_id": ("ParentAccountID",),
                "domain": ("WebSite",),
            },
            "odata, not proven": {"owner_ref": ("OwnerFormattedName",)},
        },
        # appointments and tasks are collections, and so files, of their own
        "activity": {
            "odata": {
                "activity_id": ("ObjectID",),
                "owner_ref": ("OwnerName", "Owner"),
                "at": ("StartDate", "StartDateTime"),
                "related_ref": ("MainAccountPartyID",),
                "done_at": ("CompletionDateTime",),
                "is_done": ("StatusText", "LifeCycleStatusCodeText"),
                "type_raw": ("DocumentTypeText",),
            },
        },
        "person": {
            "odata": {
                "person_ref": ("BusinessPartnerFormattedName", "FormattedName"),
                "team": ("DepartmentName",),
            },
        },
    },
    languages_unproven=("odata, not proven",),
)
