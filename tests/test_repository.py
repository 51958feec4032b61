"""What holds for the repository as a whole: locked, free of addresses and machine paths, its documents whole."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import LONGEST_FIRST

ROOT = Path(__file__).parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#]+)")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).suffix not in (".png", ".csv")]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_hashes_and_no_index(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert "index" not in re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    pinned = re.findall(r"^[a-z0-9.-]+==\S+.*$", text, flags=re.MULTILINE)
    assert pinned
    assert all(line.endswith("\\") for line in pinned), "every pinned package is followed by its hashes"


def test_no_file_names_a_package_index_or_a_path_of_one_machine() -> None:
    forbidden = re.compile(
        "|".join(("py" + r"pi\.org", "python" + r"hosted", r"/ho" + "me/", r"/us" + r"ers/\w", "/wo" + "rk/")), re.I
    )
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in tracked()
        if file.is_file()
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if forbidden.search(line)
    ]
    assert not found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert not missing


def test_every_decision_stands_in_the_handbook() -> None:
    handbook = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert not [file.name for file in (ROOT / "docs" / "adr").glob("*.md") if file.name not in handbook]


def test_every_file_that_is_to_begin_first_is_there() -> None:
    assert not [name for name in LONGEST_FIRST if not (ROOT / "tests" / name).is_file()]
