"""The filter line: quiet words that open a choice; what is chosen stands in the address."""

from collections.abc import Mapping
from typing import cast

import streamlit as st

from kpi.period import Period, current_quarter, last_quarters
from organisation import Organisation
from ui.choice import AGAINST, KEYS, RATES, Against, Choice, chosen_period
from ui.clock import now_of
from ui.escape import plain

_KEPT = "kept_choice"
_PAGE = "page_shown"


def choice_of_page(page: str, organisation: Organisation) -> Choice:
    """Give the choice in the address; moving to another page without choices takes those of the page before along."""
    query = {key: st.query_params[key] for key in KEYS if key in st.query_params}
    moved = st.session_state.get(_PAGE, page) != page
    kept: dict[str, str] = st.session_state.get(_KEPT, {})
    if moved and not query and kept:
        st.query_params.update(kept)
        query = kept
    choice = Choice.read(query, organisation)
    st.session_state[_PAGE] = page
    st.session_state[_KEPT] = choice.query()
    return choice


def filter_line(
    choice: Choice, organisation: Organisation, *, calendar: str, money: str, compares: bool = True
) -> None:
    """Draw the choices of a page of figures; `calendar` is "group" or a region, `money` the page's own default.

    compares: whether the page compares its figures with something that can be chosen.
    """
    _period(choice, organisation, calendar)
    if compares:
        _one("against", choice.against, AGAINST, label=AGAINST[choice.against])
    _money(choice, organisation, calendar, money)
    if calendar == "group":
        _regions(choice, organisation)


def regions_line(choice: Choice, organisation: Organisation) -> None:
    """Draw the choice of regions alone."""
    _regions(choice, organisation)


def _period(choice: Choice, organisation: Organisation, calendar: str) -> None:
    now = current_quarter(organisation, now_of(organisation), calendar)
    shown = chosen_period(choice, organisation, calendar)
    quarters = [now, *reversed(last_quarters(now, organisation, 4))]
    options = {"" if period == now else period.code: period.label for period in quarters}
    code = "" if shown.code == now.code else shown.code
    options.setdefault(code, shown.label)
    _one("period", code, options, label=_period_label(shown))


def _period_label(period: Period) -> str:
    return f"{period.label}, {period.week_label}" if period.is_running else period.label


def _money(choice: Choice, organisation: Organisation, calendar: str, money: str) -> None:
    group = organisation.group.currency
    own = organisation.regions[calendar].currency if calendar != "group" else "own currencies"
    shown = choice.money or money
    words = {"group": f"{group}", "local": own}
    if own == group:
        words = {"local": own}
        shown = "local"
    rate = f" at {RATES[choice.rates]}" if shown == "group" else ""
    with st.popover(plain(f"{words[shown]}{rate}"), type="tertiary"):
        _radio("Currency", "money", shown, words, default=money)
        _radio("Converted at the", "rates", choice.rates, cast(Mapping[str, str], RATES), default="budget")


def _regions(choice: Choice, organisation: Organisation) -> None:
    names = _region_names(organisation)
    count = len(choice.regions)
    label = f"All {len(names)} regions" if not count else ", ".join(names[region] for region in choice.regions)
    if count > 2:
        label = f"{count} of {len(names)} regions"
    with st.popover(plain(label), type="tertiary"):
        for region in choice.regions or names:
            st.session_state.setdefault(f"in_view_{region}", True)
        for region, name in names.items():
            st.session_state[f"in_view_{region}"] = not count or region in choice.regions
            st.checkbox(plain(name), key=f"in_view_{region}", on_change=_regions_chosen, args=(tuple(names),))


def _regions_chosen(regions: tuple[str, ...]) -> None:
    chosen = [region for region in regions if st.session_state[f"in_view_{region}"]]
    _write("regions", "" if len(chosen) in (0, len(regions)) else ",".join(chosen))


def _one(key: str, chosen: str, options: Mapping[str, str] | Mapping[Against, str], *, label: str) -> None:
    with st.popover(plain(label), type="tertiary"):
        _radio(
            key.capitalize(), key, chosen, cast(Mapping[str, str], options), default="" if key == "period" else "plan"
        )


def _radio(title: str, key: str, chosen: str, options: Mapping[str, str], *, default: str) -> None:
    widget = f"choose_{key}"
    st.session_state[widget] = chosen
    st.radio(
        title,
        list(options),
        key=widget,
        format_func=lambda code: plain(options[code]),
        on_change=_chosen,
        args=(key, default),
    )


def _chosen(key: str, default: str) -> None:
    chosen = str(st.session_state[f"choose_{key}"])
    _write(key, "" if chosen == default else chosen)


def _write(key: str, word: str) -> None:
    if word:
        st.query_params[key] = word
    elif key in st.query_params:
        del st.query_params[key]


def _region_names(organisation: Organisation) -> dict[str, str]:
    return {region: found.name for region, found in organisation.regions.items()}
