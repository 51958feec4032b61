"""Which header is which canonical column: by the CRM's own headers, by synonyms with their evidence, by the values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from etl.contract import columns_of, exported_columns, keys_of
from etl.crm import crm_module
from etl.crm.dialect import STATUS_COLUMNS
from etl.propose.known_words import meanings
from etl.propose.labels import PRIVATE, UNUSED, Label, folded, labels_of, tokens
from etl.propose.proposal import CERTAIN, LIKELY, NOT_USED, Answers, ColumnProposal
from etl.propose.sight import Sight
from etl.propose.systems import GENERIC

WEAKEST = 0.3
LIKE_ANOTHER = 0.88  # never certain: the same label means another thing in another system
MANY = 0.6  # share of values that have a column's type, from which on its label is believed
CLOSE = 0.15  # two columns that differ by less fit alike
PREFIXES = frozenset("property sf crm hs zoho record".split())  # words that say nothing of what a column holds
OWN_NAMES = {
    "opportunity": frozenset("deal deals opportunity opportunities opp negocio affaire affar".split()),
    "lead": frozenset("lead leads".split()),
    "account": frozenset("account company customer organization organisation organizacao".split()),
    "activity": frozenset("activity task event atividade".split()),
    "person": frozenset("person user employee".split()),
    "pipeline_stage": frozenset("stage deal pipeline".split()),
}


@dataclass(frozen=True)
class Fit:
    """That a header can be a column, how surely and why."""

    header: str
    column: str
    confidence: float
    reason: str


def proposed_columns(
    sights: Sequence[Sight],
    table: str,
    crm: str,
    said: Answers,
    masked: Collection[str] = (),
) -> tuple[ColumnProposal, ...]:
    """Give what each header is proposed to be; said: header -> column or "-"; masked: systems whose labels are unknown.

    Of two headers that fit a column alike, and of two columns that a header fits, none is certain.
    """
    fits = {sight.name: _fits(sight, table, crm, masked) for sight in sights}
    _stage_by_words(sights, fits, table)
    taken = {column: header for header, column in said.items() if column and column != NOT_USED}
    for fit in sorted((fit for each in fits.values() for fit in each), key=lambda fit: -fit.confidence):
        free = fit.column not in taken and fit.header not in taken.values() and fit.header not in said
        if free and _is_ours(fit.column) and fit.confidence >= LIKELY and fit == fits[fit.header][0]:
            taken[fit.column] = fit.header
    header_of = {header: column for column, header in taken.items()}
    return tuple(
        replace(_proposal(sight, header_of.get(sight.name), fits, table, said), place=sight.place) for sight in sights
    )


def _fits(sight: Sight, table: str, crm: str, masked: Collection[str]) -> list[Fit]:
    best: dict[str, Fit] = {}
    by_label = _by_label(sight.name, table, frozenset(masked))
    for fit in (*_own(sight.name, table, crm), *by_label, *_by_value(sight, table)):
        judged = replace(fit, confidence=round(fit.confidence * _agreement(sight, fit.column, table), 3))
        if judged.confidence > best.get(fit.column, Fit("", "", WEAKEST, "")).confidence:
            best[fit.column] = judged
    return sorted(best.values(), key=lambda fit: (-fit.confidence, fit.column))


def _own(header: str, table: str, crm: str) -> list[Fit]:
    if crm == GENERIC:
        return [Fit(header, header, 0.97, "it is our own name")] if header in exported_columns(table) else []
    found = []
    module = crm_module(crm)
    for language, columns in module.headers.get(table, {}).items():
        for column, labels in columns.items():
            if header in labels:
                proven = language not in module.languages_unproven
                words = f"{crm}'s own header ({language}{'' if proven else '; unproven'})"
                usual = 0.0 if header == labels[0] else 0.01
                found.append(Fit(header, column, (0.97 if proven else 0.8) - usual, words))
    return found


@lru_cache(1 << 14)
def _by_label(header: str, table: str, masked: frozenset[str]) -> tuple[Fit, ...]:
    plain, words = folded(header), tokens(header)
    empty = PREFIXES | OWN_NAMES.get(table, frozenset())
    unknown, own = tuple(masked), set(words)
    found = []
    for label in labels_of(table):
        known = tokens(label.text)
        if known and own.isdisjoint(known) and folded(label.text) != plain:
            continue  # most of the hundreds of labels
        if label.system.startswith(unknown):
            continue
        confidence = _likeness(label, plain, words, empty)
        if confidence:
            found.append(Fit(header, label.column, confidence, label.reason))
    return tuple(found)


def _likeness(label: Label, plain: str, words: tuple[str, ...], empty: frozenset[str]) -> float:
    known = tokens(label.text)
    bare = tuple(word for word in words if word not in empty) or words
    if folded(label.text) == plain:
        return 0.8 if label.evidence == "K" else LIKE_ANOTHER
    if known == words:
        return 0.85 if label.is_proven else 0.78
    if not known or not words:
        return 0.0
    if known == bare or tuple(word for word in known if word not in empty) == bare:
        return 0.72
    inside = len(known) < len(bare) and any(
        bare[start : start + len(known)] == known for start in range(len(bare) - len(known) + 1)
    )
    return 0.62 if inside and sum(map(len, known)) >= 4 else 0.0


def _by_value(sight: Sight, table: str) -> list[Fit]:
    kinds = sight.looks_like
    found = []
    exported = exported_columns(table)
    if "currency" in kinds and "currency" in exported:
        found.append(Fit(sight.name, "currency", 0.7, "all values are currency codes"))
    if "country" in kinds and "country" in exported:
        found.append(Fit(sight.name, "country", 0.65, "all values are countries"))
    if sight.is_unique and not kinds & {"date", "email"} and not any(" " in value for value in sight.values[:50]):
        found.append(Fit(sight.name, keys_of(table)[0], 0.45, "every row has a different value"))
    if kinds & {"email", "phone"}:
        found.append(Fit(sight.name, f"{PRIVATE}.contact", 0.9, "the values are addresses or telephone numbers"))
    return found


def _agreement(sight: Sight, column: str, table: str) -> float:
    """Give how well the values agree with a column's type: 1 fully, less for an empty column, little against it."""
    if not _is_ours(column):
        return 1.0
    if not sight.filled:
        return 0.9
    kinds, sql_type = sight.looks_like, _type_of(column, table)
    if sql_type in ("DATE", "TIMESTAMPTZ"):
        return 1.0 if "date" in kinds else 0.8 if "serial" in kinds else _partly(sight.date_share)
    if sql_type.startswith(("DECIMAL", "INTEGER")):
        return 1.0 if "number" in kinds else _partly(sight.number_share)
    if sql_type == "BOOLEAN":
        return 1.0 if "boolean" in kinds or sight.distinct <= 2 else 0.3
    if column in ("currency", "country"):
        return 1.0 if column in kinds else 0.6
    if column in keys_of(table):
        return 1.0 if sight.is_unique or len(keys_of(table)) > 1 else 0.85  # one of several keys repeats itself
    if column in ("stage_raw", "status_word", "status_raw") and "number" in kinds:
        return 0.75
    return 0.5 if "date" in kinds else 1.0


