"""A source: one CRM instance, how its exports are read, what they cover and what its local words mean."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from organisation import habits
from organisation.fields import Fields, currency_code, zone_name
from organisation.gate import Gate, gate_of
from organisation.habits import Habits, yes_or_no
from organisation.name_rule import FORM, stated_rule
from organisation.problems import Problem, did_you_mean
from organisation.region_rule import RegionRule, region_rule
from organisation.yaml_file import YamlMap, load_yaml

TABLES = {
    "opportunities": "opportunity",
    "leads": "lead",
    "activities": "activity",
    "accounts": "account",
    "persons": "person",
    "targets": "target",
    "order_intake": "order_intake",
    "forecasts": "forecast",
    "fx_rates": "fx_rate",
    "qualification_rules": "qualification_rule",
    "account_matches": "account_match",
    "account_plans": "account_plan",
    "account_potentials": "account_potential",
    "opportunity_credits": "opportunity_credit",
    "same_deals": "same_deal",
    "stage_history": "opportunity_change",
    "pipeline_stages": "pipeline_stage",
    "merges": "opportunity_merge",
}
ACTIVITIES = {"calls": "call", "meetings": "meeting", "tasks": "task", "emails": "email"}
"""Exports that bring activities of one type each, beside or instead of the export that brings them all."""
ACTIVITY_TYPES = tuple(ACTIVITIES.values())
STAGES = ("qualify", "develop", "propose", "close", "won", "lost", "dropped")
STATUSES = ("open", "qualified", "rejected", "converted")
OUTCOMES = ("open", "on_hold", "won", "lost", "dropped", "deleted")
ARCHIVED = ("lost", "dropped", "deleted")
KEYS = (
    "crm region region_from currency amount timezone exports stages statuses activity_types business_types segments "
    "lead_sources loss_reasons countries forecast_categories aliases won_on outcomes archived_means probability "
    "currencies gate history_fields"
).split() + list(habits.KEYS)
EXPORT_KEYS = (
    "files mode covers gone_means exported_at arrives encoding delimiter decimal thousands dates two_digit_years "
    "required lacks columns null_words sheet member header header_rows escape footers totals constants table "
    "activity_type"
).split()
COVERS = re.compile(r"all|open_only|closed_since:\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Amount:
    """What a deal's amount means in this source; unit is 1 or 1000.

    won: whether a won deal counts with its own amount, or with the actual one that the CRM keeps beside the estimate.
    """

    means: str = "total"
    tax: str = "excluded"
    unit: int = 1
    won: str = "estimated"


@dataclass(frozen=True)
class Probability:
    """How a source writes probabilities; None: as its CRM does.

    scale: what certainty is written as, 1 or 100; decides: certainty is a won deal and 0 a lost one.
    """

    scale: int | None = None
    decides: bool | None = None


@dataclass(frozen=True)
class Export:
    """How one kind of export is recognised and read; None means: not declared.

    header: the columns of a file that names none itself; header_rows: records that make one header; escape: backslash
    takes the next character for itself; footers, totals: how the lines below the data begin, beside the CRM's own;
    constants: column -> what each row has there, of a file that lacks the column; activity_type: what an activity is
    where no column says it; lacks: columns for which the CRM has no field at all, so that nobody is asked to fill it.
    """

    key: str
    table: str
    files: str
    mode: str = "full"
    covers: str = "all"
    gone_means: str = "unknown"
    exported_at: str | None = None
    arrives: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    dates: str | None = None
    two_digit_years: str | None = None
    required: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    null_words: tuple[str, ...] = ()
    sheet: str | None = None
    member: str | None = None
    header: tuple[str, ...] = ()
    header_rows: int = 1
    escape: str = "none"
    footers: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    constants: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    activity_type: str | None = None

    @property
    def part(self) -> str | None:
        """The export's key where it is a further export of its table; None of the table's usual one."""
        return None if self.table != "activity" or self.key in ("activities", self.table) else self.key


@dataclass(frozen=True)
class Source:
    """One CRM instance as its profile states it."""

    id: str
    crm: str
    region: RegionRule
    currency: str | None
    amount: Amount
    timezone: str | None
    exports: dict[str, Export]
    words: dict[str, dict[str, str]]
    aliases: dict[str, dict[str, str]]
    won_on: str
    file: Path
    archived_means: str = ""
    probability: Probability = Probability()
    gate: Gate = field(default_factory=Gate)
    habits: Habits = field(default_factory=Habits)

    @classmethod
    def read(cls, file: Path, problems: list[Problem]) -> "Source":
        """Give the source of a profile; its faults are added to the problems."""
        return cls.parse(load_yaml(file), file, problems)

    @classmethod
    def parse(cls, node: YamlMap, file: Path, problems: list[Problem]) -> "Source":
        """Give the source that a profile's mapping states; its faults are added to the problems."""
        fields = Fields(node, problems, known=KEYS)
        words = {key: fields.words(key) for key in WORD_KEYS}
        _check_words(node, "stages", words["stages"], STAGES, problems)
        _check_words(node, "statuses", words["statuses"], STATUSES, problems)
        _check_words(node, "outcomes", words["outcomes"], OUTCOMES, problems)
        _check_currencies(node, words["currencies"], problems)
        return cls(
            id=file.stem,
            crm=fields.text("crm"),
            region=region_rule(fields),
            currency=fields.parsed("currency", currency_code, None, "an ISO 4217 code such as EUR"),
            amount=_amount(fields),
            timezone=fields.parsed("timezone", zone_name, None, "a zone such as Europe/Berlin"),
            exports=_exports(fields),
            words=words,
            aliases={column: dict(_words(value)) for column, value in (fields.mapping("aliases") or {}).items()},
            won_on=fields.choice("won_on", ("close_date", "stage_change"), "close_date"),
            archived_means=fields.choice("archived_means", ARCHIVED, ""),
            probability=_probability(fields),
            gate=gate_of(fields),
            habits=Habits.read(fields),
            file=file,
        )

    @property
    def stages(self) -> dict[str, str]:
        """Local stage words to the common stages."""
        return self.words["stages"]

    @property
    def statuses(self) -> dict[str, str]:
        """Local lead status words to the common ones."""
        return self.words["statuses"]

    def profile_hash(self, export_key: str) -> str:
        """Give a hash of everything in the profile that decides how one kind of export is read."""
        stated = asdict(self) | {"file": "", "exports": asdict(self.exports[export_key])}
        if self.exports[export_key].activity_type is None:
            del stated["exports"]["activity_type"]
        del stated["exports"]["lacks"]  # it changes no row
        if self.amount.won == "estimated":  # a setting left as it was before there was one changes no hash
            del stated["amount"]["won"]
        del stated["gate"]  # it decides when a file takes effect, not how it is read
        text = json.dumps(stated, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


WORD_KEYS = (
    "stages outcomes statuses activity_types business_types segments lead_sources loss_reasons countries "
    "forecast_categories currencies history_fields"
).split()


def _words(value: object) -> dict[str, str]:
    return {word: str(common) for word, common in value.items()} if isinstance(value, YamlMap) else {}


def _check_words(
    node: YamlMap, key: str, words: dict[str, str], allowed: tuple[str, ...], problems: list[Problem]
) -> None:
    where = node.get(key)
    for word, common in words.items():
        if common not in allowed and isinstance(where, YamlMap):
            message = f'{key}: "{word}" is mapped to "{common}", which is no common word'
            problems.append(where.problem(word, message, did_you_mean(common, allowed)))


def _check_currencies(node: YamlMap, words: dict[str, str], problems: list[Problem]) -> None:
    where = node.get("currencies")
    for word, code in words.items():
        if not re.fullmatch(r"[A-Z]{3}", code) and isinstance(where, YamlMap):
            problems.append(where.problem(word, f'currencies: "{code}" is no currency', "Expected a code such as EUR."))


def _amount(fields: Fields) -> Amount:
    node = fields.mapping("amount")
    if node is None:
        return Amount()
    inner = Fields(node, fields.problems, known=("means", "tax", "unit", "won"))
    return Amount(
        means=inner.choice("means", ("total", "annual", "first_year", "one_off"), "total"),
        tax=inner.choice("tax", ("included", "excluded"), "excluded"),
        unit=inner.parsed("unit", int, 1, "1 or 1000"),
        won=inner.choice("won", ("estimated", "actual"), "estimated"),
    )


def _probability(fields: Fields) -> Probability:
    node = fields.mapping("probability")
    if node is None:
        return Probability()
    inner = Fields(node, fields.problems, known=("scale", "decides"))
    scale = inner.parsed("scale", {"1": 1, "100": 100}.__getitem__, None, "1 or 100")
    return Probability(scale, yes_or_no(inner, "decides"))


def _exports(fields: Fields) -> dict[str, Export]:
    node = fields.mapping("exports")
    if node is None:
        fields.problems.append(fields.node.problem("exports", '"exports" is missing', "Name at least one export."))
        return {}
    own = [key for key, inner in node.items() if isinstance(inner, YamlMap) and "table" in inner]
    names = (*TABLES, *ACTIVITIES, *own)
    known = Fields(node, fields.problems, known=names)
    found = {key: known.mapping(key) for key in node if key in names}
    return {
        key: _export(key, Fields(inner, fields.problems, known=EXPORT_KEYS)) for key, inner in found.items() if inner
    }


def _export(key: str, fields: Fields) -> Export:
    table = _table(key, fields)
    return Export(
        key=key,
        table=table,
        files=fields.text("files", f"{key}*.csv"),
        mode=fields.choice("mode", ("full", "delta"), "full"),
        covers=_covers(fields),
        gone_means=_gone_means(table, fields),
        exported_at=fields.parsed("exported_at", stated_rule, None, FORM),
        arrives=fields.optional("arrives"),
        encoding=fields.optional("encoding"),
        delimiter=fields.optional("delimiter"),
        decimal=fields.optional("decimal"),
        thousands=fields.optional("thousands"),
        dates=fields.optional("dates"),
        two_digit_years=fields.optional("two_digit_years"),
        required=fields.texts("required"),
        lacks=fields.texts("lacks"),
        null_words=fields.texts("null_words"),
        sheet=fields.optional("sheet"),
        member=fields.optional("member"),
        header=fields.texts("header"),
        header_rows=fields.parsed("header_rows", {"1": 1, "2": 2, "3": 3}.__getitem__, 1, "1, 2 or 3"),
        escape=fields.choice("escape", ("none", "backslash"), "none"),
        footers=fields.texts("footers"),
        totals=fields.texts("totals"),
        constants=fields.words("constants"),
        columns=fields.words("columns"),
        activity_type=_activity_type(key, table, fields),
    )


def _table(key: str, fields: Fields) -> str:
    """Give the canonical table of an export; only activities come in several exports, their ids are in no other row."""
    usual = key if key in TABLES else "activities"
    fields.choice("table", (usual,), usual)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
        message = f'exports: "{key}" is no name: small letters, digits and _, such as calls'
        fields.problems.append(fields.node.problem("table", message))
    return TABLES[usual]


def _activity_type(key: str, table: str, fields: Fields) -> str | None:
    usual = ACTIVITIES.get(key, "")
    given = fields.choice("activity_type", ACTIVITY_TYPES, usual)
    if given and table != "activity":
        message = '"activity_type" holds for activities only'
        fields.problems.append(fields.node.problem("activity_type", message, "Take it out."))
        return None
    return given or None


def _gone_means(table: str, fields: Fields) -> str:
    given = fields.choice("gone_means", ("deleted", "lost", "unknown"), "unknown")
    if given == "lost" and table != "opportunity":
        message = '"gone_means: lost" holds for opportunities only'
        fields.problems.append(fields.node.problem("gone_means", message, "Expected deleted or unknown."))
        return "unknown"
    return given


def _covers(fields: Fields) -> str:
    node = fields.node.get("covers")
    if isinstance(node, YamlMap):
        since = fields.mapping("covers")
        given = f"closed_since:{since['closed_since']}" if since and "closed_since" in since else "?"
    else:
        given = fields.text("covers", "all")
    try:
        date.fromisoformat(given.removeprefix("closed_since:")) if given.startswith("closed_since:") else None
        valid = COVERS.fullmatch(given) is not None
    except ValueError:
        valid = False
    if not valid:
        fields.problems.append(
            fields.node.problem(
                "covers", f'"covers: {given}" cannot be read', "Expected all, open_only or {closed_since: YYYY-MM-DD}."
            )
        )
        return "all"
    return given
