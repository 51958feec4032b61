"""Customers: which accounts of several CRM systems are one: confirmed by somebody, or told by a number or a domain."""

from datetime import date, datetime
from functools import lru_cache

import polars as pl
import sqlglot
from sqlglot import exp

from kpi.accounts import survivors
from kpi.engines.base import Engine, asked_for
from kpi.money import RATES
from kpi.scope import Scope, required

MOST = 20  # accounts; what more of them share is no sign of one customer but a dealer's or a provider's domain
MAIL = (
    "gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com icloud.com aol.com gmx.de gmx.net gmx.at "
    "gmx.ch web.de t-online.de freenet.de orange.fr wanadoo.fr free.fr libero.it uol.com.br bol.com.br terra.com.br "
    "yahoo.co.jp docomo.ne.jp ezweb.ne.jp softbank.ne.jp qq.com 163.com mail.ru proton.me protonmail.com telia.com"
).split()
_KNOWN = "{0}.known_from <= {1} AND ({0}.known_until IS NULL OR {0}.known_until > {1})"
_MAIL = ", ".join(f"'{name}'" for name in MAIL)

# All regions are read here whatever the reader may see: that others work for a customer too is what may be known.
# A name never makes two accounts one; people confirm that (account_match). What they confirmed to be different
# customers is not made one by a number or a domain either.
_CUSTOMERS = f"""
WITH RECURSIVE accounts AS (
    SELECT v.source, v.account_id, v.name, v.source || '/' || v.account_id AS node,
        NULLIF(REGEXP_REPLACE(UPPER(v.organisation_number), '[^0-9A-Z]', '', 'g'), '') AS number,
        NULLIF(REGEXP_REPLACE(LOWER(TRIM(v.domain)), '^(https?://)?(www\\.)?|[/:?#].*$', '', 'g'), '') AS domain,
        m.global_account_id
    FROM account_version AS v
    LEFT JOIN (
        SELECT account_source, account_id, MIN(global_account_id) AS global_account_id
        FROM account_match_version AS m WHERE {{matched}}
        GROUP BY account_source, account_id HAVING COUNT(DISTINCT global_account_id) = 1
    ) AS m ON m.account_source = v.source AND m.account_id = v.account_id
    WHERE {{known}} AND v.is_deleted IS NOT TRUE AND v.merged_into IS NULL
), marks AS (
    SELECT node, 'confirmed ' || global_account_id AS mark, global_account_id FROM accounts
    WHERE global_account_id IS NOT NULL
    UNION ALL
    SELECT node, 'number ' || number AS mark, global_account_id FROM accounts WHERE LENGTH(number) >= 6
    UNION ALL
    SELECT node, 'domain ' || domain AS mark, global_account_id FROM accounts
    WHERE domain LIKE '%_.__%' AND domain NOT IN ({_MAIL})
), telling AS (
    SELECT mark FROM marks GROUP BY mark
    HAVING COUNT(*) BETWEEN 2 AND {MOST} AND COUNT(DISTINCT global_account_id) <= 1
), pairs AS (
    SELECT DISTINCT a.node, b.node AS other
    FROM marks AS a JOIN telling AS t ON t.mark = a.mark JOIN marks AS b ON b.mark = a.mark AND b.node <> a.node
), reached AS (
    SELECT node, other FROM pairs
    UNION
    SELECT r.node, p.other FROM reached AS r JOIN pairs AS p ON p.node = r.other
), one AS (
    SELECT node, LEAST(node, MIN(other)) AS customer FROM reached GROUP BY node
), named AS (
    SELECT source, name, MIN(node) AS node FROM accounts WHERE name IS NOT NULL
    GROUP BY source, name HAVING COUNT(*) = 1
), refs AS (
    SELECT source, account_id AS account_ref, node FROM accounts
    UNION ALL
    SELECT n.source, n.name AS account_ref, n.node FROM named AS n
    WHERE NOT EXISTS (SELECT 1 FROM accounts AS a WHERE a.source = n.source AND a.account_id = n.name)
)
SELECT f.source, f.account_ref, COALESCE(o.customer, f.node) AS customer, a.global_account_id
FROM refs AS f
JOIN accounts AS a ON a.source || '/' || a.account_id = f.node
LEFT JOIN one AS o ON o.node = f.node
"""
# The customer of a global account id, and of a deal: one that names no account has no customer.
_OF_DEAL = "COALESCE(c.customer, r.source || '/' || r.account_ref)"
GLOBAL_ACCOUNTS = """
SELECT global_account_id, MIN(customer) AS customer FROM customers
WHERE global_account_id IS NOT NULL GROUP BY global_account_id
"""
PLANS = f"""
SELECT g.customer, p.region, p.starts_on, p.ends_on, p.target, p.actions, p.updated_on, p.lead_region
FROM account_plan_version AS p JOIN global_accounts AS g ON g.global_account_id = p.global_account_id
WHERE {_KNOWN.format("p", "$as_of")}
"""
# Who works for a customer at the moment of each cell: only customers of several regions are looked at, so few.
AT_WORK = f"""
WITH work AS (
    SELECT {_OF_DEAL} AS customer, r.region, r.known_from, r.known_until
    FROM (
        SELECT o.source, COALESCE(m.survivor_ref, o.account_ref) AS account_ref, o.region, o.known_from, o.known_until
        FROM opportunity_version AS o
        LEFT JOIN every_survivor AS m ON m.source = o.source AND m.account_ref = o.account_ref
        WHERE o.outcome = 'open' AND o.is_deleted IS NOT TRUE AND o.known_from <= $last_moment
            AND (o.known_until IS NULL OR o.known_until > $first_moment)
    ) AS r
    LEFT JOIN customers AS c ON c.source = r.source AND c.account_ref = r.account_ref
), shared AS (
    SELECT customer FROM work WHERE customer IS NOT NULL GROUP BY customer HAVING COUNT(DISTINCT region) > 1
)
SELECT s.frame, s.bucket, s.region, w.customer, COUNT(DISTINCT w.region) AS regions_at_work,
    CASE WHEN COUNT(DISTINCT p.lead_region) = 1 THEN MIN(p.lead_region) END AS lead_region
FROM shared AS h
JOIN work AS w ON w.customer = h.customer
JOIN spine AS s ON {_KNOWN.format("w", "s.moment")}
LEFT JOIN plans AS p ON p.customer = w.customer AND CAST(s.moment AS DATE) BETWEEN p.starts_on AND p.ends_on
GROUP BY s.frame, s.bucket, s.region, w.customer
"""
ACCOUNT_DEAL = f"""
SELECT s.frame, s.bucket, r.*, {_OF_DEAL} AS customer, w.lead_region,
    CASE WHEN r.account_ref IS NOT NULL THEN COALESCE(w.regions_at_work, 1) END AS regions_at_work
FROM opportunity_states AS r
JOIN spine AS s ON s.region = r.region AND {_KNOWN.format("r", "s.moment")}
LEFT JOIN customers AS c ON c.source = r.source AND c.account_ref = r.account_ref
LEFT JOIN at_work AS w ON w.frame = s.frame AND w.bucket = s.bucket AND w.region = s.region
    AND w.customer = {_OF_DEAL}
"""
KEY_ACCOUNT = f"""
SELECT s.frame, s.bucket, r.*, COALESCE(c.customer, r.source || '/' || r.account_id) AS customer,
    COUNT(p.target) > 0 AS has_target, COUNT(NULLIF(TRIM(p.actions), '')) > 0 AS has_actions,
    MAX(p.updated_on) AS plan_updated_on
FROM account_states AS r
JOIN spine AS s ON s.region = r.region AND {_KNOWN.format("r", "s.moment")}
LEFT JOIN customers AS c ON c.source = r.source AND c.account_ref = r.account_id
LEFT JOIN plans AS p ON p.customer = c.customer AND p.region = r.region
    AND CAST(s.moment AS DATE) BETWEEN p.starts_on AND p.ends_on
GROUP BY ALL
"""
POTENTIAL = f"""
SELECT s.frame, s.bucket, r.*, COUNT(d.customer) > 0 AS is_worked
FROM account_potential_states AS r
JOIN spine AS s ON s.region = r.region AND {_KNOWN.format("r", "s.moment")}
LEFT JOIN global_accounts AS g ON g.global_account_id = r.global_account_id
LEFT JOIN (
    SELECT DISTINCT {_OF_DEAL} AS customer, r.region, r.product, r.known_from, r.known_until
    FROM opportunity_states AS r
    LEFT JOIN customers AS c ON c.source = r.source AND c.account_ref = r.account_ref
    WHERE r.outcome IN ('open', 'won')
) AS d ON d.customer = g.customer AND d.region = r.region AND d.product = r.product
    AND {_KNOWN.format("d", "s.moment")}
GROUP BY ALL
"""
# The regions that have a plan with a target for a deal's customer on the day of its win.
PLANNED = """
SELECT DISTINCT r.source, r.opportunity_id, r.account_ref, r.won_on, p.region
FROM opportunity_version AS r
LEFT JOIN survivors AS m ON m.source = r.source AND m.account_ref = r.account_ref
JOIN customers AS c ON c.source = r.source AND c.account_ref = COALESCE(m.survivor_ref, r.account_ref)
JOIN plans AS p ON p.customer = c.customer AND r.won_on BETWEEN p.starts_on AND p.ends_on
WHERE NOT p.target IS NULL
"""
# Accounts of two regions under one name that nobody has confirmed and no number or domain tells of.
_PROPOSALS = """
WITH customers AS ({customers}), known AS (
    SELECT v.source, v.account_id, v.name, v.region, v.match_key, c.customer, c.global_account_id
    FROM account_version AS v
    JOIN customers AS c ON c.source = v.source AND c.account_ref = v.account_id
    WHERE v.known_until IS NULL AND v.match_key IS NOT NULL AND {seen}
)
SELECT a.region, a.source, a.account_id, a.name, b.region AS other_region, b.source AS other_source,
    b.account_id AS other_account_id, b.name AS other_name
FROM known AS a
JOIN known AS b ON b.match_key = a.match_key AND a.region < b.region AND a.customer <> b.customer
WHERE a.global_account_id IS NULL OR b.global_account_id IS NULL
ORDER BY a.name, a.region, b.region
"""
_SHARED_CUSTOMERS = f"""
SELECT FIRST(w.name ORDER BY w.amount DESC NULLS LAST, w.name) AS name,
    LIST_SORT(LIST(DISTINCT w.region)) AS regions, COUNT(*) AS deals,
    CASE WHEN COUNT(*) FILTER (WHERE NOT w.amount IS NULL AND w.rate IS NULL) = 0 THEN SUM(w.amount * w.rate) END
        AS value,
    MAX(w.began) AS since, MIN(w.lead_region) AS lead_region, w.customer
FROM (
    SELECT o.*, MIN(o.created_on) OVER (PARTITION BY o.customer, o.region) AS began, p.lead_region
    FROM (
        SELECT {_OF_DEAL} AS customer, r.region, COALESCE(a.name, r.account_ref) AS name,
            CAST(r.amount AS DECIMAL(20, 2)) AS amount, x.rate, CAST(r.created_at AS DATE) AS created_on
        FROM (
            SELECT o.source, COALESCE(m.survivor_ref, o.account_ref) AS account_ref, o.region, o.amount, o.currency,
                o.created_at
            FROM opportunity_version AS o
            LEFT JOIN every_survivor AS m ON m.source = o.source AND m.account_ref = o.account_ref
            WHERE o.outcome = 'open' AND o.is_deleted IS NOT TRUE AND {_KNOWN.format("o", "$as_of")}
        ) AS r
        LEFT JOIN customers AS c ON c.source = r.source AND c.account_ref = r.account_ref
        LEFT JOIN account_version AS a ON a.source = r.source AND a.account_id = r.account_ref
            AND {_KNOWN.format("a", "$as_of")}
        LEFT JOIN rates AS x ON x.kind = 'budget' AND x.currency = r.currency AND $on_day >= x.since
            AND $on_day < x.until
    ) AS o
    LEFT JOIN (
        SELECT customer, CASE WHEN COUNT(DISTINCT lead_region) = 1 THEN MIN(lead_region) END AS lead_region
        FROM plans WHERE $on_day BETWEEN starts_on AND ends_on GROUP BY customer
    ) AS p ON p.customer = o.customer
    WHERE NOT o.customer IS NULL
) AS w
GROUP BY w.customer
HAVING COUNT(DISTINCT w.region) > 1
ORDER BY value DESC NULLS LAST, name
"""

