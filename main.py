"""Thinkscope: `main.py` opens the window, `main.py --help` shows what else there is."""

import os
import sys


def main() -> int:
    """Opens the window when nothing is asked for, else does what the command line says. Returns the exit status."""
    if len(sys.argv) > 1:
        from app.cli import run_command_line

        return run_command_line(sys.argv[1:])
    from app.cli_window import open_window

    return open_window()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # before there was anything to stop
        os._exit(130)
