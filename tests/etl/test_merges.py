"""Merged deals from file to figure: they leave the present, and stand as they stood before the merge was known."""

from pathlib import Path

import pytest

from etl.replay import replay, take_back
from tests.etl.shop import SOURCE, Shop
from warehouse.store import Store

REAL = Path(__file__).resolve().parents[3] / "shared/exports/fivetran_hubspot/merged_deal_data.csv"
MERGES = """exports:
  merges:
    files: "merge*.csv"
    exported_at: "file name: merges_%Y-%m-%d.csv at 06:30"
    encoding: utf-8
    delimiter: ","
    dates: ymd
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return company(tmp_path)


def company(root: Path) -> Shop:
    shop = Shop.open(root)
    (shop.workspace.sources_dir / "shop.yaml").write_text(SOURCE.replace("exports:\n", MERGES), encoding="utf-8")
    return shop


def drop_merges(shop: Shop, day: str, *pairs: str) -> None:
    shop.drop(f"merges_{day}.csv", "merged_id,into_id\n" + "".join(f"{pair}\n" for pair in pairs))


def counted(shop: Shop, day: str | None = None) -> list[tuple[object, ...]]:
    known = (
        f"known_from <= '{day}' AND (known_until IS NULL OR known_until > '{day}')" if day else "known_until IS NULL"
    )
    return shop.query(
        f"SELECT opportunity_id, amount::INTEGER FROM opportunity_version WHERE {known} AND is_deleted IS NOT TRUE "
        "ORDER BY ALL"
    )


STEPS = ("deals 3", "merges 10", "deals 17", "deals 24")


def step(shop: Shop, name: str) -> None:
    kind, day = name.split()
    if kind == "merges":
        drop_merges(shop, f"2026-11-{day}", "d1,d2")
    else:
        shop.drop_deals(f"2026-11-{int(day):02}", 10 if day != "24" else 11, 20, 30)


EXPECTED = [
    ("d1", 10, "2026-11-03", "2026-11-10", "changed", None),
    ("d1", 10, "2026-11-10", "2026-11-24", "changed", True),
    ("d1", 11, "2026-11-24", None, None, True),
    ("d2", 20, "2026-11-03", None, None, None),
    ("d3", 30, "2026-11-03", None, None, None),
]


def told(shop: Shop) -> list[tuple[object, ...]]:
    return shop.query(
        "SELECT opportunity_id, amount::INTEGER, known_from::DATE::VARCHAR, known_until::DATE::VARCHAR, ended_because, "
        "is_deleted FROM opportunity_version ORDER BY 1, 3"
    )


@pytest.mark.parametrize("order", [STEPS, (*STEPS[1:2], *STEPS[:1], *STEPS[2:]), (*STEPS[:1], *STEPS[2:], STEPS[1])])
def test_a_merged_deal_leaves_from_the_merge_on_whichever_file_comes_first(shop: Shop, order: tuple[str, ...]) -> None:
    for name in order:
        step(shop, name)
        shop.load()
    assert told(shop) == EXPECTED
    assert counted(shop, "2026-11-09") == [("d1", 10), ("d2", 20), ("d3", 30)]
    assert counted(shop, "2026-11-11") == counted(shop) == [("d2", 20), ("d3", 30)]
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=None)
    assert told(shop) == EXPECTED


def test_all_files_at_once_give_the_same(shop: Shop) -> None:
    for name in STEPS:
        step(shop, name)
    shop.load()
    assert told(shop) == EXPECTED


def test_the_state_that_a_merge_ended_names_the_merges_line(shop: Shop) -> None:
    step(shop, STEPS[0])
    step(shop, STEPS[1])
    shop.load()
    assert shop.query(
        "SELECT file, v.line FROM opportunity_version AS v JOIN load USING (load_id) WHERE is_deleted"
    ) == [("merges_2026-11-10.csv", 2)]


@pytest.mark.parametrize(
    ("pairs", "left"),
    [
        (("d1,d2", "d2,d3"), ["d3"]),
        (("d1,d2", "d2,d1"), ["d1", "d2", "d3"]),
        (("d1,d1",), ["d1", "d2", "d3"]),
        (("d3,d1", "d1,d2", "d2,d1"), ["d1", "d2", "d3"]),
        (("d1,d3", "d2,d3"), ["d3"]),
    ],
)
def test_a_chain_leaves_its_end_and_a_circle_leaves_all(shop: Shop, pairs: tuple[str, ...], left: list[str]) -> None:
    step(shop, "deals 3")
    drop_merges(shop, "2026-11-10", *pairs)
    shop.load()
    assert [name for name, _ in counted(shop)] == left


def test_a_merge_that_names_no_survivor_is_rejected(shop: Shop) -> None:
    step(shop, "deals 3")
    drop_merges(shop, "2026-11-10", "d1,")
    shop.load()
    assert shop.query("SELECT reason, column_name FROM rejected_row") == [("MISSING_VALUE", "into_id")]
    assert len(counted(shop)) == 3


def test_withdrawn_merges_bring_their_deals_back_and_taken_back_they_end_them_again(shop: Shop) -> None:
    for name in STEPS:
        step(shop, name)
    shop.load()
    ((load,),) = shop.query("SELECT load_id FROM load WHERE table_name = 'opportunity_merge'")
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=str(load))
    assert counted(shop) == [("d1", 11), ("d2", 20), ("d3", 30)]
    with Store.open_writer(shop.workspace.lake) as store:
        take_back(shop.organisation, store, "shop", str(load), who="Sales operations")
    assert told(shop) == EXPECTED


def test_a_load_of_merges_says_whose_figures_it_changes(shop: Shop) -> None:
    step(shop, "deals 3")
    shop.load()
    step(shop, "merges 10")
    (result,) = shop.load_results()
    assert result.regions == frozenset({"north"})


def test_the_merges_of_a_real_export_end_every_old_deal_and_keep_the_ones_that_are_left(shop: Shop) -> None:
    if not REAL.parents[1].exists():
        pytest.skip(f"the real exports are not here: {REAL.parents[1]}")
    text = (shop.workspace.sources_dir / "shop.yaml").read_text(encoding="utf-8")
    (shop.workspace.sources_dir / "shop.yaml").write_text(
        text.replace("crm: generic", "crm: hubspot"), encoding="utf-8"
    )
    lines = REAL.read_text(encoding="utf-8").splitlines()[1:]
    pairs = [line.split(",")[:2] for line in lines]
    assert len(pairs) == 14
    deals = sorted({each for pair in pairs for each in pair})
    rows = [f"{deal},Open,1,2026-12-01,2026-01-05" for deal in deals]
    header = "deal_id,deal_pipeline_stage_id,property_amount,property_closedate,property_createdate"
    shop.drop("opportunities_2026-11-03.csv", "\n".join([header, *rows]) + "\n")
    shop.drop("merges_2026-11-10.csv", REAL.read_text(encoding="utf-8"))
    shop.load()
    assert shop.query("SELECT count(*) FROM opportunity_merge") == [(14,)]
    assert [name for name, _ in counted(shop)] == sorted({survivor for survivor, _ in pairs})
    assert len(counted(shop)) == 6
    assert len(counted(shop, "2026-11-09")) == 20


@pytest.mark.parametrize("last", ["changes", "merges", "deals"])
def test_a_merged_deals_exported_history_stays_before_the_merge(shop: Shop, last: str) -> None:
    profile = shop.workspace.sources_dir / "shop.yaml"
    changes = (
        MERGES.replace("exports:\n", "").replace("merges", "stage_history", 1).replace("merge", "change").strip("\n")
    )
    profile.write_text(
        profile.read_text(encoding="utf-8").replace("exports:\n", f'exports:\n{changes}\n    decimal: "."\n'),
        encoding="utf-8",
    )
    lines = "opportunity_id,changed_at,stage_raw,amount\nd1,2026-10-01T10:00:00Z,Open,5\n"
    for name in sorted(("changes", "merges", "deals"), key=lambda each: each == last):
        if name == "changes":
            shop.drop("changes_2026-11-12.csv", lines)
        elif name == "merges":
            drop_merges(shop, "2026-11-05", "d1,d2")
        else:
            shop.drop_deals("2026-11-10", 10, 20)
        shop.load()
    assert [row[1:4] + row[5:] for row in told(shop) if row[0] == "d1"] == [
        (5, "2026-10-01", "2026-11-05", None),
        (5, "2026-11-05", "2026-11-10", True),
        (10, "2026-11-10", None, True),
    ]
