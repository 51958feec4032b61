"""The scorecard: every KPI of every region beside its comparison, with flags, findings and money at stake."""

from kpi.card import Cell, Finding, Headline, Scorecard

__all__ = ["Cell", "Finding", "Headline", "Scorecard"]
