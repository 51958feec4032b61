"""What needs a person: one row a deviation, with its driver and the money it is about."""

from dataclasses import dataclass

from ui.escape import text
from ui.headline import strong
from ui.marks import flag_word, tone, triangle


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
