"""All commands under one name."""

from commands.start import command_line

app = command_line()
