"""Lime CRM and Lime Go: lists under local names, CSV with a byte order mark or workbooks with empty rows below."""

from etl.crm.dialect import Crm

_LOCAL = "sv, local fields"  # fields that a customer adds under a name of its own; these are usual ones

CRM = Crm(
    name="lime",
    empty_is_no=True,
    lead_statuses={
        "Ny": "open",
        "Kontaktad": "open",
        "Kvalificerad": "qualified",
        "Ej intressant": "rejected",
        "Diskvalificerad": "rejected",
        "Konverterad": "converted",
    },
    activity_types={
        "Samtal": "call",
        "Telefonsamtal": "call",
        "Möte": "meeting",
        "Kundbesök": "meeting",
        "E-post": "email",
        "Uppgift": "task",
        "Att göra": "task",
    },
    # the guide's project stages, and the two ways in which a status can end
    stages={
        "Kundkontakt": "qualify",
        "Behovsanalys": "develop",
        "Offert": "propose",
        "Avtal": "won",
        "Avslag": "lost",
    },
    status_words={"PositiveEndState": "won", "NegativeEndState": "lost", "Vunnen": "won", "Förlorad": "lost"},
    links={"account_ref": "name", "owner_ref": "name", "related_ref": "name"},
    languages_unproven=(_LOCAL,),
    business_types={"Nyförsäljning": "new", "Merförsäljning": "expansion", "Förnyelse": "renewal"},
    not_exported={"opportunity_change": "no list of what changed in a deal is known"},
    headers={
        "opportunity": {
            "sv": {
                "name": ("Affärsnamn",),
                "account_ref": ("Företag",),
                "owner_ref": ("Affärsansvarig",),
                "stage_raw": ("Affärsstatus",),
                "amount": ("Affärsvärde",),
                "currency": ("Valuta",),
                "expected_close_on": ("Avslutsdatum",),
                "closed_on": ("Datum för avtal/avslag",),
                "created_at": ("Skapad den",),
                "probability": ("Sannolikhet",),
                "loss_reason": ("Orsak",),
            },
            _LOCAL: {
                "opportunity_id": ("Affärs-ID",),
                "furthest_stage_raw": ("Längst nådda status",),
                "modified_at": ("Ändrad den",),
                "stage_changed_at": ("Status ändrad den",),
                "last_activity_at": ("Senaste aktivitet",),
                "next_step": ("Nästa steg",),
                "forecast_category": ("Prognoskategori",),
                "lead_source": ("Källa",),
                "lead_id": ("Lead-ID",),
                "business_type": ("Affärstyp",),
                "segment": ("Segment",),
                "product": ("Produkt",),
                "country": ("Land",),
                "on_hold": ("Vilande",),
            },
        },
        "lead": {
            "sv": {
                "created_at": ("Skapad den",),
                "owner_ref": ("Ansvarig säljare",),
            },
            _LOCAL: {
                "lead_id": ("Lead-ID",),
                "status_raw": ("Leadstatus",),
                "lead_source": ("Källa",),
                "modified_at": ("Ändrad den",),
                "handed_over_at": ("Överlämnad den",),
                "mql_at": ("MQL den",),
                "accepted_at": ("Accepterad den",),
                "first_touch_at": ("Första kontakt den",),
                "sql_at": ("Kvalificerad den",),
                "converted_at": ("Konverterad den",),
                "opportunity_id": ("Affärs-ID",),
                "score": ("Poäng",),
                "rejection_reason": ("Avslagsorsak",),
                "country": ("Land",),
                "last_activity_at": ("Senaste aktivitet",),
                "next_step_at": ("Nästa steg den",),
            },
        },
        "activity": {
            "sv": {
                "owner_ref": ("Skapad av medarbetare", "Skapad av", "Delegerad till"),
                "related_ref": ("Företag",),
                "is_done": ("Avbockad",),
            },
            _LOCAL: {
                "activity_id": ("Aktivitets-ID",),
                "at": ("Starttid",),
                "related_ref": ("Kopplad till",),
                "done_at": ("Avbockad den",),
                "type_raw": ("Typ",),
            },
        },
        "account": {
            "sv": {
                "account_id": ("Kundnummer/FöretagsID",),
                "name": ("Namn",),
                "organisation_number": ("Organisationsnummer",),
                "owner_ref": ("Ansvarig säljare",),
            },
            _LOCAL: {
                "account_id": ("Företags-ID",),
                "country": ("Land",),
                "parent_id": ("Moderbolag",),
                "domain": ("Webbplats",),
                "segment": ("Segment",),
                "is_key": ("Nyckelkund",),
                "merged_into": ("Sammanslagen med",),
            },
        },
        "person": {
            _LOCAL: {
                "person_ref": ("Användarnamn",),
                "name": ("Namn",),
                "is_active": ("Aktiv",),
                "team": ("Team",),
                "started_on": ("Anställd den",),
            },
        },
    },
)
