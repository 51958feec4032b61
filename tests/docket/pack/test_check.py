"""A frozen pack a while later: the same after more loads and other definitions, and each number computed again."""

import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from docket.pack.check import check, defined_otherwise
from docket.pack.files import Form, rendered
from docket.pack.shelf import Shelf
from kpi.definitions import Definitions
from kpi.engines.duckdb import snapshot_as_stored
from organisation import Organisation
from tests.docket.pack.conftest import Frozen
from tests.small_company import copy_of
from warehouse.connection import CATALOG
from warehouse.pins import lost_pins, pins
from warehouse.store import Store
from warehouse.upkeep import tend

FORMS: tuple[Form, ...] = get_args(Form)


def test_every_number_comes_out_again_and_a_changed_one_is_named(frozen_company: Frozen) -> None:
    """The same check finds the one number that was altered by a cent, and no other."""
    content = frozen_company.content
    place = next(
        at for at, figure in enumerate(content.figures) if (figure.kpi, figure.region) == ("won_value", "dach")
    )
    altered = replace(content.figures[place], value=(content.figures[place].value or 0) + Decimal("0.01"))
    wrong = replace(content, figures=(*content.figures[:place], altered, *content.figures[place + 1 :]))
    found = check(wrong, Organisation.read(frozen_company.workspace))
    assert found.impossible == ()
    assert [each.what for each in found.differing] == ["scorecard: won_value of dach"]
    assert found.numbers > 500


def test_shared_customers_are_computed_again_and_what_is_the_dockets_is_said(frozen_company: Frozen) -> None:
    content = frozen_company.content
    first, *others = content.shared_customers
    altered = replace(first, value=(first.value or 0) + Decimal("0.01"))
    found = check(replace(content, shared_customers=(altered, *others)), Organisation.read(frozen_company.workspace))
    assert [each.what for each in found.differing] == [
        f"shared customer {first.name} of {', '.join(first.regions)}, value"
    ]
    assert "Promises" in found.kept[0]


def test_what_was_defined_otherwise_since_is_named(frozen_company: Frozen, tmp_path: Path) -> None:
    changed = tmp_path / "kpi_definitions.yaml"
    text = frozen_company.workspace.definitions_file.read_text(encoding="utf-8")
    changed.write_text(text.replace("label: Pace\n", "label: Speed\n"), encoding="utf-8")
    assert defined_otherwise(frozen_company.content, Definitions.read(frozen_company.workspace.definitions_file)) == ()
    assert defined_otherwise(frozen_company.content, Definitions.read(changed)) == ("pace",)


def test_a_pack_and_its_snapshot_outlive_later_loads_other_definitions_and_the_upkeep(
    frozen_company: Frozen, tmp_path: Path
) -> None:
    workspace = copy_of(frozen_company.workspace, tmp_path / "later")
    drawn = {form: rendered(frozen_company.content, form) for form in FORMS}
    head = frozen_company.content.head
    with Store.open_reader(workspace.lake, head.snapshot) as then:
        rows = then.query(
            "SELECT count(*), sum(hash(row_of)::HUGEINT)::VARCHAR FROM opportunity_version AS row_of"
        ).row(0)
    with Store.open_writer(workspace.lake) as store:
        for _ in range(3):
            with store.transaction("a later load"):
                store.execute("DELETE FROM opportunity_version WHERE opportunity_id LIKE '%7'")
                store.execute("INSERT INTO opportunity_version SELECT * FROM opportunity_version LIMIT 50")
        assert [pin.snapshot for pin in pins(workspace.lake)] == [head.snapshot]
        done = tend(store, head.made_at)
        assert (done.lost, done.damaged) == ((), ())
    workspace.definitions_file.write_text("version: 2\n", encoding="utf-8")
    shutil.rmtree(workspace.regions_dir)
    later = Shelf(workspace.packs).get(head.id)
    assert {form: rendered(later, form) for form in FORMS} == drawn
    engine = snapshot_as_stored(workspace.lake, head.snapshot, head.snapshot_at)
    assert engine is not None
    with engine:
        again = engine.fetch("SELECT count(*), sum(hash(row_of)::HUGEINT)::VARCHAR FROM opportunity_version AS row_of")
        assert again.row(0) == rows


def test_a_pack_without_its_snapshot_says_that_it_cannot_be_checked(frozen_company: Frozen, tmp_path: Path) -> None:
    """The catalog lets the snapshot go against the rule: upkeep and check both say so; the pack itself is as it was."""
    workspace = copy_of(frozen_company.workspace, tmp_path / "lost")
    content = frozen_company.content
    with Store.open_writer(workspace.lake) as store:
        with store.transaction("a later load"):
            store.execute("DELETE FROM opportunity_version WHERE opportunity_id LIKE '%7'")
        store.execute(f"CALL ducklake_expire_snapshots('{CATALOG}', versions => [{content.head.snapshot}])")
        (told,) = lost_pins(store)
    assert told.startswith("The pack 2026-11-25 rests on snapshot ")
    found = check(content, Organisation.read(workspace))
    assert (found.numbers, found.differing) == (0, ())
    assert found.impossible[0].startswith(f"Snapshot {content.head.snapshot}, stored ")
    assert Shelf(workspace.packs).get(content.head.id) == content


def test_the_snapshot_of_a_warehouse_built_again_is_not_taken_for_the_packs(frozen_company: Frozen) -> None:
    content = frozen_company.content
    moved = replace(content, head=replace(content.head, snapshot_at=content.head.made_at))
    assert check(moved, Organisation.read(frozen_company.workspace)).impossible


@pytest.mark.parametrize("lacking", ["kpis:", "version: 1"])
def test_definitions_that_cannot_be_read_any_more_are_said(frozen_company: Frozen, lacking: str) -> None:
    content = frozen_company.content
    old = replace(
        content, definitions=content.definitions.replace(lacking, "figures:" if lacking == "kpis:" else "x: 1")
    )
    (told,) = check(old, Organisation.read(frozen_company.workspace)).impossible
    assert told.startswith("This version reads the pack's own definitions otherwise:")


def test_a_pack_knows_when_its_snapshot_was_stored(frozen_company: Frozen) -> None:
    head = frozen_company.content.head
    with Store.open_reader(frozen_company.workspace.lake, head.snapshot) as store:
        assert store.stored_at() == head.snapshot_at is not None
