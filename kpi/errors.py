"""What can go wrong in the KPI engine: one family of exceptions."""


class KpiError(Exception):
    """A KPI cannot be answered as asked."""
