"""Notices: people are told what is new on the docket, each in their own scope and at their own hour, and once."""
