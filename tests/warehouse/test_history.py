"""History: what successive exports say about each record, by hand and against folding one by one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from organisation import FiscalCalendar
from warehouse.absence import Rules
from warehouse.history import REGION_NOW, Seen, fold, last_state_columns, with_row_hash
from warehouse.schema import Table, keyed_table

DEAL = keyed_table("opportunity")
START = datetime(2026, 1, 5, tzinfo=UTC)
Q1, Q2, Q3 = date(2026, 2, 1), date(2026, 5, 1), date(2026, 8, 1)


def moment(week: int) -> datetime:
    return START + timedelta(weeks=week)


def deal(
    key: str, amount: int = 1, outcome: str | None = "open", closes: date = Q1, **more: object
) -> dict[str, object]:
    return {
        "opportunity_id": key,
        "amount": amount,
        "outcome": outcome,
        "expected_close_on": closes,
        "region": "dach",
    } | more


def export(week: int, *deals: dict[str, object], held: tuple[str, ...] = ()) -> Seen:
    types = DEAL.polars_schema()
    rows = pl.DataFrame(
        {name: [row.get(name) for row in deals] for name in DEAL.values},
        schema={name: types[name] for name in DEAL.values},
        strict=False,
    ).with_columns(line=pl.int_range(pl.len(), dtype=pl.Int64) + 2)
    return Seen(f"load{week}", moment(week), rows, pl.Series("key", list(held), dtype=pl.String))


def stored(table: Table, batches: list[list[Seen]], rules: Rules) -> pl.DataFrame:
    """Fold batch after batch, as the loader does with the tables of the store."""
    everything = pl.DataFrame(schema={name: kind for name, kind in table.polars_schema().items() if name != "source"})
    for batch in batches:
        last = everything.sort("known_from", "known_until", nulls_last=True, maintain_order=True)
        known = last.group_by(table.keys, maintain_order=True).last().select(last_state_columns(table, rules))
        folded = fold(table, known, batch, rules)
        place = [*table.keys, "known_from", "load_id"]
        ends = ["known_until", "ended_because", "held_back"]
        kept = everything.join(folded.updated.select(place), on=place, how="anti")
        replaced = everything.drop(ends).join(folded.updated.select(place + ends), on=place, how="inner")
        parts = [frame.select(everything.columns) for frame in (kept, replaced, folded.added)]
        everything = pl.concat(parts, how="vertical_relaxed")
    return everything.sort("opportunity_id", "known_from", "load_id")


def states(*exports: Seen, rules: Rules | None = None) -> list[tuple[object, ...]]:
    """Give (id, amount, first week, last week, why ended, held back) of each state."""
    found = stored(DEAL, [list(exports)], rules or Rules())
    return [
        (
            row["opportunity_id"],
            int(row["amount"]),
            (row["known_from"] - START).days // 7,
            None if row["known_until"] is None else (row["known_until"] - START).days // 7,
            row["ended_because"],
            row["held_back"],
        )
        for row in found.iter_rows(named=True)
    ]


def test_an_unchanged_deal_has_one_state_and_a_changed_one_two() -> None:
    assert states(export(0, deal("a"), deal("b")), export(1, deal("a"), deal("b", 5))) == [
        ("a", 1, 0, None, None, False),
        ("b", 1, 0, 1, "changed", False),
        ("b", 5, 1, None, None, False),
    ]


def test_a_deal_absent_from_a_full_export_is_deleted_and_starts_anew_when_it_is_back() -> None:
    assert states(export(0, deal("a")), export(1, deal("b")), export(2, deal("a"), deal("b"))) == [
        ("a", 1, 0, 1, "deleted", False),
        ("a", 1, 2, None, None, False),
        ("b", 1, 1, None, None, False),
    ]


def test_an_open_deal_leaves_the_view_of_open_deals_and_a_closed_one_stays() -> None:
    rules = Rules(covers="open_only")
    assert states(export(0, deal("a"), deal("w", outcome="won")), export(1, deal("b")), rules=rules) == [
        ("a", 1, 0, 1, "left_view", False),
        ("b", 1, 1, None, None, False),
        ("w", 1, 0, None, None, False),
    ]


def test_a_row_hash_is_the_same_for_ever_and_whatever_rows_stand_beside() -> None:
    """A stored hash is compared with those of exports to come: how it is computed may change, what it is may not."""
    table = DEAL
    types = {name: kind for name, kind in table.polars_schema().items() if name in (*table.keys, *table.values)}
    rows = pl.DataFrame(
        [
            {"opportunity_id": "a", "name": "Ä\x1f", "amount": Decimal("1.50"), "closed_on": date(2026, 1, 2)},
            {"opportunity_id": "b", "name": None, "amount": None, "on_hold": True},
        ],
        schema=types,
    )
    together = with_row_hash(table, rows)["row_hash"].to_list()
    alone = [hashed for one in rows.iter_slices(1) for hashed in with_row_hash(table, one)["row_hash"]]
    assert together == alone == [_hash_of(table, row) for row in rows.iter_rows(named=True)]


def _hash_of(table: Table, row: dict[str, object]) -> str:
    def text(value: object) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        return str((value - date(1970, 1, 1)).days) if isinstance(value, date) else str(value)

    names = [name for name in table.values if name in row and name != REGION_NOW]
    cells = ["\x00" if row[name] is None else text(row[name]) for name in names]
    return blake2b("\x1f".join(cells).encode(), digest_size=12).hexdigest()


def test_an_export_of_deals_closed_since_a_day_says_nothing_about_older_ones() -> None:
    rules = Rules(covers="closed_since:2025-07-01")
    old = deal("old", outcome="won", closed_on=date(2025, 6, 30))
    new = deal("new", outcome="won", closed_on=date(2025, 7, 1))
    assert states(export(0, old, new), export(1, deal("b")), rules=rules) == [
        ("b", 1, 1, None, None, False),
        ("new", 1, 0, 1, "deleted", False),
        ("old", 1, 0, None, None, False),
    ]


def test_a_rejected_deal_counts_as_present_and_keeps_its_last_state_held_back() -> None:
    held = export(1, held=("a",))
    assert states(export(0, deal("a")), held) == [("a", 1, 0, None, None, True)]
    assert states(export(0, deal("a")), held, export(2, deal("a"))) == [("a", 1, 0, None, None, False)]
    assert states(export(0, deal("a")), held, export(2, deal("b"))) == [
        ("a", 1, 0, 2, "deleted", True),
        ("b", 1, 2, None, None, False),
    ]


def test_a_rejected_deal_that_was_never_there_or_is_gone_stays_away() -> None:
    assert states(export(0, held=("a",)), export(1, deal("b"))) == [("b", 1, 1, None, None, False)]
    assert states(export(0, deal("a"), deal("b")), export(1, deal("b")), export(2, deal("b"), held=("a",)))[0] == (
        ("a", 1, 0, 1, "deleted", False)
    )


def test_a_delta_closes_nothing() -> None:
    rules = Rules(full=False)
    assert states(export(0, deal("a")), export(1, deal("b")), rules=rules) == [
        ("a", 1, 0, None, None, False),
        ("b", 1, 1, None, None, False),
    ]


def test_where_absence_means_lost_an_open_deal_that_leaves_is_lost_on_that_day() -> None:
    rules = Rules(gone_means="lost", zones={"dach": "Asia/Tokyo"})
    evening = [replace(each, moment=each.moment + timedelta(hours=20)) for each in (export(0, deal("a", 7)), export(1))]
    found = stored(DEAL, [evening], rules)
    assert found["outcome"].to_list() == ["open", "lost"]
    assert found["ended_because"].to_list() == ["absent", None]
    (lost,) = found.tail(1).iter_rows(named=True)
    assert (lost["stage"], lost["amount"], lost["load_id"], lost["line"]) == ("lost", 7, "load1", 0)
    assert (lost["closed_on"], lost["closed_on_estimated"]) == (date(2026, 1, 13), True), "the day in Tokyo"
    assert lost["known_from"] == evening[1].moment


def test_a_deal_lost_by_absence_comes_back_when_it_is_exported_again() -> None:
    rules = Rules(gone_means="lost")
    weeks = [export(0, deal("a")), export(1), export(2), export(3, deal("a"))]
    one_by_one = stored(DEAL, [[each] for each in weeks], rules)
    assert one_by_one["outcome"].to_list() == ["open", "lost", "open"]
    assert one_by_one["known_until"].to_list() == [moment(1), moment(3), None]
    assert one_by_one["ended_because"].to_list() == ["absent", "changed", None]


def test_where_absence_means_lost_a_lost_deal_stays_and_a_won_or_unmapped_one_has_to_be_asked_for() -> None:
    deals = (deal("l", outcome="lost"), deal("n", outcome=None), deal("w", outcome="won"))
    assert states(export(0, *deals), export(1), rules=Rules(gone_means="lost")) == [
        ("l", 1, 0, None, None, False),
        ("n", 1, 0, 1, "left_view", False),
        ("w", 1, 0, 1, "left_view", False),
    ]


def test_absence_from_a_view_of_open_deals_is_never_a_loss() -> None:
    rules = Rules(gone_means="lost", covers="open_only")
    assert states(export(0, deal("a")), export(1), rules=rules) == [("a", 1, 0, 1, "left_view", False)]


def test_an_unreadable_row_of_a_deal_lost_by_absence_holds_that_state_back() -> None:
    rules = Rules(gone_means="lost")
    found = stored(DEAL, [[export(0, deal("a")), export(1)], [export(2, held=("a",))]], rules)
    assert found.select("outcome", "held_back").rows() == [("open", False), ("lost", True)]


def test_pushes_count_moves_to_a_later_fiscal_quarter_while_open() -> None:
    within, later = deal("a", closes=date(2026, 3, 31)), deal("a", closes=Q2)
    back, again, won = deal("a", closes=Q1), deal("a", closes=Q3), deal("a", closes=date(2026, 11, 1), outcome="won")
    weeks = [deal("a"), within, later, back, again, won]
    found = stored(DEAL, [[export(week, state) for week, state in enumerate(weeks)]], Rules())
    assert found["times_pushed"].to_list() == [0, 0, 1, 1, 2, 2]


def test_a_push_is_judged_by_the_fiscal_year_of_the_deals_region() -> None:
    april, may = deal("a", closes=date(2026, 4, 30)), deal("a", closes=date(2026, 5, 1))
    exports = [export(0, april), export(1, may)]
    by_january = stored(DEAL, [exports], Rules(fiscal={"dach": FiscalCalendar.from_month(1)}))
    by_may = stored(DEAL, [exports], Rules(fiscal={"dach": FiscalCalendar.from_month(5)}))
    assert by_january["times_pushed"].to_list() == [0, 0]
    assert by_may["times_pushed"].to_list() == [0, 1]


def test_first_amount_first_seen_and_ever_developed_are_carried_along() -> None:
    weeks = [deal("a", 7, reached_develop=True), deal("a", 8), deal("a", 9, reached_develop=False)]
    found = stored(DEAL, [[export(week, state)] for week, state in enumerate(weeks)], Rules())
    assert [int(amount) for amount in found["first_amount"]] == [7, 7, 7]
    assert found["first_seen_at"].to_list() == [START] * 3
    assert found["reached_develop"].to_list() == [True] * 3


KEYS = st.sampled_from("abcd")
DEALS = st.builds(
    deal,
    KEYS,
    st.integers(1, 2),
    st.sampled_from(["open", "open", "won", None]),
    st.sampled_from([Q1, Q2, Q3]),
    reached_develop=st.sampled_from([None, True, False]),
    closed_on=st.sampled_from([None, date(2025, 6, 1), date(2025, 8, 1)]),
    stage=st.sampled_from(["qualify", "develop", "propose", "close", "won", "lost", None]),
    stage_changed_at=st.sampled_from([None, None, START, START + timedelta(weeks=2)]),
    created_at=st.sampled_from([None, START - timedelta(days=90), START - timedelta(days=2)]),
)
WEEKS = st.lists(
    st.tuples(st.lists(DEALS, max_size=4, unique_by=lambda row: row["opportunity_id"]), st.sets(KEYS, max_size=2)),
    min_size=1,
    max_size=6,
)
RULES = st.builds(
    Rules,
    full=st.sampled_from([True, True, False]),
    covers=st.sampled_from(["all", "open_only", "closed_since:2025-07-01"]),
    gone_means=st.sampled_from(["deleted", "unknown", "lost"]),
)


@settings(max_examples=40, deadline=None)
@given(weeks=WEEKS, rules=RULES, cut=st.integers(0, 6))
def test_folding_a_backlog_equals_loading_one_by_one(
    weeks: list[tuple[list[dict[str, object]], set[str]]], rules: Rules, cut: int
) -> None:
    exports = [export(week, *deals, held=tuple(sorted(held))) for week, (deals, held) in enumerate(weeks)]
    one_by_one = stored(DEAL, [[each] for each in exports], rules)
    at_once = stored(DEAL, [exports], rules)
    in_two = stored(DEAL, [part for part in (exports[:cut], exports[cut:]) if part], rules)
    assert one_by_one.equals(at_once)
    assert one_by_one.equals(in_two)


def test_a_deal_lost_by_absence_is_lost_once_also_where_its_row_is_unreadable_later() -> None:
    """
    week    0     1  2           3
    deal a  open  -  unreadable  -    lost in week 1; the unreadable row says nothing that week 3 could take back
    """
    exports = [export(0, deal("a")), export(1), export(2, held=("a",)), export(3)]
    rules = Rules(gone_means="lost")
    one_by_one = stored(DEAL, [[each] for each in exports], rules)
    assert one_by_one.equals(stored(DEAL, [exports], rules))
    assert one_by_one["outcome"].to_list() == ["open", "lost"]


def test_corrected_rows_between_full_exports_say_nothing_of_other_deals() -> None:
    correction = replace(export(1, deal("b", 7)), full=False)
    exports = [export(0, deal("a")), correction, export(2, deal("b", 7))]
    expected = [("a", 1, 0, 2, "deleted", False), ("b", 7, 1, None, None, False)]
    assert states(*exports) == expected
    one_by_one = stored(DEAL, [[each] for each in exports], Rules())
    assert one_by_one.equals(stored(DEAL, [exports], Rules()))
