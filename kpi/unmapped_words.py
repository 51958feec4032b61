"""Words of a CRM that no profile explains, beside stages: how often they stand, and the money they carry."""

from dataclasses import dataclass
from decimal import Decimal

from kpi.engines.base import Engine
from kpi.scope import Scope, allowed_sources
from organisation import Organisation

# The newest load of a feed says which words are unmapped now; a feed of changes says it in each of its loads. Words
# of a closed list leave their deals without one, so only words that deals keep as written can be found with a value.
WORDS = """
WITH newest_rate AS (
    SELECT currency, arg_max(rate, on_date) AS rate FROM fx_rate WHERE kind = 'budget' GROUP BY currency
), current AS (
    SELECT DISTINCT l.load_id, l.source, l.table_name FROM load AS l
    LEFT JOIN feed AS f ON f.load_id = l.load_id
    WHERE l.status = 'loaded' AND (f.load_id IS NOT NULL OR l.mode = 'delta')
), said AS (
    SELECT c.source, c.table_name, w.column_name, w.word, sum(w.rows) AS rows FROM load_warning AS w
    JOIN current AS c ON c.load_id = w.load_id
    WHERE w.code = 'UNMAPPED_WORD' AND w.word IS NOT NULL AND list_contains($sources, c.source) GROUP BY ALL
), priced AS (
    SELECT o.source, o.lead_source, o.loss_reason, o.amount, CASE WHEN o.amount IS NULL THEN 0
        WHEN o.currency = $group_currency THEN CAST(o.amount AS DECIMAL(38, 2))
        ELSE CAST(o.amount AS DECIMAL(38, 2)) * CAST(r.rate AS DECIMAL(18, 8)) END AS value
    FROM opportunity AS o LEFT JOIN newest_rate AS r ON r.currency = o.currency WHERE o.is_deleted IS NOT TRUE
), carried AS (
    SELECT source, 'lead_source' AS column_name, lead_source AS word, value FROM priced
    UNION ALL SELECT source, 'loss_reason', loss_reason, value FROM priced
), worth AS (
    SELECT source, column_name, word, CASE WHEN count(value) = count(*) THEN sum(value) END AS value
    FROM carried WHERE word IS NOT NULL GROUP BY ALL
)
SELECT s.source, s.table_name AS table, s.column_name AS column, s.word, CAST(s.rows AS BIGINT) AS rows,
    CASE WHEN s.table_name = 'opportunity' THEN w.value END AS value
FROM said AS s LEFT JOIN worth AS w ON w.source = s.source AND w.column_name = s.column_name AND w.word = s.word
ORDER BY value DESC NULLS LAST, s.rows DESC, s.source, s.column_name, s.word
"""


@dataclass(frozen=True)
class UnmappedWord:
    """A word of one column that the profile does not map; rows are those of the newest export (of all, for deltas).

    The value is in the group's currency at budget rates; None where the rows carry no money, a currency has no rate,
    or the word is not kept with the deals.
    """

    source: str
    table: str
    column: str
    word: str
    rows: int
    value: Decimal | None
    currency: str


def unmapped_words(engine: Engine, organisation: Organisation, scope: Scope) -> tuple[UnmappedWord, ...]:
    """Give the unmapped words of every source that the scope allows whole, the largest value first, then by rows.

    Stages stand in kpi.ledger.unmapped_stages: their deals are in no figure, which weighs more.
    """
    currency = organisation.group.currency
    given = {"group_currency": currency, "sources": allowed_sources(organisation, scope)}
    return tuple(UnmappedWord(**row, currency=currency) for row in engine.fetch(WORDS, given).to_dicts())
