"""JSON exports: records keep every digit, nested names are dotted, and half a page is no export."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.check import check_file
from etl.errors import Refused
from etl.grids import DATE, EXACT, TEXT, Grid
from etl.json_records import is_json, read_json
from organisation import Workspace

ONE = '{"id": 1, "stage": {"name": "Open"}}'


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def check(workspace: Workspace, text: str, profile: str = "") -> Any:
    columns = "columns: {opportunity_id: id, stage_raw: stage.name, amount: value}\n"
    stated = workspace.root / "profile.yaml"
    stated.write_text(f"crm: generic\nstages: {{Open: qualify}}\n{columns}{profile}", "utf-8")
    file = workspace.root / "deals.json"
    file.write_text(text, encoding="utf-8")
    return check_file(file, workspace, source=None, table="opportunities", profile=stated)


def records(grid: Grid) -> list[dict[str, str]]:
    return [{grid.names[place]: text for place, text in zip(row.places, row.texts, strict=True)} for row in grid.rows]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"{ONE}\n{ONE}\n", [1, 2]),
        (f"\n{ONE}\n\n{ONE}", [2, 4]),
        (f"[{ONE},\n {ONE}]", [1, 2]),
        (f"[\n  {ONE}\n]\n", [2]),
        (f'{{"value": [\n{ONE},\n{ONE}\n]}}', [2, 3]),
        (f'{{"d": {{"__count": "2", "results": [\n{ONE},\n{ONE}\n]}}}}', [2, 3]),
        (f'{{"error": null, "data": [{ONE}, {ONE}], "metadata": {{"total": 2}}}}', [1, 2]),
        (ONE, [1]),
        (json.dumps([json.loads(ONE)], indent=2), [2]),
    ],
)
def test_lines_lists_and_pages_hold_the_same_records(text: str, lines: list[int]) -> None:
    grid = read_json(text)
    assert is_json(text)
    assert records(grid) == [{"id": "1", "stage.name": "Open"}] * len(lines)
    assert [row.line for row in grid.rows] == lines


def test_every_digit_is_kept(workspace: Workspace) -> None:
    numbers = ["9007199254740993", "0.1000", "12345678901234.56", "1E2", "1e400", "NaN", "-0.0000000000000001"]
    lines = [f'{{"id": "{n}", "stage": {{"name": "Open"}}, "value": {number}}}' for n, number in enumerate(numbers)]
    found = check(workspace, "\n".join(lines) + "\n", 'decimal: ","\n')
    assert [row["amount"] for row in found["rows"]] == ["9007199254740993.00", "0.10", "12345678901234.56", "100.00"]
    assert [(each["line"], each["reason"]) for each in found["rejects"]] == [
        (5, "NONFINITE"),
        (6, "NONFINITE"),
        (7, "RANGE"),
    ]


def test_an_id_written_as_a_number_is_whole(workspace: Workspace) -> None:
    found = check(workspace, '{"id": 90071992547409931234, "stage": {"name": "Open"}, "value": null}\n')
    assert [(row["opportunity_id"], row["amount"]) for row in found["rows"]] == [("90071992547409931234", None)]


def test_values_of_every_kind_become_text() -> None:
    grid = read_json('{"a": true, "b": null, "c": [1, "x"], "d": [{"e": 1}], "f": {}, "g": [], "h": "x\\r\\ny"}')
    assert records(grid) == [{"a": "true", "b": "", "c": "1;x", "d": '[{"e": "1"}]', "g": "", "h": "x\ny"}]


def test_records_may_lack_what_others_have(workspace: Workspace) -> None:
    text = f'{{"id": 1, "stage": {{"name": "Open"}}, "value": 5}}\n{ONE.replace("1", "2")}\n{{}}\n'
    found = check(workspace, text)
    assert [row["amount"] for row in found["rows"]] == ["5.00", None]
    assert found["ignored"] == [{"line": 3, "reason": "BLANK_ROW"}]


@pytest.mark.parametrize(
    "broken",
    [
        '{"id": 2, "stage": ',
        '{"id": 2, "id": 3}',
        '{"a.b": 1, "a": {"b": 2}}',
        "[1]",
        '{"id": "\\ud800"}',
        '{"a": ' + "[" * 9000,
    ],
)
def test_a_broken_record_is_rejected_with_its_text(workspace: Workspace, broken: str) -> None:
    found = check(workspace, f"{ONE}\n{broken}\n{ONE.replace('1', '9')}\n".replace("}}", '}, "value": 1}'))
    assert [(each["line"], each["reason"]) for each in found["rejects"]] == [(2, "MALFORMED")]
    assert found["rejects"][0]["raw"].startswith(broken[:9])
    assert len(found["rows"]) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f'{ONE}\n{{"id": 2, "sta', "TRUNCATED"),
        (f"[{ONE},\n{ONE}", "TRUNCATED"),
        (f'[{ONE},\n{{"id": 2, "stage": {{"name": "Op', "TRUNCATED"),
        (f'{{"value": [{ONE}, ', "TRUNCATED"),
        (f'{{"value": [{ONE}], "@odata.nextLink": "https://crm.example/deals?page=2"}}', "TRUNCATED"),
        (f'{{"d": {{"results": [{ONE}], "__next": "x"}}}}', "TRUNCATED"),
        (f'{{"results": [{ONE}], "paging": {{"next": {{"after": "1"}}}}}}', "TRUNCATED"),
        (f"[{ONE} {ONE}]", "MALFORMED"),
        (f"[{ONE}][{ONE}]", "MALFORMED"),
        ("[" * 50_000 + "]", "MALFORMED"),
        ("[]", "EMPTY_FILE"),
        ('{"value": []}', "EMPTY_FILE"),
    ],
)
def test_what_is_not_whole_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        read_json(text)
    assert refused.value.reason == reason


def test_odata_dates_are_wall_clocks_unless_an_offset_follows() -> None:
    grid = read_json('{"a": "/Date(1764547200000)/", "b": "/Date(1764547200123+0060)/", "c": "2025-12-01"}')
    assert grid.rows[0].texts == ("2025-12-01T00:00:00", "2025-12-01T00:00:00.123Z", "2025-12-01")
    assert grid.rows[0].kinds == DATE + DATE + TEXT


@pytest.mark.parametrize("text", ["id,stage\n", "[x],id\n", "{x},id\n", '"{",id\n'])
def test_text_tables_are_no_json(text: str) -> None:
    assert not is_json(text)


VALUES = st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.dictionaries(st.text("abc", min_size=1, max_size=3), VALUES, min_size=1), min_size=1, max_size=6))
def test_what_is_written_is_what_is_read(written: list[dict[str, object]]) -> None:
    def text(value: object) -> str:
        plain = str(value) if not isinstance(value, bool) else str(value).lower()
        return "" if value is None else plain.replace("\r\n", "\n").replace("\r", "\n")

    expected = [{name: text(value) for name, value in record.items()} for record in written]
    lines = "\n".join(json.dumps(record) for record in written) + "\n"
    for whole in (lines, json.dumps(written, indent=1)):
        grid = read_json(whole)
        assert records(grid) == expected
        numbers = {kind for row in grid.rows for kind in row.kinds}
        assert numbers <= {TEXT, EXACT}
