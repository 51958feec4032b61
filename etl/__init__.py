"""Exports in, conformed rows out."""
