"""What needs a person: one row a deviation, with its driver and the money it is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from docket.headline import subject_of
from docket.items import Item
from kpi.value import GROUP
from ui.escape import text
from ui.formats import day_text, money
from ui.headline import strong
from ui.marks import flag_word, tone, triangle
from ui.view import View

DIRECTOR = "global sales director"


@dataclass(frozen=True)
class FindingRow:
    """A deviation in words; `share_at_stake` and `share_changeable` are lengths of its bar between 0 and 1.

    acts: the role whose it is; empty where nobody has to act. state: its state on the docket, where it stands there.
    """

    region: str
    subject: str
    distance: str
    driver: str
    level: str
    rises: bool
    favourable: bool
    href: str
    money: str = ""
    changeable: str = ""
    share_at_stake: float = 0.0
    share_changeable: float = 0.0
    acts: str = ""
    state: str = ""
    is_chosen: bool = False


def finding_list(rows: list[FindingRow]) -> str:
    """The deviations in the order they were given."""
    return f'<ol class="findings">{"".join(_row(row) for row in rows)}</ol>'


def deviation_rows(view: View, items: Sequence[Item], chosen: int | None = None) -> list[FindingRow]:
    """Deviations as rows, each with its owner or who would have to be; chosen: the number of the one that is open."""
    most = max((float(item.money) for item in items if item.money), default=1.0) or 1.0
    return [_deviation(view, item, most, chosen) for item in items]


def role_for(view: View, region: str) -> str:
    """Who acts on what deviates in a region: its manager's role, for the group the director's."""
    return DIRECTOR if region == GROUP else view.region(region).manager


def _deviation(view: View, item: Item, most: float, chosen: int | None) -> FindingRow:
    currency = view.organisation.group.currency
    stake, can = float(item.money or 0), float(item.changeable or 0)
    due = f", due {day_text(item.due_on)}" if item.due_on and item.state in ("in_action", "resolved") else ""
    off = f", until {day_text(item.snoozed_until)}" if item.snoozed_until else ""
    return FindingRow(
        region=view.name(item.region),
        subject=subject_of(view.definitions, item),
        distance=item.distance,
        driver=f"Explained: {item.silenced_because}" if item.silenced_because else item.sentence,
        level=item.level,
        rises=item.value is not None and item.expected is not None and item.value > item.expected,
        favourable=False,
        href=_address(view, item),
        money=money(stake, currency) if stake else "",
        changeable=money(can, currency) if can else "",
        share_at_stake=stake / most,
        share_changeable=can / most,
        acts=f"{item.owner or f'nobody yet; for {role_for(view, item.region)}'}{due}{off}",
        state=item.state,
        is_chosen=bool(item.id) and item.id == chosen,
    )


def _address(view: View, item: Item) -> str:
    if item.id:
        return view.choice.link("deviations", item=str(item.id))
    return view.choice.link("region", region=item.region, kpi=item.kpi, regions="")


def _row(row: FindingRow) -> str:
    mark = triangle(1 if row.rises else -1, row.level, row.favourable)
    sign = mark or '<svg class="tri note" viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="3"/></svg>'
    spoken = flag_word(row.level, row.favourable)
    unseen = f'<span class="unseen">{spoken}. </span>' if spoken else ""
    colour = tone(row.favourable) if row.level != "note" else "calm"
    distance = f' <b class="{colour}">{text(row.distance)}</b>' if row.distance else ""
    chosen = ' class="chosen"' if row.is_chosen else ""
    return (
        f'<li{chosen}>{sign}<div class="what"><p>{unseen}<a href="{text(row.href)}" data-go><b>{text(row.region)}</b> '
        f"{text(row.subject)}{distance}</a></p><p>{strong(row.driver)}</p></div>{_who(row)}{_money(row)}</li>"
    )


def _who(row: FindingRow) -> str:
    if not row.acts:
        return ""
    label = f'<i class="dot {text(row.state)}" aria-hidden="true"></i>{text(row.state.replace("_", " "))}'
    return f'<p class="who"><small>{label if row.state else "acts"}</small>{text(row.acts)}</p>'


def _money(row: FindingRow) -> str:
    if not row.money:
        return ""
    whole, part = f"{max(2.0, row.share_at_stake * 100):.1f}%", f"{row.share_changeable * 100:.1f}%"
    change = f"<small>{text(row.changeable)} can change</small>" if row.changeable else ""
    return (
        f'<div class="stake"><b>{text(row.money)}</b><i class="bar" aria-hidden="true">'
        f'<i style="width:{whole}"></i><i style="width:{part}"></i></i>{change}</div>'
    )