_ACCOUNTS = """
WITH customers AS ({customers})
SELECT v.source, v.account_id, v.region, c.global_account_id
FROM account_version AS v
JOIN customers AS c ON c.source = v.source AND c.account_ref = v.account_id
WHERE c.customer = $customer AND v.known_until IS NULL AND {seen}
ORDER BY v.source, v.account_id
"""


def customer_scans() -> dict[str, exp.Expr]:
    """Give the scans that tell a query's customers and their plans, by name, in the order in which they build up."""
    known, matched = _KNOWN.format("v", "$as_of"), _KNOWN.format("m", "$as_of")
    return {
        "every_survivor": read(survivors("v.known_from <= $as_of")),
        "customers": read(_CUSTOMERS.format(known=known, matched=matched)),
        "global_accounts": read(GLOBAL_ACCOUNTS),
        "plans": read(PLANS),
    }


def read(text: str) -> exp.Query:
    """Give a constant text as a tree of its own."""
    tree = sqlglot.parse_one(text, dialect="duckdb")
    if not isinstance(tree, exp.Query):
        raise TypeError("no select")
    return tree


def match_proposals(engine: Engine, scope: Scope) -> pl.DataFrame:
    """Give the pairs of accounts of two regions that bear one name and may be one customer: nothing counts by them.

    Columns: region, source, account_id, name, and the same of the other, after other_. Both are of regions that the
    reader may see. A line for both with one global_account_id in the export account_matches confirms a pair.
    """
    seen = required(scope)
    customers = _CUSTOMERS.format(known="v.known_until IS NULL", matched="m.known_until IS NULL")
    condition = seen.condition("v").sql(dialect="duckdb")
    return engine.fetch(_PROPOSALS.format(customers=customers, seen=condition), seen.parameters())


