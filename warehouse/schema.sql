-- The one list of tables, columns and types. A comment says what a column means; the loader's contract, the KPI
-- compiler's allow-list and the reference in docs/ are all read from here.
--
-- Every keyed table keeps every state a record has had. A state is known from the moment of the export that first
-- showed it (known_from) until the moment of the export that showed something else (known_until, null = still so).
-- The view without "_version" is the present: the states that have not ended.

CREATE TABLE opportunity_version (
    source VARCHAR NOT NULL,              -- key: the CRM instance, file name of its profile in sources/
    opportunity_id VARCHAR NOT NULL,      -- key: the deal's id in that CRM, as text
    name VARCHAR,                         -- core: what the CRM calls the deal
    account_ref VARCHAR,                  -- core: the customer, id or name as exported
    owner_ref VARCHAR,                    -- core: person; the deal's owner, id or name as exported
    stage_raw VARCHAR,                    -- core: the stage in the CRM's own words
    amount DECIMAL(18, 2),                -- core: money in the deal's currency, as exported
    expected_close_on DATE,               -- core: the day the deal is expected to close
    created_at TIMESTAMPTZ,               -- core: when the deal was created
    currency VARCHAR,                     -- extended: ISO 4217 code of amount
    pipeline VARCHAR,                     -- extended: the pipeline's local name
    probability DECIMAL(5, 2),            -- extended: the CRM's own percentage, 0 to 100; never used in a KPI
    modified_at TIMESTAMPTZ,              -- extended: last change in the CRM
    closed_on DATE,                       -- extended: the CRM's own close date
    stage_changed_at TIMESTAMPTZ,         -- extended: last change of stage in the CRM
    furthest_stage_raw VARCHAR,           -- extended: the furthest open stage the deal reached, in the CRM's words
    last_activity_at TIMESTAMPTZ,         -- extended: last activity on the deal
    next_step VARCHAR,                    -- extended: what is to happen next
    lead_source VARCHAR,                  -- extended: where the deal came from
    loss_reason VARCHAR,                  -- extended: why it was lost
    lead_id VARCHAR,                      -- extended: the lead it grew from
    forecast_category VARCHAR,            -- extended: commit, best_case, pipeline, omitted
    business_type VARCHAR,                -- extended: new, expansion, renewal
    segment VARCHAR,                      -- extended: enterprise, mid_market, small
    product VARCHAR,                      -- extended: product or product line
    country VARCHAR,                      -- extended: ISO 3166 code of the customer's country
    amount_recurring_annual DECIMAL(18, 2), -- extended: money; the part of amount that recurs each year
    term_months INTEGER,                  -- extended: contract term
    starts_on DATE,                       -- extended: start of the contract
    is_deleted BOOLEAN,                   -- extended: deleted or merged in the CRM
    on_hold BOOLEAN,                      -- extended: open, but not in the pipeline that closes in the period
    region VARCHAR,                       -- derived: by the source's rule
    region_now VARCHAR,                   -- derived: by the newest rule of the source, where rules have days; else null
    stage VARCHAR,                        -- derived: qualify, develop, propose, close, won, lost, dropped; null = unmapped
    outcome VARCHAR,                      -- derived: open, won, lost, dropped; null = unmapped
    reached_develop BOOLEAN,              -- derived: ever reached develop or later; null = not known
    won_on DATE,                          -- derived: the day the deal counts as won
    times_pushed INTEGER,                 -- derived: moves of expected_close_on to a later fiscal quarter of its region
    first_amount DECIMAL(18, 2),          -- derived: money; the amount when the deal was first seen
    first_seen_at TIMESTAMPTZ,            -- derived: moment of the export that first showed the deal
    first_stage VARCHAR,                  -- derived: its stage when it was first seen
    furthest_stage VARCHAR,               -- derived: the furthest of qualify to won that its states show
    stage_entered_at TIMESTAMPTZ,         -- derived: since when it stands in its stage; null = not known
    developed_at TIMESTAMPTZ,             -- derived: when it first entered develop or skipped it; null = not, or not known
    proposed_at TIMESTAMPTZ,              -- derived: the same of propose
    closing_at TIMESTAMPTZ,               -- derived: the same of close
    currency_assumed BOOLEAN,             -- derived: the row named no currency, the profile's was taken
    closed_on_estimated BOOLEAN,          -- derived: the close date is not the CRM's own
    row_hash VARCHAR NOT NULL,            -- loader: hash of all exported and derived values
    load_id VARCHAR NOT NULL,             -- loader: the load that first showed this state
    line BIGINT NOT NULL,                 -- loader: physical line in that load's file where the record starts; 0 = lost by absence from it
    known_from TIMESTAMPTZ NOT NULL,      -- loader: moment of the export that first showed this state
    known_until TIMESTAMPTZ,              -- loader: moment of the export that ended it; null = still so
    ended_because VARCHAR,                -- loader: changed, deleted, left_view, absent (the export lacks it, which means lost here)
    held_back BOOLEAN NOT NULL            -- loader: a newer row of this key was rejected, so this state stayed
);