def _partly(share: float) -> float:
    """Give how well a column agrees of which only some values have the type: the rest will be rejected, and shown."""
    return 0.9 if share >= MANY else 0.2


def _type_of(column: str, table: str) -> str:
    known = exported_columns(table)
    return known[column].sql_type if column in known else STATUS_COLUMNS.get(table, {}).get(column, "VARCHAR")


def _stage_by_words(sights: Sequence[Sight], fits: dict[str, list[Fit]], table: str) -> None:
    """Add the stage where words say so: a column of stages may be headed "Status", or anything."""
    if table != "opportunity":
        return
    named = any(fit.column == "stage_raw" and fit.confidence >= LIKELY for each in fits.values() for fit in each)
    for sight in sights:
        words = [meanings("stages", word)[0] for word in sight.values[:60]] if sight.is_words else []
        known = sum(bool(found) for found in words)
        open_ones = {meaning for found in words for meaning in found} & {"qualify", "develop", "propose", "close"}
        if known >= 2 and known >= 0.6 * len(words) and len(open_ones) >= 2:
            confidence = 0.5 if named else 0.75
            stage = Fit(sight.name, "stage_raw", confidence, f"{known} of its {len(words)} words are usual stages")
            others = [fit for fit in fits[sight.name] if fit.column != "stage_raw"]
            own = [fit for fit in fits[sight.name] if fit.column == "stage_raw"]
            best = max([stage, *own], key=lambda fit: fit.confidence)
            if not named:  # without a stage the words of a status say how far a deal is
                others = [replace(fit, confidence=min(fit.confidence, 0.7)) for fit in others]
            fits[sight.name] = sorted([best, *others], key=lambda fit: -fit.confidence)


