"""The key under which one customer is found in several CRM systems: its name without legal form and decoration."""

import re
import unicodedata

import polars as pl

from etl.cells import OneByOne

_LEGAL_FORMS = set(
    "gmbh mbh ag kg kgaa ohg se ug co inc incorporated corp corporation llc ltd limited plc company ab aktiebolag as "
    "asa aps oy oyj sa sarl sas spa srl bv nv ltda limitada eireli sl kk kabushikikaisha gk group holding und and"
    " y e".split()
)
_JAPANESE_FORMS = re.compile("株式会社|有限会社|合同会社|\\(株\\)")


def match_keys(names: pl.Series) -> pl.Series:
    """Give the match key of each name; null where the name is null or nothing of it is left."""
    return OneByOne(match_key, pl.String()).exact(names).values


def match_key(name: str) -> str:
    """Give the match key of a name: "Müller Söhne GmbH & Co. KG" is "mullersohne"."""
    plain = _JAPANESE_FORMS.sub(" ", unicodedata.normalize("NFKC", name))
    letters = unicodedata.normalize("NFKD", plain.casefold())
    bare = unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", letters))
    words = re.sub(r"(?<=\w)\.(?=\w)", "", bare)
    found = re.findall(r"\w+", words)
    return "".join(word for word in found if word not in _LEGAL_FORMS) or "".join(found)
