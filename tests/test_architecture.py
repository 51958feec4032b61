"""The house's one-way flow, held by a table: who may import whom, and which library lives where."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAY_IMPORT = {
    "organisation": set(),
    "warehouse": {"organisation"},
    "etl": {"organisation", "warehouse"},
    "kpi": {"organisation", "warehouse"},
    "docket": {"organisation", "kpi"},
    "ui": {"organisation", "kpi", "docket"},
    "pages": {"organisation", "kpi", "docket", "ui"},
    "dashboard": {"organisation", "kpi", "docket", "ui"},
    "demo": {"organisation"},
    "bench": {"organisation", "warehouse", "etl", "kpi", "docket", "demo"},
    "commands": {"organisation", "warehouse", "etl", "kpi", "docket", "demo", "bench"},
    "__main__": {"commands"},
}
ONLY_IN = {
    "duckdb": {"warehouse", "kpi/engines"},
    "duckdb_extensions": {"warehouse"},
    "plotly": {"ui"},
    "streamlit": {"dashboard", "pages", "ui"},
    "typer": {"commands"},
    "rich": {"commands"},
    "alembic": {"docket"},
    "sqlalchemy": {"docket"},
    "sqlglot": {"kpi"},
    "psycopg": {"kpi/engines"},
    "chdb": {"kpi/engines"},
    "pyspark": {"kpi/engines"},
    "typst": {"docket/pack"},
    "pptx": {"docket/pack"},
}
OURS = set(MAY_IMPORT)


def sources() -> list[Path]:
    tops = [ROOT / name for name in OURS]
    folders = [file for top in tops if top.is_dir() for file in top.rglob("*.py")]
    return sorted(folders + [top.with_suffix(".py") for top in tops if top.with_suffix(".py").is_file()])


def imports(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module


def package_of(file: Path) -> str:
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_follow_the_one_way_flow(file: Path) -> None:
    package = package_of(file)
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {package} → {name}; it may import {sorted(MAY_IMPORT[package])}"
        for line, name in imports(file)
        if (top := name.split(".")[0]) in OURS and top != package and top not in MAY_IMPORT[package]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(ROOT)))
def test_each_library_has_one_home(file: Path) -> None:
    if package_of(file) == "bench":
        return  # it uses the peers directly, to measure against them
    place = file.relative_to(ROOT).with_suffix("").as_posix()
    wrong = [
        f"{place}.py:{line}: {name} may be used only in {', '.join(sorted(homes))}"
        for line, name in imports(file)
        for library, homes in ONLY_IN.items()
        if name.split(".")[0] == library and not any(place == home or place.startswith(f"{home}/") for home in homes)
    ]
    assert not wrong, "\n".join(wrong)


def test_page_files_stand_only_in_folders_of_readers() -> None:
    assert not list((ROOT / "pages").glob("*.py")), "a page directly in pages/ would open without dashboard.py"


def test_only_the_workspace_reads_the_machine_clock() -> None:
    allowed = {ROOT / "organisation" / "workspace.py"}
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in sources()
        if file not in allowed
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("now", "today", "utcnow") and _is_clock(node)
    ]
    assert not found, f"now comes from Workspace.now(): {', '.join(found)}"


def _is_clock(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date")
