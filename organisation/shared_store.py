"""The store that several hosts share, as store.yaml names it; without the file a workspace keeps its own."""

from dataclasses import dataclass
from pathlib import Path

from organisation.fields import Fields
from organisation.problems import ConfigurationError, Problem
from organisation.yaml_file import load_yaml

KEYS = ("catalog", "files")
SECRET_WORDS = ("password", "passfile", "sslpassword")
EXAMPLE = "Write for example catalog: host=db.example dbname=denominator user=loader"


@dataclass(frozen=True)
class SharedStore:
    """Where a shared warehouse lies.

    catalog: how Postgres is reached, in libpq's words, without a password; files: s3://bucket/folder/.
    """

    catalog: str
    files: str

    @classmethod
    def read(cls, file: Path) -> "SharedStore | None":
        """Give what store.yaml says, None where there is none; raises ConfigurationError with all its problems."""
        if not file.is_file():
            return None
        problems: list[Problem] = []
        node = load_yaml(file)
        fields = Fields(node, problems, known=KEYS)
        catalog, files = fields.text("catalog"), fields.text("files")
        if catalog and (any(word in catalog.lower() for word in SECRET_WORDS) or "://" in catalog or "'" in catalog):
            message = "the catalog must be named in words such as host= and dbname=, and without a password"
            problems.append(
                node.problem("catalog", message, f"{EXAMPLE}; the password comes from PGPASSWORD or ~/.pgpass.")
            )
        if files and not (files.startswith("s3://") and len(files) > len("s3://") and "'" not in files):
            problems.append(
                node.problem("files", f'"{files}" is no folder of an object store', "Write s3://bucket/folder")
            )
        if problems:
            raise ConfigurationError(problems)
        return cls(catalog, f"{files.rstrip('/')}/")
