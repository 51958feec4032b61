"""The words of gaps: what regions have to do to bring a KPI into the common set, and what it takes."""

from collections.abc import Iterable, Mapping

from kpi.comparability import DELIVERED
from kpi.formats import counted, listed
from kpi.gap import Do, Gap
from kpi.reason_codes import column_word

NUMBERS = (
    "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()
TABLES = {**DELIVERED, "person": "people", "target": "targets"}
ONE = {"deals": "deal", "leads": "lead", "activities": "activity", "accounts": "account", "targets": "target"}


def what_to_do(gaps: Iterable[Gap], names: Mapping[str, str], *, bold: str = "") -> str:
    """What the regions do to close some gaps: "Japan exports the first contact of its leads".

    names: of all regions asked about, by id. bold: put around them.
    """
    by_deed: dict[tuple[Do, str, tuple[str, ...]], list[str]] = {}
    fields: dict[tuple[str, Do, str], list[str]] = {}
    for gap in sorted(gaps):
        fields.setdefault((gap.region, gap.do, gap.table), []).append(gap.column)
    for (region, do, table), columns in fields.items():
        by_deed.setdefault((do, table, tuple(columns)), []).append(region)
    parts = [f"{bold}{_named(regions, names)}{bold} {_does(*deed, len(regions))}" for deed, regions in by_deed.items()]
    return listed(parts)


def how_much(gaps: Iterable[Gap]) -> str:
    """What closing some gaps takes, all regions together: "none of 1,240 leads has the first contact"."""
    summed: dict[tuple[Do, str, str], tuple[int, int]] = {}
    for gap in sorted(gaps):
        rows, filled = summed.get((gap.do, gap.table, gap.column), (0, 0))
        summed[gap.do, gap.table, gap.column] = (rows + gap.rows, filled + gap.filled)
    return "; ".join(_takes(*field, *counts) for field, counts in summed.items())


def number_word(number: int) -> str:
    """A number in words up to twenty, else in digits."""
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def _named(regions: list[str], names: Mapping[str, str]) -> str:
    everywhere = len(regions) == len(names) > 2
    return f"all {number_word(len(regions))} regions" if everywhere else listed([names[one] for one in regions])


def _does(do: Do, table: str, columns: tuple[str, ...], regions: int) -> str:
    rows, words = TABLES.get(table, table), listed([column_word(column) for column in columns])
    s, its = ("s", "its") if regions == 1 else ("", "their")
    return {
        "fill": f"fill{s} in {words} on {rows}",
        "export": f"export{s} {words} of {its} {rows}",
        "deliver": f"deliver{s} {rows}",
        "map": f"map{s} {its} stages",
        "agree": f"export{s} amounts that mean what the others' mean",
        "off": f"keep{s} figures about persons switched off",
        "cannot": f"{'has' if regions == 1 else 'have'} no field for {words}",
    }[do]


def _takes(do: Do, table: str, column: str, rows: int, filled: int) -> str:
    many = TABLES.get(table, table)
    counted_rows = counted(rows, ONE.get(many, many), many)
    return {
        "fill": f"{filled:,} of {counted_rows} {'has' if rows == 1 else 'have'} {column_word(column)}",
        "export": f"none of {counted_rows} has {column_word(column)}",
        "deliver": f"no export of {many} so far",
        "map": f"{counted(rows, 'deal')} in stages that the profile does not explain",
        "agree": "an amount means something else there",
        "off": "the region's own choice",
        "cannot": "the profile says that the CRM lacks it",
    }[do]
