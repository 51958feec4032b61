"""Records that come under other ids, or are others than before: nothing counts twice, and nothing goes, in silence."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from etl.conform import conform_export
from etl.load import release, replay
from etl.whole_ids import whole_ids
from organisation import Export
from tests.etl.shop import HEADER, SOURCE, Shop
from warehouse.store import Store

REAL = Path(__file__).resolve().parents[3] / "shared/exports/fivetran_salesforce"
WHOLE = [f"0061G00000N{ending}" for ending in ("31HAQAZ", "32AHQAZ", "38JZQAZ", "3D9UQAV", "3DTUQA3")]


def test_an_id_of_fifteen_characters_is_given_the_three_that_follow_from_its_capitals() -> None:
    """Worked by hand for 0061G 00000 N3DTU: capitals at places 5 | none | 1, 3, 4, 5: 10000 = Q, 0 = A, 11101 = 3."""
    short = pl.Series("id", [each[:15] for each in WHOLE])
    assert whole_ids(short).to_list() == WHOLE
    others = pl.Series("id", ["", None, WHOLE[0], "Blockbusterfilm", "006 1G00000N31H", "0061G00000N31"])
    assert whole_ids(others).to_list() == others.to_list()
    assert whole_ids(pl.Series("id", ["0" * 15])).to_list() == [None]


def test_ids_that_differ_in_a_capital_alone_stay_two() -> None:
    found = whole_ids(pl.Series("id", ["0061G00000N31HA", "0061G00000N31Ha"])).to_list()
    assert len({each.casefold() for each in found}) == 2


@pytest.mark.skipif(not REAL.is_dir(), reason="the real exports lie beside the repository and are not there")
def test_every_real_id_is_what_its_fifteen_characters_give() -> None:
    texts = "\n".join(file.read_text(encoding="utf-8") for file in sorted(REAL.glob("*.csv")))
    ids = pl.Series("id", sorted(set(re.findall(r"\b00[0-9A-Za-z]{13}[A-Z0-5]{3}\b", texts))))
    assert ids.len() > 50
    assert whole_ids(ids.str.slice(0, 15)).to_list() == ids.to_list()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.open(tmp_path)


def of(shop: Shop, crm: str, more: str = "") -> None:
    """Write the profile for a system."""
    columns = ", ".join(f"{name}: {name}" for name in HEADER.split(","))
    stated = SOURCE.replace("crm: generic", f"crm: {crm}")
    stated = stated.replace("    mode: full\n", f"    mode: full\n    columns: {{{columns}}}\n", 1)
    (shop.workspace.sources_dir / "shop.yaml").write_text(stated + more, encoding="utf-8")


def drop(shop: Shop, day: str, ids: list[str], amount: int = 10) -> None:
    rows = [f"{each},Deal {place},Open,{amount},2026-12-01,2026-01-05" for place, each in enumerate(ids)]
    shop.drop(f"opportunities_2026-11-{day}.csv", "\n".join([HEADER, *rows]) + "\n")


def statuses(shop: Shop) -> list[tuple[str, str | None]]:
    return [(each.status, each.reason) for each in shop.load()]


def test_a_report_and_a_data_export_of_salesforce_speak_of_the_same_deals(shop: Shop) -> None:
    of(shop, "salesforce")
    drop(shop, "03", [each[:15] for each in WHOLE])
    drop(shop, "04", WHOLE, amount=20)
    assert statuses(shop) == [("loaded", None)] * 2
    assert shop.present() == [(each, 20, False) for each in WHOLE]
    assert shop.query("SELECT count(*) FROM opportunity_version") == [(10,)]  # the same five, with another amount


def test_ids_of_eighteen_characters_wait_where_those_of_fifteen_stand_until_the_profile_says_salesforce(
    shop: Shop,
) -> None:
    of(shop, "generic")
    drop(shop, "03", [each[:15] for each in WHOLE])
    drop(shop, "04", [*WHOLE[:1], *(each[:15] for each in WHOLE[1:])], amount=20)  # one of five is enough
    assert statuses(shop) == [("loaded", None), ("held", "OTHER_RECORDS")]
    assert [amount for _, amount, _ in shop.present()] == [10] * 5
    ((load_id, message),) = shop.query("SELECT load_id, message FROM load WHERE status = 'held'")
    assert str(message).startswith("1 of its records stand under another id")
    assert "Set crm: salesforce" in str(message)
    of(shop, "salesforce")
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=None)
        release(shop.organisation, store, str(load_id), who="regional manager")
    assert shop.present() == [(each, 20, False) for each in WHOLE]


def test_ids_of_fifteen_characters_wait_where_those_of_eighteen_stand(shop: Shop) -> None:
    of(shop, "generic")
    drop(shop, "03", WHOLE)
    assert statuses(shop) == [("loaded", None)]
    drop(shop, "04", [each[:15] for each in WHOLE])
    assert statuses(shop) == [("held", "OTHER_RECORDS")]


def test_what_only_begins_alike_does_not_wait(shop: Shop) -> None:
    of(shop, "generic")
    drop(shop, "03", [each[:15] for each in WHOLE])
    drop(shop, "04", [*(each[:15] for each in WHOLE), WHOLE[0][:15] + "XYZ", "d1"])
    assert statuses(shop) == [("loaded", None)] * 2


OLD, NEW = [f"a{n}" for n in range(20)], [f"b{n}" for n in range(20)]


@pytest.mark.parametrize(
    ("kept", "covers", "status"),
    [
        (0, "all", "held"),
        (9, "all", "held"),
        (10, "all", "loaded"),
        (1, "open_only", "held"),
        (2, "open_only", "loaded"),
    ],
)
def test_an_export_of_other_deals_than_before_waits(shop: Shop, kept: int, covers: str, status: str) -> None:
    """Of twenty deals known before it holds so many, and others up to twenty."""
    profile = shop.workspace.sources_dir / "shop.yaml"
    profile.write_text(SOURCE.replace("covers: all", f"covers: {covers}"), encoding="utf-8")
    drop(shop, "03", OLD)
    drop(shop, "04", [*OLD[:kept], *NEW[kept:]])
    assert [each for each, _ in statuses(shop)] == ["loaded", status]
    if status == "held":
        assert shop.query("SELECT reason FROM load WHERE status = 'held'") == [("OTHER_RECORDS",)]
        assert len(shop.present()) == 20
        assert {str(key)[0] for key, *_ in shop.present()} == {"a"}


def test_what_is_let_in_is_what_later_exports_are_held_against(shop: Shop) -> None:
    drop(shop, "03", OLD)
    drop(shop, "04", NEW)
    shop.load()
    ((load_id,),) = shop.query("SELECT load_id FROM load WHERE status = 'held'")
    with Store.open_writer(shop.workspace.lake) as store:
        release(shop.organisation, store, str(load_id), who="regional manager")
    assert {str(key)[0] for key, *_ in shop.present()} == {"b"}
    drop(shop, "05", [*NEW, "b99"])
    assert statuses(shop) == [("loaded", None)]


def test_few_deals_older_exports_and_a_gate_that_is_off_hold_nothing(shop: Shop) -> None:
    drop(shop, "03", OLD[:9])
    drop(shop, "04", NEW[:9])
    assert statuses(shop) == [("loaded", None)] * 2
    drop(shop, "02", [f"c{n}" for n in range(12)])
    assert statuses(shop) == [("loaded", None)]
    of(shop, "generic", "gate: {same_records_at_least: off}\n")
    drop(shop, "05", OLD)
    drop(shop, "06", NEW)
    assert statuses(shop) == [("loaded", None)] * 2


def test_credits_name_a_deal_of_salesforce_by_either_id(shop: Shop, tmp_path: Path) -> None:
    """The first line names a deal of the source in Salesforce, the second one of another system."""
    of(shop, "salesforce")
    file = tmp_path / "credits.csv"
    short = WHOLE[0][:15]
    head = "opportunity_source,opportunity_id,valid_from,kind,region,person_ref,share"
    file.write_text(
        f"{head}\nshop,{short},2026-10-01,revenue,north,all,100\nx,{short},2026-10-01,revenue,north,all,100\n"
    )
    export = Export("credits", "opportunity_credit", "*", encoding="utf-8", delimiter=",", decimal=".", dates="ymd")
    own = replace(shop.organisation.sources["shop"], id="own", crm="generic", exports={"credits": export})
    found = conform_export(file, own, export, shop.organisation, arrived_at=datetime(2026, 11, 24, tzinfo=UTC))
    assert found.rows["opportunity_id"].to_list() == [WHOLE[0], short]
