"""How a file writes probabilities: 1 or 100 for certainty, said by its values or by a person."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from etl.crm import crm_module
from etl.numbers import COMMA, DOT, Money, read_money
from etl.propose.proposal import Answers, FileProposal, Finding, Option, Question
from etl.propose.sight import Sight

SCALE = "probability/scale"
_PERCENT = re.compile(r"\s*[%％]\s*$")


def probability_scale(
    files: Sequence[FileProposal], sights: Mapping[str, Sequence[Sight]], crm: str, answers: Answers
) -> tuple[Finding | None, list[Question]]:
    """Give what certainty is written as in the files of deals, with its reason, or the question to be answered.

    Nothing where there are no probabilities, or every one carries a percent sign, which says it by itself.
    """
    numbers: dict[str, Decimal] = {}
    for file in files:
        header = file.header_of("probability") if file.table == "opportunity" else None
        for sight in sights[file.file]:
            if sight.name == header:
                numbers |= _numbers(sight.values)
    above = [text for text, number in numbers.items() if number > 1]
    if above:
        return Finding("100", 1.0, f'"{above[0]}" is over 1, so certainty is written as 100'), []
    if not any(numbers.values()):
        return None, []
    usual = crm_module(crm).probability_scale
    why = "No probability is over 1." + (f" In {crm} certainty is usually 1." if usual == 1 else "")
    text, number = next((text, number) for text, number in numbers.items() if number)
    options = (
        Option("1", "1 is certain", f"{text} is {(number * 100).normalize():f} %"),
        Option("100", "100 is certain", f"{text} is {number.normalize():f} %"),
    )
    suggested = "1" if usual == 1 else ""
    asked = Question(SCALE, "Which probability is certain?", why, options, suggested, answers.get(SCALE, ""))
    return (Finding(asked.answer, 1.0, "as answered") if asked.is_answered else None), [asked]


def _numbers(texts: Sequence[str]) -> dict[str, Decimal]:
    """Give the numbers that carry no percent sign; of two readings the smaller one, so that nothing is over 1 by it."""
    found = {text: _readings(text) for text in texts if not _PERCENT.search(text)}
    return {text: min(numbers) for text, numbers in found.items() if numbers}


def _readings(text: str) -> list[Decimal]:
    found = (read_money(text, signs) for signs in (DOT, COMMA))
    return [each.number for each in found if isinstance(each, Money)]
