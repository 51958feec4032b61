"""What is measured against what: one command, one table."""