def _proposal(
    sight: Sight, column: str | None, fits: Mapping[str, list[Fit]], table: str, said: Answers
) -> ColumnProposal:
    own = fits[sight.name]
    others = tuple(fit.column for fit in own if fit.column != column and _is_ours(fit.column))
    masked = _names_people(sight, column, own, table)
    examples = tuple("•••" for _ in sight.examples) if masked else tuple(text[:60] for text in sight.examples)
    if sight.name in said:
        reason = "as answered" if column else "not used, as answered"
        return ColumnProposal(sight.name, column, 1.0, reason, examples, others, decided=True, masked=masked)
    if column is None:
        best = own[0] if own else None
        reason = _why_not(best, fits, sight)
        return ColumnProposal(sight.name, None, 0.0, reason, examples, others, masked=masked)
    fit = next(fit for fit in own if fit.column == column)
    confidence, reason = fit.confidence, fit.reason
    rivals = _rivals(fit, fits)
    if rivals and confidence >= CERTAIN:
        confidence = round(CERTAIN - 0.05, 2)
    ours = tuple(rival for rival in rivals if _is_ours(rival))
    if ours:
        reason += f"; {ours[0]} fits as well"
    if not sight.filled:
        reason += "; all its cells are empty"
    return ColumnProposal(sight.name, column, confidence, reason, examples, others, ours, masked=masked)


def _rivals(fit: Fit, fits: Mapping[str, list[Fit]]) -> list[str]:
    """Give other headers that fit the column, and other columns that fit the header, about as well."""
    headers = [
        f'"{other.header}"'
        for each in fits.values()
        for other in each
        if other.column == fit.column and other.header != fit.header and _rivals_with(other, fit)
    ]
    columns = [other.column for other in fits[fit.header] if other.column != fit.column and _rivals_with(other, fit)]
    return headers + columns


def _rivals_with(other: Fit, fit: Fit) -> bool:
    return other.confidence >= LIKELY and other.confidence > fit.confidence - CLOSE - 0.05


def _why_not(best: Fit | None, fits: Mapping[str, list[Fit]], sight: Sight) -> str:
    if best is None:
        return "nothing is known of it"
    if best.column.startswith(UNUSED):
        return f"{best.column.partition('.')[2]}: not taken ({best.reason})"
    if best.column.startswith(PRIVATE):
        return "it names people; not taken"
    return f"perhaps {best.column}: {best.reason}"


def _names_people(sight: Sight, column: str | None, fits: Sequence[Fit], table: str) -> bool:
    known = columns_of(table)
    people = {name for name, each in known.items() if each.person}
    if column in people or sight.looks_like & {"email", "phone"}:
        return True
    if column is None or column.startswith(PRIVATE):
        return "person" in sight.looks_like or any(
            fit.column.startswith(PRIVATE) or fit.column in people for fit in fits
        )
    return False


def _is_ours(column: str) -> bool:
    return not column.startswith((f"{UNUSED}.", f"{PRIVATE}."))
