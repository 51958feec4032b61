"""The region rule: which region a row of a source belongs to, by a column's word, and since when."""

from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from organisation.fields import Fields, day
from organisation.yaml_file import YamlMap

OWN_KEYS = ("column", "default", "valid_from", "before")
FORM = "Write region_from: {column: Land, NL: benelux, default: dach}, or a list of such rules, each with valid_from."


@dataclass(frozen=True)
class RegionRule:
    """Which region a row belongs to: one for all, or by a column's word.

    valid_from: the first day on which it holds; before: the rule until then, None where this one holds always.
    A flow takes the rule of its day (a closed deal of its closing day), a stock the one of its export's day.
    """

    default: str | None
    column: str | None = None
    by_value: dict[str, str] = field(default_factory=dict)
    valid_from: date | None = None
    before: "RegionRule | None" = None

    @property
    def rules(self) -> tuple["RegionRule", ...]:
        """This rule and those before it, the newest first."""
        return (self, *(self.before.rules if self.before else ()))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that one of the rules asks, each once."""
        return tuple(dict.fromkeys(rule.column for rule in self.rules if rule.column))

    @property
    def regions(self) -> tuple[str, ...]:
        """Every region that the rules can give, the newest rule's default first."""
        given = [[*([rule.default] if rule.default else []), *rule.by_value.values()] for rule in self.rules]
        return tuple(dict.fromkeys(region for regions in given for region in regions))

    def region_of(self, word: str | None) -> str | None:
        """Give the region for the column's word; None where this rule does not cover it."""
        return self.by_value.get(word or "", self.default)


def region_rule(fields: Fields) -> RegionRule:
    """Give the rule that a profile's region and region_from state; faults are added to the problems."""
    first = fields.text("region", "") or None
    node = fields.node.get("region_from")
    if node is None:
        return RegionRule(first)
    nodes = node if isinstance(node, list) else [node]
    maps = [each for each in nodes if isinstance(each, YamlMap)]
    if not maps or len(maps) < len(nodes):
        fields.problems.append(fields.node.problem("region_from", '"region_from" cannot be read', FORM))
        return RegionRule(first)
    found = sorted(((_rule(each, fields), each) for each in maps), key=lambda pair: pair[0].valid_from or date.min)
    _check_days(found, fields)
    return _chained(found, first, fields)


def _rule(node: YamlMap, fields: Fields) -> RegionRule:
    inner = Fields(node, fields.problems, known=tuple(node))
    words = {word: str(region) for word, region in node.items() if word not in OWN_KEYS}
    column = inner.optional("column")
    if column is None and (words or "default" not in node):
        fields.problems.append(node.problem(next(iter(words), "column"), '"column" is missing', FORM))
    for word, region in words.items():
        if not isinstance(node[word], str) or not region:
            fields.problems.append(node.problem(word, f'"{word}" names no region', FORM))
    valid_from = inner.parsed("valid_from", day, None, "a day such as 2026-01-01")
    return RegionRule(inner.optional("default"), column, words, valid_from)


def _check_days(found: list[tuple[RegionRule, YamlMap]], fields: Fields) -> None:
    for (earlier, _), (later, node) in pairwise(found):
        if later.valid_from == earlier.valid_from:
            since = f"valid_from: {later.valid_from}" if later.valid_from else "no valid_from"
            message = f"two rules of region_from have {since}"
            fields.problems.append(node.problem("valid_from", message, "Each but the first needs a day of its own."))
        if "before" in node:
            message = '"before" is said by the first rule only'
            fields.problems.append(node.problem("before", message, "The rule before this one already says it."))


def _chained(found: list[tuple[RegionRule, YamlMap]], first: str | None, fields: Fields) -> RegionRule:
    """Give the rules as one chain; what held before the first day is said by before, region, or the rule's default."""
    oldest, node = found[0]
    before = Fields(node, fields.problems, known=tuple(node)).optional("before") or first
    chain: RegionRule | None = None
    if oldest.valid_from is None:
        if "before" in node:
            hint = "Say since when the rule holds."
            fields.problems.append(node.problem("before", '"before" without "valid_from"', hint))
    elif before or oldest.default:
        chain = RegionRule(before or oldest.default)
    else:
        message = f"nothing says which region a row before {oldest.valid_from} belongs to"
        fields.problems.append(node.problem("valid_from", message, 'Add "before: <region>" or a rule without a day.'))
    for rule, _ in found:
        chain = RegionRule(rule.default, rule.column, rule.by_value, rule.valid_from, chain)
    return chain or RegionRule(first)
