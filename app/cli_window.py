"""Opens the window, or says in the terminal why there can be none. Imports Qt only when it has to."""

from __future__ import annotations

from pathlib import Path

from engine.errors import ThinkscopeError

WORKS = "The command line works here: main.py --help."


def open_window(file: Path | None = None, model: str | None = None) -> int:
    """Opens it and runs until it is closed.

    Args:
        file: A recording, a set-up or a model to open instead of the recording that comes with the program.
        model: The path of the model to choose, or `SIMULATED`; None leaves the one of the last time.

    Returns:
        The exit status.
    """
    from app.display import display_problem

    problem = display_problem()
    if problem is not None:
        why, next_step = problem
        return _say(ThinkscopeError("The window cannot be opened.", why, f"{next_step} {WORKS}".strip()))
    try:
        from app.application import run_application
    except ImportError as error:
        from app.doctor import qt_problem

        why, next_step = qt_problem(error)
        return _say(ThinkscopeError("The window cannot be opened.", why, next_step))
    return run_application(file=file, model=model)


def _say(error: ThinkscopeError) -> int:
    from app.cli_errors import say_error

    say_error(error)
    return error.exit_status
