"""What can go wrong in the KPI engine: one family of exceptions."""


class KpiError(Exception):
    """A KPI cannot be answered as asked."""


class DataOutdatedError(KpiError):
    """The store was made by an earlier version; this version's loader has to open it before pages can read it."""
