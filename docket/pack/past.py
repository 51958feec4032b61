"""The past has changed: closed deals that are told otherwise now than at the last review."""

from decimal import Decimal

from docket.pack.agenda_parts import Past, Restated
from docket.pack.asking import Questions
from kpi.engines.base import Engine
from kpi.restatements import Known, Restatement, restatements

CENT = Decimal("0.01")
LATER_FILES = "Compared by what the exports had shown then: files that came later than they should have are not seen."


def past(questions: Questions, before: Engine | None) -> Past:
    """Give what changed of the past; before: the store as it was at the last review, None where there is none."""
    then = Known(before or questions.engine, questions.known_before)
    now = Known(questions.engine, questions.as_of)
    found = restatements(then, now, questions.organisation, questions.scope)
    note = "" if before is not None else LATER_FILES
    return Past(questions.known_before, tuple(_restated(each) for each in found), note)


def _restated(each: Restatement) -> Restated:
    return Restated(
        region=each.region,
        account=each.account,
        source=each.source,
        number=each.number,
        changes=tuple((change.field, change.before, change.after) for change in each.changes),
        cause=each.cause.value,
        change=None if each.change is None else each.change.quantize(CENT),
        file=each.file,
        line=each.line,
    )
