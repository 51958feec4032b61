"""The shelf: packs are whole or not there, say which part is damaged, and come back as they went."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from docket.errors import NoSuchPack, PackDamaged, PackError
from docket.pack import shelf as shelf_module
from docket.pack.scope import scope_of, seen_by
from docket.pack.shelf import Shelf
from kpi.scope import Scope
from organisation.durable import write_new
from tests.docket.pack.by_hand import by_hand


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "packs")


def test_a_pack_comes_back_as_it_went(shelf: Shelf) -> None:
    stored = shelf.put(by_hand())
    assert shelf.get("2026-11-25") == stored == by_hand()
    assert shelf.newest() == stored


def test_a_second_pack_of_a_day_has_its_own_id_and_the_tenth_follows_the_ninth(shelf: Shelf) -> None:
    ids = [shelf.put(by_hand()).head.id for _ in range(11)]
    assert ids[:2] == ["2026-11-25", "2026-11-25-2"]
    assert list(shelf.ids()) == ids
    newest = shelf.newest()
    assert newest is not None
    assert newest.head.id == "2026-11-25-11"


def test_the_pack_before_is_of_an_earlier_day(shelf: Shelf) -> None:
    earlier = by_hand()
    shelf.put(replace(earlier, head=replace(earlier.head, id="2026-11-18")))
    shelf.put(by_hand())
    shelf.put(by_hand())
    found = shelf.newest(before="2026-11-25")
    assert found is not None
    assert found.head.id == "2026-11-18"
    assert shelf.newest(before="2026-11-18") is None


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("figures.json", "figures.json is not what was written"),
        ("definitions.yaml", "definitions.yaml is not what was written"),
        ("profiles/regions/dach.yaml", "profiles/regions/dach.yaml is not what was written"),
    ],
)
def test_a_damaged_part_is_named(shelf: Shelf, part: str, told: str) -> None:
    shelf.put(by_hand())
    file = shelf.folder / "2026-11-25" / part
    text = file.read_bytes()
    file.write_bytes(text[:10] + bytes([text[10] ^ 1]) + text[11:])
    with pytest.raises(PackDamaged, match=f"2026-11-25 is damaged: {told}"):
        shelf.get("2026-11-25")


def test_a_missing_part_and_a_changed_manifest_are_named(shelf: Shelf) -> None:
    shelf.put(by_hand())
    place = shelf.folder / "2026-11-25"
    manifest = json.loads((place / "manifest.json").read_text())
    (place / "calls.json").unlink()
    with pytest.raises(PackDamaged, match=r"calls\.json is missing"):
        shelf.get("2026-11-25")
    del manifest["parts"]["calls.json"]
    (place / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(PackDamaged, match=r"manifest\.json is not what was written"):
        shelf.get("2026-11-25")
    (place / "manifest.json").write_text("{")
    with pytest.raises(PackDamaged, match=r"manifest\.json is not what was written"):
        shelf.get("2026-11-25")


def test_an_unknown_form_is_refused_plainly(shelf: Shelf) -> None:
    shelf.put(by_hand())
    file = shelf.folder / "2026-11-25" / "manifest.json"
    file.write_text(file.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(PackError, match="written in form 2; this version of Denominator reads form 1"):
        shelf.get("2026-11-25")


def test_an_unknown_id_names_the_nearest(shelf: Shelf) -> None:
    shelf.put(by_hand())
    with pytest.raises(NoSuchPack, match='Did you mean "2026-11-25"'):
        shelf.get("2026-11-26")


def test_a_pack_that_is_cut_off_while_it_is_written_is_not_there(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    real = write_new

    def full_disk(file: Path, text: str) -> None:
        if len(written) == 5:
            raise OSError(28, "No space left on device")
        written.append(file)
        real(file, text)

    monkeypatch.setattr(shelf_module, "write_new", full_disk)
    with pytest.raises(PackError, match=r"No space left on device\. Nothing of it is there"):
        shelf.put(by_hand())
    assert shelf.ids() == ()
    assert list(shelf.folder.iterdir()) == []


def test_a_pack_comes_into_its_place_by_one_rename_or_not_at_all(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path, target: Path) -> Path:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refused)
        with pytest.raises(PackError, match="Input/output error"):
            shelf.put(by_hand())
    assert list(shelf.folder.iterdir()) == []


def test_what_a_killed_writer_left_is_no_pack(shelf: Shelf) -> None:
    shelf.put(by_hand())
    shutil.copytree(shelf.folder / "2026-11-25", shelf.folder / ".new-abc")
    assert shelf.ids() == ("2026-11-25",)


def test_a_reader_of_one_region_sees_nothing_of_the_others() -> None:
    content = by_hand()
    japan = seen_by(content, scope_of(content.head.readers[2]))
    told = json.dumps(shelf_module.parts_of(japan), ensure_ascii=False)
    assert "株式会社ノゾタキ" in told
    for other in ("Falk", "DACH is 18%", "regional manager DACH"):
        assert other not in told, other
    assert {figure.region for figure in (*japan.figures, *japan.pipeline, *japan.accounts)} == {"japan"}
    assert seen_by(content, Scope.everything()) is content
    assert seen_by(content, Scope.of_regions("dach", "japan")) is content
    nobody = seen_by(content, Scope.of_regions())
    assert (nobody.calls, nobody.figures, nobody.changes, nobody.profiles) == ((), (), (), {})


def test_a_pack_of_the_first_form_is_read_by_every_later_version() -> None:
    """The pack in format_1/ was written once and is never written anew: whatever the classes become, it is read."""
    old = Shelf(Path(__file__).parent / "format_1").get("2026-11-25")
    new = by_hand()
    assert [(each.kpi, each.region, each.value, each.n) for each in old.figures] == [
        (each.kpi, each.region, each.value, each.n) for each in new.figures
    ]
    assert (old.head.snapshot, old.past, old.promises) == (new.head.snapshot, new.past, new.promises)
