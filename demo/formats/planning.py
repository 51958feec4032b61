"""The group's planning files: UTF-8, commas, ISO dates, the warehouse's own column names."""

from demo.formats.format import Format, Words

PLANNING = Format(
    source="group_planning", encoding="utf-8", separator=",", day="%Y-%m-%d", instant="%Y-%m-%dT%H:%M:%S",
    decimal=".", thousands="", decimals=2, line_end="\n",
    words=Words(stages=("", "", "", ""), outcomes={}),
    headers={},
)  # fmt: skip
