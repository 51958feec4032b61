"""The command line of Denominator: from a checkout "python . COMMAND", installed "denominator COMMAND"."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from commands.start import run_command_line


def main() -> None:
    """Run the command that the command line names."""
    run_command_line()


if __name__ == "__main__":
    main()
