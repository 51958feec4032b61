"""What stands around every page: navigation, the line of choices, and how old the data are."""

from pathlib import Path

import streamlit as st

from ui.choice import parts_of
from ui.component import style_sheet
from ui.escape import plain, text
from ui.filters import filter_line, regions_line
from ui.formats import moment_text
from ui.news import news_bar
from ui.view import View

PAGES = Path(__file__).parent.parent / "pages"
READERS = {
    "Director": (
        ("director/overview.py", "Overview", ""),
        ("director/deviations.py", "Deviations", "deviations"),
    ),
    "Market": (("market/region.py", "Region", "region"), ("market/pipeline.py", "Pipeline", "pipeline")),
    "Review": (("review/weekly.py", "Weekly review", "weekly"),),
    "Data": (
        ("data/freshness.py", "Freshness", "freshness"),
        ("data/comparability.py", "Comparability", "comparability"),
        ("data/definitions.py", "Definitions", "definitions"),
        ("data/onboarding.py", "Onboarding", "onboarding"),
    ),
}
ICON = Path(__file__).parent / "image" / "denominator.svg"


def navigation() -> st.Page:
    """Draw the navigation by reader; gives the page that is asked for."""
    pages = {
        reader: [st.Page(PAGES / file, title=title, url_path=path, default=not path) for file, title, path in entries]
        for reader, entries in READERS.items()
    }
    page = st.navigation(pages)
    st.set_page_config(page_title=f"{page.title} · Denominator", page_icon=str(ICON), layout="wide")
    st.html(f"<style>{style_sheet('tokens', 'frame')}</style>")
    return page


def follow(address: str | None) -> None:
    """Go where a clicked link of the component leads, keeping its choices; nothing for None."""
    if address is None:
        return
    path, query = parts_of(address)
    for entries in READERS.values():
        for file, _, known in entries:
            if known == path:
                st.switch_page(str(PAGES / file), query_params=query)


def first_line(page: str, view: View) -> None:
    """Draw the line above a page: its choices at the left, the age of the data at the right."""
    with st.container(horizontal=True, gap="small", key="filters", vertical_alignment="center"):
        if page == "":
            filter_line(view.choice, view.organisation, calendar="group", money="group")
        elif page == "pipeline":
            filter_line(view.choice, view.organisation, calendar="group", money="group", compares=False)
        elif page == "region":
            filter_line(view.choice, view.organisation, calendar=market_of(view), money="local")
        elif page in ("deviations", "freshness", "comparability"):
            regions_line(view.choice, view.organisation)
        st.space("stretch")
        st.html(age_of_data(view) + news_bar(view), width="content")
    if view.settings.faults:
        fault_bar(view.settings.faults)


def market_of(view: View) -> str:
    """The region of a market page: the chosen one, else the one that lacks the most money to its expected path."""
    return view.choice.region or view.furthest_behind()


def age_of_data(view: View) -> str:
    """ "Data as of 14:02, 5 of 6 regions on time" as HTML."""
    moments = [feed.exported_at for feed in view.feeds_in_view if feed.exported_at is not None]
    if not moments:
        return '<p class="age"><i class="late"></i>No export has been loaded</p>'
    count = len(view.regions)
    late = [view.name(region) for region in view.late]
    title = f' title="Late: {text(", ".join(late))}"' if late else ""
    newest = moment_text(max(moments), view.zone, view.now)
    return (
        f'<p class="age"{title}><i class="{"late" if late else ""}"></i>Data as of <b>{newest}</b>'
        f"<span>{count - len(late)} of {count} {'region' if count == 1 else 'regions'} on time</span></p>"
    )


def fault_bar(faults: tuple[str, ...]) -> None:
    """Say that the settings were edited into something invalid, and that the last valid ones count."""
    shown = "  \n".join(plain(fault) for fault in faults[:5])
    more = f"  \nand {len(faults) - 5} more" if len(faults) > 5 else ""
    st.warning(f"**The edited settings are invalid; the last valid ones stay in force.**  \n{shown}{more}")
