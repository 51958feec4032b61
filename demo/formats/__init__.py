"""The five CRM systems' export formats, as their regions set them up, and the group's planning files."""

from demo.formats.amer import AMER
from demo.formats.dach import DACH
from demo.formats.format import Format
from demo.formats.japan import JAPAN
from demo.formats.latam import LATAM
from demo.formats.nordics import NORDICS
from demo.formats.planning import PLANNING

FORMATS = {form.source: form for form in (AMER, DACH, NORDICS, LATAM, JAPAN)}

__all__ = ["FORMATS", "PLANNING", "Format"]
