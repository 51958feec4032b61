"""denominator reference and schema: the definitions as a page, and the settings' forms for editors."""

import json
from pathlib import Path
from typing import Annotated

import typer

from commands.shared import WorkspaceOption, organisation_of, people
from kpi.definitions import Definitions
from kpi.definitions_schema import definitions_schema
from kpi.reference import reference as page_of
from organisation.schema import region_schema, source_schema

SCHEMAS = {
    "kpi_definitions.json": definitions_schema,
    "region.json": region_schema,
    "source.json": source_schema,
}


def reference(workspace: WorkspaceOption = None) -> None:
    """Print the KPI reference as Markdown, as docs/kpis.md holds it."""
    definitions = Definitions.read(organisation_of(workspace).workspace.definitions_file)
    typer.echo(page_of(definitions), nl=False)


def schema(
    out: Annotated[Path, typer.Option(help="The folder to write into.")] = Path("schema"),
) -> None:
    """Write the JSON Schemas of the definitions, regions and sources, for editors that complete and check YAML."""
    out.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files().items():
        (out / name).write_text(text, encoding="utf-8")
        people.print(str(out / name), markup=False, soft_wrap=True)


def schema_files() -> dict[str, str]:
    """Give the text of each schema file by its name."""
    return {name: json.dumps(draw(), indent=1, ensure_ascii=False) + "\n" for name, draw in SCHEMAS.items()}