CREATE TABLE lead_version (
    source VARCHAR NOT NULL,              -- key
    lead_id VARCHAR NOT NULL,             -- key
    created_at TIMESTAMPTZ,               -- core: when the lead arrived
    status_raw VARCHAR,                   -- core: the status in the CRM's own words
    owner_ref VARCHAR,                    -- core: person; the lead's owner
    lead_source VARCHAR,                  -- core: where the lead came from
    modified_at TIMESTAMPTZ,              -- extended: last change in the CRM
    handed_over_at TIMESTAMPTZ,           -- extended: marketing handed it to sales
    mql_at TIMESTAMPTZ,                   -- extended: marketing qualified it
    accepted_at TIMESTAMPTZ,              -- extended: sales accepted it
    first_touch_at TIMESTAMPTZ,           -- extended: first human contact
    sql_at TIMESTAMPTZ,                   -- extended: sales qualified it
    converted_at TIMESTAMPTZ,             -- extended: became a deal
    opportunity_id VARCHAR,               -- extended: the deal it became
    score INTEGER,                        -- extended: the CRM's score
    rejection_reason VARCHAR,             -- extended: why it was rejected
    country VARCHAR,                      -- extended: ISO 3166 code
    last_activity_at TIMESTAMPTZ,         -- extended: last activity
    next_step_at TIMESTAMPTZ,             -- extended: planned next step
    is_deleted BOOLEAN,                   -- extended: deleted in the CRM
    merged_into VARCHAR,                  -- extended: id of the surviving lead
    region VARCHAR,                       -- derived: by the source's rule
    region_now VARCHAR,                   -- derived: by the newest rule of the source, where rules have days; else null
    status VARCHAR,                       -- derived: open, qualified, rejected, converted; null = unmapped
    sla_due_at TIMESTAMPTZ,               -- derived: hand-over (else arrival) plus the region's SLA in its working hours
    response_work_hours DECIMAL(10, 2),   -- derived: working hours from hand-over (else arrival) to first touch
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

CREATE TABLE activity_version (
    source VARCHAR NOT NULL,              -- key
    activity_id VARCHAR NOT NULL,         -- key
    owner_ref VARCHAR,                    -- core: person; who did it
    "at" TIMESTAMPTZ,                     -- core: when it takes or took place
    related_ref VARCHAR,                  -- core: the deal, lead or account it belongs to
    done_at TIMESTAMPTZ,                  -- extended: when it was done
    type_raw VARCHAR,                     -- extended: its kind in the CRM's own words
    is_deleted BOOLEAN,                   -- extended: deleted in the CRM
    region VARCHAR,                       -- derived: by the source's rule
    type VARCHAR,                         -- derived: call, meeting, email, task; null = unmapped
    is_touch BOOLEAN,                     -- derived: a human contact with the customer
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

CREATE TABLE account_version (
    source VARCHAR NOT NULL,              -- key
    account_id VARCHAR NOT NULL,          -- key: id, or the name where the CRM exports no id
    name VARCHAR,                         -- core
    country VARCHAR,                      -- core: ISO 3166 code
    owner_ref VARCHAR,                    -- core: person
    parent_id VARCHAR,                    -- extended
    organisation_number VARCHAR,          -- extended: register or tax number
    domain VARCHAR,                       -- extended: web domain
    segment VARCHAR,                      -- extended: enterprise, mid_market, small
    is_key BOOLEAN,                       -- extended: a key account
    merged_into VARCHAR,                  -- extended: id of the surviving account
    is_deleted BOOLEAN,                   -- extended: deleted in the CRM
    region VARCHAR,                       -- derived: by the source's rule
    match_key VARCHAR,                    -- derived: normalised name, for finding one customer in several CRM systems
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

CREATE TABLE person_version (
    source VARCHAR NOT NULL,              -- key
    person_ref VARCHAR NOT NULL,          -- key: as owner_ref names the person
    name VARCHAR,                         -- core: person
    is_active BOOLEAN,                    -- core
    team VARCHAR,                         -- core: the team the person belongs to
    started_on DATE,                      -- extended
    region VARCHAR,                       -- derived: by the source's rule
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

CREATE TABLE target_version (
    source VARCHAR NOT NULL,              -- key
    scope VARCHAR NOT NULL,               -- key: group, region, team, segment, account
    scope_id VARCHAR NOT NULL,            -- key: which region, team, …; "group" for the group
    month DATE NOT NULL,                  -- key: first day of the month
    kpi VARCHAR NOT NULL,                 -- key: the KPI the target is for
    kind VARCHAR NOT NULL,                -- key: plan, quota
    value DECIMAL(18, 2),                 -- core: money in currency, or a count
    currency VARCHAR,                     -- core: ISO 4217 code; null for counts
    region VARCHAR,                       -- derived: scope_id where scope is region, else null
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

-- What finance booked, so that the CRM's won value can be held against it; it is in no KPI.
CREATE TABLE order_intake_version (
    source VARCHAR NOT NULL,              -- key
    region VARCHAR NOT NULL,              -- key: the region as its profile is named
    month DATE NOT NULL,                  -- key: first day of the month
    value DECIMAL(18, 2),                 -- core: money in currency, booked in the month
    currency VARCHAR,                     -- core: ISO 4217 code
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

-- What somebody said a period would bring, as it was locked: never changed afterwards, only said anew on a later day.
CREATE TABLE forecast_version (
    source VARCHAR NOT NULL,              -- key
    region VARCHAR NOT NULL,              -- key: the region as its profile is named
    scope VARCHAR NOT NULL,               -- key: region, team, country, segment
    scope_id VARCHAR NOT NULL,            -- key: which team, country or segment of the region; the region's id for all of it
    starts_on DATE NOT NULL,              -- key: first day of the period
    ends_on DATE NOT NULL,                -- key: last day of the period
    category VARCHAR NOT NULL,            -- key: commit, best_case, call (what the submitter expects in the end)
    submitted_by_role VARCHAR NOT NULL,   -- key: a role, never a person
    locked_on DATE NOT NULL,              -- key: the day from which it stands
    value DECIMAL(18, 2),                 -- core: money in currency, for the whole period
    currency VARCHAR,                     -- core: ISO 4217 code
    reason VARCHAR,                       -- extended: why it changed
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

CREATE TABLE fx_rate_version (
    source VARCHAR NOT NULL,              -- key
    currency VARCHAR NOT NULL,            -- key: ISO 4217 code
    on_date DATE NOT NULL,                -- key: first day the rate holds
    kind VARCHAR NOT NULL,                -- key: budget, spot
    rate DECIMAL(18, 8),                  -- core: units of the group's currency for one unit of currency
    region VARCHAR,                       -- derived: always null; rates are the group's
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

-- The stage history that a CRM exports: what changed in a deal, and when. A line holds a whole state or one field.
CREATE TABLE opportunity_change_version (
    source VARCHAR NOT NULL,              -- key
    opportunity_id VARCHAR NOT NULL,      -- key
    changed_at TIMESTAMPTZ NOT NULL,      -- key: when it changed in the CRM
    field VARCHAR NOT NULL,               -- key: the column that changed, or its name in the CRM; "state" = a whole state
    value_raw VARCHAR,                    -- core: the new value as exported, where a line holds one field
    stage_raw VARCHAR,                    -- core: the stage in the CRM's own words
    amount DECIMAL(18, 2),                -- core: money in the deal's currency
    expected_close_on DATE,               -- core: the day the deal was expected to close
    is_deleted BOOLEAN,                   -- extended: deleted by this change
    region VARCHAR,                       -- derived: always null; the deal says it
    stage VARCHAR,                        -- derived: as in opportunity
    outcome VARCHAR,                      -- derived: as in opportunity
    reached_develop BOOLEAN,              -- derived: as in opportunity
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

-- What the stage ids of a CRM that exports ids stand for.
CREATE TABLE pipeline_stage_version (
    source VARCHAR NOT NULL,              -- key
    stage_id VARCHAR NOT NULL,            -- key: as the deals' stage names it
    label VARCHAR,                        -- core: the stage in words, which the profile maps
    pipeline VARCHAR,                     -- core: the pipeline it belongs to
    probability DECIMAL(5, 2),            -- extended: percentage of the deals in it that are won, 0 to 100
    is_closed BOOLEAN,                    -- extended: a deal in it has ended
    is_won BOOLEAN,                       -- extended: a deal in it is won
    is_deleted BOOLEAN,                   -- extended: removed from the CRM
    region VARCHAR,                       -- derived: always null; stages are the source's
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

-- The deals that a CRM merged into others. A merge is not undone: the merged deal is deleted from then on.
CREATE TABLE opportunity_merge_version (
    source VARCHAR NOT NULL,              -- key
    merged_id VARCHAR NOT NULL,           -- key: the deal that is no more
    into_id VARCHAR,                      -- core: the deal that is left
    merged_at TIMESTAMPTZ,                -- extended: when it was merged in the CRM
    region VARCHAR,                       -- derived: always null; the deal says it
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

-- From which score on a lead should go to sales. A rule holds from its day on, once both sides have agreed to it.
CREATE TABLE qualification_rule_version (
    source VARCHAR NOT NULL,              -- key
    region VARCHAR NOT NULL,              -- key: the region as its profile is named
    lead_source VARCHAR NOT NULL,         -- key: the common word of the lead's source; "all" = every source without a rule of its own
    rule VARCHAR NOT NULL,                -- key: what is held against the threshold: score
    valid_from DATE NOT NULL,             -- key: first day of arrival for which it holds, until the next one's first day
    threshold DECIMAL(10, 2),             -- core: the lowest value that qualifies
    agreed_by_marketing VARCHAR,          -- core: role that agreed; empty = a proposal, which nothing is judged by
    agreed_by_sales VARCHAR,              -- core: role that agreed; empty = a proposal
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

-- Which accounts of the CRM systems are one customer. A pair that nobody has confirmed is a proposal and counts nowhere.
CREATE TABLE account_match_version (
    source VARCHAR NOT NULL,              -- key
    account_source VARCHAR NOT NULL,      -- key: the CRM instance of the account
    account_id VARCHAR NOT NULL,          -- key: the account's id in that CRM
    global_account_id VARCHAR,            -- core: the group's own id of the customer; accounts with the same one are one
    confirmed_by VARCHAR,                 -- core: role that confirmed it
    confirmed_on DATE,                    -- core: when
    region VARCHAR,                       -- derived: always null; the account says it
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

-- What a region is to win with a global account in a period, and who leads there.
CREATE TABLE account_plan_version (
    source VARCHAR NOT NULL,              -- key
    global_account_id VARCHAR NOT NULL,   -- key: as in account_match
    region VARCHAR NOT NULL,              -- key: the region as its profile is named
    starts_on DATE NOT NULL,              -- key: first day of the plan
    ends_on DATE,                         -- core: last day of the plan
    target DECIMAL(18, 2),                -- core: money in currency; empty = no target
    currency VARCHAR,                     -- core: ISO 4217 code of target
    lead_region VARCHAR,                  -- core: the region that leads with the account, once that is agreed
    updated_on DATE,                      -- core: when the plan was last gone through
    owner_role VARCHAR,                   -- core: role that keeps the plan
    actions VARCHAR,                      -- extended: what is to be done
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

-- What a global account could buy: a cell that nobody has marked is not relevant.
CREATE TABLE account_potential_version (
    source VARCHAR NOT NULL,              -- key
    global_account_id VARCHAR NOT NULL,   -- key: as in account_match
    region VARCHAR NOT NULL,              -- key: the region as its profile is named
    product VARCHAR NOT NULL,             -- key: product or product line, as deals name it
    is_relevant BOOLEAN,                  -- core: the account could buy it
    marked_by VARCHAR,                    -- core: role that marked it
    marked_on DATE,                       -- core: when
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

-- Who a deal's value is credited to. A deal without revenue shares is its own region's alone.
CREATE TABLE opportunity_credit_version (
    source VARCHAR NOT NULL,              -- key
    opportunity_source VARCHAR NOT NULL,  -- key: the CRM instance of the deal
    opportunity_id VARCHAR NOT NULL,      -- key: the deal's id in that CRM
    valid_from DATE NOT NULL,             -- key: from this day on the shares of that day replace earlier ones
    kind VARCHAR NOT NULL,                -- key: revenue (adds to 100 % of the deal), overlay (beside it, in no sum)
    region VARCHAR NOT NULL,              -- key: the region that is credited, as its profile is named
    person_ref VARCHAR NOT NULL,          -- key: person; who is credited, or "all" for the region as a whole
    share DECIMAL(5, 2),                  -- core: percentage of the deal's amount, over 0 and up to 100
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

-- Deals of two regions that are one deal: shown in each region, counted once in the group.
CREATE TABLE same_deal_version (
    source VARCHAR NOT NULL,              -- key
    twin_source VARCHAR NOT NULL,         -- key: the CRM instance of the deal that totals leave out
    twin_id VARCHAR NOT NULL,             -- key: its id in that CRM
    counted_source VARCHAR,               -- core: the CRM instance of the deal that counts for both
    counted_id VARCHAR,                   -- core: its id in that CRM
    confirmed_by VARCHAR,                 -- core: role that confirmed that they are one
    confirmed_on DATE,                    -- core: when
    region VARCHAR,                       -- derived: always null; the deals say it
    row_hash VARCHAR NOT NULL, load_id VARCHAR NOT NULL, line BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL, known_until TIMESTAMPTZ, ended_because VARCHAR, held_back BOOLEAN NOT NULL
);

CREATE VIEW opportunity AS SELECT * FROM opportunity_version WHERE known_until IS NULL;
CREATE VIEW lead AS SELECT * FROM lead_version WHERE known_until IS NULL;
CREATE VIEW activity AS SELECT * FROM activity_version WHERE known_until IS NULL;
CREATE VIEW account AS SELECT * FROM account_version WHERE known_until IS NULL;
CREATE VIEW person AS SELECT * FROM person_version WHERE known_until IS NULL;
CREATE VIEW target AS SELECT * FROM target_version WHERE known_until IS NULL;
CREATE VIEW order_intake AS SELECT * FROM order_intake_version WHERE known_until IS NULL;
CREATE VIEW forecast AS SELECT * FROM forecast_version WHERE known_until IS NULL;
CREATE VIEW fx_rate AS SELECT * FROM fx_rate_version WHERE known_until IS NULL;
CREATE VIEW opportunity_change AS SELECT * FROM opportunity_change_version WHERE known_until IS NULL;
CREATE VIEW opportunity_merge AS SELECT * FROM opportunity_merge_version WHERE known_until IS NULL;
CREATE VIEW qualification_rule AS SELECT * FROM qualification_rule_version WHERE known_until IS NULL;
CREATE VIEW account_match AS SELECT * FROM account_match_version WHERE known_until IS NULL;
CREATE VIEW account_plan AS SELECT * FROM account_plan_version WHERE known_until IS NULL;
CREATE VIEW account_potential AS SELECT * FROM account_potential_version WHERE known_until IS NULL;
CREATE VIEW opportunity_credit AS SELECT * FROM opportunity_credit_version WHERE known_until IS NULL;
CREATE VIEW same_deal AS SELECT * FROM same_deal_version WHERE known_until IS NULL;
CREATE VIEW pipeline_stage AS SELECT * FROM pipeline_stage_version WHERE known_until IS NULL;

-- The working time of each region, written by the loader from the regions' profiles.
CREATE TABLE calendar (
    region VARCHAR NOT NULL,
    day DATE NOT NULL,                    -- working days only: a day that is missing is no working day
    opens_at TIMESTAMPTZ NOT NULL,
    closes_at TIMESTAMPTZ NOT NULL
);

-- The ledger: one row for each export that was ever looked at.
CREATE TABLE load (
    load_id VARCHAR NOT NULL,             -- key
    source VARCHAR NOT NULL,
    table_name VARCHAR NOT NULL,          -- canonical table: opportunity, lead, …
    file VARCHAR NOT NULL,                -- file name as it arrived
    archived_as VARCHAR,                  -- path below archive/
    sha256 VARCHAR NOT NULL,
    profile_hash VARCHAR NOT NULL,
    exported_at TIMESTAMPTZ NOT NULL,     -- the export's moment: order is by it, never by arrival
    exported_at_from VARCHAR NOT NULL,    -- file name, column, arrival, release (a person: the newest)
    loaded_at TIMESTAMPTZ NOT NULL,
    mode VARCHAR NOT NULL,                -- full, delta
    covers VARCHAR NOT NULL,              -- all, open_only, closed_since:DATE
    status VARCHAR NOT NULL,              -- loaded, held, refused, withdrawn
    rows_in BIGINT NOT NULL,
    loaded BIGINT NOT NULL,               -- rows of the file that are in the store, unchanged ones included
    changed BIGINT NOT NULL,              -- of those, new states
    rejected BIGINT NOT NULL,
    ignored BIGINT NOT NULL,
    seconds DOUBLE NOT NULL,
    reason VARCHAR,                       -- reason class of a held or refused load
    message VARCHAR,                      -- the same for people
    who VARCHAR NOT NULL,                 -- loader, or the person who asked
    export VARCHAR                        -- which of its table's exports it is (calls, …); null = the usual one
);

CREATE TABLE load_region (                -- what a load brought for each region
    load_id VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    rows BIGINT NOT NULL,
    data_until TIMESTAMPTZ                -- newest modified_at among its rows, else the export's moment
);

CREATE TABLE load_amount (                -- how large the amounts of a load were, so that another scale is noticed
    load_id VARCHAR NOT NULL,
    currency VARCHAR NOT NULL,            -- ISO 4217 code
    amounts BIGINT NOT NULL,              -- amounts that are not zero
    median DOUBLE NOT NULL                -- their median, money in currency; for comparing, never shown as a figure
);

CREATE TABLE load_header (                -- of loads with rejected rows, so that these can be written as the file was
    load_id VARCHAR NOT NULL,
    header VARCHAR NOT NULL               -- the file's header, a JSON list
);

CREATE TABLE rejected_row (
    load_id VARCHAR NOT NULL,
    line BIGINT NOT NULL,                 -- physical line where the record starts, 1-based
    column_name VARCHAR,                  -- canonical column; null where the whole record is concerned
    reason VARCHAR NOT NULL,              -- reason class
    raw VARCHAR NOT NULL,                 -- person; the record's text
    record_key VARCHAR,                   -- the record's key, where it could be read
    cells VARCHAR,                        -- person; the record's cells as written, a JSON list; null for a torn record
    corrected_by VARCHAR                  -- load that brought the record right
);

CREATE TABLE ignored_row (
    load_id VARCHAR NOT NULL,
    line BIGINT NOT NULL,
    reason VARCHAR NOT NULL
);

CREATE TABLE load_warning (
    load_id VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    column_name VARCHAR,
    word VARCHAR,                         -- the local word or value concerned
    rows BIGINT NOT NULL
);

-- What the regions could measure in each week, noted when the week's exports were in: the definitions and the data of
-- that week, whatever became of either since.
CREATE TABLE comparability_week (
    week DATE NOT NULL,                   -- its Monday
    kpi VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    comparable VARCHAR NOT NULL,          -- yes, reservation, no
    reasons VARCHAR NOT NULL,             -- reason codes, separated by spaces
    as_of TIMESTAMPTZ NOT NULL,           -- the week's end; earlier while it ran
    definitions VARCHAR NOT NULL          -- hash of the definitions file
);

-- Each region's newest complete load of each table.
CREATE VIEW feed AS
WITH newest AS (
    SELECT l.source, l.table_name, l.export, r.region, l.load_id, l.file, l.exported_at, l.loaded_at, r.data_until,
        row_number() OVER (PARTITION BY l.source, l.table_name, l.export, r.region ORDER BY l.exported_at DESC, l.load_id DESC) AS age
    FROM load AS l JOIN load_region AS r ON r.load_id = l.load_id
    WHERE l.status = 'loaded'
)
SELECT source, table_name, export, region, load_id, file, exported_at, loaded_at,
    coalesce(data_until, exported_at) AS data_until
FROM newest WHERE age = 1;
