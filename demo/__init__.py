"""The seeded demonstration company: six regions of a machine builder and the exports of their five CRM systems."""

from demo.live import live
from demo.write import Company, DemoSummary, make_company, write_demo

__all__ = ["Company", "DemoSummary", "live", "make_company", "write_demo"]
