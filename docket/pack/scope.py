"""A pack as a reader of some regions may see it: other regions' rows, and totals over them, are not in it."""

from collections.abc import Callable
from dataclasses import replace

from docket.pack.agenda_parts import Ahead
from docket.pack.content import Content, Reader
from kpi.scope import Scope, required
from kpi.value import GROUP


def seen_by(content: Content, scope: Scope) -> Content:
    """Give a pack with the rows of a scope alone; who may not see every region does not get the group's totals.

    Definitions and profiles of sources stay out then, and so does the headline, which names other regions.
    """
    seen = required(scope)
    if all(seen.allows(region.id) for region in content.head.regions):
        return content
    allowed: Callable[[str], bool] = lambda region: region != GROUP and seen.allows(region)  # noqa: E731
    own = [each for each in content.deviations if allowed(each.region)]
    return replace(
        content,
        head=replace(
            content.head,
            headline="",
            detail="",
            at_stake=sum((each.money for each in own if each.money), start=content.head.at_stake * 0),
            changeable=sum((each.changeable for each in own if each.changeable), start=content.head.changeable * 0),
            regions=tuple(region for region in content.head.regions if allowed(region.id)),
            readers=(),
        ),
        promises=tuple(each for each in content.promises if allowed(each.region)),
        calls=tuple(each for each in content.calls if allowed(each.region)),
        own_calls=tuple(each for each in content.own_calls if allowed(each.region)),
        bridges=tuple(each for each in content.bridges if allowed(each.region)),
        own_bridges=tuple(each for each in content.own_bridges if allowed(each.region)),
        changes=tuple(each for each in content.changes if allowed(each.region)),
        deviations=tuple(own),
        suppressed=tuple(each for each in content.suppressed if allowed(each.region)),
        ahead=tuple(
            Ahead(each.code, each.label, tuple(figure for figure in each.figures if allowed(figure.region)))
            for each in content.ahead
        ),
        pipeline=tuple(each for each in content.pipeline if allowed(each.region)),
        accounts=tuple(each for each in content.accounts if allowed(each.region)),
        shared_customers=tuple(
            each for each in content.shared_customers if any(allowed(region) for region in each.regions)
        ),
        past=replace(content.past, deals=tuple(each for each in content.past.deals if allowed(each.region))),
        figures=tuple(each for each in content.figures if allowed(each.region)),
        own_figures=tuple(each for each in content.own_figures if allowed(each.region)),
        profiles={
            name: text for name, text in content.profiles.items() if allowed(name.split("/")[-1].removesuffix(".yaml"))
        },
    )


def scope_of(reader: Reader) -> Scope:
    """Give the scope of a reader of a pack."""
    return Scope.everything() if reader.regions is None else Scope.of_regions(*reader.regions)
