"""The page Pipeline: its bars lead from start to end, and its address holds what is shown."""

import re
from decimal import Decimal

import pytest

from tests.pages.conftest import Draw, html_of

PAGE = "market/pipeline.py"
FIGURE = re.compile(r"<td>([+\u2212]?)€([\d,.]+)</td>")


@pytest.mark.parametrize("query", [{}, {"closing": "period"}, {"regions": "dach"}])
def test_start_and_bars_give_the_end(draw: Draw, query: dict[str, str]) -> None:
    found = html_of(draw(PAGE, **query))
    start, *bars, end = (
        Decimal(digits.replace(",", "")) * (-1 if sign == "\u2212" else 1) for sign, digits in FIGURE.findall(found)
    )
    assert bars
    assert start + sum(bars) == end


def test_a_chosen_bar_is_marked_and_each_bar_leads_to_its_deals(draw: Draw) -> None:
    named = re.findall(r"bar=(\w+)", html_of(draw(PAGE)))
    assert named
    assert 'class="here"' in html_of(draw(PAGE, bar=named[0]))


def test_a_bar_that_nobody_knows_is_passed_over(draw: Draw) -> None:
    assert "All open deals" in html_of(draw(PAGE, bar="<b>"))
