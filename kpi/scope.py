"""Who may see which rows: a condition that is part of every query."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlglot import exp

from kpi.errors import KpiError
from organisation import Organisation


class NoScopeError(KpiError):
    """A query was asked without saying who asks."""

    def __init__(self) -> None:
        super().__init__(
            "a query needs a scope: Scope.everything(), or Scope.of_regions(...) for what a reader may see"
        )


@dataclass(frozen=True)
class Scope:
    """The rows a reader may see: all regions (None), or those named; no name, no row."""

    regions: frozenset[str] | None

    @classmethod
    def everything(cls) -> "Scope":
        """Give the scope of a reader who may see every row."""
        return cls(None)

    @classmethod
    def of_regions(cls, *regions: str) -> "Scope":
        """Give the scope of a reader of some regions; without any the reader sees no row."""
        return cls(frozenset(regions))

    def allows(self, region: str) -> bool:
        """Say whether rows of a region may be seen."""
        return self.regions is None or region in self.regions

    def condition(self, table: str) -> exp.Expr:
        """Give the condition on a table alias's region column; its values come as the parameter scope_regions."""
        if self.regions is None:
            return exp.true()
        if not self.regions:
            return exp.false()
        column = exp.column("region", table=table)
        return exp.func("list_contains", exp.Parameter(this=exp.var("scope_regions")), column)

    def parameters(self) -> dict[str, object]:
        """Give the values of the condition."""
        return {"scope_regions": sorted(self.regions)} if self.regions else {}


def required(scope: Scope | None) -> Scope:
    """Give the scope back; raises NoScopeError where there is none, so that forgetting it never shows everything."""
    if not isinstance(scope, Scope):
        raise NoScopeError
    return scope


def sources_of_regions(organisation: Organisation, regions: Collection[str]) -> frozenset[str]:
    """Give the sources that bring rows of any of some regions; one without a region, such as plans, is of all."""
    return frozenset(
        name
        for name, source in organisation.sources.items()
        if not source.region.regions or any(region in regions for region in source.region.regions)
    )


def allowed_sources(organisation: Organisation, scope: Scope) -> list[str]:
    """Give the sources of which a reader may see every region: what has no region yet is shown for those only.

    A source without a region of its own, such as the group's plans, speaks of all of them.
    """
    required(scope)
    return [
        name
        for name, source in organisation.sources.items()
        if all(scope.allows(region) for region in source.region.regions or organisation.regions)
    ]
