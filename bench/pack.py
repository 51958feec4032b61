"""How long a frozen pack takes to be drawn, form by form, with fonts and libraries loaded already."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import get_args

from docket.pack.content import Content
from docket.pack.files import Form, rendered

FORMS: tuple[Form, ...] = get_args(Form)
TOGETHER: tuple[Form, ...] = ("pdf", "pptx")  # what the figure of two seconds is about


@dataclass(frozen=True)
class Drawn:
    """The medians of one form, or of several together."""

    name: str
    seconds: float
    cpu_seconds: float
    size: int


def measure_pack(content: Content, repeat: int) -> Iterator[Drawn]:
    """Give PDF and slides together, then each form alone."""
    for form in FORMS:
        rendered(content, form)
    for forms in (TOGETHER, *((form,) for form in FORMS)):
        runs = [_run(content, forms) for _ in range(repeat)]
        yield Drawn(" and ".join(forms), median(run[0] for run in runs), median(run[1] for run in runs), runs[0][2])


def _run(content: Content, forms: tuple[Form, ...]) -> tuple[float, float, int]:
    began, cpu = time.perf_counter(), time.process_time()
    size = sum(len(rendered(content, form)) for form in forms)
    return time.perf_counter() - began, time.process_time() - cpu, size
