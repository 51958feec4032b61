"""Upsales: the API's names; an order is an opportunity at 100 %, and a loss is what the account's own stage says.

A stage may carry the flag "exclude"; whether its deals are on hold or no deals at all is the profile's to say
(columns: {on_hold: stage.exclude}).
"""

from etl.crm.dialect import Crm

CRM = Crm(
    name="upsales",
    null_words=("null",),
    probability_decides=True,
    links={"account_ref": "name", "owner_ref": "name", "related_ref": "name"},
    headers={
        "opportunity": {
            "api": {
                "opportunity_id": ("id",),
                "name": ("description",),
                "account_ref": ("client.name",),
                "owner_ref": ("user.name",),
                "stage_raw": ("stage.name",),
                "amount": ("value",),
                "currency": ("currency",),
                "probability": ("probability",),
                "expected_close_on": ("date",),
                "closed_on": ("closeDate",),
                "created_at": ("regDate",),
                "modified_at": ("modDate",),
                "loss_reason": ("lostReason",),
            },
        },
        "account": {
            "api, not proven": {
                "account_id": ("id",),
                "name": ("name",),
                "owner_ref": ("user.name",),
                "organisation_number": ("orgNo",),
            },
        },
        "activity": {
            "api, not proven": {
                "activity_id": ("id",),
                "owner_ref": ("user.name",),
                "at": ("date",),
                "related_ref": ("client.name",),
                "done_at": ("closeDate",),
                "type_raw": ("activityType.name",),
            },
        },
    },
    languages_unproven=("api, not proven",),
)
