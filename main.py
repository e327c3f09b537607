"""Thinkscope: `main.py` opens the window, `main.py --help` shows what else there is."""

import os
import sys


def main() -> int:
    """Opens the window when nothing is asked for, else does what the command line says. Returns the exit status."""
    if len(sys.argv) > 1:
        from app.cli import run_command_line

        return run_command_line(sys.argv[1:])
    from app.display import display_problem

    problem = display_problem()
    if problem is not None:
        from app.cli import explain_no_display

        return explain_no_display(*problem)
    try:
        from app.application import run_application
    except ImportError as error:
        from app.cli import explain_missing_window

        return explain_missing_window(error)
    return run_application()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # before there was anything to stop
        os._exit(130)
