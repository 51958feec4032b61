"""SAP Sales Cloud: the OData collections' names; no real export has proven them, so a profile confirms its columns.

Instants are written as milliseconds in a word of their own, decimals as text. What the status codes mean is for the
profile to say (outcomes).
"""

from etl.crm.dialect import Crm

CRM = Crm(
    name="sap_sales_cloud",
    links={"account_ref": "id", "owner_ref": "name"},
    headers={
        "opportunity": {
            "odata": {
                "opportunity_id": ("ObjectID",),
                "name": ("Name",),
                "account_ref": ("ProspectPartyID", "AccountPartyID"),
                "owner_ref": ("MainEmployeeResponsiblePartyName", "MainEmployeeResponsiblePartyID"),
                "stage_raw": ("SalesCyclePhaseCodeText", "SalesCyclePhaseCode"),
                "status_word": ("LifeCycleStatusCodeText", "LifeCycleStatusCode"),
                "amount": ("ExpectedRevenueAmount",),
                "currency": ("ExpectedRevenueAmountCurrencyCode",),
                "probability": ("ProbabilityPercent",),
                "expected_close_on": ("ExpectedProcessingEndDate",),
                "created_at": ("CreationDateTime",),
                "modified_at": ("LastChangeDateTime",),
            },
        },
        "lead": {
            "odata": {
                "lead_id": ("ObjectID",),
                "created_at": ("CreationDateTime",),
                "status_raw": ("UserStatusCodeText", "UserStatusCode"),
                "owner_ref": ("OwnerPartyName", "OwnerPartyID"),
                "modified_at": ("LastChangeDateTime",),
            },
        },
        "account": {
            "odata": {
                "account_id": ("AccountID", "ObjectID"),
                "name": ("BusinessPartnerFormattedName", "Name"),
                "country": ("CountryCode",),
                "owner_ref": ("OwnerFormattedName",),
            },
        },
    },
    languages_unproven=("odata",),
)
