"""Upsales: the API's names; an order is an opportunity at 100 %, and a loss is what the account's own stage says.

A stage may carry the flag "exclude"; whether its deals are on hold or no deals at all is the profile's to say
(columns: {on_hold: stage.exclude}).
"""

from etl.crm.dialect import Crm

CRM = Crm(
    name="upsales",
    null_words=("null",),
    probability_decides=True,
    links={"account_ref": "name", "owner_ref": "name", "related_ref": "id"},
    not_exported={
        "opportunity_change": "an order counts how often its date and value changed, and no list of changes is known",
    },
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
            "api": {
                "account_id": ("id",),
                "name": ("name",),
                "parent_id": ("parent.id",),
                "organisation_number": ("orgNo",),
                "domain": ("webpage",),
            },
            "api, not proven": {"owner_ref": ("user.name",)},
        },
        # who does it is a list of users, in no column of its own: a profile names the column of its export
        "activity": {
            "api": {
                "activity_id": ("id",),
                "at": ("date",),
                "related_ref": ("opportunity.id", "client.name"),
                "done_at": ("closeDate",),
                "type_raw": ("activityType.name",),
            },
            "api, not proven": {"owner_ref": ("user.name",)},
        },
        "lead": {
            "api": {
                "lead_id": ("id",),
                "created_at": ("regDate",),
                "owner_ref": ("user.name",),
                "lead_source": ("source.name", "channel.name"),
                "modified_at": ("modDate",),
            },
        },
        # orders name their user; a profile then says so of people too (person_ref: name)
        "person": {
            "api": {
                "person_ref": ("id",),
                "name": ("name",),
                "is_active": ("active",),
                "team": ("role.name",),
            },
        },
    },
    languages_unproven=("api, not proven",),
)
