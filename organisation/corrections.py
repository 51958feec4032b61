"""The form of a file of rejected rows: the export's own columns as written, and ours that say which row it is.

A person corrects the cells and sends the file again. Cells that a spreadsheet would run as a formula are guarded with
an apostrophe, persons are hidden behind three stars; both are put right when the file comes back.
"""

import re

LOAD, LINE, REASON, WHY, TEXT = MARKS = tuple(
    f"denominator_{name}" for name in ("load", "line", "reason", "why", "text")
)
HIDDEN = "***"
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def file_name(export_key: str, load_id: str) -> str:
    """Give the name of a load's file of rejected rows; the inbox knows it whatever the export's files are called."""
    return f"{export_key}_rejected_{load_id.rpartition('-')[2]}.csv"


def is_file_name(name: str, export_key: str) -> bool:
    """Say whether a file is named as rejected rows of an export; a browser's "(1)" does not matter."""
    return re.fullmatch(rf"{re.escape(export_key)}_rejected_.*\.csv", name, re.IGNORECASE) is not None


def guarded(cell: str) -> str:
    """Give a cell as a spreadsheet may open it."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell


def unguarded(cell: str) -> str:
    """Give a cell without its guard."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_DANGEROUS) else cell


def restored(cell: str, original: str) -> str | None:
    """Give a cell with what its stars hide, from the cell as exported; None where it is no longer that cell.

    An empty cell was never hidden: stars that stand in its place hide what nobody knows.
    """
    if HIDDEN not in cell:
        return cell
    if not original:
        return None
    pattern = ".*".join(re.escape(part) for part in cell.split(HIDDEN))
    return original if re.fullmatch(pattern, original.strip(), re.DOTALL) else None
