"""The definitions page: all that a number means, and what rests on each field."""

import re

from kpi.definitions import Definitions
from tests.pages.conftest import ROOT

PAGE = "data/definitions.py"
SHOWN = Definitions.read(ROOT / "kpi_definitions.yaml").figures


def test_every_kpi_says_all_that_its_number_means(html: dict[str, str]) -> None:
    shown = html[PAGE]
    for term in ("In words", "Formula", "It is not", "Unit", "Flags", "Judged from", "Owner", "Agreed by", "Versions"):
        assert shown.count(f"<dt>{term}</dt>") == len(SHOWN), term
    assert shown.count("<dt>Measured in</dt>") == len(SHOWN)


def test_who_agreed_when_stands_with_each_region(html: dict[str, str]) -> None:
    entry = html[PAGE][html[PAGE].index('<article id="won_value"') :]
    assert "<li>AMER<small>1 Feb 2026</small></li>" in entry
    assert "<li>Japan<small>1 Mar 2026</small></li>" in entry


def test_a_kpi_with_targets_says_who_has_them(html: dict[str, str]) -> None:
    entry = html[PAGE][html[PAGE].index('<article id="won_value"') :].partition("</article>")[0]
    assert re.search(r"<dt>Targets</dt><dd>the group&#x27;s own, 6 regions this year", entry)


def test_what_rests_on_a_field_is_found_by_searching_for_it(html: dict[str, str]) -> None:
    rows = re.findall(r'<tr id="field-[\w-]+" data-words="([^"]+)"', html[PAGE])
    needed = {f"{table}.{column}" for kpi in SHOWN for table, column in kpi.needs if table in ("opportunity", "lead")}
    assert needed <= {words.split()[0] for words in rows}
    (touch,) = [words for words in rows if words.startswith("lead.first_touch_at")]
    assert "the first contact" in touch
