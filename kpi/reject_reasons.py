"""Why a row or file was rejected, ignored, held or warned about: one plain sentence for each reason class."""

SENTENCES = {
    "ENCODING": "The text is not written in the encoding the profile declares.",
    "AMBIGUOUS_ENCODING": "The profile names no encoding and the text can be read in several.",
    "AMBIGUOUS_DELIMITER": "The profile names no separator and not exactly one fits the file.",
    "QUOTE": "A quotation mark is opened and never closed.",
    "RAGGED": "The row has more or fewer cells than the header.",
    "TRUNCATED": "The file ends in the middle of a row.",
    "TOO_LONG": "A cell is longer than any real value.",
    "TOO_WIDE": "The row has far more cells than the header.",
    "CONTROL_CHAR": "A cell holds control characters that no CRM writes.",
    "REPEATED_HEADER": "The header is repeated inside the data.",
    "DUP_HEADER": "Two columns have the same header.",
    "MISSING_COLUMN": "A column that the profile needs is not in the file.",
    "EMPTY_FILE": "The file holds no rows.",
    "FOOTER": "A footer line of the CRM's report, no record.",
    "TOTALS_ROW": "A totals row of the CRM's report, no record.",
    "PREAMBLE": "A title line above the header, no record.",
    "BLANK_ROW": "A row without any value.",
    "TYPE_NUMBER": "A number is expected here and cannot be read.",
    "AMBIGUOUS_NUMBER": "The number can be read in two ways (1,234 or 1.234).",
    "NONFINITE": "The number is infinite or not a number.",
    "RANGE": "The value lies outside what is possible for this column.",
    "MISSING_VALUE": "A value the profile requires is empty.",
    "CURRENCY": "The currency is unknown, or two columns name different ones.",
    "COUNTRY": "The country is not known by this word.",
    "NO_REGION": "No rule of the profile says which region the row belongs to.",
    "DAMAGED_ID": "The id was damaged by a spreadsheet (2.41E+18): the digits are lost.",
    "TYPE_DATE": "A date is expected here and cannot be read.",
    "TYPE_BOOLEAN": "Yes or no is expected here.",
    "AMBIGUOUS_DATE": "Day and month could be exchanged in this file.",
    "MISSING_KEY": "The record has no id.",
    "DUP_KEY_CONFLICT": "The same id stands on several rows with different values; none of them can be trusted.",
    "FORMULA_CELL": "The cell holds a formula without its result.",
    "AMBIGUOUS_SHEET": "The workbook has several sheets and the profile names none.",
    "WRONG_TYPE": "The file is not of the kind its name says.",
    "ENCRYPTED": "The file is protected by a password.",
    "ARCHIVE_BOMB": "The archive unpacks to more than is allowed.",
    "ARCHIVE_UNSAFE": "The archive holds paths that point outside of it.",
    "FILE_CHANGING": "The file was still being written.",
    "VOLUME": "Far fewer rows than the last exports: held until somebody releases it.",
    "UNMAPPED_STAGE": "The profile does not say what this stage means; the deals are in no figure.",
    "UNMAPPED_WORD": "The profile does not say what this local word means.",
    "MOJIBAKE": "The text looks as if it had been read in a wrong encoding.",
    "NO_ROWS": "The file holds a header and no rows.",
    "UNKNOWN_COLUMN": "The file has a column that nothing uses.",
    "CLOSE_BEFORE_CREATED": "The deal was closed before it was created.",
    "CONFUSABLE": "Two words differ only by letters that look alike.",
    "DUPLICATE_ROW": "The same row once more; it is counted once.",
    "HIDDEN_ROWS": "The sheet has hidden rows; they were read.",
}


def sentence(reason: str | None) -> str:
    """Give the sentence for a reason class; an empty one gives an empty text, an unknown one its own words."""
    if not reason:
        return ""
    return SENTENCES.get(reason, reason.replace("_", " ").capitalize() + ".")
