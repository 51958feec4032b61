"""How a source's CRM writes, where it does otherwise than its kind or has no kind of its own."""

from dataclasses import dataclass, field

from organisation.fields import Fields
from organisation.problems import did_you_mean

KEYS = ("yes_words", "no_words", "empty_is_no", "close_date", "currency_signs", "groups", "links")
LINK_KINDS = ("id", "name", "ids", "names")
_YES_OR_NO = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True)
class Habits:
    """What a profile says of how its CRM writes; None and empty: as its CRM does.

    close_date: own, or overwritten: one date that is the expected and then the actual one; currency_signs: deal, or
    exporter: the sign beside an amount is that of the person who exports; groups: lists hold a line a group with its
    sums; links: column -> id, name, or ids and names for several joined by a semicolon.
    """

    yes_words: tuple[str, ...] = ()
    no_words: tuple[str, ...] = ()
    empty_is_no: bool | None = None
    close_date: str = ""
    currency_signs: str = ""
    groups: bool | None = None
    links: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, fields: Fields) -> "Habits":
        """Give the habits that a profile states; its faults are added to the problems."""
        found = cls(
            yes_words=fields.texts("yes_words"),
            no_words=fields.texts("no_words"),
            empty_is_no=yes_or_no(fields, "empty_is_no"),
            close_date=fields.choice("close_date", ("own", "overwritten"), ""),
            currency_signs=fields.choice("currency_signs", ("deal", "exporter"), ""),
            groups=yes_or_no(fields, "groups"),
            links=fields.words("links"),
        )
        for word in set(found.yes_words) & set(found.no_words):
            fields.problems.append(fields.node.problem("no_words", f'"{word}" is said to mean yes and to mean no'))
        for column, kind in found.links.items():
            if kind not in LINK_KINDS:
                message = f'links: "{kind}" of {column} is no kind of link'
                fields.problems.append(fields.node.problem("links", message, did_you_mean(kind, LINK_KINDS)))
        return found


def yes_or_no(fields: Fields, key: str) -> bool | None:
    """Give what a key that holds yes or no says; None where it is absent, anything else is a problem."""
    return fields.parsed(key, lambda word: _YES_OR_NO[word.lower()], None, "yes or no")
