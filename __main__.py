"""The command line of Denominator, and the place where its parts are put together."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from commands import app


def main() -> None:
    """Run the command that the command line names."""
    run_command_line()


if __name__ == "__main__":
    main()
