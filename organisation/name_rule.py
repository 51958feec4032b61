"""How a file's name says when its export was made: "file name: Deals %Y-%m-%d.csv at 06:30"."""

import re
from dataclasses import dataclass
from datetime import time

FORM = '"file name: deals_%Y-%m-%d.csv", with %Y, %m and %d in it, where needed "at 06:30" after it'
_RULE = re.compile(r"file name: *(?P<stem>\S.*?)\.(?P<ending>[^.\s]+)(?: +at +(?P<time>\d\d:\d\d))?")
_DIGITS = {"%Y": r"\d{4}", "%m": r"\d\d", "%d": r"\d\d", "%H": r"\d\d", "%M": r"\d\d", "%S": r"\d\d"}
_NEEDED = {"%Y", "%m"}


@dataclass(frozen=True)
class NameRule:
    """stem: the name without its ending, with %Y, %m, %d and perhaps %H, %M, %S; at: the time that counts."""

    stem: str
    ending: str
    at: time | None = None

    @property
    def expression(self) -> str:
        """The regular expression of the names that the stem stands for."""
        parts = re.split(r"(%[YmdHMS])", self.stem)
        return "".join(_DIGITS.get(part) or re.escape(part) for part in parts)


def name_rule(text: str) -> NameRule:
    """Give the rule that a profile's exported_at states; raises ValueError where it states none."""
    found = _RULE.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    signs = re.findall(r"%.?", found["stem"])
    if not set(signs) <= set(_DIGITS) or len(set(signs)) < len(signs) or not set(signs) >= _NEEDED:
        raise ValueError(text)
    return NameRule(found["stem"], found["ending"], time.fromisoformat(found["time"]) if found["time"] else None)


def stated_rule(text: str) -> str:
    """Give a rule unchanged; raises ValueError where it states none."""
    name_rule(text)
    return text