def customer_accounts(engine: Engine, customer: str, scope: Scope) -> pl.DataFrame:
    """Give the accounts of a customer of shared_customers: source, account_id, region, global_account_id (null: none).

    Only those whose rows the reader may see.
    """
    seen = required(scope)
    customers = _CUSTOMERS.format(known="v.known_until IS NULL", matched="m.known_until IS NULL")
    condition = seen.condition("v").sql(dialect="duckdb")
    parameters = {**seen.parameters(), "customer": customer}
    return engine.fetch(_ACCOUNTS.format(customers=customers, seen=condition), parameters)


def shared_customers(engine: Engine, group_currency: str, as_of: datetime, day: date, scope: Scope) -> pl.DataFrame:
    """Give the customers with open deals in several regions at a moment, the largest first.

    Columns: name, regions (a sorted list), deals, value (the group's currency at the budget rates of the day; null
    where a currency has no rate), since (the day on which the second region began), lead_region (agreed in a plan that
    runs on the day, else null), customer (its key at this moment). Only of customers of whose regions the reader may
    see every one.
    """
    seen = required(scope)
    sql = _shared().sql(dialect=engine.dialect)
    given = {"as_of": as_of, "on_day": day, "group_currency": group_currency, "rates_until": day}
    found = engine.fetch(sql, asked_for(sql, given))
    allowed = [all(seen.allows(region) for region in regions) for regions in found["regions"].to_list()]
    return found.filter(pl.Series(allowed, dtype=pl.Boolean))


@lru_cache(maxsize=1)
def _shared() -> exp.Query:
    query = read(_SHARED_CUSTOMERS)
    for name, scan in {**customer_scans(), "rates": read(RATES)}.items():
        query = query.with_(name, as_=scan)
    return query
