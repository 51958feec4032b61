"""The gate of a source: from where on an export looks too unlike the ones before it to take effect by itself."""

from dataclasses import asdict, dataclass

from organisation.fields import Fields


@dataclass(frozen=True)
class Gate:
    """Beside the median of the last `loads` loads: the part of the rows that is enough, how many times the rows are
    too many, and how many times the median amount may be off; and which part of the records known before a full export
    has to hold still. None judges nothing.
    """

    rows_at_least: float | None = 0.5
    rows_at_most: float | None = 3.0
    amount_factor: float | None = 20.0
    same_records_at_least: float | None = 0.5
    loads: int = 8


def gate_of(fields: Fields) -> Gate:
    """Give the gate that a profile states; what it leaves out is as usual."""
    node, usual = fields.mapping("gate"), Gate()
    if node is None:
        return usual
    inner = Fields(node, fields.problems, known=tuple(asdict(usual)))
    factor = "a factor above 1 such as {}, or off"
    return Gate(
        rows_at_least=inner.parsed("rows_at_least", _part, usual.rows_at_least, "a part such as 0.5, or off"),
        rows_at_most=inner.parsed("rows_at_most", _times, usual.rows_at_most, factor.format(3)),
        amount_factor=inner.parsed("amount_factor", _times, usual.amount_factor, factor.format(20)),
        same_records_at_least=inner.parsed(
            "same_records_at_least", _part, usual.same_records_at_least, "a part such as 0.5, or off"
        ),
        loads=inner.parsed("loads", _loads, usual.loads, "a number of loads from 1 to 100"),
    )


def _part(text: str) -> float | None:
    return None if _is_off(text) else _within(float(text), 0.0, 1.0)


def _times(text: str) -> float | None:
    return None if _is_off(text) else _within(float(text), 1.0, 1_000_000.0)


def _loads(text: str) -> int:
    return int(_within(int(text), 1, 100))


def _within(value: float, least: float, most: float) -> float:
    if not least <= value <= most:
        raise ValueError(value)
    return value


def _is_off(text: str) -> bool:
    return text.casefold() in ("off", "false")
