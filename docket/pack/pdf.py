"""A pack's document as PDF, drawn by typst with the program's own fonts: the same data give the same bytes anywhere."""

import json
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import typst

from docket.errors import PackError
from docket.pack.blocks import Document

TEMPLATE = Path(__file__).with_name("pack.typ")
FONTS = ("fontpkg_source_sans_3", "noto_cjk_sans_jp_regular")  # packages that hold nothing but fonts


def pdf_of(document: Document, made_at: datetime) -> bytes:
    """Give the bytes; made_at is what the file says of its own making. Raises PackError."""
    told = json.dumps(asdict(document), ensure_ascii=False)
    try:
        drawn: object = typst.Compiler(
            font_paths=_font_folders(), ignore_system_fonts=True, sys_inputs={"told": told}
        ).compile(TEMPLATE.read_bytes(), timestamp=made_at)
    except typst.TypstError as error:
        raise PackError(f"The PDF cannot be drawn: {error}") from error
    if not isinstance(drawn, bytes):
        raise PackError("The PDF cannot be drawn: typst gave no single file.")
    return drawn


@lru_cache(maxsize=1)
def _font_folders() -> list[Path]:
    return [Path(str(files(name))) for name in FONTS]
