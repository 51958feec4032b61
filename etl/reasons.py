"""The reason classes: why a file is refused, a record rejected or ignored, or a load carries a warning."""

from typing import Final

REFUSED: Final[dict[str, str]] = {
    "EMPTY_FILE": "The file holds nothing, not even a header.",
    "WRONG_TYPE": "The file is no table: a web page, a PDF, a picture or another kind that is not read.",
    "ENCRYPTED": "The file is protected by a password.",
    "ARCHIVE_BOMB": "The archive unpacks to more than is allowed.",
    "ARCHIVE_UNSAFE": "The archive holds paths or links that lead outside of it, or what no export holds.",
    "MALFORMED": "The workbook or the JSON is damaged.",
    "AMBIGUOUS_SHEET": "The workbook has several visible sheets and the profile does not say which.",
    "AMBIGUOUS_MEMBER": "The archive holds several files and the profile does not say which.",
    "MISSING_PART": "The archive or workbook does not hold the file or sheet that is wanted.",
    "ENCODING": "The bytes do not fit the encoding of the profile.",
    "AMBIGUOUS_ENCODING": "The profile names no encoding and several fit the bytes.",
    "AMBIGUOUS_DELIMITER": "The profile names no delimiter and not exactly one fits the file.",
    "AMBIGUOUS_NUMBER": "The profile names no decimal sign and the numbers can be read in two ways.",
    "AMBIGUOUS_DATE": "The profile names no date order and the dates can be read in two ways.",
    "QUOTE": "A quoted cell never ends.",
    "RAGGED": "Every record is quoted as a whole, as one cell.",
    "TRUNCATED": "The file ends in the middle of a record.",
    "DUP_HEADER": "Two columns have the same header.",
    "MISSING_COLUMN": "A column that is needed has no header in the file.",
    "TOO_WIDE": "The header has more columns than any export can have.",
    "NO_REGION": "The profile does not say which region the rows belong to.",
    "MIXED_CORRECTIONS": "The corrected rows do not say which one load they were rejected from.",
    "TOO_SLOW": "Reading took longer than a file of this size may.",
    "TOO_BIG": "Reading took more memory than the loader may use.",
    "READER_FAILED": "Reading ended without a result.",
    "FILE_CHANGING": "The file was still being written.",
}

HELD: Final[dict[str, str]] = {
    "VOLUME": "The export holds far fewer or far more rows than the ones before it.",
    "AMOUNT_SCALE": "The amounts are many times larger or smaller than in the exports before it.",
    "EXPORT_ORDER": "The export may be older than what is loaded, or newer: neither its name nor its rows say so.",
    "REPEATED_EXPORT": "The export is byte for byte an earlier one, and another came after that.",
    "OTHER_RECORDS": "The export holds other records than those before it, or the same under other ids.",
    "REBUILD": "The export is older than what is loaded, and the history cannot be built again.",
}

REJECTED: Final[dict[str, str]] = {
    "QUOTE": "A quote stands where none may stand.",
    "MALFORMED": "The line is not one whole JSON object, or names a column twice.",
    "RAGGED": "The record has more or fewer cells than the header.",
    "TOO_LONG": "A cell is longer than any cell can be.",
    "CONTROL_CHAR": "The record holds control characters.",
    "TYPE_NUMBER": "The cell is no number.",
    "TYPE_BOOLEAN": "The cell is neither yes nor no.",
    "TYPE_DATE": "The cell is no date in the order the file uses.",
    "NONFINITE": "The number is infinite or undefined.",
    "RANGE": "The value lies outside what can be stored exactly or can be true.",
    "MISSING_VALUE": "A value that the profile requires is empty.",
    "MISSING_KEY": "The record has no key.",
    "DAMAGED_ID": "The id was damaged by a spreadsheet: rounded, or replaced by an error.",
    "FORMULA_CELL": "The cell holds a formula or an error instead of a result.",
    "MERGED_CELL": "The cell is merged with others, so which record its value belongs to is unknown.",
    "CURRENCY": "The currency is unknown or contradicts the amount's own.",
    "COUNTRY": "The country is unknown.",
    "NO_REGION": "No rule of the profile says which region the record belongs to.",
    "SHARES": "The revenue shares of the deal do not add to 100 %.",
    "CHAIN": "The deal that is to count is itself left out as the twin of another.",
    "MASKED_CELL": "A corrected row still hides a person, and the hidden value cannot be put back.",
    "DUP_KEY_CONFLICT": "The same key stands in the file with different values.",
}

IGNORED: Final[dict[str, str]] = {
    "PREAMBLE": "Text above the header.",
    "REPEATED_HEADER": "The header once more, inside the data.",
    "FOOTER": "Text below the data.",
    "TOTALS_ROW": "A total of the rows above it.",
    "BLANK_ROW": "A row without any value.",
    "DUPLICATE_ROW": "The same record once more.",
}

WARNINGS: Final[dict[str, str]] = {
    "UNMAPPED_STAGE": "A stage that the profile does not map; the deals load, but count in no stage.",
    "UNMAPPED_WORD": "A local word that the profile does not map.",
    "OUTCOME_CONTRADICTS": "The deals' own status and what the profile makes of their stage cannot both be true.",
    "SEVERAL_LINKS": "Cells that point at several records; the first one is kept.",
    "UNKNOWN_COLUMN": "A column that has no place in the tables; it is not loaded.",
    "MOJIBAKE": "Characters that look like text read in a wrong encoding.",
    "HIDDEN_ROWS": "The sheet has hidden rows; they were read.",
    "NO_ROWS": "The file holds a header and no rows.",
    "CLOSE_BEFORE_CREATED": "A deal that was closed before it was created.",
    "TOUCH_BEFORE_CREATED": "A lead that was touched before it was created; its time to an answer is not known.",
    "WON_DATE_DOUBTFUL": "A deal won in the future, or over 31 days from the change of its stage.",
    "CONFUSABLE": "A word that looks like another, with letters of a second script or characters nobody sees.",
    "DUPLICATE_ROW": "Records that stand in the file more than once.",
}
