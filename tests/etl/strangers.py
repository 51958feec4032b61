"""Files as strangers send them: a Polish and a Turkish sheet of their own, that no system wrote."""

import shutil
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "exports" / "strangers"

POLISH_NAME = "szanse_2026-11-20.csv"
POLISH_ANSWERS = {
    f"{POLISH_NAME}/encoding": "cp1250",
    f"{POLISH_NAME}/covers": "all",
    f"{POLISH_NAME}/gone_means": "lost",
    "amount/means": "total",
    "amount/tax": "excluded",
    "amount/unit": "1",
    "timezone": "Europe/Warsaw",
    "region_from": "-",
    "region/name": "Poland",
    "region/country": "PL",
    "region/currency": "PLN",
    "region/timezone": "Europe/Warsaw",
    "region/part_of": "EMEA",
    "region/manager": "regional manager Poland",
    "region/working_hours": "08:00-16:00",
    "region/fiscal_year_starts": "january",
    "region/lead_sla": "8",
    "won/2026-09": "160000.25",
}


def polish_file(folder: Path) -> Path:
    """Copy the Polish sheet: two lines above the header, Central European letters, decimal commas."""
    return _copied(POLISH_NAME, folder)


def turkish_file(folder: Path) -> Path:
    """Copy the Turkish sheet: tabs, UTF-8, dots between thousands."""
    return _copied("firsatlar.tsv", folder)


def _copied(name: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(FOLDER / name, folder / name))
