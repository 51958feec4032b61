"""Findings: what a person should know, computed from the data and said in one sentence each."""
