"""The page Pipeline in a browser."""

from tests.browser.conftest import PATIENCE, Watched


def test_pipeline_opens_with_its_chart_and_its_bars_give_the_end(page: Watched, address: str) -> None:
    page.page.goto(f"{address}/pipeline")
    page.page.locator(".js-plotly-plot").wait_for(timeout=PATIENCE)
    cells = page.page.locator("table.bars tbody td:nth-child(2)").all_inner_texts()
    start, *bars, end = (
        round(float(cell.replace("€", "").replace(",", "").replace("\u2212", "-")) * 100) for cell in cells
    )
    assert bars
    assert start + sum(bars) == end
