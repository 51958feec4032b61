"""Random hostile exports that know what must become of every one of their records."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

COLUMNS = ("opportunity_id", "stage_raw", "amount", "closed_on", "name", "next_step")
NAMES = {
    "utf-8": ["Größe", "商談 ①", "Łódź", "Москва", "naïve – “x”"],
    "utf-8-sig": ["Größe", "商談", "Привет"],
    "utf-16": ["Größe", "商談"],
    "cp1250": ["Łódź", "Příští"],
    "cp1251": ["Москва", "Санкт-Петербург"],
    "cp1252": ["Größe", "Åre – öst", "São Paulo €"],
    "latin-1": ["Größe", "Åre"],
    "cp932": ["商談", "ソース表", "能力①"],
    "gb18030": ["商谈", "合同𠮷"],
}
PLAIN_NAMES = [
    "Acme",
    "O'Neil",
    "5' pipe",
    "a; b",
    "a, b",
    "tab\there",
    "two\nlines",
    'the "big" one',
    "x|y",
    "",
    "N/A",
    "=",
]
BAD_AMOUNTS = ["abc", "1..2", "--5", "12-3", "5 5 5", "0x1F", "①", "1e5", "5%", "+-5", "(-5)", "٥"]
BAD_DATES = ["soon", "2026-13-45", "00/00/0000", "99.99.9999", "Q3 2026", "2026-02-30"]


@dataclass(frozen=True)
class Way:
    """How a file is written: signs, order of dates, quoting; what of it the profile declares."""

    encoding: str
    delimiter: str
    line_end: str
    decimal: str
    thousands: str
    order: str
    date_sign: str
    quotes_all: bool
    columns: tuple[str, ...]


@dataclass
class RandomExport:
    """A file and what must become of it, by the line at which each record starts.

    loaded: key, name, amount and day; rejected, ignored: the reason; may_refuse: why the whole file may be refused,
    as it says too little about itself.
    """

    data: bytes
    settings: dict[str, object]
    loaded: dict[int, tuple[str, str | None, Decimal | None, date | None]] = field(default_factory=dict)
    rejected: dict[int, str] = field(default_factory=dict)
    ignored: dict[int, str] = field(default_factory=dict)
    may_refuse: set[str] = field(default_factory=set)


def random_export(seed: int) -> RandomExport:
    """Give the export of a seed; the same seed gives the same export."""
    return _Writer(random.Random(seed)).export()


class _Writer:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        decimal, thousands = chance.choice(
            [(".", ""), (".", ","), (",", "."), (",", " "), (".", "'"), (",", ""), (".", "lakh"), (",", "\u202f")]
        )
        encoding = chance.choice(list(NAMES))
        if thousands == "\u202f" and not encoding.startswith("utf"):
            thousands = " "
        columns = list(COLUMNS)
        chance.shuffle(columns)
        order = chance.choice(["ymd", "dmy", "mdy"])
        self.way = Way(
            encoding=encoding,
            delimiter=chance.choice(",;\t|"),
            line_end=chance.choice(["\n", "\r\n", "\r"]),
            decimal=decimal,
            thousands=thousands,
            order=order,
            date_sign=chance.choice("-/") if order == "ymd" else chance.choice("./-"),
            quotes_all=chance.random() < 0.3,
            columns=tuple(columns),
        )
        self.text: list[str] = []
        self.line = 1
        self.made = RandomExport(b"", self._settings())
        self.number = 0
        self.good: list[tuple[int, list[str], tuple[str, str | None, Decimal | None, date | None]]] = []

    def export(self) -> RandomExport:
        if self.way.delimiter != "\t" and "delimiter" not in self.made.settings and self.chance.random() < 0.3:
            self._ignored(f"sep={self.way.delimiter}", "PREAMBLE")
        for _ in range(self.chance.choice([0, 0, 0, 1, 3])):
            self._ignored(self.chance.choice(["Open deals", "Report: all, of today", "as of 23.11.2026;;"]), "PREAMBLE")
            self._blank_lines()
        self._write(list(self.way.columns))
        for _ in range(self.chance.choice([0, 1, 5, 12, 30])):
            self._blank_lines()
            self._record()
        self._below()
        text = "".join(self.text)
        if self.chance.random() < 0.3 and self.can_end_bare:
            text = text.removesuffix(self.way.line_end)
        self.made.data = text.encode(self.way.encoding, "replace")  # only what is wrong anyway cannot be written
        if text.isascii():
            self.made.may_refuse.discard("AMBIGUOUS_ENCODING")
        return self.made

    can_end_bare = True

    def _settings(self) -> dict[str, object]:
        way, undeclared = self.way, self.chance.random() < 0.4
        settings: dict[str, object] = {"timezone": "Europe/Berlin"}
        stated = {
            "encoding": way.encoding,
            "delimiter": way.delimiter,
            "decimal": way.decimal,
            "dates": way.order,
        }
        refusals = {"encoding": "AMBIGUOUS_ENCODING", "decimal": "AMBIGUOUS_NUMBER", "dates": "AMBIGUOUS_DATE"}
        self.refusals = set()
        for key, value in stated.items():
            if undeclared and self.chance.random() < 0.5:
                self.refusals |= {refusals[key]} if key in refusals else set()
            else:
                settings[key] = value
        if self.chance.random() < 0.5:
            settings |= {"footers": ["Exported by"], "totals": ["Total"]}
        return settings

    def _record(self) -> None:
        kinds = {
            self._good: 12,
            self._torn: 1,
            self._stray_quote: 1,
            self._bad_amount: 1,
            self._bad_date: 1,
            self._no_key: 1,
            self._no_stage: 1,
            self._control: 1,
            self._damaged: 1,
            self._again: 1,
            self._conflict: 1,
            self._blank_row: 1,
            self._header_again: 1,
        }
        self.chance.choices(list(kinds), list(kinds.values()))[0]()

    def _cells(self) -> tuple[dict[str, str], tuple[str, str | None, Decimal | None, date | None]]:
        self.number += 1
        key = self.chance.choice([f"d{self.number}", f"{self.number:06}", f"90071992547409{self.number:03}"])
        name = self.chance.choice(PLAIN_NAMES + NAMES[self.way.encoding] * 2)
        amount = self._amount()
        day = date(1990, 1, 1) + timedelta(self.chance.randrange(40_000)) if self.chance.random() < 0.9 else None
        cells = {
            "opportunity_id": key,
            "stage_raw": self.chance.choice(["Open", "Won"]),
            "amount": "" if amount is None else self._written(amount),
            "closed_on": "" if day is None else self._day(day),
            "name": name,
            "next_step": self.chance.choice(["", "call", "a" + self.way.delimiter + "b"]),
        }
        return cells, (key, name or None, amount, day)

    def _amount(self) -> Decimal | None:
        if self.chance.random() < 0.1:
            return None
        size = self.chance.choice([10, 10_000, 10**7, 10**12])
        amount = Decimal(self.chance.randrange(-size, size * 10)) / self.chance.choice([1, 10, 100])
        return amount.quantize(Decimal("0.01")) if self.chance.random() < 0.5 else amount

    def _written(self, amount: Decimal) -> str:
        whole, _, fraction = f"{abs(amount):f}".partition(".")
        if self.way.thousands and self.chance.random() < 0.7:
            whole = (
                _in_lakhs(whole) if self.way.thousands == "lakh" else f"{int(whole):,}".replace(",", self.way.thousands)
            )
        number = whole + (self.way.decimal + fraction if fraction else "")
        return self.chance.choice(["-{}", "({})", "{}-", "- {}"]).format(number) if amount < 0 else number

    def _day(self, day: date) -> str:
        parts = {"y": f"{day.year}", "m": f"{day.month:02}", "d": f"{day.day:02}"}
        if self.chance.random() < 0.2:
            parts |= {"m": str(day.month), "d": str(day.day)}
        written = self.way.date_sign.join(parts[letter] for letter in self.way.order)
        return written + self.chance.choice(["", "", "", " 00:00:00", " 23:59"])

    def _good(self) -> None:
        cells, row = self._cells()
        self.made.loaded[self.line] = row
        self.good.append((self.line, self._in_order(cells), row))
        self._write(self._in_order(cells))

    def _torn(self) -> None:
        cells = self._in_order(self._cells()[0])
        torn = cells[: self.chance.randrange(1, len(cells))] if self.chance.random() < 0.7 else [*cells, "x"]
        if "".join(torn).strip():
            self._reject(torn, "RAGGED")
            self.can_end_bare = False

    def _stray_quote(self) -> None:
        cells = self._in_order(self._cells()[0] | {"name": "x", "next_step": ""})
        place = self.way.columns.index("name")
        written = [self._quoted(cell) for cell in cells]
        written[place] = self.chance.choice(['5" pipe', '"a"b', 'say "hi"'])
        self.made.rejected[self.line] = "QUOTE"
        self._line(self.way.delimiter.join(written))

    def _bad_amount(self) -> None:
        self._spoilt({"amount": self.chance.choice(BAD_AMOUNTS)}, "TYPE_NUMBER")

    def _bad_date(self) -> None:
        self._spoilt({"closed_on": self.chance.choice(BAD_DATES)}, "TYPE_DATE")

    def _no_key(self) -> None:
        self._spoilt({"opportunity_id": self.chance.choice(["", "  "])}, "MISSING_KEY")

    def _no_stage(self) -> None:
        self._spoilt({"stage_raw": ""}, "MISSING_VALUE")

    def _control(self) -> None:
        self._spoilt({"name": f"a{self.chance.choice(chr(0) + chr(7) + chr(27) + chr(127))}b"}, "CONTROL_CHAR")

    def _damaged(self) -> None:
        self._spoilt({"opportunity_id": f"{self.chance.randrange(100, 999) / 100}E+18"}, "DAMAGED_ID")

    def _spoilt(self, wrong: dict[str, str], reason: str) -> None:
        self._reject(self._in_order(self._cells()[0] | wrong), reason)

    def _again(self) -> None:
        if self.good:
            _, cells, _ = self.chance.choice(self.good)
            self.made.ignored[self.line] = "DUPLICATE_ROW"
            self._write(cells)

    def _conflict(self) -> None:
        cells, _ = self._cells()
        other = cells | {"stage_raw": "Won" if cells["stage_raw"] == "Open" else "Open"}
        for each in (cells, other):
            self._reject(self._in_order(each), "DUP_KEY_CONFLICT")

    def _blank_row(self) -> None:
        self.made.ignored[self.line] = "BLANK_ROW"
        self._line(self.way.delimiter * (len(self.way.columns) - 1))

    def _header_again(self) -> None:
        self.made.ignored[self.line] = "REPEATED_HEADER"
        self._write(list(self.way.columns))

    def _below(self) -> None:
        if "footers" in self.made.settings and self.chance.random() < 0.7:
            if self.chance.random() < 0.5:
                self._ignored(self.way.delimiter.join(["Total"] + [""] * (len(self.way.columns) - 1)), "TOTALS_ROW")
            self._blank_lines()
            self._ignored("Exported by the office", "FOOTER")
            self._ignored("and a line below it", "FOOTER")
        self.made.may_refuse = self.refusals

    def _blank_lines(self) -> None:
        if self.chance.random() < 0.1:
            self._line(self.chance.choice(["", "   "]))

    def _reject(self, cells: list[str], reason: str) -> None:
        self.made.rejected[self.line] = reason
        self._write(cells)

    def _ignored(self, text: str, reason: str) -> None:
        self.made.ignored[self.line] = reason
        self._line(text)

    def _in_order(self, cells: dict[str, str]) -> list[str]:
        return [cells[column] for column in self.way.columns]

    def _write(self, cells: list[str]) -> None:
        self.can_end_bare = True
        self._line(self.way.delimiter.join(self._quoted(cell) for cell in cells))

    def _quoted(self, cell: str) -> str:
        special = any(sign in cell for sign in (self.way.delimiter, '"', "\n", "\r"))
        return '"' + cell.replace('"', '""') + '"' if special or self.way.quotes_all else cell

    def _line(self, text: str) -> None:
        self.text += [text, self.way.line_end]
        self.line += text.count("\n") + 1


def _in_lakhs(whole: str) -> str:
    head, tail = whole[:-3], whole[-3:]
    pairs: list[str] = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*pairs, tail])
