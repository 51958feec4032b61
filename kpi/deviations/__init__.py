"""Deviations: what is off what was promised, planned or probable, how far, and what it is worth."""
