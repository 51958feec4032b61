"""A pack as files: the same bytes each time, every figure in them, one page a reader, and nothing from elsewhere."""

import io
import json
import re
import zipfile
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pptx import Presentation

from docket.pack.blocks import Document
from docket.pack.composing import composed, composed_for
from docket.pack.content import Content, Reader
from docket.pack.files import Form, page_of, rendered
from docket.pack.shelf import Shelf
from etl.archives import Archive
from etl.workbook import read_workbook
from tests.docket.pack.by_hand import by_hand

FORMS: tuple[Form, ...] = ("pdf", "pptx", "xlsx", "html")


@pytest.fixture(scope="module")
def files() -> dict[Form, bytes]:
    return {form: rendered(by_hand(), form) for form in FORMS}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_pack_gives_the_same_bytes(files: dict[Form, bytes], form: Form, tmp_path: Path) -> None:
    """Even after it lay on the shelf, and on a machine whose clock has gone on."""
    shelf = Shelf(tmp_path / "packs")
    shelf.put(by_hand())
    assert rendered(shelf.get("2026-11-25"), form) == files[form]


@pytest.mark.parametrize("form", FORMS)
def test_another_figure_gives_another_file(files: dict[Form, bytes], form: Form) -> None:
    content = by_hand()
    altered = replace(content.figures[2], value=Decimal("9999999.99"))
    other = replace(content, figures=(*content.figures[:2], altered, *content.figures[3:]))
    assert rendered(other, form) != files[form]


def texts(document: Document) -> str:
    return json.dumps(asdict(document), ensure_ascii=False)


def pages(pdf: bytes) -> int:
    counts = [
        int(count)
        for count in re.findall(rb"/Type\s*/Pages.*?/Count (\d+)|/Count (\d+)", pdf)
        for count in count
        if count
    ]
    return max(counts)


@pytest.mark.parametrize("reader", by_hand().head.readers, ids=lambda reader: reader.id)
def test_each_reader_has_one_page(reader: Reader) -> None:
    assert pages(page_of(by_hand(), reader)) == 1


def test_a_reader_with_much_on_it_still_has_one_page(content: Content) -> None:
    many = replace(
        content,
        deviations=tuple(by_hand().deviations[0] for _ in range(5)),
        promises=tuple(by_hand().promises[0] for _ in range(9)),
        changes=content.changes * 3,
    )
    for reader in many.head.readers:
        assert pages(page_of(many, reader)) == 1, reader.id


def test_a_tile_without_a_value_says_why_in_two_words() -> None:
    """A whole sentence would run over what stands below it."""
    content = by_hand()
    lacking = replace(
        content.figures[0], region="group", value=None, reasons=("FIELD_MISSING",), why="A sentence. " * 9
    )
    tiles = texts(composed(replace(content, figures=(lacking,))))
    assert '"value": "no data", "distance": "not exported"' in tiles


def test_a_manager_reads_in_the_own_currency_and_nothing_of_others() -> None:
    content = by_hand()
    told = texts(composed_for(content, content.head.readers[2]))
    assert "¥" in told
    assert "Falk" not in told
    assert "DACH" not in told
    assert "株式会社ノゾタキ" in told


def test_the_slides_have_native_charts_and_tables(files: dict[Form, bytes]) -> None:
    deck = Presentation(io.BytesIO(files["pptx"]))
    shapes = [shape for slide in deck.slides for shape in slide.shapes]
    charts = [shape.chart for shape in shapes if shape.has_chart]
    assert len(charts) == 2
    call = {series.name: list(series.values) for series in charts[0].plots[0].series}
    assert call["Won"] == [3.54, 7.08]
    assert list(charts[0].plots[0].categories) == ["DACH", "Japan"]
    assert sum(shape.has_table for shape in shapes) >= 8
    words = " ".join(shape.text_frame.text for shape in shapes if shape.has_text_frame)
    assert "One of two regions needs you: DACH is 18% behind pace." in words


def test_the_waterfall_on_the_slides_stands_on_the_level_before(files: dict[Form, bytes]) -> None:
    """24.8 + 1.9 − 0.5 …: each bar's base and length add up to the level that it leads to or from."""
    deck = Presentation(io.BytesIO(files["pptx"]))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    series = {each.name: list(each.values) for each in charts[1].plots[0].series}
    base, rise, fall = series["Base"], series["In"], series["Out"]
    assert base[1] == pytest.approx(49.6, abs=0.001)
    assert base[1] + rise[1] == pytest.approx(53.4, abs=0.001)
    assert base[2] + fall[2] == pytest.approx(53.4, abs=0.001)


def test_the_workbook_holds_every_figure_exactly_and_runs_nothing(files: dict[Form, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(files["xlsx"])) as book:
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
        changes = book.read("xl/worksheets/sheet7.xml").decode()
    assert len(names) == 9
    assert "<f>" not in changes
    assert "=SUM(A1)" in changes
    rows = read_workbook(Archive(files["xlsx"]), "Figures").rows
    won = next(row for row in rows if [row.text_at(at) for at in (1, 2, 3)] == ["won_value", "Won value (CRM)", "dach"])
    assert Decimal(won.text_at(4)) == Decimal("3540000.10")


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag} {name}" for name, _ in attributes if name in ("src", "href", "action", "onload")]
        self.found += [tag] if tag in ("script", "link", "img", "iframe", "object") else []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_html_asks_nobody_for_anything_and_escapes_what_it_tells(files: dict[Form, bytes]) -> None:
    text = files["html"].decode()
    page = Links()
    page.feed(text)
    assert page.found == []
    assert "url(" not in text
    assert "@import" not in text
    assert "Falk & Söhne <AG>" in page.words
    assert "http" not in text.replace("http-equiv", "")


def test_every_kind_of_part_is_told_in_the_document() -> None:
    told = texts(composed(by_hand()))
    for words in (
        "Price approval in two days", "no categories", "Skagerion", "Japan exports the first contact",
        "The CRM changed a closed deal.", "Put off until 1 Dec 2026.", "2027 Q2", "Japan entered as missing",
        "amount €50.0\u202fk → €38.0\u202fk", "closes 10 Dec 2026 → 9 Jan 2027", "no next step", "propose → close",
    ):  # fmt: skip
        assert words in told, words


def test_a_pack_made_at_another_moment_says_so(files: dict[Form, bytes]) -> None:
    content = by_hand()
    later = replace(content, head=replace(content.head, made_at=datetime(2027, 1, 1, tzinfo=UTC)))
    assert rendered(later, "pdf") != files["pdf"]
