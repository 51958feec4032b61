"""A pack rendered: PDF, slides, workbook or HTML, from its content alone and always the same."""

from typing import Literal

from docket.pack.composing import composed, composed_for
from docket.pack.content import Content, Reader
from docket.pack.html_form import html_of
from docket.pack.pdf import pdf_of
from docket.pack.slides import slides_of
from docket.pack.workbook import workbook_of

Form = Literal["pdf", "pptx", "xlsx", "html"]


def rendered(content: Content, form: Form) -> bytes:
    """Give the bytes of a pack in a form. Raises PackError."""
    if form == "xlsx":
        return workbook_of(content)
    document = composed(content)
    if form == "pptx":
        return slides_of(document, content)
    return html_of(document) if form == "html" else pdf_of(document, content.head.made_at)


def page_of(content: Content, reader: Reader) -> bytes:
    """Give one reader's page as PDF: what is in the reader's scope, a single region in its own currency."""
    return pdf_of(composed_for(content, reader), content.head.made_at)
