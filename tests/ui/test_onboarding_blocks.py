"""The onboarding page's parts."""

from ui.onboarding import is_hopeless
from ui.onboarding_blocks import rejects_block


def found(*open_questions: str) -> dict[str, object]:
    """Give what a rehearsal says of a file that is refused while questions are open."""
    questions = [{"id": each, "open": True} for each in open_questions]
    return {"files": [{"file": "deals.csv", "refused": ["WRONG_TYPE", "a web page"]}], "questions": questions}


def test_nothing_is_asked_where_no_answer_lets_a_file_be_read() -> None:
    assert is_hopeless(found())
    assert is_hopeless(found("region/name", "deals.csv.zip/sheet"))
    assert not is_hopeless(found("deals.csv/encoding"))


def test_a_warning_is_said_in_words_and_names_its_column() -> None:
    warning = {"code": "UNKNOWN_COLUMN", "word": None, "column_name": "<Fax>", "rows": 1}
    shown = rejects_block({"rejects": [], "rejected": 0, "warnings": [warning]})
    assert "UNKNOWN_COLUMN" not in shown
    assert "&lt;Fax&gt;" in shown
    assert "1 row<" in shown
